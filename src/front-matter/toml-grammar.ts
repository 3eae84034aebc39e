/**
 * Walks TOML statement by statement: where each key and value stands, and in Hugo's words what is wrong with them.
 * The values themselves are read by smol-toml. The grammar is the one of the parser Hugo uses (go-toml 2.0, TOML 1.0),
 * so what Hugo refuses is refused here, with its message.
 *
 * document   = { statement newline }
 * statement  = ws [ pair | "[" key "]" | "[[" key "]]" ] ws [ comment ]
 * pair       = key "=" value                key = simple { "." simple }       simple = bare | basic | literal
 * value      = string | true | false | array | inline table | number | date or time
 */
import { byteCharacter, describeByte } from './byte-names.js';
import { FrontMatterSyntaxError } from './diagnostic.js';
import { FRONT_MATTER_LIMITS } from './limits.js';
import { tomlError } from './toml-error.js';
import { TomlKeys, type TomlContainer, type TomlInlineKey, type TomlStatement } from './toml-keys.js';
import { checkBasicString, isForbiddenCode, unescapeBasic } from './toml-basic-string.js';
import { checkTomlNumber, dateTimeToken, readTomlDateTime, type TomlScalarToken } from './toml-scalars.js';
import { isWordCode } from './word-code.js';

export interface TomlLayout {
  readonly statements: readonly TomlStatement[];
  readonly dateTimes: readonly TomlScalarToken[];
}

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const APOSTROPHE = 0x27;
const COMMA = 0x2c;
const DOT = 0x2e;
const BACKSLASH = 0x5c;

const BASED_INTEGER = /0(?:x[0-9a-fA-F_]*|o[0-7_]*|b[01_]*|(?![.eE]))/y;
const NUMBER_TEXT = /[\d+\-_.eE]*/y;

/** @throws FrontMatterSyntaxError with an offset in `text` */
export function walkToml(text: string): TomlLayout {
  return new TomlWalker(text).walk();
}

class TomlWalker {
  readonly #text: string;
  #at = 0;
  #depth = 0;
  #scalars: TomlScalarToken[] = [];
  readonly #statements: TomlStatement[] = [];
  readonly #dateTimes: TomlScalarToken[] = [];
  readonly #keys = new TomlKeys();

  constructor(text: string) {
    this.#text = text;
  }

