/**
 * The tokens of YAML as libyaml finds them, which is what Hugo's YAML parser is built on: which characters start what, where a
 * key may stand, where a scalar ends. It makes no values; the `yaml` package does. It exists because the two disagree about
 * what is an error (libyaml is lax about indentation inside quotes and brackets, and strict elsewhere), because Hugo's
 * messages come from here, and because what Hugo refuses must be refused.
 */
import {
  HASH,
  isBlankCode,
  isBlankOrBreakCode,
  isBreakCode,
  isSpaceCode,
  YamlCursor,
  type YamlMark,
  type YamlRewrite,
} from './yaml-cursor.js';
import { scanBlockScalar, scanPlain, scanQuoted, type ScalarContext, type YamlDialect } from './yaml-scalar-scan.js';
import { scanDirective, scanTag } from './yaml-tag-scan.js';

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

interface SimpleKey {
  isPossible: boolean;
  isRequired: boolean;
  tokenNumber: number;
  mark: YamlMark;
}

/** A key ends at most this many characters after its start. */
const LONGEST_SIMPLE_KEY = 1024;

export class YamlScanner {
  readonly #cursor: YamlCursor;
  readonly #dialect: YamlDialect;
  #tokens: YamlToken[] = [];
  #tokensTaken = 0;
  #hasEnded = false;
  #flowLevel = 0;
  #indent = -1;
  readonly #indents: number[] = [];
  #isSimpleKeyAllowed = true;
  readonly #simpleKeys: SimpleKey[];

  constructor(text: string, dialect: YamlDialect) {
    this.#cursor = new YamlCursor(text);
    this.#dialect = dialect;
    this.#simpleKeys = [this.#noSimpleKey()];
  }

