import { isBlank, leadingSpaceLength, trailingSpaceLength } from '../characters.js';
import { Block } from './block.js';
import type { BlockRule } from './block-rule.js';
import { findIndentEnd, indentLength, indentWidth } from './indentation.js';
import { keepLeadingTab } from './leading-tab.js';
import type { LineReader } from './line-reader.js';
import type { Segment } from './segment.js';

const shortestFence = 3;

export const fence: BlockRule = {
  triggers: '`~',
  canInterruptParagraph: true,
  canBeIndented: false,

  open(_parent, { reader, blockStart }) {
    const line = reader.peekLine() ?? '';
    if (blockStart < 0) return undefined;
    const mark = line.charAt(blockStart);
    const length = runLength(line, blockStart, mark);
    if (length < shortestFence) return undefined;
    const end = blockStart + length;
    const rest = line.slice(end);
    if (mark === '`' && rest.includes('`')) return undefined;
    const block = Block.withDetail('fence', {
      info: findInfo(rest, end, reader.segment()),
      mark,
      length,
      indent: blockStart,
    });
    return { block, hasChildren: false };
  },

  resume(block, { reader }) {
    const { mark, indent, length } = block.get('fence');
    const line = reader.peekLine() ?? '';
    const segment = reader.segment();
    const start = indentLength(line);
    if (indentWidth(line, reader.column()) < 4) {
      const found = runLength(line, start, mark);
      if (found >= length && isBlank(line.slice(start + found))) {
        reader.advance(line.endsWith('\n') ? line.length - 1 : line.length);
        return 'ends';
      }
    }
    block.lines.push(contentOf(line, segment, indent, reader));
    return 'goes-on';
  },
};

function runLength(line: string, from: number, mark: string): number {
  let end = from;
  while (line.charAt(end) === mark) end++;
  return end - from;
}

/**
 * `rest` stands behind the marks of the fence, which end at `end` in the line of `segment`.
 * A single byte that the source ends with is none.
 */
function findInfo(rest: string, end: number, segment: Segment): Segment | undefined {
  if (rest.length < 2 && !(rest.charCodeAt(0) > 0x7f)) return undefined;
  const left = leadingSpaceLength(rest);
  const stop = segment.stop - trailingSpaceLength(rest);
  const start = segment.start - segment.padding + end + left;
  return left < rest.length && start < stop ? { start, stop, padding: 0 } : undefined;
}

/** The line without the indentation of the opening fence, or without what it has of it. */
function contentOf(line: string, segment: Segment, indent: number, reader: LineReader): Segment {
  const end = findIndentEnd(line, reader.column(), indent, segment.padding);
  if (!end || end.length < 0) {
    const start = indentLength(line);
    const isOnlyIndent = start >= line.length || line.charAt(start) === '\n';
    return { start: segment.start + (isOnlyIndent ? 0 : start), stop: segment.stop, padding: 0 };
  }
  const content: Segment = { start: segment.start + end.length, stop: segment.stop, padding: end.padding };
  return keepLeadingTab(content, reader, indent);
}
