import { describeByte } from './byte-names.js';
import { tomlError } from './toml-error.js';

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const BACKSLASH = 0x5c;

const LINE_END_ESCAPE = /\\[ \t\r]*\n/y;

export interface BasicString {
  readonly hasEscape: boolean;
  readonly isMultiline: boolean;
}

/** Looks at what stands between the quotes. @throws FrontMatterSyntaxError with an offset in `text`. */
export function checkBasicString(text: string, start: number, end: number, string: BasicString): void {
  for (let at = start; at < end; at += 1) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH && string.hasEscape) at = checkEscape(text, at, end, string);
    else if (isForbiddenCode(code) && !(string.isMultiline && code === CR)) {
      throw tomlError(string.hasEscape ? `invalid character ${describeByte(text, at)}` : 'invalid UTF-8', at);
    }
  }
}

/** Gives the offset of the escape's last character. */
function checkEscape(text: string, at: number, end: number, { isMultiline }: BasicString): number {
  if (isMultiline) {
    LINE_END_ESCAPE.lastIndex = at;
    const found = LINE_END_ESCAPE.exec(text);
    if (found !== null && at + found[0].length <= end) return at + found[0].length - 1;
  }
  const kind = text[at + 1] ?? '';
  if ('"\\bfnrte'.includes(kind)) return at + 1;
  if (kind !== 'u' && kind !== 'U') {
    throw tomlError(`invalid escaped character ${describeByte(text, at + 1)}`, at + 1);
  }
  return checkUnicodeEscape(text, at + 2, isMultiline ? end + 3 : end, kind === 'u' ? 4 : 8);
}

function checkUnicodeEscape(text: string, start: number, end: number, length: number): number {
  if (end - start < length) {
    throw tomlError(`unicode point needs ${length} character, not ${Math.max(0, end - start)}`, start);
  }
  const hex = text.slice(start, start + length);
  const stray = hex.search(/[^0-9a-fA-F]/);
  if (stray >= 0) throw tomlError('non-hex character', start + stray);
  const codePoint = Number.parseInt(hex, 16);
  if (codePoint > 0x10ffff || (codePoint >= 0xd800 && codePoint < 0xe000)) {
    throw tomlError('escape sequence is invalid Unicode code point', start);
  }
  return start + length - 1;
}

/** Control characters but tab and line ends. */
export function isForbiddenCode(code: number): boolean {
  return (code < SPACE && code !== TAB && code !== LF && code !== CR) || code === 0x7f;
}

const ESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', e: '\u001B' };

/** What a checked one on a single line stands for. */
export function unescapeBasic(content: string): string {
  return content.replace(/\\(?:u(.{4})|U(.{8})|(.))/gs, (_all, short: string, long: string, letter: string) =>
    letter === undefined ? String.fromCodePoint(Number.parseInt(short ?? long, 16)) : (ESCAPES[letter] ?? letter),
  );
}
