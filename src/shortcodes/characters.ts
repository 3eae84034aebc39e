/**
 * Character classes of Hugo's lexer, by Go's `unicode` package.
 * Everything takes a code point; -1 stands for the end of the text and belongs to no class.
 */

export const endOfText = -1;

const wordPattern = /[_\p{L}\p{Nd}]/u;
const printablePattern = /[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u;

/** Word :: letter | decimal digit | `_` */
export function isWord(codePoint: number): boolean {
  if (codePoint < 0x80) {
    return (
      (codePoint >= 0x61 && codePoint <= 0x7a) ||
      (codePoint >= 0x41 && codePoint <= 0x5a) ||
      (codePoint >= 0x30 && codePoint <= 0x39) ||
      codePoint === 0x5f
    );
  }
  return wordPattern.test(String.fromCodePoint(codePoint));
}

export function isWordOrHyphen(codePoint: number): boolean {
  return codePoint === 0x2d || isWord(codePoint);
}

/** White space between the parts of a call: space, tab, carriage return, line feed and nothing else. */
export function isCallSpace(codePoint: number): boolean {
  return codePoint === 0x20 || codePoint === 0x09 || codePoint === 0x0d || codePoint === 0x0a;
}

/** Go's `unicode.IsSpace`: where an unquoted value ends, and what is eaten after `=` and after `<!--more-->`. */
export function isUnicodeSpace(codePoint: number): boolean {
  if (codePoint < 0x80) return codePoint === 0x20 || (codePoint >= 0x09 && codePoint <= 0x0d);
  return (
    codePoint === 0x85 ||
    codePoint === 0xa0 ||
    codePoint === 0x1680 ||
    (codePoint >= 0x2000 && codePoint <= 0x200a) ||
    codePoint === 0x2028 ||
    codePoint === 0x2029 ||
    codePoint === 0x202f ||
    codePoint === 0x205f ||
    codePoint === 0x3000
  );
}

/** Go's `strings.TrimSpace`. JavaScript's `trim` differs: it takes U+FEFF and leaves U+0085. */
export function trimUnicodeSpace(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isUnicodeSpace(text.charCodeAt(start))) start += 1;
  while (end > start && isUnicodeSpace(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

/** A character as Go's `%#U` prints it: `U+0027 '''`, or `U+00A0` alone when it cannot be seen. */
export function unicodeName(codePoint: number): string {
  const hexadecimal = codePoint.toString(16).toUpperCase().padStart(4, '0');
  const character = String.fromCodePoint(codePoint);
  return printablePattern.test(character) ? `U+${hexadecimal} '${character}'` : `U+${hexadecimal}`;
}
