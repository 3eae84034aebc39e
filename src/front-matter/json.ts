/**
 * Walks JSON: where each top-level key stands, and in Hugo's words what is wrong. The words are those of Go's encoding/json,
 * which names a byte and what was expected in its place. The values are read by `JSON.parse`.
 */
import { byteCharacter } from './byte-names.js';
import { FrontMatterSyntaxError } from './diagnostic.js';
import { NAMED_CONTROLS } from './go-syntax.js';
import { FRONT_MATTER_LIMITS } from './limits.js';
import type { FrontMatterMap, FrontMatterValue, KeyPlace, ParsedFrontMatter } from './value.js';

/** @throws FrontMatterSyntaxError with an offset in `text` */
export function readJson(text: string): ParsedFrontMatter {
  const places = new JsonWalker(text).walk();
  const values = toValue(JSON.parse(text) as JsonValue) as FrontMatterMap;
  return { values, places };
}

type JsonValue = null | boolean | string | number | JsonValue[] | { [key: string]: JsonValue };

function toValue(value: JsonValue): FrontMatterValue {
  if (typeof value === 'string') return replaceLoneSurrogates(value);
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((item) => toValue(item));
  return new Map(Object.entries(value).map(([key, item]) => [replaceLoneSurrogates(key), toValue(item)]));
}

/** An escape such as `\ud800` alone is no character; Go reads U+FFFD. */
function replaceLoneSurrogates(text: string): string {
  return text.replaceAll(/\p{Surrogate}/gu, '\uFFFD');
}

