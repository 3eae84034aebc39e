import { parseAttributes } from '../attributes.js';
import {
  BACKSLASH,
  isAsciiPunctuation,
  isBlank,
  isSpace,
  leadingSpaceLength,
  trailingSpaceLength,
} from '../characters.js';
import { Block } from './block.js';
import type { BlockRule } from './block-rule.js';
import { finishHeading } from './heading-attributes.js';
import type { LineReader } from './line-reader.js';
import type { Segment } from './segment.js';

const NUMBER_SIGN = 0x23;

/** `## Title ##`. */
export const atxHeading: BlockRule = {
  triggers: '#',
  canInterruptParagraph: true,
  canBeIndented: false,

  open(_parent, parsing) {
    const { reader, blockStart } = parsing;
    const line = reader.peekLine() ?? '';
    if (blockStart < 0) return undefined;
    const end = skipNumberSigns(line, blockStart);
    const level = end - blockStart;
    if (level === 0 || level > 6) return undefined;
    const block = Block.withDetail('heading', { level });
    if (end === line.length) return { block, hasChildren: false };
    const gap = leadingSpaceLength(line.slice(end));
    if (gap === 0) return undefined;
    const start = Math.min(end + gap, line.length - 1);
    const segment = reader.segment();
    const content =
      (parsing.options.attribute.title && readClosedWithAttributes(block, line, start, reader)) ||
      findContent(line, start);
    if (content) block.lines.push(contentSegment(segment, content));
    return { block, hasChildren: false };
  },

  resume() {
    return 'ends';
  },

  close(block, parsing) {
    finishHeading(block, parsing);
  },
};

function skipNumberSigns(line: string, from: number): number {
  let at = from;
  while (line.charCodeAt(at) === NUMBER_SIGN) at++;
  return at;
}

/** Part of a line: from `start` up to `end`. */
interface Stretch {
  readonly start: number;
  readonly end: number;
}

function contentSegment(line: Segment, { start, end }: Stretch): Segment {
  const shift = line.start - line.padding;
  return { start: shift + start, stop: shift + end, padding: 0 };
}

/** `## Title ## {#id}`: attributes behind the closing signs. Undefined when the line is not of that form. */
function readClosedWithAttributes(block: Block, line: string, start: number, reader: LineReader): Stretch | undefined {
  const closing = findClosingSigns(line, start - 1);
  if (!closing) return undefined;
  reader.advance(closing.end);
  const attributes = parseAttributes(reader);
  if (!attributes || !isBlank(reader.peekLine() ?? '')) return undefined;
  for (const attribute of attributes) block.setAttribute(attribute);
  return { start, end: closing.start };
}

/** The first run of `#` from `start` on that stands behind white space. */
function findClosingSigns(line: string, start: number): Stretch | undefined {
  const stop = line.length - trailingSpaceLength(line);
  for (let at = start; at < stop; at++) {
    const code = line.charCodeAt(at);
    const next = line.charCodeAt(at + 1);
    if (code === BACKSLASH && isAsciiPunctuation(next)) at++;
    else if (isSpace(code) && at < stop - 1 && next === NUMBER_SIGN) {
      return { start: at + 1, end: Math.min(skipNumberSigns(line, at + 1), stop) };
    }
  }
  return undefined;
}

/** The line without its closing signs, which count as such only behind white space; undefined when it is signs only. */
function findContent(line: string, start: number): Stretch | undefined {
  const stop = Math.max(line.length - trailingSpaceLength(line), start);
  let signs = stop;
  while (signs > start && line.charCodeAt(signs - 1) === NUMBER_SIGN) signs--;
  const isClosed = signs < stop && (signs === start || isSpace(line.charCodeAt(signs - 1)));
  const end = isClosed ? signs : stop;
  return /[^#]/.test(line.slice(start, end)) ? { start, end } : undefined;
}
