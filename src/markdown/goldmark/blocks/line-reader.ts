import { isBlank, isSpace, LINE_FEED, TAB, utf8Length } from '../characters.js';
import { tabWidth } from './indentation.js';
import type { Segment } from './segment.js';

/** A place in the source that `LineReader.restore` goes back to. */
export interface ReaderPlace extends Segment {
  readonly line: number;
}

/**
 * Reads a source line by line, and within a line from where the containers of that line have been taken off.
 * Lines end with a line feed only: to Goldmark a carriage return is white space inside a line.
 */
export class LineReader {
  /** Number of the line from 0. */
  line = -1;
  private start = 0;
  private stop = 0;
  private padding = 0;
  private lineStart = 0;
  /** Undefined: not asked for since the last move. `restore` keeps it, as Goldmark does; some results depend on it. */
  private peeked: string | undefined;
  /** Where the last count of columns ended, so that a line of many containers is not counted again for each. */
  private counted = { lineStart: -1, at: 0, column: 0 };

  constructor(readonly source: string) {
    this.advanceLine();
  }

  /** The rest of the line with its line feed; undefined at the end of the source. */
  peekLine(): string | undefined {
    if (this.start >= this.source.length) return undefined;
    if (this.peeked === undefined) {
      const text = this.source.slice(this.start, this.stop);
      this.peeked = this.padding === 0 ? text : ' '.repeat(this.padding) + text;
    }
    return this.peeked;
  }

  segment(): Segment {
    return { start: this.start, stop: this.stop, padding: this.padding };
  }

  /** Code of the next character; -1 at the end of the source. */
  peekCode(): number {
    if (this.start >= this.source.length) return -1;
    return this.padding === 0 ? this.source.charCodeAt(this.start) : 0x20;
  }

  /** Column of the next character, from 0. Columns count bytes of UTF-8, as in Goldmark. */
  column(): number {
    const { counted } = this;
    const goesOn = counted.lineStart === this.lineStart && counted.at <= this.start;
    let at = goesOn ? counted.at : this.lineStart;
    let column = goesOn ? counted.column : 0;
    for (; at < this.start; at++) {
      const code = this.source.charCodeAt(at);
      column += code === TAB ? tabWidth(column) : utf8Length(code);
    }
    this.counted = { lineStart: this.lineStart, at, column };
    return column - this.padding;
  }

  advance(count: number): void {
    const isInsideLine = this.peeked !== undefined && count < this.peeked.length && this.padding === 0;
    this.peeked = undefined;
    if (isInsideLine) {
      this.start += count;
      return;
    }
    for (let left = count; left > 0 && this.start < this.source.length; left--) {
      if (this.padding !== 0) this.padding--;
      else if (this.source.charCodeAt(this.start) === LINE_FEED) this.advanceLine();
      else this.start++;
    }
  }

  advanceWithPadding(count: number, padding: number): void {
    this.advance(count);
    if (padding > this.padding) this.padding = padding;
  }

  advanceLine(): void {
    this.peeked = undefined;
    this.start = this.stop;
    this.lineStart = this.start;
    const lineFeed = this.source.indexOf('\n', this.start);
    this.stop = lineFeed < 0 ? this.source.length : lineFeed + 1;
    this.line++;
    this.padding = 0;
  }

  setPadding(padding: number): void {
    this.padding = padding;
  }

  place(): ReaderPlace {
    return { line: this.line, start: this.start, stop: this.stop, padding: this.padding };
  }

  restore(place: ReaderPlace): void {
    this.line = place.line;
    this.start = place.start;
    this.stop = place.stop;
    this.padding = place.padding;
  }

  /** Skips white space, over the ends of lines too. */
  skipSpaces(): void {
    for (let line = this.peekLine(); line !== undefined; line = this.peekLine()) {
      for (let at = 0; at < line.length; at++) {
        if (!isSpace(line.charCodeAt(at))) return;
        this.advance(1);
      }
    }
  }

  /** Skips blank lines and says how many; undefined when the source ends before another line. */
  skipBlankLines(): number | undefined {
    for (let count = 0; ; count++) {
      const line = this.peekLine();
      if (line === undefined) return undefined;
      if (!isBlank(line)) return count;
      this.advanceLine();
    }
  }
}
