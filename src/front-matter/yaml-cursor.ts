/** Where the YAML scanner stands in the text, and what it can see from there. Its characters and lines are those of libyaml. */
import { FrontMatterSyntaxError } from './diagnostic.js';
import { hintForYaml } from './yaml-hints.js';
import { isWordCode } from './word-code.js';

export interface YamlMark {
  readonly offset: number;
  /** From 0, as libyaml counts. */
  readonly line: number;
  readonly column: number;
}

/**
 * A place where libyaml is laxer than YAML 1.2, and what a strict parser needs to see there to read the same: deeper lines
 * inside quotes and brackets, a space before a comment, `'` for `\\'`.
 */
export interface YamlRewrite {
  readonly offset: number;
  readonly removed: number;
  readonly inserted: string;
}

export class YamlCursor {
  readonly text: string;
  readonly rewrites: YamlRewrite[] = [];
  offset = 0;
  line = 0;
  column = 0;

  constructor(text: string) {
    this.text = text;
    if (text.startsWith('\uFEFF')) this.offset = 1;
    const control = text.search(/[\0-\x08\v\f\x0E-\x1F\x7F-\x84\x86-\x9F\uFFFE\uFFFF]/);
    if (control >= 0) this.fail('control characters are not allowed', control);
  }

  get mark(): YamlMark {
    return { offset: this.offset, line: this.line, column: this.column };
  }

  /** NaN at the end of the text. */
  code(ahead = 0): number {
    return this.text.charCodeAt(this.offset + ahead);
  }

  /** Empty at the end of the text. */
  character(ahead = 0): string {
    return this.text[this.offset + ahead] ?? '';
  }

  skip(count = 1): void {
    this.offset += count;
    this.column += count;
  }

  skipLine(): void {
    this.offset += this.text.startsWith('\r\n', this.offset) ? 2 : 1;
    this.column = 0;
    this.line += 1;
  }

  skipToLineEnd(): void {
    while (!isBreakOrEndCode(this.code())) this.skip();
  }

  skipComment(): void {
    const isDetached = this.offset === 0 || isBlankOrBreakCode(this.code(-1));
    if (!isDetached) this.rewrites.push({ offset: this.offset, removed: 0, inserted: ' ' });
    this.skipToLineEnd();
  }

  /** A line that continues quotes or brackets: YAML 1.2 wants it deeper than the keys around it. */
  noteShallowLine(neededSpaces: number): void {
    let spaces = 0;
    while (spaces < neededSpaces && this.code(spaces) === SPACE) spaces += 1;
    if (spaces < neededSpaces && !isBreakOrEndCode(this.code(spaces))) {
      this.rewrites.push({ offset: this.offset, removed: 0, inserted: ' '.repeat(neededSpaces - spaces) });
    }
  }

  takeWord(): string {
    const start = this.offset;
    while (isWordCode(this.code())) this.skip();
    return this.text.slice(start, this.offset);
  }

  isDocumentMarker(marker: '---' | '...'): boolean {
    return (
      this.column === 0 && this.text.startsWith(marker, this.offset) && isBlankOrBreakCode(this.code(marker.length))
    );
  }

  /** The message counts the line that has been reached; `offset` is the place to show. */
  fail(problem: string, offset = this.offset): never {
    throw yamlError(problem, this.line > 0 ? this.line + 1 : 0, offset);
  }
}

/** The form in which Hugo reports what its YAML parser says; `line` 0 is not printed. */
export function yamlError(problem: string, line: number, offset: number): FrontMatterSyntaxError {
  const where = line === 0 ? '' : `line ${line}: `;
  return new FrontMatterSyntaxError(`failed to unmarshal YAML: yaml: ${where}${problem}`, {
    offset,
    hint: hintForYaml(problem),
  });
}

export const TAB = 0x09;
export const SPACE = 0x20;
export const HASH = 0x23;

export function isSpaceCode(code: number): boolean {
  return code === SPACE;
}

export function isBlankCode(code: number): boolean {
  return code === SPACE || code === TAB;
}

/** CR, LF, NEL, LS, PS. */
export function isBreakCode(code: number): boolean {
  return code === 0x0a || code === 0x0d || code === 0x85 || code === 0x2028 || code === 0x2029;
}

export function isBreakOrEndCode(code: number): boolean {
  return Number.isNaN(code) || isBreakCode(code);
}

export function isBlankOrBreakCode(code: number): boolean {
  return isBlankCode(code) || isBreakOrEndCode(code);
}