  walk(): TomlLayout {
    let isFirst = true;
    while (this.#at < this.#text.length) {
      if (!isFirst) this.#newline();
      if (this.#at >= this.#text.length) break;
      this.#statement();
      isFirst = false;
    }
    return { statements: this.#statements, dateTimes: this.#dateTimes };
  }

  #statement(): void {
    this.#whitespace();
    const code = this.#code();
    if (Number.isNaN(code) || code === LF || code === CR) return;
    if (code === 0x23 /* # */) return this.#comment();
    this.#scalars = [];
    const { statement, value } = code === 0x5b /* [ */ ? this.#table() : this.#pair();
    this.#whitespace();
    if (this.#code() === 0x23) this.#comment();
    this.#keys.add(statement, value);
    // Hugo's parser looks at numbers and dates only once the whole statement has been read.
    for (const scalar of this.#scalars) this.#checkScalar(scalar);
    this.#statements.push(statement);
  }

  #checkScalar(token: TomlScalarToken): void {
    if (token.kind === 'integer' || token.kind === 'float') return checkTomlNumber(this.#text, token);
    readTomlDateTime(this.#text, token);
    this.#dateTimes.push(token);
  }

  #table(): { statement: TomlStatement; value: undefined } {
    const start = this.#at;
    const isArray = this.#text.startsWith('[[', start);
    this.#at += isArray ? 2 : 1;
    this.#whitespace();
    const { path } = this.#key();
    this.#whitespace();
    this.#expect(']');
    if (isArray) this.#expect(']');
    const end = this.#at;
    const kind = isArray ? 'array-table' : 'table';
    return { statement: { kind, path, start, keyEnd: end, valueStart: end, end }, value: undefined };
  }

  #pair(): { statement: TomlStatement; value: TomlContainer | undefined } {
    const start = this.#at;
    const { path, end: keyEnd } = this.#key();
    this.#whitespace();
    if (this.#at >= this.#text.length) this.#fail('expected = after a key, but the document ends there', this.#at);
    this.#expect('=');
    this.#whitespace();
    const valueStart = this.#at;
    const value = this.#value();
    return { statement: { kind: 'pair', path, start, keyEnd, valueStart, end: this.#at }, value };
  }

  #key(): { path: string[]; end: number } {
    const path = [this.#simpleKey()];
    for (;;) {
      const end = this.#at;
      this.#whitespace();
      if (this.#code() !== DOT) return { path, end };
      this.#at += 1;
      this.#whitespace();
      path.push(this.#simpleKey());
      if (path.length > FRONT_MATTER_LIMITS.depth) this.#failTooDeep();
    }
  }

  #simpleKey(): string {
    const code = this.#code();
    if (Number.isNaN(code)) this.#fail('expected key but found none', this.#at);
    const start = this.#at;
    if (code === QUOTE) {
      this.#basicString();
      return unescapeBasic(this.#text.slice(start + 1, this.#at - 1));
    }
    if (code === APOSTROPHE) {
      this.#literalString();
      return this.#text.slice(start + 1, this.#at - 1);
    }
    while (isWordCode(this.#code())) this.#at += 1;
    if (this.#at === start) this.#fail(`invalid character at start of key: ${byteCharacter(this.#text, start)}`, start);
    return this.#text.slice(start, this.#at);
  }

  #value(): TomlContainer | undefined {
    switch (this.#text[this.#at]) {
      case undefined:
        return this.#fail('expected value, not eof', this.#at);
      case '"':
        return this.#text.startsWith('"""', this.#at) ? this.#multilineBasicString() : this.#basicString();
      case "'":
        return this.#text.startsWith("'''", this.#at) ? this.#multilineLiteralString() : this.#literalString();
      case 't':
        return this.#word('true');
      case 'f':
        return this.#word('false');
      case '[':
        return this.#nested(() => this.#array());
      case '{':
        return this.#nested(() => this.#inlineTable());
      default:
        return this.#numberOrDateTime();
    }
  }

  #word(word: 'true' | 'false' | 'inf' | 'nan'): undefined {
    if (!this.#text.startsWith(word, this.#at)) this.#fail(`expected '${word}'`, this.#at);
    this.#at += word.length;
  }

  #nested<Container>(read: () => Container): Container {
    this.#depth += 1;
    if (this.#depth > FRONT_MATTER_LIMITS.depth) this.#failTooDeep();
    const container = read();
    this.#depth -= 1;
    return container;
  }

  #array(): TomlContainer {
    const start = this.#at;
    const items: TomlContainer[] = [];
    let isFirst = true;
    this.#at += 1;
    while (this.#at < this.#text.length) {
      this.#void();
      const code = this.#code();
      if (Number.isNaN(code)) this.#fail('array is incomplete', start);
      if (code === 0x5d /* ] */) break;
      if (code === COMMA) {
        if (isFirst) this.#fail('array cannot start with comma', this.#at);
        this.#at += 1;
        this.#void();
      } else if (!isFirst) {
        this.#fail('array elements must be separated by commas', this.#at);
      }
      if (this.#code() === 0x5d) break;
      const item = this.#value();
      if (item !== undefined) items.push(item);
      this.#void();
      isFirst = false;
    }
    this.#expect(']');
    return { items };
  }

  #inlineTable(): TomlContainer {
    const keys: TomlInlineKey[] = [];
    this.#at += 1;
    while (this.#at < this.#text.length) {
      const before = this.#at;
      this.#whitespace();
      if (this.#at >= this.#text.length) this.#fail('inline table is incomplete', before);
      if (this.#code() === 0x7d /* } */) break;
      if (keys.length > 0) {
        this.#expect(',');
        this.#whitespace();
      }
      const { statement, value } = this.#pair();
      keys.push({ path: statement.path, value });
    }
    this.#expect('}');
    return { keys };
  }

  /** White space, comments and line ends inside an array. */
  #void(): void {
    while (this.#at < this.#text.length) {
      this.#whitespace();
      if (this.#code() === 0x23) this.#comment();
      const code = this.#code();
      if (code !== LF && code !== CR) return;
      this.#newline();
    }
  }

  #whitespace(): void {
    for (let code = this.#code(); code === SPACE || code === TAB; code = this.#code()) this.#at += 1;
  }

  #newline(): void {
    const code = this.#code();
    if (code === LF) {
      this.#at += 1;
      return;
    }
    if (code !== CR) this.#fail(`expected newline but got ${describeByte(this.#text, this.#at)}`, this.#at);
    if (this.#at + 1 >= this.#text.length) this.#fail('windows new line expected', this.#at);
    if (this.#text.charCodeAt(this.#at + 1) !== LF) this.#fail('windows new line should be \\r\\n', this.#at);
    this.#at += 2;
  }

  #comment(): void {
    for (; this.#at < this.#text.length; this.#at += 1) {
      const code = this.#code();
      if (code === LF) return;
      if (code === CR && this.#text.charCodeAt(this.#at + 1) === LF) return;
      if (isForbiddenCode(code) || code === CR) this.#fail('invalid character in comment', this.#at);
    }
  }

  #basicString(): undefined {
    const start = this.#at;
    let hasEscape = false;
    for (this.#at += 1; ; this.#at += 1) {
      const code = this.#code();
      if (code === QUOTE) break;
      if (Number.isNaN(code)) this.#fail('basic string not terminated by "', this.#at);
      if (code === LF || code === CR) this.#fail('basic strings cannot have new lines', this.#at);
      if (code !== BACKSLASH) continue;
      if (this.#at + 1 >= this.#text.length) this.#fail('need a character after \\', this.#at);
      hasEscape = true;
      this.#at += 1;
    }
    this.#at += 1;
    checkBasicString(this.#text, start + 1, this.#at - 1, { hasEscape, isMultiline: false });
  }

  #multilineBasicString(): undefined {
    const start = this.#at;
    let hasEscape = false;
    this.#at += 3;
    for (; !this.#text.startsWith('"""', this.#at); this.#at += 1) {
      const code = this.#code();
      if (Number.isNaN(code)) this.#fail('multiline basic string not terminated by """', this.#at);
      if (code === BACKSLASH) {
        if (this.#at + 1 >= this.#text.length) this.#fail('need a character after \\', this.#text.length);
        hasEscape = true;
        this.#at += 1;
      } else if (code === CR) this.#returnInString();
    }
    this.#closingQuotes('"', '""" not allowed in multiline basic string');
    checkBasicString(this.#text, start + 3, this.#at - 3, { hasEscape, isMultiline: true });
  }

  #literalString(): undefined {
    for (this.#at += 1; ; this.#at += 1) {
      const code = this.#code();
      if (code === APOSTROPHE) break;
      if (Number.isNaN(code)) this.#fail('unterminated literal string', this.#at);
      if (code === LF || code === CR) this.#fail('literal strings cannot have new lines', this.#at);
      if (isForbiddenCode(code)) this.#fail('invalid character', this.#at);
    }
    this.#at += 1;
  }

  #multilineLiteralString(): undefined {
    this.#at += 3;
    for (; !this.#text.startsWith("'''", this.#at); this.#at += 1) {
      const code = this.#code();
      if (Number.isNaN(code)) this.#fail("multiline literal string not terminated by '''", this.#at);
      if (code === CR) this.#returnInString();
      else if (isForbiddenCode(code)) this.#fail('invalid character', this.#at);
    }
    this.#closingQuotes("'", "''' not allowed in multiline literal string");
  }

  #returnInString(): void {
    if (this.#at + 1 >= this.#text.length) this.#fail('need a \\n after \\r', this.#text.length);
    if (this.#text.charCodeAt(this.#at + 1) !== LF) this.#fail('need a \\n after \\r', this.#at);
    this.#at += 1;
  }

  /** Up to two further quotes belong to the string. */
  #closingQuotes(quote: string, tooMany: string): void {
    this.#at += 3;
    if (this.#text[this.#at] !== quote) return;
    this.#at += 1;
    if (this.#text[this.#at] !== quote) return;
    this.#at += 1;
    if (this.#text[this.#at] === quote) this.#fail(tooMany, this.#at - 3);
  }

  #numberOrDateTime(): undefined {
    const start = this.#at;
    const first = this.#text[start];
    if (first === 'i') return this.#word('inf');
    if (first === 'n') return this.#word('nan');
    if (first !== '+' && first !== '-' && /^(?:\d{2}:|\d{4}-)/.test(this.#text.slice(start, start + 5))) {
      return this.#dateTime();
    }
    return this.#number();
  }

  #dateTime(): undefined {
    const token = dateTimeToken(this.#text, this.#at);
    this.#at = token.end;
    this.#scalars.push(token);
  }

  #number(): undefined {
    const start = this.#at;
    BASED_INTEGER.lastIndex = start;
    const found = this.#text.length - start > 2 ? BASED_INTEGER.exec(this.#text)?.[0] : undefined;
    if (found !== undefined) {
      this.#at += found.length;
      this.#scalars.push({ kind: 'integer', start, end: this.#at });
      return;
    }
    NUMBER_TEXT.lastIndex = start;
    const digits = NUMBER_TEXT.exec(this.#text)?.[0] ?? '';
    this.#at += digits.length;
    const next = this.#text[this.#at];
    if (next === 'i' || next === 'n') {
      const word = next === 'i' ? 'inf' : 'nan';
      if (!this.#text.startsWith(word, this.#at)) {
        this.#fail(`unexpected character '${next}' while scanning for a number`, this.#at);
      }
      this.#at += 3;
      this.#scalars.push({ kind: 'float', start, end: this.#at });
      return;
    }
    if (digits === '') this.#fail('incomplete number', start);
    this.#scalars.push({ kind: /[.eE]/.test(digits) ? 'float' : 'integer', start, end: this.#at });
  }

  #expect(character: string): void {
    if (this.#at >= this.#text.length) {
      this.#fail(`expected character ${character} but the document ended here`, this.#at);
    }
    if (this.#text[this.#at] !== character) this.#fail(`expected character ${character}`, this.#at);
    this.#at += 1;
  }

  #code(): number {
    return this.#text.charCodeAt(this.#at);
  }

  #fail(problem: string, offset: number): never {
    throw tomlError(problem, offset);
  }

  #failTooDeep(): never {
    throw new FrontMatterSyntaxError(`front matter is nested deeper than ${FRONT_MATTER_LIMITS.depth} levels`, {
      code: 'FRONT_MATTER_TOO_DEEP',
      offset: this.#at,
      hint: 'Nest tables and arrays less deeply.',
    });
  }
}
