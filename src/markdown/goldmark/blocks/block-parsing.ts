import type { GoldmarkOptions } from '../goldmark-options.js';
import type { HeadingIds } from '../heading-ids.js';
import type { References } from '../references.js';
import { LINE_FEED } from '../characters.js';
import { Block } from './block.js';
import type { BlockRule, OpenedBlock } from './block-rule.js';
import { BlankLines } from './blank-lines.js';
import { indentLength, indentWidth } from './indentation.js';
import { LineReader } from './line-reader.js';

/**
 * Containers nested deeper than this are read as text. Every line has to ask every open container, so without a limit
 * a page of nested markers and many lines would take quadratic time; Goldmark has none.
 */
const maxOpenBlocks = 200;

/** Makes something else of a paragraph that ends; may leave it without a parent. */
export type ParagraphTransformer = (paragraph: Block, parsing: BlockParsing) => void;

/** The rules of one configuration, by the character that a block may begin with. */
export interface BlockRules {
  readonly byTrigger: ReadonlyMap<number, readonly BlockRule[]>;
  readonly withoutTrigger: readonly BlockRule[];
  readonly transformers: readonly ParagraphTransformer[];
}

interface OpenBlock {
  readonly block: Block;
  readonly rule: BlockRule;
}

type OpenResult = 'opened' | 'paragraph-goes-on' | 'nothing';

/** `rules`: in the order in which they are asked. */
export function indexBlockRules(
  rules: readonly BlockRule[],
  transformers: readonly ParagraphTransformer[],
): BlockRules {
  const withoutTrigger = rules.filter((rule) => rule.triggers === undefined);
  const byTrigger = new Map<number, BlockRule[]>();
  for (const trigger of new Set(rules.flatMap((rule) => [...(rule.triggers ?? '')]))) {
    const triggered = rules.filter((rule) => rule.triggers?.includes(trigger));
    byTrigger.set(trigger.charCodeAt(0), [...triggered, ...withoutTrigger]);
  }
  return { byTrigger, withoutTrigger, transformers };
}

/** Reads a source into a tree of blocks. */
export class BlockParsing {
  readonly reader: LineReader;
  readonly document = Block.of('document');
  /** Index of the first character of the line behind its indentation; -1 when the line is blank. */
  blockStart = -1;
  /** Width of that indentation in columns. */
  blockIndent = -1;
  /** Set between two rules that are asked one after the other about the same line. */
  readonly pending: { skipsList?: boolean; emptyItemFollowedByBlankLines?: boolean; headingParagraph?: Block } = {};
  footnotes: Block | undefined;
  private readonly open: OpenBlock[] = [];
  private readonly blankLines = new BlankLines();

  constructor(
    readonly source: string,
    readonly options: GoldmarkOptions,
    private readonly rules: BlockRules,
    readonly references: References,
    readonly headingIds: HeadingIds,
  ) {
    this.reader = new LineReader(source);
  }

  get lastOpen(): Block | undefined {
    return this.open.at(-1)?.block;
  }

  parse(): Block {
    while (this.openNextBlocks()) {
      this.reader.advanceLine();
      while (this.open.length > 0) {
        if (!this.readLine()) return this.document;
        this.reader.advanceLine();
      }
    }
    return this.document;
  }

  /** Skips blank lines and opens what comes; false at the end of the source. */
  private openNextBlocks(): boolean {
    const skipped = this.reader.skipBlankLines();
    if (skipped === undefined) return false;
    const lineBefore = this.reader.line - 1;
    if (skipped > 0) this.blankLines.restart(lineBefore, this.open.length);
    return this.openBlocks(this.document, this.blankLines.isBlank(lineBefore, 0)) === 'opened';
  }

  /** Gives a line to the open blocks, outermost first; false at the end of the source. */
  private readLine(): boolean {
    const last = this.open.length - 1;
    for (let level = 0; level <= last; level++) {
      const { block, rule } = this.open[level]!;
      const line = this.reader.peekLine();
      if (line === undefined) {
        this.closeBlocks(last, 0);
        return false;
      }
      const lineBefore = this.reader.line - 1;
      this.blankLines.add(this.reader.line, line);
      if (block.kind !== 'paragraph') {
        const resumption = rule.resume(block, this);
        if (resumption === 'holds-children' && level === last) {
          this.openBlocks(block, this.blankLines.isBlank(lineBefore, level));
          return true;
        }
        if (resumption !== 'ends') continue;
      }
      this.replaceBlocks(level, last, this.blankLines.isBlank(lineBefore, level));
      return true;
    }
    return true;
  }