  get rewrites(): readonly YamlRewrite[] {
    return this.#cursor.rewrites;
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
    return { isPossible: false, isRequired: false, tokenNumber: -1, mark: this.#cursor.mark };
  }

  #fetchNextToken(): void {
    this.#skipToNextToken();
    this.#unrollIndent(this.#cursor.column);
    const code = this.#cursor.code();
    if (Number.isNaN(code)) return this.#fetchStreamEnd();
    const character = this.#cursor.character();
    if (this.#cursor.column === 0) {
      if (character === '%') return this.#fetchDirective();
      if (this.#cursor.isDocumentMarker('---')) return this.#fetchDocumentMarker('document start');
      if (this.#cursor.isDocumentMarker('...')) return this.#fetchDocumentMarker('document end');
    }
    this.#fetchIndicator(character);
  }

  #fetchIndicator(character: string): void {
    const isBlankNext = isBlankOrBreakCode(this.#cursor.code(1));
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
        return this.#fetchScalar(() => scanQuoted(this.#cursor, this.#scalarContext, character));
      case '-':
        if (isBlankNext) return this.#fetchBlockEntry();
        break;
      case '?':
        if (isBlankNext || (isInFlow && this.#dialect === '1.1')) return this.#fetchKey();
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
    this.#cursor.fail('found character that cannot start any token');
  }

  #startsPlainScalar(character: string): boolean {
    if (character === '-') return !isBlankCode(this.#cursor.code(1));
    if (character === '?') return true;
    if (character === ':') return this.#flowLevel === 0;
    return !isBlankOrBreakCode(this.#cursor.code()) && !',[]{}#&*!|>\'"%@`'.includes(character);
  }

  // ---- keys that are known as keys only when their colon comes ----

  #isValid(key: SimpleKey): boolean {
    if (!key.isPossible) return false;
    if (key.mark.line === this.#cursor.line && key.mark.offset + LONGEST_SIMPLE_KEY >= this.#cursor.offset) return true;
    this.#refuseIfRequired(key);
    key.isPossible = false;
    return false;
  }

  #refuseIfRequired(key: SimpleKey): void {
    // The message counts from where the search ended; a reader is helped by where the key starts.
    if (key.isRequired) this.#cursor.fail("could not find expected ':'", key.mark.offset);
  }

  #saveSimpleKey(): void {
    if (!this.#isSimpleKeyAllowed) return;
    this.#removeSimpleKey();
    this.#simpleKeys[this.#simpleKeys.length - 1] = {
      isPossible: true,
      isRequired: this.#flowLevel === 0 && this.#indent === this.#cursor.column,
      tokenNumber: this.#tokensTaken + this.#tokens.length,
      mark: this.#cursor.mark,
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
      const mark = this.#cursor.mark;
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
    if (this.#cursor.column !== 0) {
      this.#cursor.column = 0;
      this.#cursor.line += 1;
    }
    this.#unrollIndent(-1);
    this.#removeSimpleKey();
    this.#isSimpleKeyAllowed = false;
    this.#hasEnded = true;
    this.#add('stream end', this.#cursor.mark);
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
    const start = this.#cursor.mark;
    const name = scanDirective(this.#cursor);
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
      if (!this.#isSimpleKeyAllowed) this.#cursor.fail('block sequence entries are not allowed in this context');
      this.#rollIndent(this.#cursor.column, this.#nextTokenNumber(), 'block sequence start', this.#cursor.mark);
    }
    this.#removeSimpleKey();
    this.#isSimpleKeyAllowed = true;
    this.#addIndicator('block entry');
  }

  #fetchKey(): void {
    if (this.#flowLevel === 0) {
      if (!this.#isSimpleKeyAllowed) this.#cursor.fail('mapping keys are not allowed in this context');
      this.#rollIndent(this.#cursor.column, this.#nextTokenNumber(), 'block mapping start', this.#cursor.mark);
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
        if (!this.#isSimpleKeyAllowed) this.#cursor.fail('mapping values are not allowed in this context');
        this.#rollIndent(this.#cursor.column, this.#nextTokenNumber(), 'block mapping start', this.#cursor.mark);
      }
      this.#isSimpleKeyAllowed = this.#flowLevel === 0;
    }
    this.#addIndicator('value');
  }

  #fetchAnchor(type: 'anchor' | 'alias'): void {
    this.#saveSimpleKey();
    this.#isSimpleKeyAllowed = false;
    const start = this.#cursor.mark;
    this.#cursor.skip();
    const name = this.#cursor.takeWord();
    if (name === '' || !(isBlankOrBreakCode(this.#cursor.code()) || '?:,]}%@`'.includes(this.#cursor.character()))) {
      this.#cursor.fail('did not find expected alphabetic or numeric character');
    }
    this.#add(type, start, name);
  }

  #fetchTag(): void {
    this.#saveSimpleKey();
    this.#isSimpleKeyAllowed = false;
    const start = this.#cursor.mark;
    const handle = scanTag(this.#cursor);
    if (!isBlankOrBreakCode(this.#cursor.code())) {
      this.#cursor.fail('did not find expected whitespace or line break');
    }
    this.#add('tag', start, handle);
  }

  #fetchBlockScalar(): void {
    this.#removeSimpleKey();
    this.#isSimpleKeyAllowed = true;
    const start = this.#cursor.mark;
    scanBlockScalar(this.#cursor, this.#scalarContext);
    this.#add('scalar', start);
  }

  #fetchScalar(scan: () => YamlMark): void {
    this.#saveSimpleKey();
    this.#isSimpleKeyAllowed = false;
    const start = this.#cursor.mark;
    const end = scan();
    this.#tokens.push({ type: 'scalar', start, end });
  }

  #scanPlain(): YamlMark {
    const { end, endsBelow } = scanPlain(this.#cursor, this.#scalarContext);
    if (endsBelow) this.#isSimpleKeyAllowed = true;
    return end;
  }

  get #scalarContext(): ScalarContext {
    return { indent: this.#indent, isInFlow: this.#flowLevel > 0, dialect: this.#dialect };
  }

  #nextTokenNumber(): number {
    return this.#tokensTaken + this.#tokens.length;
  }

  #addIndicator(type: YamlTokenType, length = 1): void {
    const start = this.#cursor.mark;
    this.#cursor.skip(length);
    this.#add(type, start);
  }

  #add(type: YamlTokenType, start: YamlMark, name?: string): void {
    this.#tokens.push({ type, start, end: this.#cursor.mark, name });
  }

  // ---- characters ----

  #skipToNextToken(): void {
    for (;;) {
      // A tab may stand before a token, but not where it would indent one.
      const isBlank = this.#flowLevel > 0 || !this.#isSimpleKeyAllowed ? isBlankCode : isSpaceCode;
      while (isBlank(this.#cursor.code())) this.#cursor.skip();
      if (this.#cursor.code() === HASH) this.#cursor.skipComment();
      if (!isBreakCode(this.#cursor.code())) return;
      this.#cursor.skipLine();
      if (this.#flowLevel === 0) this.#isSimpleKeyAllowed = true;
      else this.#cursor.noteShallowLine(this.#indent + 1);
    }
  }
}
