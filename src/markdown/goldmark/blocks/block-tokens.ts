import Token, { type Nesting } from 'markdown-it/lib/token.mjs';
import type { Attribute } from '../attributes.js';
import { mayHaveAttribute } from '../html/attribute-names.js';
import { attributeText } from '../html/attribute-text.js';
import type { InlineContext } from '../inlines/inline-state.js';
import type { Block, BlockKind, FootnoteDetail } from './block.js';
import { segmentText, type Segment } from './segment.js';

/** What a block token says beside that for which markdown-it's token has a place. */
export interface BlockTokenMeta {
  /** The tag is followed by a line feed. */
  readonly endsLine?: boolean;
  readonly context?: InlineContext;
  readonly footnote?: FootnoteDetail | undefined;
  /** Last line of an HTML block, which is rendered by itself. */
  readonly closingLine?: string | undefined;
  /** Where the content stands in the source. */
  readonly lines?: readonly Segment[];
}

const GREATER_THAN = 0x3e;
const noIndices: ReadonlySet<number> = new Set();

interface TokenOptions {
  readonly xhtml: boolean;
  readonly codeFences: boolean;
  /** False: the blocks have got out of the page, so that no text in them is parsed and Hugo does not see their fences. */
  readonly isOnPage: boolean;
}

/** Makes markdown-it's tokens of a block and all in it; without recursion, since a page may nest deep. */
export function makeBlockTokens(source: string, top: Block, options: TokenOptions): Token[] {
  const writer = new BlockTokenWriter(source, options);
  let block: Block | undefined = top;
  while (block) {
    writer.enter(block);
    if (block.firstChild) {
      block = block.firstChild;
      continue;
    }
    writer.leave(block);
    while (block && block !== top && !block.next) {
      block = block.parent;
      if (block) writer.leave(block);
    }
    block = block === top ? undefined : block?.next;
  }
  return writer.tokens;
}

class BlockTokenWriter {
  readonly tokens: Token[] = [];

  constructor(
    private readonly source: string,
    private readonly options: TokenOptions,
  ) {}

  enter(block: Block): void {
    switch (block.kind) {
      case 'thematic-break':
        this.push('hr', 'hr', 0).attrs = attributesOf(block);
        break;
      case 'indented-code':
        this.push('code_block', 'code', 0).content = this.textOf(block.lines);
        break;
      case 'fence':
        this.addFence(block);
        break;
      case 'html':
        this.addHtml(block);
        break;
      default:
        this.open(block);
    }
  }

  leave(block: Block): void {
    if (block.kind === 'text' && block.lines.length > 0 && skipFootnotes(block.next)) this.push('line_end', '', 0);
    const tag = findTag(block);
    if (!tag) return;
    this.push(tag.close, tag.name, -1).meta = {
      endsLine: true,
      footnote: block.find('footnote'),
    } satisfies BlockTokenMeta;
    if (block.kind === 'table-header') this.pushLine('thead_close', 'thead', -1);
    if (block.kind === 'table-header' && block.next) this.pushLine('tbody_open', 'tbody', 1);
    if (block.kind === 'table-row' && !block.next) this.pushLine('tbody_close', 'tbody', -1);
  }

  private open(block: Block): void {
    const tag = findTag(block);
    if (block.kind === 'table-header') this.pushLine('thead_open', 'thead', 1);
    if (tag) {
      const token = this.push(tag.open, tag.name, 1);
      token.attrs = this.attributesOfTag(block);
      token.meta = {
        endsLine: endsLineBehindTag(block),
        footnote: block.find('footnote'),
      } satisfies BlockTokenMeta;
    }
    if (block.lines.length > 0 && this.options.isOnPage) this.addInline(block);
  }

  private push(type: string, tag: string, nesting: Nesting): Token {
    const token = new Token(type, tag, nesting);
    token.block = true;
    this.tokens.push(token);
    return token;
  }

  private pushLine(type: string, tag: string, nesting: Nesting): void {
    this.push(type, tag, nesting).meta = { endsLine: true } satisfies BlockTokenMeta;
  }

  private addFence(block: Block): void {
    const isHugos = this.options.codeFences && this.options.isOnPage;
    const token = this.push(isHugos ? 'fence' : 'plain_fence', 'code', 0);
    const { info } = block.get('fence');
    token.info = info ? segmentText(this.source, info) : '';
    token.content = this.textOf(block.lines);
  }

