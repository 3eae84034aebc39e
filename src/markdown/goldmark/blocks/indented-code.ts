import { isBlank, SPACE, TAB } from '../characters.js';
import { Block } from './block.js';
import type { BlockRule } from './block-rule.js';
import { findIndentEnd } from './indentation.js';
import { keepLeadingTab } from './leading-tab.js';
import type { LineReader } from './line-reader.js';
import { segmentText, type Segment } from './segment.js';

const indent = 4;

export const indentedCode: BlockRule = {
  canInterruptParagraph: false,
  canBeIndented: true,

  open(_parent, { reader }) {
    const line = reader.peekLine() ?? '';
    if (isBlank(line)) return undefined;
    const block = Block.of('indented-code');
    return takeLine(block, line, reader) ? { block, hasChildren: false } : undefined;
  },

  resume(block, { reader, source }) {
    const line = reader.peekLine() ?? '';
    if (isBlank(line)) {
      block.lines.push(trimIndent(source, reader.segment()));
      return 'goes-on';
    }
    return takeLine(block, line, reader) ? 'goes-on' : 'ends';
  },

  close(block, { source }) {
    while (block.lines.length > 0 && isBlank(segmentText(source, block.lines.at(-1)!))) block.lines.pop();
  },
};

function takeLine(block: Block, line: string, reader: LineReader): boolean {
  const content = findIndentEnd(line, reader.column(), indent);
  if (!content) return false;
  reader.advanceWithPadding(content.length, content.padding);
  block.lines.push(keepLeadingTab(reader.segment(), reader, 0));
  return true;
}

/** A blank line without the indentation of code, but with its last character. */
function trimIndent(source: string, segment: Segment): Segment {
  let left = Math.max(indent - segment.padding, 0);
  let padding = Math.max(segment.padding - indent, 0);
  if (left === 0) return { ...segment, padding };
  let { start } = segment;
  while (start < segment.stop - 1 && left > 0) {
    const code = source.charCodeAt(start);
    if (code === SPACE) left -= 1;
    else if (code === TAB) left -= 4;
    else break;
    start++;
  }
  if (left < 0) padding = -left;
  return { start, stop: segment.stop, padding };
}
