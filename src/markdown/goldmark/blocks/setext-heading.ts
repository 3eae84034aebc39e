import { SPACE, trailingSpaceLength } from '../characters.js';
import { Block } from './block.js';
import type { BlockRule } from './block-rule.js';
import { finishHeading } from './heading-attributes.js';
import { trimSegmentStart } from './segment.js';

/** Level of the heading that `line` underlines: 1 for `===`, 2 for `---`; 0 when it is no underline. */
export function setextLevel(line: string): 0 | 1 | 2 {
  let start = 0;
  while (line.charCodeAt(start) === SPACE) start++;
  if (start > 3) return 0;
  const mark = line.charAt(start);
  if (mark !== '=' && mark !== '-') return 0;
  let end = start;
  while (line.charAt(end) === mark) end++;
  if (end + trailingSpaceLength(line.slice(end)) !== line.length) return 0;
  return mark === '=' ? 1 : 2;
}

/** A paragraph with an underline. */
export const setextHeading: BlockRule = {
  triggers: '-=',
  canInterruptParagraph: true,
  canBeIndented: false,

  open(parent, parsing) {
    const last = parsing.lastOpen;
    if (last?.kind !== 'paragraph' || last.parent !== parent) return undefined;
    const level = setextLevel(parsing.reader.peekLine() ?? '');
    if (level === 0) return undefined;
    const block = Block.withDetail('heading', { level });
    block.lines.push(parsing.reader.segment());
    parsing.pending.headingParagraph = last;
    return { block, hasChildren: false, takesParagraph: true };
  },

  resume() {
    return 'ends';
  },

  close(block, parsing) {
    const text = parsing.pending.headingParagraph;
    parsing.pending.headingParagraph = undefined;
    if (text && text.lines.length > 0) {
      block.lines = text.lines;
      block.followsBlankLine = text.followsBlankLine;
      text.parent?.remove(text);
    } else {
      becomeParagraph(block, parsing.source);
    }
    finishHeading(block, parsing);
  },
};

/** The paragraph was used up, by link definitions for one: its underline is ordinary text. */
function becomeParagraph(heading: Block, source: string): void {
  const underline = trimSegmentStart(source, heading.lines[0]!);
  heading.lines = [];
  const { next, parent } = heading;
  if (next?.kind === 'paragraph') {
    next.lines.unshift(underline);
  } else {
    const paragraph = Block.of('paragraph');
    paragraph.lines.push(underline);
    parent?.insertAfter(heading, paragraph);
  }
  parent?.remove(heading);
}
