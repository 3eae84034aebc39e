import { isBlank } from '../characters.js';
import { Block, type DefinitionListDetail } from './block.js';
import type { BlockParsing } from './block-parsing.js';
import type { BlockRule } from './block-rule.js';
import { findIndentEnd, indentWidth } from './indentation.js';
import { trimSegmentEnd } from './segment.js';

/** Columns behind the colon from which on the description begins with indented code. */
const codeGap = 8;

/** The line when it begins with an unindented `:`. */
function lineOfColon({ reader, blockStart, blockIndent }: BlockParsing): string | undefined {
  const line = reader.peekLine() ?? '';
  return blockStart >= 0 && blockIndent === 0 && line.charAt(blockStart) === ':' ? line : undefined;
}

/** Terms, one a line of a paragraph, with descriptions that begin with `: `. */
export const definitionList: BlockRule = {
  triggers: ':',
  canInterruptParagraph: true,
  canBeIndented: false,

  open(parent, parsing) {
    const line = parent.kind === 'definition-list' ? undefined : lineOfColon(parsing);
    if (line === undefined) return undefined;
    const { blockStart } = parsing;
    const gap = indentWidth(line.slice(blockStart + 1), blockStart + 1);
    if (gap < 1) return undefined;
    const offset = (gap >= codeGap ? 5 : gap) + blockStart + 1;
    const last = parent.lastChild;
    const termParagraph = last?.kind === 'paragraph' ? last : undefined;
    const before = termParagraph ? termParagraph.previous : last;
    const goingOn = before?.find('definition-list');
    if (before && goingOn) {
      goingOn.offset = offset;
      goingOn.termParagraph = termParagraph;
      return { block: before, hasChildren: true };
    }
    if (!termParagraph) return undefined;
    const block = Block.withDetail('definition-list', { offset, termParagraph });
    return { block, hasChildren: true, takesParagraph: true };
  },

  resume(block, { reader }) {
    const line = reader.peekLine() ?? '';
    if (isBlank(line)) return 'holds-children';
    const content = findIndentEnd(line, reader.column(), block.get('definition-list').offset);
    if (!content) return 'ends';
    reader.advanceWithPadding(content.length, content.padding);
    return 'holds-children';
  },
};

export const definitionDescription: BlockRule = {
  triggers: ':',
  canInterruptParagraph: true,
  canBeIndented: false,

  open(parent, parsing) {
    const line = parent.kind === 'definition-list' ? lineOfColon(parsing) : undefined;
    if (line === undefined) return undefined;
    const { reader, blockStart, source } = parsing;
    const detail = parent.get('definition-list');
    takeTerms(parent, detail, source);
    const rest = line.slice(blockStart + 1);
    const content = findIndentEnd(rest, blockStart + 1, detail.offset - blockStart - 1);
    if (content) reader.advanceWithPadding(content.length + 1, content.padding);
    return { block: Block.withDetail('definition-description', { isTight: true }), hasChildren: true };
  },

  /** The list knows where its descriptions end. */
  resume() {
    return 'holds-children';
  },

  close(block) {
    const detail = block.get('definition-description');
    detail.isTight = !block.followsBlankLine;
    // Only the first paragraph: Goldmark loses its place when it has replaced one.
    let child = block.firstChild;
    while (child && child.kind !== 'paragraph') child = child.next;
    if (!detail.isTight || !child) return;
    const text = Block.of('text');
    text.lines = child.lines;
    block.replace(child, text);
  },
};

function takeTerms(owner: Block, detail: DefinitionListDetail, source: string): void {
  const paragraph = detail.termParagraph;
  detail.termParagraph = undefined;
  if (!paragraph) return;
  for (const line of paragraph.lines) {
    const term = Block.of('definition-term');
    term.lines.push(trimSegmentEnd(source, line));
    owner.append(term);
  }
  paragraph.parent?.remove(paragraph);
}
