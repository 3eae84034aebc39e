/**
 * Goldmark's character classes. They are not markdown-it's: its punctuation includes Unicode symbols (CommonMark 0.31),
 * Goldmark's does not, and Goldmark's ASCII white space leaves out form feed and vertical tab.
 */

export const LINE_FEED = 0x0a;
export const CARRIAGE_RETURN = 0x0d;
export const TAB = 0x09;
export const SPACE = 0x20;
export const BACKSLASH = 0x5c;

const asciiPunctuation = new Uint8Array(128);
for (const mark of '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~') asciiPunctuation[mark.charCodeAt(0)] = 1;

/** Space, tab, line feed, carriage return. */
export function isSpace(code: number): boolean {
  return code === SPACE || code === LINE_FEED || code === TAB || code === CARRIAGE_RETURN;
}

export function isAsciiPunctuation(code: number): boolean {
  return code < 128 && asciiPunctuation[code] === 1;
}

export function isAsciiDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

export function isAsciiLetter(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a);
}

export function isAsciiAlphanumeric(code: number): boolean {
  return isAsciiLetter(code) || isAsciiDigit(code);
}

export function isBlank(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (!isSpace(text.charCodeAt(at))) return false;
  return true;
}

/** Length of the white space that `text` begins with. */
export function leadingSpaceLength(text: string): number {
  let at = 0;
  while (at < text.length && isSpace(text.charCodeAt(at))) at++;
  return at;
}

/** Length of the white space that `text` ends with. */
export function trailingSpaceLength(text: string): number {
  let at = text.length;
  while (at > 0 && isSpace(text.charCodeAt(at - 1))) at--;
  return text.length - at;
}

const unicodePunctuation = /^\p{P}/u;
const unicodeWhiteSpace = /^\p{White_Space}/u;
const unicodeLetter = /^\p{L}/u;
const unicodeDigit = /^\p{Nd}/u;

/** A Unicode punctuation mark; of ASCII's `$+<=>^`|~` none is. */
export function isUnicodePunctuation(codePoint: number): boolean {
  return unicodePunctuation.test(String.fromCodePoint(codePoint));
}

/** What CommonMark 0.30 means by punctuation next to `*` or `_`: ASCII's, and Unicode's category P. */
export function isPunctuation(codePoint: number): boolean {
  return codePoint < 128 ? asciiPunctuation[codePoint] === 1 : isUnicodePunctuation(codePoint);
}

export function isWhiteSpace(codePoint: number): boolean {
  if (codePoint < 128) return codePoint === SPACE || (codePoint >= TAB && codePoint <= CARRIAGE_RETURN);
  return unicodeWhiteSpace.test(String.fromCodePoint(codePoint));
}

export function isLetter(codePoint: number): boolean {
  return codePoint < 128 ? isAsciiLetter(codePoint) : unicodeLetter.test(String.fromCodePoint(codePoint));
}

export function isDigit(codePoint: number): boolean {
  return codePoint < 128 ? isAsciiDigit(codePoint) : unicodeDigit.test(String.fromCodePoint(codePoint));
}

/** Code point that ends before `at`, which is greater than 0. */
export function codePointBefore(text: string, at: number): number {
  const code = text.charCodeAt(at - 1);
  const isLowSurrogate = code >= 0xdc00 && code <= 0xdfff;
  return isLowSurrogate && at > 1 ? (text.codePointAt(at - 2) ?? code) : code;
}

/** Number of bytes that a UTF-16 code unit takes in UTF-8; each half of a surrogate pair counts two. */
export function utf8Length(code: number): number {
  if (code < 0x80) return 1;
  if (code < 0x800) return 2;
  return code >= 0xd800 && code <= 0xdfff ? 2 : 3;
}