const STRING_CONTENT = /[^"\\\u0000-\u001F]*/y;
const NUMBER_OVERFLOW_HINT = 'Write a smaller number, or put it in quotes.';

class JsonWalker {
  readonly #text: string;
  readonly #places: KeyPlace[] = [];
  #at = 0;
  #depth = 0;
  /** The first number that no float can hold; only told when the rest is right, as Go does. */
  #overflow: { number: string; offset: number } | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  walk(): KeyPlace[] {
    this.#value();
    this.#whitespace();
    if (this.#at < this.#text.length) this.#fail('after top-level value');
    if (this.#overflow !== undefined) {
      throw new FrontMatterSyntaxError(
        `unmarshal failed: json: cannot unmarshal number ${this.#overflow.number} into Go value of type float64`,
        { offset: this.#overflow.offset, hint: NUMBER_OVERFLOW_HINT },
      );
    }
    return this.#places;
  }

  #value(): void {
    this.#whitespace();
    const character = this.#text[this.#at] ?? '';
    if (character === '{') this.#nested('}', () => this.#member());
    else if (character === '[') this.#nested(']', () => this.#value());
    else if (character === '"') this.#string();
    else if (character === '-' || /\d/.test(character)) this.#number();
    else if (character === 't') this.#literal('true');
    else if (character === 'f') this.#literal('false');
    else if (character === 'n') this.#literal('null');
    else this.#fail('looking for beginning of value');
  }

  #nested(close: '}' | ']', readItem: () => void): void {
    this.#depth += 1;
    if (this.#depth > FRONT_MATTER_LIMITS.depth) {
      throw new FrontMatterSyntaxError(`front matter is nested deeper than ${FRONT_MATTER_LIMITS.depth} levels`, {
        code: 'FRONT_MATTER_TOO_DEEP',
        offset: this.#at,
        hint: 'Nest objects and arrays less deeply.',
      });
    }
    this.#at += 1;
    this.#whitespace();
    if (this.#text[this.#at] === close) this.#at += 1;
    else this.#items(close, readItem);
    this.#depth -= 1;
  }

  #items(close: '}' | ']', readItem: () => void): void {
    for (;;) {
      readItem();
      this.#whitespace();
      const character = this.#text[this.#at];
      if (character !== ',' && character !== close) {
        this.#fail(close === '}' ? 'after object key:value pair' : 'after array element');
      }
      this.#at += 1;
      if (character === close) return;
    }
  }

  #member(): void {
    this.#whitespace();
    const start = this.#at;
    if (this.#text[start] !== '"') this.#fail('looking for beginning of object key string');
    this.#string();
    const keyEnd = this.#at;
    this.#whitespace();
    if (this.#text[this.#at] !== ':') this.#fail('after object key');
    this.#at += 1;
    this.#whitespace();
    const valueStart = this.#at;
    this.#value();
    if (this.#depth > 1) return;
    const key = replaceLoneSurrogates(JSON.parse(this.#text.slice(start, keyEnd)) as string);
    this.#places.push({ key, start, end: this.#at, valueStart, valueEnd: this.#at });
  }

  #string(): void {
    this.#at += 1;
    for (;;) {
      STRING_CONTENT.lastIndex = this.#at;
      this.#at += STRING_CONTENT.exec(this.#text)?.[0].length ?? 0;
      const character = this.#text[this.#at];
      if (character === '"') break;
      if (character !== '\\') this.#fail('in string literal');
      this.#escape();
    }
    this.#at += 1;
  }

  #escape(): void {
    this.#at += 1;
    const kind = this.#text[this.#at] ?? '';
    if (kind === '' || !'"\\/bfnrtu'.includes(kind)) this.#fail('in string escape code');
    this.#at += 1;
    if (kind !== 'u') return;
    for (let digit = 0; digit < 4; digit += 1) {
      if (!/[0-9a-fA-F]/.test(this.#text[this.#at] ?? '')) this.#fail('in \\u hexadecimal character escape');
      this.#at += 1;
    }
  }

  #number(): void {
    const start = this.#at;
    if (this.#text[this.#at] === '-') this.#at += 1;
    if (this.#text[this.#at] === '0') this.#at += 1;
    else this.#digits('in numeric literal');
    if (this.#text[this.#at] === '.') {
      this.#at += 1;
      this.#digits('after decimal point in numeric literal');
    }
    if (/[eE]/.test(this.#text[this.#at] ?? '')) {
      this.#at += /[+-]/.test(this.#text[this.#at + 1] ?? '') ? 2 : 1;
      this.#digits('in exponent of numeric literal');
    }
    const number = this.#text.slice(start, this.#at);
    if (!Number.isFinite(Number(number))) this.#overflow ??= { number, offset: start };
  }

  #digits(expected: string): void {
    if (!/\d/.test(this.#text[this.#at] ?? '')) this.#fail(expected);
    while (/\d/.test(this.#text[this.#at] ?? '')) this.#at += 1;
  }

  #literal(word: string): void {
    for (const letter of word) {
      if (this.#text[this.#at] !== letter) this.#fail(`in literal ${word} (expecting '${letter}')`);
      this.#at += 1;
    }
  }

  #whitespace(): void {
    while (' \t\r\n'.includes(this.#text[this.#at] ?? '?')) this.#at += 1;
  }

  #fail(expected: string): never {
    const isAtEnd = this.#at >= this.#text.length;
    const problem = isAtEnd ? 'unexpected end of JSON input' : `invalid character ${this.#quoteByte()} ${expected}`;
    throw new FrontMatterSyntaxError(`unmarshal failed: ${problem}`, {
      offset: this.#at,
      hint: hintFor(this.#text, this.#at, expected),
    });
  }

  #quoteByte(): string {
    const character = byteCharacter(this.#text, this.#at);
    return `'${character === "'" ? "\\'" : escapeControl(character)}'`;
  }
}

function escapeControl(character: string): string {
  const code = character.charCodeAt(0);
  if (character in NAMED_CONTROLS) return NAMED_CONTROLS[character] ?? '';
  return code < 0x20 || code === 0x7f ? `\\x${code.toString(16).padStart(2, '0')}` : character;
}

function hintFor(text: string, at: number, expected: string): string {
  if (expected.includes('object key string')) {
    const isShortcode = /^\{\{[<%]/.test(text);
    if (isShortcode)
      return 'A file that starts with `{` is read as JSON: put front matter (`---` twice) above the shortcode.';
    return text[at] === '}' ? 'Take away the comma before `}`.' : 'Put every key in double quotes: `"title": "…"`.';
  }
  if (expected.startsWith('after')) return 'Separate entries with a comma, and put dates and text in double quotes.';
  if (expected.includes('string')) return 'Write a line break as `\\n`, a tab as `\\t` and a backslash as `\\\\`.';
  if (expected.includes('escape')) return 'Write four hexadecimal digits after `\\u`.';
  return 'Put text in double quotes; true, false, null and numbers stand without.';
}
