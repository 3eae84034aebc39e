import { endOfText, isCallSpace, isUnicodeSpace, isWord, isWordOrHyphen, unicodeName } from './characters.js';
import type { Problem, ProblemCode } from './diagnostic.js';
import { indexOrEnd, RememberedSearches } from './remembered-searches.js';

/**
 * - `text`: Markdown; `verbatim`: the visible parts of an escaped call, Markdown too; `divider`: the first `<!--more-->` with the white space after it
 * - `left`, `right`: delimiters; `close`: the slash; `name`, `inline-name`, `parameter`, `value`: what stands between
 * - `ignored`: white space, quotes, `=`, backslashes, comment marks
 * - `broken`: a call that is none, with the {@link Problem}; it stays in the document as text
 */
export type TokenKind =
  | 'text'
  | 'verbatim'
  | 'divider'
  | 'left'
  | 'right'
  | 'name'
  | 'inline-name'
  | 'parameter'
  | 'value'
  | 'close'
  | 'ignored'
  | 'broken';

/** A range of the source. The ranges of all tokens cover the source without gap or overlap. */
export interface Token {
  readonly kind: TokenKind;
  readonly start: number;
  readonly end: number;
  /** A quoted or raw parameter: a string, even where it looks like a number. */
  readonly quoted?: boolean;
  /** The quoted parameter holds `\"`, which makes every backslash in it vanish. */
  readonly escaped?: boolean;
  /** Set on `broken`. */
  readonly problem?: Problem;
  /** Set on `broken`: the tokens that could be read before it broke. They are not part of the list. */
  readonly partial?: readonly Token[];
}

export const summaryDivider = '<!--more-->';

const quote = 0x22;
const percent = 0x25;
const dot = 0x2e;
const slash = 0x2f;
const lessThan = 0x3c;
const equalsSign = 0x3d;
const backslash = 0x5c;
const backQuote = 0x60;
const lineFeed = 0x0a;
const delimiterLength = 3;

/**
 * Splits a body into tokens. It knows no Markdown: code fences and comments protect nothing, as in Hugo's parser/pageparser.
 *
 * Body :: { Text | Divider | Escaped | Tag }
 * A call that is none becomes one `broken` token, and reading goes on behind it.
 */
export function scanShortcodes(source: string): Token[] {
  return new ShortcodeLexer(source).scan();
}

/** The way parameters are written in a call, set by the first one: Hugo allows one kind only. */
type ParameterStyle = 'none' | 'positional' | 'named';

class ShortcodeLexer {
  private readonly tokens: Token[] = [];
  private position = 0;

  private right = '>}}';
  private hasName = false;
  private isClosing = false;
  private parameterStyle: ParameterStyle = 'none';

  /** Names that some tag of the page ever carried. Hugo asks no more of a closing tag: the parser closes the innermost call, whatever its name. */
  private readonly openedNames = new Set<string>();
  private lastName = '';
  private isInsideInline = false;

  private dividerAt: number;
  private rescannedLength = 0;
  private readonly maxRescannedLength: number;
  private readonly searches: RememberedSearches;

  constructor(private readonly source: string) {
    this.searches = new RememberedSearches(source);
    this.dividerAt = indexOrEnd(source, summaryDivider, 0);
    this.maxRescannedLength = 16 * source.length + 4096;
  }

  scan(): Token[] {
    while (this.position < this.source.length) {
      this.readText();
      if (this.position === this.source.length) break;
      if (this.position === this.dividerAt) this.readDivider();
      else this.readTag();
    }
    return this.tokens;
  }

  /** Text :: everything up to `{{<`, `{{%` or the first divider. */
  private readText(): void {
    const start = this.position;
    if (this.dividerAt < start) this.dividerAt = indexOrEnd(this.source, summaryDivider, start);
    this.position = Math.min(this.nextTag(start), this.dividerAt);
    if (this.position > start) this.emit('text', start);
  }

  private nextTag(from: number): number {
    for (let at = this.source.indexOf('{{', from); at !== -1; at = this.source.indexOf('{{', at + 1)) {
      const notation = this.source.charCodeAt(at + 2);
      if (notation === lessThan || notation === percent) return at;
    }
    return this.source.length;
  }

  /** Divider :: `<!--more-->` Space*. Only the first one of a page counts. */
  private readDivider(): void {
    const start = this.position;
    this.position += summaryDivider.length;
    while (isUnicodeSpace(this.peek())) this.position += 1;
    this.emit('divider', start);
    this.dividerAt = Infinity;
  }

  /** Tag :: Left Escaped | Left Inside Right */
  private readTag(): void {
    const start = this.position;
    const firstToken = this.tokens.length;
    this.right = this.source.charCodeAt(start + 2) === percent ? '%}}' : '>}}';
    const problem = this.readAfterLeft(start);
    if (problem === undefined) return;
    this.isInsideInline = false;
    const partial = this.tokens.splice(firstToken);
    this.position = this.findResumption(start, Math.max(problem.offset, this.position));
    this.tokens.push({ kind: 'broken', start, end: this.position, problem, partial });
  }

