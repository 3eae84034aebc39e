import type { FrontMatterBlock } from './find-front-matter.js';
import type { KeyPlace } from './value.js';
import type { WritableValue } from './written-value.js';

/** Offsets in the file's text. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly inserted: string;
}

export interface KeyChange {
  readonly key: string;
  /** Undefined: the key goes. */
  readonly value: WritableValue | undefined;
  /** Of all keys; offsets from the block's start. */
  readonly places: readonly KeyPlace[];
}

export function applySplices(text: string, splices: readonly Splice[]): string {
  let spliced = '';
  let at = 0;
  for (const { start, end, inserted } of splices.toSorted((left, right) => left.start - right.start)) {
    spliced += text.slice(at, start) + inserted;
    at = end;
  }
  return spliced + text.slice(at);
}

/** The line end of the front matter, which new lines get too. */
export function newlineOf(text: string, { blockStart, end }: FrontMatterBlock): string {
  return /\r\n|[\r\n]/.exec(text.slice(blockStart, end + 8))?.[0] ?? /\r\n|\n/.exec(text)?.[0] ?? '\n';
}

/** Takes away the lines of a key. On the opening delimiter's line the line break stays. */
export function removeLines(text: string, block: FrontMatterBlock, place: KeyPlace): Splice {
  const start = lineStart(text, block, block.start + place.start);
  const end = lineEnd(text, block, block.start + place.end);
  const isOnOpeningLine = start === block.start && !isLineBreak(text[start - 1]);
  return { start, end: isOnOpeningLine ? beforeLineBreak(text, start, end) : end, inserted: '' };
}

export function lineStart(text: string, block: FrontMatterBlock, offset: number): number {
  let start = offset;
  while (start > block.start && !isLineBreak(text[start - 1])) start -= 1;
  return start;
}

/** After the line break. */
export function lineEnd(text: string, block: FrontMatterBlock, offset: number): number {
  let end = offset;
  while (end < block.end && !isLineBreak(text[end])) end += 1;
  if (end >= block.end) return end;
  return text.startsWith('\r\n', end) ? end + 2 : end + 1;
}

function beforeLineBreak(text: string, start: number, end: number): number {
  let before = end;
  while (before > start && isLineBreak(text[before - 1])) before -= 1;
  return before;
}

export function isLineBreak(character: string | undefined): boolean {
  return character === '\n' || character === '\r';
}