  /** The blocks from `level` on do not own the line: opens others in their place, unless it continues a paragraph. */
  private replaceBlocks(level: number, last: number, followsBlankLine: boolean): void {
    const parent = level === 0 ? this.document : this.open[level - 1]!.block;
    const lastBlock = this.open[last]!.block;
    if (this.openBlocks(parent, followsBlankLine) === 'paragraph-goes-on') return;
    const lastWasReplaced = this.open[last]?.block !== lastBlock;
    this.closeBlocks(lastWasReplaced ? last - 1 : last, level);
  }

  private closeBlocks(from: number, to: number): void {
    for (let level = from; level >= to; level--) {
      const { block, rule } = this.open[level]!;
      if (block.kind === 'paragraph' && block.parent) this.transformParagraph(block);
      if (block.parent) rule.close?.(block, this);
    }
    this.open.splice(to, from - to + 1);
  }

  /** True when nothing is left of the paragraph. */
  private transformParagraph(paragraph: Block): boolean {
    for (const transform of this.rules.transformers) {
      transform(paragraph, this);
      if (!paragraph.parent) return true;
    }
    return false;
  }

  private openBlocks(into: Block, followsBlankLine: boolean): OpenResult {
    let parent = into;
    let isOpened = false;
    let asked = this.open.at(-1);
    let canContinueParagraph = asked?.block.kind === 'paragraph';
    for (let goesOn = true; goesOn;) {
      goesOn = false;
      for (const rule of this.rulesForLine()) {
        if (canContinueParagraph && !isOpened && !rule.canInterruptParagraph) continue;
        if (this.blockIndent > 3 && !rule.canBeIndented) continue;
        asked = this.open.at(-1);
        const opened = rule.open(parent, this);
        if (!opened) continue;
        if (opened.takesParagraph && asked && asked.block === parent.lastChild) {
          asked.rule.close?.(asked.block, this);
          this.open.pop();
          if (this.transformParagraph(asked.block)) {
            canContinueParagraph = false;
            goesOn = true;
            break;
          }
        }
        this.addBlock(parent, opened, rule, followsBlankLine, asked?.block);
        isOpened = true;
        parent = opened.block;
        goesOn = opened.hasChildren;
        break;
      }
    }
    if (isOpened) return 'opened';
    const paragraph = canContinueParagraph ? asked : undefined;
    return paragraph && paragraph.rule.resume(paragraph.block, this) !== 'ends' ? 'paragraph-goes-on' : 'nothing';
  }

  private addBlock(parent: Block, opened: OpenedBlock, rule: BlockRule, followsBlankLine: boolean, last?: Block): void {
    opened.block.followsBlankLine = followsBlankLine;
    if (last && !last.parent && this.lastOpen) this.closeBlocks(this.open.length - 1, this.open.length - 1);
    parent.append(opened.block);
    this.open.push({ block: opened.block, rule });
  }

  /** The rules that may open a block at the reader's place; none on a blank line. */
  private rulesForLine(): readonly BlockRule[] {
    const line = this.reader.peekLine();
    const start = line === undefined ? 0 : indentLength(line);
    const width = line === undefined ? 0 : indentWidth(line, this.reader.column());
    const isWiderThanLine = line === undefined || width >= line.length;
    this.blockStart = isWiderThanLine ? -1 : start;
    this.blockIndent = isWiderThanLine ? -1 : width;
    if (line === undefined || line.charCodeAt(0) === LINE_FEED) return [];
    const isTooDeep = this.open.length > maxOpenBlocks;
    const triggered = start < line.length && !isTooDeep ? this.rules.byTrigger.get(line.charCodeAt(start)) : undefined;
    return triggered ?? this.rules.withoutTrigger;
  }
}
