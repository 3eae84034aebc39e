/**
 * The tokens of YAML as libyaml finds them, which is what Hugo's YAML parser is built on: which characters start what, where a
 * key may stand, where a scalar ends. It makes no values; the `yaml` package does. It exists because the two disagree about
 * what is an error (libyaml is lax about indentation inside quotes and brackets, and strict elsewhere), because Hugo's
 * messages come from here, and because what Hugo refuses must be refused.
 */
import { FrontMatterSyntaxError } from './diagnostic.js';
import { hintForYaml } from './yaml-hints.js';

export interface YamlMark {
  readonly offset: number;
  /** From 0, as libyaml counts. */
  readonly line: number;
  readonly column: number;
}

export type YamlTokenType =
  | 'stream end'
  | 'directive'
  | 'document start'
  | 'document end'
  | 'block sequence start'
  | 'block mapping start'
  | 'block end'
  | 'flow sequence start'
  | 'flow sequence end'
  | 'flow mapping start'
  | 'flow mapping end'
  | 'block entry'
  | 'flow entry'
  | 'key'
  | 'value'
  | 'alias'
  | 'anchor'
  | 'tag'
  | 'scalar';

export interface YamlToken {
  readonly type: YamlTokenType;
  readonly start: YamlMark;
  readonly end: YamlMark;
  /** Name of an anchor or alias; handle of a tag; a directive without its `%`. */
  readonly name?: string;
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

interface SimpleKey {
  isPossible: boolean;
  isRequired: boolean;
  tokenNumber: number;
  mark: YamlMark;
}

const BLOCK_HEADER = /(?:[+-](\d?)|(\d)[+-]?)?/y;

/** A key ends at most this many characters after its start. */
const LONGEST_SIMPLE_KEY = 1024;

export class YamlScanner {
  readonly rewrites: YamlRewrite[] = [];
  readonly #text: string;
  #offset = 0;
  #line = 0;
  #column = 0;
  #tokens: YamlToken[] = [];
  #tokensTaken = 0;
  #hasEnded = false;
  #flowLevel = 0;
  #indent = -1;
  readonly #indents: number[] = [];
  #isSimpleKeyAllowed = true;
  readonly #simpleKeys: SimpleKey[];

  constructor(text: string) {
    this.#text = text;
    if (text.startsWith('\uFEFF')) this.#offset = 1;
    this.#simpleKeys = [this.#noSimpleKey()];
    this.#refuseControlCharacters();
  }

  /** The next token, which stays the next one. @throws FrontMatterSyntaxError */
  peek(): YamlToken {
    while (this.#needsMoreTokens()) this.#fetchNextToken();
    // The stream's end is the last token and is never taken.
    return this.#tokens[0] as YamlToken;
  }

  take(): YamlToken {
    const token = this.peek();
    this.#tokens.shift();
    this.#tokensTaken += 1;
    return token;
  }

  /** A token may only be handed out when no key can turn out to start before it. */
  #needsMoreTokens(): boolean {
    if (this.#tokens.length === 0) return !this.#hasEnded;
    return this.#simpleKeys.some(
      (key) => key.isPossible && key.tokenNumber === this.#tokensTaken && this.#isValid(key),
    );
  }

  #noSimpleKey(): SimpleKey {
    return { isPossible: false, isRequired: false, tokenNumber: -1, mark: this.#mark() };
  }

  #refuseControlCharacters(): void {
    const found = this.#text.search(/[\0-\x08\v\f\x0E-\x1F\x7F-\x84\x86-\x9F\uFFFE\uFFFF]/);
    if (found >= 0) this.#fail('control characters are not allowed', found);
  }