  private addHtml(block: Block): void {
    const token = this.push('html_block', '', 0);
    const { closingLine } = block.get('html');
    token.content = this.textOf(block.lines);
    token.meta = {
      closingLine: closingLine && segmentText(this.source, closingLine),
      lines: closingLine ? [...block.lines, closingLine] : block.lines,
    } satisfies BlockTokenMeta;
  }

  private addInline(block: Block): void {
    const token = this.push('inline', '', 0);
    token.content = this.textOf(block.lines);
    token.children = [];
    token.meta = { context: contextOf(block, this.source), lines: block.lines } satisfies BlockTokenMeta;
  }

  private textOf(lines: readonly Segment[]): string {
    if (lines.length === 1) return segmentText(this.source, lines[0]!);
    let text = '';
    for (const line of lines) text += segmentText(this.source, line);
    return text;
  }

  /** XHTML has an attribute for the alignment of a cell, HTML 5 a style. */
  private attributesOfTag(block: Block): [string, string][] | null {
    const list = block.find('list');
    if (list?.isOrdered && list.start !== 1) return [['start', String(list.start)], ...(attributesOf(block) ?? [])];
    const alignment = block.find('table-cell')?.alignment ?? 'none';
    if (alignment === 'none') return attributesOf(block);
    return [this.options.xhtml ? ['align', alignment] : ['style', `text-align:${alignment}`]];
  }
}

interface Tag {
  readonly name: string;
  /** Types of the tokens for the start and the end tag. */
  readonly open: string;
  readonly close: string;
}

function tagOf(name: string, type = name): Tag {
  return { name, open: `${type}_open`, close: `${type}_close` };
}

const headingTags = Array.from({ length: 7 }, (_, level) => tagOf(`h${level}`, 'heading'));
const orderedListTag = tagOf('ol', 'ordered_list');
const headerCellTag = tagOf('th');

const tags: Partial<Record<BlockKind, Tag>> = {
  paragraph: tagOf('p', 'paragraph'),
  quote: tagOf('blockquote'),
  list: tagOf('ul', 'bullet_list'),
  'list-item': tagOf('li', 'list_item'),
  table: tagOf('table'),
  'table-header': tagOf('tr'),
  'table-row': tagOf('tr'),
  'table-cell': tagOf('td'),
  'definition-list': tagOf('dl'),
  'definition-term': tagOf('dt'),
  'definition-description': tagOf('dd'),
  footnote: tagOf('li', 'footnote'),
  'footnote-list': tagOf('div', 'footnote_list'),
};

function findTag(block: Block): Tag | undefined {
  if (block.kind === 'heading') return headingTags[block.get('heading').level];
  if (block.find('list')?.isOrdered) return orderedListTag;
  if (block.kind === 'table-cell' && block.parent?.kind === 'table-header') return headerCellTag;
  return tags[block.kind];
}

const tagsWithinLine: ReadonlySet<BlockKind> = new Set(['paragraph', 'heading', 'table-cell', 'definition-term']);

function endsLineBehindTag(block: Block): boolean {
  if (block.kind === 'quote') return !block.attributes;
  if (block.kind === 'list-item') return (skipFootnotes(block.firstChild)?.kind ?? 'text') !== 'text';
  if (block.find('definition-description')?.isTight) return false;
  return !tagsWithinLine.has(block.kind);
}

/** The list of footnotes stands where the first of them is defined, but leaves that place before the page is rendered. */
function skipFootnotes(block: Block | undefined): Block | undefined {
  return block?.kind === 'footnote-list' ? block.next : block;
}

function attributesOf(block: Block): [string, string][] | null {
  if (!block.attributes) return null;
  const isAllowed = ({ name }: Attribute): boolean => mayHaveAttribute(block.kind, name);
  return block.attributes.filter(isAllowed).map(({ name, value }) => [name, attributeText(value)]);
}

function contextOf(block: Block, source: string): InlineContext {
  const { parent, lines } = block;
  return {
    startsListItem: parent?.kind === 'list-item' && parent.firstChild === block,
    lineStartsAfterQuoteMark: lines.length > 1 ? findQuotedStarts(lines, source) : noIndices,
    escapedPipes: block.find('table-cell')?.escapedPipes.map((at) => at - lines[0]!.start) ?? [],
  };
}

function findQuotedStarts(lines: readonly Segment[], source: string): ReadonlySet<number> {
  const starts = new Set<number>();
  let at = 0;
  for (const { start, stop, padding } of lines) {
    if (at > 0 && source.charCodeAt(start - 1) === GREATER_THAN) starts.add(at);
    at += stop - start + padding;
  }
  return starts.size > 0 ? starts : noIndices;
}
