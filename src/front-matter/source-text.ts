/** Line and column count from 1; columns are UTF-16 units, as editors and GraphQL clients count them. */
export interface SourcePosition {
  readonly line: number;
  readonly column: number;
}

const CHECKPOINT_UNITS = 1024;

/**
 * A text with its lines and its UTF-8 bytes. LF, CRLF and a lone CR end a line, as in Markdown.
 * Lines are only looked up for diagnostics, so they are found when they are first asked for.
 */
export class SourceText {
  readonly text: string;
  #lineStarts: number[] | undefined;
  #isAscii: boolean | undefined;
  /** Bytes before every 1024th unit. */
  readonly #checkpoints: number[] = [0];

  constructor(text: string) {
    this.text = text;
  }

  positionAt(offset: number): SourcePosition {
    this.#lineStarts ??= findLineStarts(this.text);
    const line = countUpTo(this.#lineStarts, offset);
    return { line, column: offset - (this.#lineStarts[line - 1] ?? 0) + 1 };
  }

  /** Bytes before `offset` in the UTF-8 form of the text. */
  byteOffsetAt(offset: number): number {
    this.#isAscii ??= Buffer.byteLength(this.text) === this.text.length;
    if (this.#isAscii) return offset;
    const index = Math.trunc(offset / CHECKPOINT_UNITS);
    for (let known = this.#checkpoints.length; known <= index; known += 1) {
      const start = (known - 1) * CHECKPOINT_UNITS;
      this.#checkpoints.push(
        (this.#checkpoints[known - 1] ?? 0) + utf8Length(this.text, start, start + CHECKPOINT_UNITS),
      );
    }
    return (this.#checkpoints[index] ?? 0) + utf8Length(this.text, index * CHECKPOINT_UNITS, offset);
  }
}

function findLineStarts(text: string): number[] {
  const starts = [0];
  for (const found of text.matchAll(/\r\n?|\n/g)) starts.push(found.index + found[0].length);
  return starts;
}

/** How many of the ascending numbers are at most `limit`. */
function countUpTo(ascending: readonly number[], limit: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] ?? 0) <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Half of a surrogate pair is two bytes; a lone surrogate is written as U+FFFD, which is three. */
function utf8Length(text: string, start: number, end: number): number {
  let bytes = end - start;
  for (let at = start; at < end; at += 1) {
    const code = text.charCodeAt(at);
    if (code < 0x80) continue;
    if (code < 0x800) bytes += 1;
    else if (isHighSurrogate(code)) bytes += isLowSurrogate(text.charCodeAt(at + 1)) ? 1 : 2;
    else if (isLowSurrogate(code)) bytes += isHighSurrogate(text.charCodeAt(at - 1)) ? 1 : 2;
    else bytes += 2;
  }
  return bytes;
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}