  #fetchNextToken(): void {
    this.#skipToNextToken();
    this.#unrollIndent(this.#column);
    const code = this.#code();
    if (Number.isNaN(code)) return this.#fetchStreamEnd();
    const character = this.#text[this.#offset] ?? '';
    if (this.#column === 0) {
      if (character === '%') return this.#fetchDirective();
      if (this.#isDocumentMarker('---')) return this.#fetchDocumentMarker('document start');
      if (this.#isDocumentMarker('...')) return this.#fetchDocumentMarker('document end');
    }
    this.#fetchIndicator(character);
  }

  #fetchIndicator(character: string): void {
    const isBlankNext = isBlankOrBreakCode(this.#code(1));
    const isInFlow = this.#flowLevel > 0;
    switch (character) {
      case '[':
        return this.#fetchFlowStart('flow sequence start');
      case '{':
        return this.#fetchFlowStart('flow mapping start');
      case ']':
        return this.#fetchFlowEnd('flow sequence end');
      case '}':
        return this.#fetchFlowEnd('flow mapping end');
      case ',':
        return this.#fetchFlowEntry();
      case '*':
        return this.#fetchAnchor('alias');
      case '&':
        return this.#fetchAnchor('anchor');
      case '!':
        return this.#fetchTag();
      case "'":
      case '"':
        return this.#fetchScalar(() => this.#scanQuoted(character));
      case '-':
        if (isBlankNext) return this.#fetchBlockEntry();
        break;
      case '?':
        if (isBlankNext) return this.#fetchKey();
        break;
      case ':':
        if (isInFlow || isBlankNext) return this.#fetchValue();
        break;
      case '|':
      case '>':
        if (!isInFlow) return this.#fetchBlockScalar();
        break;
      default:
    }
    if (this.#startsPlainScalar(character)) return this.#fetchScalar(() => this.#scanPlain());
    this.#fail('found character that cannot start any token');
  }

  #startsPlainScalar(character: string): boolean {
    if (character === '-') return !isBlankCode(this.#code(1));
    // libyaml ends a plain scalar at every `?` inside brackets, and so refuses `[https://e.org/?a=b]`; YAML 1.2, and with it
    // Hugo from 0.152 on, does not. Here both are read.
    if (character === '?') return true;
    if (character === ':') return this.#flowLevel === 0;
    return !isBlankOrBreakCode(this.#code()) && !',[]{}#&*!|>\'"%@`'.includes(character);
  }

  // ---- keys that are known as keys only when their colon comes ----

  #isValid(key: SimpleKey): boolean {
    if (!key.isPossible) return false;
    if (key.mark.line === this.#line && key.mark.offset + LONGEST_SIMPLE_KEY >= this.#offset) return true;
    this.#refuseIfRequired(key);
    key.isPossible = false;
    return false;
  }

  #refuseIfRequired(key: SimpleKey): void {
    // The message counts from where the search ended; a reader is helped by where the key starts.
    if (key.isRequired) this.#fail("could not find expected ':'", key.mark.offset);
  }

  #saveSimpleKey(): void {
    if (!this.#isSimpleKeyAllowed) return;
    this.#removeSimpleKey();
    this.#simpleKeys[this.#simpleKeys.length - 1] = {
      isPossible: true,
      isRequired: this.#flowLevel === 0 && this.#indent === this.#column,
      tokenNumber: this.#tokensTaken + this.#tokens.length,
      mark: this.#mark(),
    };
  }

  #removeSimpleKey(): void {
    const key = this.#simpleKeys.at(-1);
    if (key?.isPossible !== true) return;
    this.#refuseIfRequired(key);
    key.isPossible = false;
  }

  // ---- indentation ----

  #rollIndent(column: number, tokenNumber: number, type: YamlTokenType, mark: YamlMark): void {
    if (this.#flowLevel > 0 || this.#indent >= column) return;
    this.#indents.push(this.#indent);
    this.#indent = column;
    this.#insert({ type, start: mark, end: mark }, tokenNumber);
  }

  #unrollIndent(column: number): void {
    if (this.#flowLevel > 0) return;
    while (this.#indent > column) {
      const mark = this.#mark();
      this.#insert({ type: 'block end', start: mark, end: mark });
      this.#indent = this.#indents.pop() ?? -1;
    }
  }

