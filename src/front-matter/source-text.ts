/** Line and column count from 1; columns are UTF-16 units, as editors and GraphQL clients count them. */
export interface SourcePosition {
  readonly line: number;
  readonly column: number;
}

const CHECKPOINT_UNITS = 1024;
const LF = 0x0a;
const CR = 0x0d;

/**
 * A text with its lines and its UTF-8 bytes. LF, CRLF and a lone CR end a line, as in Markdown.
 * Nothing is looked at before it is asked for: most questions are about the first kilobyte of a long text.
 */
export class SourceText {
  readonly text: string;
  readonly #lineStarts: number[] = [0];
  /** Line starts are known up to here. */
  #scannedTo = 0;
  #byteLength: number | undefined;
  /** Bytes before every 1024th unit. */
  readonly #checkpoints: number[] = [0];
  /** The last answer: the next question is mostly about a place close by. */
  #last = { offset: 0, bytes: 0 };

  constructor(text: string) {
    this.text = text;
  }

  positionAt(offset: number): SourcePosition {
    this.#scanLines(offset);
    const line = countUpTo(this.#lineStarts, offset);
    return { line, column: offset - (this.#lineStarts[line - 1] ?? 0) + 1 };
  }

  get byteLength(): number {
    this.#byteLength ??= Buffer.byteLength(this.text);
    return this.#byteLength;
  }

  /** Bytes before `offset` in the UTF-8 form of the text. */
  byteOffsetAt(offset: number): number {
    // As many bytes as units: the text is ASCII.
    if (this.byteLength === this.text.length) return offset;
    if (offset >= this.text.length) return this.byteLength;
    const { offset: known, bytes } =
      Math.abs(offset - this.#last.offset) < CHECKPOINT_UNITS ? this.#last : this.#checkpointBefore(offset);
    const isAhead = offset >= known;
    const between = isAhead ? utf8Length(this.text, known, offset) : -utf8Length(this.text, offset, known);
    this.#last = { offset, bytes: bytes + between };
    return this.#last.bytes;
  }

  #checkpointBefore(offset: number): { offset: number; bytes: number } {
    const index = Math.trunc(offset / CHECKPOINT_UNITS);
    for (let next = this.#checkpoints.length; next <= index; next += 1) {
      const start = (next - 1) * CHECKPOINT_UNITS;
      this.#checkpoints.push(
        (this.#checkpoints[next - 1] ?? 0) + utf8Length(this.text, start, start + CHECKPOINT_UNITS),
      );
    }
    return { offset: index * CHECKPOINT_UNITS, bytes: this.#checkpoints[index] ?? 0 };
  }

  #scanLines(end: number): void {
    for (let at = this.#scannedTo; at < end; at += 1) {
      const code = this.text.charCodeAt(at);
      if (code === LF || (code === CR && this.text.charCodeAt(at + 1) !== LF)) this.#lineStarts.push(at + 1);
    }
    this.#scannedTo = Math.max(this.#scannedTo, end);
  }
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