  /**
   * Where reading goes on after a broken call: as early as another call could begin, so that one missing quote
   * costs one call. Text that is read again this way is counted; past the limit reading goes on where it failed,
   * so no text takes more than linear time.
   */
  private findResumption(start: number, failedAt: number): number {
    const from = start + delimiterLength;
    const earliest = Math.min(
      failedAt,
      this.searches.nextIndex('>}}', from) + delimiterLength,
      this.searches.nextIndex('%}}', from) + delimiterLength,
      this.searches.nextIndex('{{<', from),
      this.searches.nextIndex('{{%', from),
    );
    this.rescannedLength += Math.max(0, failedAt - earliest);
    const resumption = this.rescannedLength > this.maxRescannedLength ? failedAt : earliest;
    return Math.max(from, resumption);
  }

  private readAfterLeft(start: number): Problem | undefined {
    if (this.isInsideInline && !this.closesInline(start)) return problemAt('shortcode-inline-nested', start);
    this.position = start + delimiterLength;
    if (this.source.startsWith('/*', this.position)) return this.readEscaped(start);
    this.emit('left', start);
    this.hasName = false;
    this.isClosing = false;
    this.parameterStyle = 'none';
    return this.readInside(start);
  }

  /** Inside an inline shortcode Hugo allows its own closing tag only: `/`, the name and a space. */
  private closesInline(start: number): boolean {
    let at = start + delimiterLength;
    while (isUnicodeSpace(this.peek(at))) at += 1;
    if (this.peek(at) !== slash) return false;
    at += 1;
    while (isUnicodeSpace(this.peek(at))) at += 1;
    return this.source.startsWith(`${this.lastName} `, at);
  }

  /** Escaped :: Left `/*` Any* `*` `/` Right. Printed without the comment marks; the right delimiter is that of the left one. */
  private readEscaped(start: number): Problem | undefined {
    const opening = this.position;
    const closing = this.searches.nextIndex(`*/${this.right}`, opening);
    if (closing === Infinity || closing < opening + 2) return problemAt('shortcode-comment-not-terminated', start);
    this.emit('verbatim', start);
    this.emitTo('ignored', opening + 2);
    this.emitTo('verbatim', closing);
    this.emitTo('ignored', closing + 2);
    this.emitTo('verbatim', closing + 2 + this.right.length);
    return undefined;
  }

  /** Inside :: { Space | `/` | `\` | Name | Parameter | `=` Value } Right */
  private readInside(start: number): Problem | undefined {
    for (;;) {
      if (this.source.startsWith(this.right, this.position)) {
        this.emitTo('right', this.position + this.right.length);
        return undefined;
      }
      const next = this.peek();
      if (next === endOfText) return problemAt('shortcode-not-terminated', start);
      const problem = this.readPart(next);
      if (problem !== undefined) return problem;
    }
  }

  private readPart(next: number): Problem | undefined {
    if (isCallSpace(next)) return this.readSpace();
    if (next === equalsSign) return this.readValue();
    if (next === slash) return this.readSlash();
    if (next === backslash) return this.readBackslash();
    if (this.hasName && (isWordOrHyphen(next) || next === quote || next === backQuote))
      return this.readParameter(false);
    if (isWord(next)) return this.readName();
    return problemAt('shortcode-character', this.position, unicodeName(next));
  }

  private readSpace(): undefined {
    let end = this.position + 1;
    while (isCallSpace(this.peek(end))) end += 1;
    this.emitTo('ignored', end);
  }

  private readSlash(): Problem | undefined {
    if (this.lastName === '') return problemAt('shortcode-closing-tag-without-opening', this.position);
    this.isClosing = true;
    this.isInsideInline = false;
    this.emitTo('close', this.position + 1);
    return undefined;
  }

  /** A backslash says that the quotes around the coming parameter are escaped. Before anything else it says nothing. */
  private readBackslash(): Problem | undefined {
    this.emitTo('ignored', this.position + 1);
    const next = this.peek();
    if (next === backQuote) return problemAt('shortcode-escape', this.position - 1);
    return next === quote ? this.readParameter(true) : undefined;
  }

  /**
   * Name :: Word { Word | `-` | `/` } [ `.inline` Space ]
   * In a closing tag only spaces and tabs may follow it.
   */
  private readName(): Problem | undefined {
    const start = this.position;
    let isInline = false;
    for (let next = this.peek(); isWordOrHyphen(next) || next === slash || next === dot; next = this.peek()) {
      if (next === dot) {
        isInline = this.source.startsWith('inline ', this.position + 1);
        if (!isInline) return problemAt('shortcode-name-period', this.position);
      }
      this.position += next > 0xffff ? 2 : 1;
    }
    const name = this.source.slice(start, this.position);
    if (this.isClosing && !this.openedNames.has(name)) {
      return problemAt('shortcode-closing-tag-mismatch', start, name);
    }
    const endsTag = this.isClosing;
    this.isClosing = false;
    this.hasName = true;
    this.lastName = name;
    this.openedNames.add(name);
    this.isInsideInline = isInline && !endsTag;
    this.emit(isInline ? 'inline-name' : 'name', start);
    return endsTag ? this.readEndOfClosingTag() : undefined;
  }