  #insert(token: YamlToken, tokenNumber?: number): void {
    if (tokenNumber === undefined) this.#tokens.push(token);
    else this.#tokens.splice(tokenNumber - this.#tokensTaken, 0, token);
  }

  // ---- tokens ----

  #fetchStreamEnd(): void {
    if (this.#column !== 0) {
      this.#column = 0;
      this.#line += 1;
    }
    this.#unrollIndent(-1);
    this.#removeSimpleKey();
    this.#isSimpleKeyAllowed = false;
    this.#hasEnded = true;
    this.#add('stream end', this.#mark());
  }

  #fetchDocumentMarker(type: 'document start' | 'document end'): void {
    this.#unrollIndent(-1);
    this.#removeSimpleKey();
    this.#isSimpleKeyAllowed = false;
    this.#addIndicator(type, 3);
  }

  #fetchDirective(): void {
    this.#unrollIndent(-1);
    this.#removeSimpleKey();
    this.#isSimpleKeyAllowed = false;
    const start = this.#mark();
    const name = this.#scanDirective();
    this.#add('directive', start, name);
  }

  #fetchFlowStart(type: 'flow sequence start' | 'flow mapping start'): void {
    this.#saveSimpleKey();
    this.#simpleKeys.push(this.#noSimpleKey());
    this.#flowLevel += 1;
    this.#isSimpleKeyAllowed = true;
    this.#addIndicator(type);
  }

  #fetchFlowEnd(type: 'flow sequence end' | 'flow mapping end'): void {
    this.#removeSimpleKey();
    if (this.#flowLevel > 0) {
      this.#flowLevel -= 1;
      this.#simpleKeys.pop();
    }
    this.#isSimpleKeyAllowed = false;
    this.#addIndicator(type);
  }

  #fetchFlowEntry(): void {
    this.#removeSimpleKey();
    this.#isSimpleKeyAllowed = true;
    this.#addIndicator('flow entry');
  }

  #fetchBlockEntry(): void {
    if (this.#flowLevel === 0) {
      if (!this.#isSimpleKeyAllowed) this.#fail('block sequence entries are not allowed in this context');
      this.#rollIndent(this.#column, this.#nextTokenNumber(), 'block sequence start', this.#mark());
    }
    this.#removeSimpleKey();
    this.#isSimpleKeyAllowed = true;
    this.#addIndicator('block entry');
  }

  #fetchKey(): void {
    if (this.#flowLevel === 0) {
      if (!this.#isSimpleKeyAllowed) this.#fail('mapping keys are not allowed in this context');
      this.#rollIndent(this.#column, this.#nextTokenNumber(), 'block mapping start', this.#mark());
    }
    this.#removeSimpleKey();
    this.#isSimpleKeyAllowed = this.#flowLevel === 0;
    this.#addIndicator('key');
  }

  #fetchValue(): void {
    const key = this.#simpleKeys.at(-1) ?? this.#noSimpleKey();
    if (this.#isValid(key)) {
      this.#insert({ type: 'key', start: key.mark, end: key.mark }, key.tokenNumber);
      this.#rollIndent(key.mark.column, key.tokenNumber, 'block mapping start', key.mark);
      key.isPossible = false;
      this.#isSimpleKeyAllowed = false;
    } else {
      if (this.#flowLevel === 0) {
        if (!this.#isSimpleKeyAllowed) this.#fail('mapping values are not allowed in this context');
        this.#rollIndent(this.#column, this.#nextTokenNumber(), 'block mapping start', this.#mark());
      }
      this.#isSimpleKeyAllowed = this.#flowLevel === 0;
    }
    this.#addIndicator('value');
  }

  #fetchAnchor(type: 'anchor' | 'alias'): void {
    this.#saveSimpleKey();
    this.#isSimpleKeyAllowed = false;
    const start = this.#mark();
    this.#skip();
    const name = this.#takeWord();
    if (name === '' || !(isBlankOrBreakCode(this.#code()) || '?:,]}%@`'.includes(this.#text[this.#offset] ?? ''))) {
      this.#fail('did not find expected alphabetic or numeric character');
    }
    this.#add(type, start, name);
  }

  #fetchTag(): void {
    this.#saveSimpleKey();
    this.#isSimpleKeyAllowed = false;
    const start = this.#mark();
    const handle = this.#scanTag();
    if (!isBlankOrBreakCode(this.#code())) {
      this.#fail('did not find expected whitespace or line break');
    }
    this.#add('tag', start, handle);
  }

  #fetchBlockScalar(): void {
    this.#removeSimpleKey();
    this.#isSimpleKeyAllowed = true;
    const start = this.#mark();
    this.#scanBlockScalar();
    this.#add('scalar', start);
  }

  #fetchScalar(scan: () => YamlMark): void {
    this.#saveSimpleKey();
    this.#isSimpleKeyAllowed = false;
    const start = this.#mark();
    const end = scan();
    this.#tokens.push({ type: 'scalar', start, end });
  }

  #nextTokenNumber(): number {
    return this.#tokensTaken + this.#tokens.length;
  }

  #addIndicator(type: YamlTokenType, length = 1): void {
    const start = this.#mark();
    for (let count = 0; count < length; count += 1) this.#skip();
    this.#add(type, start);
  }

  #add(type: YamlTokenType, start: YamlMark, name?: string): void {
    this.#tokens.push({ type, start, end: this.#mark(), name });
  }

  // ---- characters ----

  #skipToNextToken(): void {
    for (;;) {
      // A tab may stand before a token, but not where it would indent one.
      const isBlank = this.#flowLevel > 0 || !this.#isSimpleKeyAllowed ? isBlankCode : isSpaceCode;
      while (isBlank(this.#code())) this.#skip();
      if (this.#code() === HASH) this.#skipComment();
      if (!isBreakCode(this.#code())) return;
      this.#skipLine();
      if (this.#flowLevel === 0) this.#isSimpleKeyAllowed = true;
      else this.#noteShallowLine();
    }
  }

  #skipComment(): void {
    const isDetached = this.#offset === 0 || isBlankOrBreakCode(this.#code(-1));
    if (!isDetached) this.rewrites.push({ offset: this.#offset, removed: 0, inserted: ' ' });
    this.#skipToLineEnd();
  }

  #skipToLineEnd(): void {
    while (!isBreakOrEndCode(this.#code())) this.#skip();
  }

  #skip(): void {
    this.#offset += 1;
    this.#column += 1;
  }

  #skipLine(): void {
    this.#offset += this.#text.startsWith('\r\n', this.#offset) ? 2 : 1;
    this.#column = 0;
    this.#line += 1;
  }

  #noteShallowLine(): void {
    const needed = this.#indent + 1;
    let spaces = 0;
    while (spaces < needed && this.#code(spaces) === SPACE) spaces += 1;
    if (spaces < needed && !isBreakOrEndCode(this.#code(spaces))) {
      this.rewrites.push({ offset: this.#offset, removed: 0, inserted: ' '.repeat(needed - spaces) });
    }
  }

  #takeWord(): string {
    const start = this.#offset;
    while (isWordCode(this.#code())) this.#skip();
    return this.#text.slice(start, this.#offset);
  }

  #isDocumentMarker(marker: string): boolean {
    return (
      this.#column === 0 && this.#text.startsWith(marker, this.#offset) && isBlankOrBreakCode(this.#code(marker.length))
    );
  }

  // ---- scalars ----

  #scanPlain(): YamlMark {
    const start = this.#mark();
    const indent = this.#indent + 1;
    let end = start;
    let hasLineBreak = false;
    while (!this.#isDocumentMarker('---') && !this.#isDocumentMarker('...') && this.#code() !== HASH) {
      while (!isBlankOrBreakCode(this.#code()) && !this.#endsPlainScalar()) {
        hasLineBreak = false;
        this.#skip();
        end = this.#mark();
      }
      if (!isBlankCode(this.#code()) && !isBreakCode(this.#code())) break;
      hasLineBreak = this.#skipPlainBlanks(hasLineBreak, indent);
      if (this.#flowLevel === 0 && this.#column < indent) break;
    }
    if (hasLineBreak) this.#isSimpleKeyAllowed = true;
    return end;
  }

  #endsPlainScalar(): boolean {
    const character = this.#text[this.#offset] ?? '';
    if (character === ':') return isBlankOrBreakCode(this.#code(1));
    if (this.#flowLevel === 0) return false;
    return ',[]{}'.includes(character) || (character === '?' && isBlankOrBreakCode(this.#code(1)));
  }

  #skipPlainBlanks(hasLineBreak: boolean, indent: number): boolean {
    for (let code = this.#code(); isBlankCode(code) || isBreakCode(code); code = this.#code()) {
      if (isBreakCode(code)) {
        this.#skipLine();
        hasLineBreak = true;
        if (this.#flowLevel > 0) this.#noteShallowLine();
        continue;
      }
      if (hasLineBreak && this.#column < indent && code === TAB) {
        this.#fail('found a tab character that violates indentation');
      }
      this.#skip();
    }
    return hasLineBreak;
  }

  #scanQuoted(quote: string): YamlMark {
    const start = this.#mark();
    this.#skip();
    for (;;) {
      if (this.#isDocumentMarker('---') || this.#isDocumentMarker('...')) {
        this.#fail('found unexpected document indicator');
      }
      // The message counts from the end; a reader is helped by where the quote starts.
      if (Number.isNaN(this.#code())) this.#fail('found unexpected end of stream', start.offset);
      this.#skipQuotedText(quote);
      if (this.#text[this.#offset] === quote) break;
      for (let code = this.#code(); isBlankCode(code) || isBreakCode(code); code = this.#code()) {
        if (isBlankCode(code)) this.#skip();
        else this.#skipQuotedLine();
      }
    }
    this.#skip();
    return this.#mark();
  }

  #skipQuotedLine(): void {
    this.#skipLine();
    this.#noteShallowLine();
  }

  #skipQuotedText(quote: string): void {
    while (!isBlankOrBreakCode(this.#code())) {
      const character = this.#text[this.#offset];
      if (character === quote) {
        if (quote === '"' || this.#text[this.#offset + 1] !== quote) return;
        this.#skip();
        this.#skip();
      } else if (quote === '"' && character === '\\') {
        if (isBreakCode(this.#code(1))) {
          this.#skip();
          this.#skipQuotedLine();
          return;
        }
        this.#skipEscape();
      } else {
        this.#skip();
      }
    }
  }

  #skipEscape(): void {
    const kind = this.#text[this.#offset + 1] ?? '';
    const length = kind === 'x' ? 2 : kind === 'u' ? 4 : kind === 'U' ? 8 : 0;
    if (length === 0 && (kind === '' || !'0abt\tnvfre "\'\\N_LP'.includes(kind))) {
      this.#fail('found unknown escape character');
    }
    if (kind === "'") this.rewrites.push({ offset: this.#offset, removed: 1, inserted: '' });
    this.#skip();
    this.#skip();
    if (length === 0) return;
    const hex = this.#text.slice(this.#offset, this.#offset + length);
    if (!/^[0-9a-fA-F]+$/.test(hex) || hex.length < length) {
      this.#fail('did not find expected hexdecimal number');
    }
    const codePoint = Number.parseInt(hex, 16);
    if ((codePoint >= 0xd800 && codePoint <= 0xdfff) || codePoint > 0x10ffff) {
      this.#fail('found invalid Unicode character escape code');
    }
    for (let count = 0; count < length; count += 1) this.#skip();
  }

  #scanBlockScalar(): void {
    this.#skip();
    const increment = this.#scanBlockHeader();
    while (isBlankCode(this.#code())) this.#skip();
    if (this.#code() === HASH) this.#skipComment();
    if (!isBreakOrEndCode(this.#code())) {
      this.#fail('did not find expected comment or line break');
    }
    if (isBreakCode(this.#code())) this.#skipLine();
    const given = increment === 0 ? 0 : Math.max(this.#indent, 0) + increment;
    const indent = this.#skipBlockBreaks(given);
    while (this.#column === indent && !Number.isNaN(this.#code())) {
      this.#skipToLineEnd();
      if (isBreakCode(this.#code())) this.#skipLine();
      this.#skipBlockBreaks(indent);
    }
  }

  /** Chomping and indentation in either order; gives the indentation, 0 for none. */
  #scanBlockHeader(): number {
    BLOCK_HEADER.lastIndex = this.#offset;
    const found = BLOCK_HEADER.exec(this.#text);
    const digit = found?.[1] || found?.[2];
    if (digit === '0') this.#fail('found an indentation indicator equal to 0');
    for (let count = found?.[0].length ?? 0; count > 0; count -= 1) this.#skip();
    return Number(digit ?? 0);
  }

  #skipBlockBreaks(indent: number): number {
    const limit = indent === 0 ? Infinity : indent;
    let deepest = 0;
    for (;;) {
      while (this.#column < limit && this.#code() === SPACE) this.#skip();
      deepest = Math.max(deepest, this.#column);
      if (this.#column < limit && this.#code() === TAB) {
        this.#fail('found a tab character where an indentation space is expected');
      }
      if (!isBreakCode(this.#code())) break;
      this.#skipLine();
    }
    return indent === 0 ? Math.max(deepest, this.#indent + 1, 1) : indent;
  }

  // ---- tags and directives ----

  /** Gives the handle: `!`, `!!`, `!name!`, or nothing for `!<…>` and a lone `!`. */
  #scanTag(): string {
    if (this.#text[this.#offset + 1] === '<') {
      this.#skip();
      this.#skip();
      this.#scanTagUri(false);
      if (this.#text[this.#offset] !== '>') this.#fail("did not find the expected '>'");
      this.#skip();
      return '';
    }
    const handle = this.#scanTagHandle();
    const isHandle = handle.length > 1 && handle.endsWith('!');
    const uriLength = this.#scanTagUri(!isHandle);
    if (isHandle) return handle;
    return uriLength === 0 && handle === '!' ? '' : '!';
  }

  #scanTagHandle(): string {
    const start = this.#offset;
    this.#skip();
    this.#takeWord();
    if (this.#text[this.#offset] === '!') this.#skip();
    return this.#text.slice(start, this.#offset);
  }

  #scanTagUri(mayBeEmpty: boolean): number {
    const from = this.#offset;
    while (isWordCode(this.#code()) || ";/?:@&=+$,.!~*'()[]%".includes(this.#text[this.#offset] || ' ')) {
      if (this.#text[this.#offset] === '%') this.#skipUriEscape();
      else this.#skip();
    }
    if (this.#offset === from && !mayBeEmpty) this.#fail('did not find expected tag URI');
    return this.#offset - from;
  }

  #skipUriEscape(): void {
    if (!/^%[0-9a-fA-F]{2}/.test(this.#text.slice(this.#offset, this.#offset + 3))) {
      this.#fail('did not find URI escaped octet');
    }
    for (let count = 0; count < 3; count += 1) this.#skip();
  }

  /**
   * A directive can only stand before `---`, which front matter cannot contain: so each one is an error, and what is left to
   * do is to find Hugo's words for it.
   */
  #scanDirective(): string {
    this.#skip();
    const name = this.#takeWord();
    if (name === '') this.#fail('could not find expected directive name');
    if (!isBlankOrBreakCode(this.#code())) this.#fail('found unexpected non-alphabetical character');
    if (name !== 'YAML' && name !== 'TAG') this.#fail('found unknown directive name');
    const valueStart = this.#offset;
    this.#skipToLineEnd();
    const value = this.#text.slice(valueStart, this.#offset).trim();
    if (isBreakCode(this.#code())) this.#skipLine();
    return `${name} ${value}`;
  }

  // ---- errors ----

  #mark(): YamlMark {
    return { offset: this.#offset, line: this.#line, column: this.#column };
  }

  #code(ahead = 0): number {
    return this.#text.charCodeAt(this.#offset + ahead);
  }

  /** The message counts the line that has been reached; `offset` is the place to show. */
  #fail(problem: string, offset = this.#offset): never {
    throw yamlError(problem, this.#line > 0 ? this.#line + 1 : 0, offset);
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

const TAB = 0x09;
const SPACE = 0x20;
const HASH = 0x23;

function isSpaceCode(code: number): boolean {
  return code === SPACE;
}

function isBlankCode(code: number): boolean {
  return code === SPACE || code === TAB;
}

/** CR, LF, NEL, LS, PS. */
function isBreakCode(code: number): boolean {
  return code === 0x0a || code === 0x0d || code === 0x85 || code === 0x2028 || code === 0x2029;
}

function isBreakOrEndCode(code: number): boolean {
  return Number.isNaN(code) || isBreakCode(code);
}

function isBlankOrBreakCode(code: number): boolean {
  return isBlankCode(code) || isBreakOrEndCode(code);
}

function isWordCode(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x30 && code <= 0x39) ||
    code === 0x2d ||
    code === 0x5f
  );
}