  private readEndOfClosingTag(): Problem | undefined {
    const start = this.position;
    while (this.peek() === 0x20 || this.peek() === 0x09) this.position += 1;
    if (this.position > start) this.emit('ignored', start);
    if (this.source.startsWith(this.right, this.position)) return undefined;
    return problemAt('shortcode-closing-tag-not-terminated', this.position);
  }

  /** Parameter :: Bare | String | Raw. It is named when `=` follows directly; with space before `=` Hugo takes it for positional at first. */
  private readParameter(quotesAreEscaped: boolean): Problem | undefined {
    const first = this.peek();
    if (first === quote || first === backQuote) {
      if (this.parameterStyle === 'named') return problemAt('shortcode-quoted-after-named', this.position);
      this.parameterStyle = 'positional';
      return first === quote ? this.readString('parameter', !quotesAreEscaped) : this.readRaw('parameter');
    }
    return this.readBare();
  }

  /** Bare :: ( Word | `-` ) { Word | `-` | `.` } */
  private readBare(): Problem | undefined {
    const start = this.position;
    let end = start;
    for (let next = this.peek(end); isWordOrHyphen(next) || next === dot; next = this.peek(end)) {
      end += next > 0xffff ? 2 : 1;
    }
    const style = this.peek(end) === equalsSign ? 'named' : 'positional';
    if (this.parameterStyle === 'none') this.parameterStyle = style;
    if (style !== this.parameterStyle) {
      const code = style === 'named' ? 'shortcode-named-after-positional' : 'shortcode-positional-after-named';
      return problemAt(code, start, this.source.slice(start, end));
    }
    this.emitTo('parameter', end);
    return undefined;
  }

  /** Value :: `=` Space* ( String | Raw | Unquoted ) */
  private readValue(): Problem | undefined {
    let start = this.position + 1;
    while (isUnicodeSpace(this.peek(start))) start += 1;
    this.emitTo('ignored', start);
    const next = this.peek();
    if (next === quote || next === backslash) return this.readString('value', next !== backslash);
    if (next === backQuote) return this.readRaw('value');
    this.emitTo('value', this.searches.nextSpace(start));
    return undefined;
  }

  /**
   * String :: `"` { Character | `\"` } `"` | `\"` Character* ( `\"` | `"` )
   * No line feed inside. Between the backslash after a `=` and the quote anything may stand; Hugo skips it.
   */
  private readString(kind: 'parameter' | 'value', escapesAllowed: boolean): Problem | undefined {
    const { source, position: start } = this;
    let valueStart = -1;
    let escaped = false;
    let at = start;
    for (; ; at += 1) {
      const next = source.charCodeAt(at);
      if (at >= source.length || next === lineFeed) {
        this.position = Math.min(at + 1, source.length);
        const text = source.slice(valueStart === -1 ? start : valueStart, this.position);
        return problemAt('shortcode-string-not-terminated', start, text);
      }
      if (next === backslash) {
        const afterBackslash = source.charCodeAt(at + 1);
        if (afterBackslash === backQuote) return problemAt('shortcode-escape', at);
        if (afterBackslash === quote && valueStart !== -1) {
          if (!escapesAllowed) break;
          escaped = true;
          at += 1;
        }
      } else if (next === quote) {
        if (valueStart !== -1) break;
        valueStart = at + 1;
      }
    }
    this.emitTo('ignored', valueStart);
    this.tokens.push({ kind, start: valueStart, end: at, quoted: true, escaped });
    this.position = at;
    this.emitTo('ignored', source.charCodeAt(at) === backslash ? at + 2 : at + 1);
    return undefined;
  }

  /** Raw :: back quote { any but back quote } back quote */
  private readRaw(kind: 'parameter' | 'value'): Problem | undefined {
    const start = this.position + 1;
    const end = this.searches.nextIndex('`', start);
    if (end === Infinity) return problemAt('shortcode-raw-string-not-terminated', start - 1, this.source.slice(start));
    this.emitTo('ignored', start);
    this.tokens.push({ kind, start, end, quoted: true });
    this.position = end;
    this.emitTo('ignored', end + 1);
    return undefined;
  }

  private peek(at = this.position): number {
    return this.source.codePointAt(at) ?? endOfText;
  }

  private emit(kind: TokenKind, start: number): void {
    this.tokens.push({ kind, start, end: this.position });
  }

  private emitTo(kind: TokenKind, end: number): void {
    const start = this.position;
    this.position = end;
    if (end > start || kind === 'value') this.tokens.push({ kind, start, end });
  }
}

function problemAt(code: ProblemCode, offset: number, ...details: string[]): Problem {
  return { code, offset, details };
}
