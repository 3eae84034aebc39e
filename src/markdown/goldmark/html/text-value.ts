import { unescapeAll } from 'markdown-it/lib/common/utils.mjs';

const REPLACEMENT = '\uFFFD';
const escapesAndReferences =
  /\\([!"#$%&'()*+,\-./:;<=>?@[\\\]^_`{|}~])|&(?:#[xX]([0-9a-fA-F]{1,6})|#([0-9]{1,7})|([A-Za-z0-9]+));|\0/g;

/** What a piece of Markdown text stands for: backslash escapes and character references are resolved, NUL replaced. */
export function textValue(source: string): string {
  if (!/[\\&\0]/.test(source)) return source;
  return source.replace(
    escapesAndReferences,
    (whole: string, escaped?: string, hex?: string, decimal?: string, name?: string) => {
      if (escaped !== undefined) return escaped;
      if (hex !== undefined) return characterOf(parseInt(hex, 16));
      if (decimal !== undefined) return characterOf(parseInt(decimal, 10));
      return name === undefined ? REPLACEMENT : (namedCharacter(name) ?? whole);
    },
  );
}

/** Replaced are NUL, surrogates and what lies outside of Unicode. */
export function characterOf(codePoint: number): string {
  const isValid = codePoint > 0 && codePoint <= 0x10ffff && !(codePoint >= 0xd800 && codePoint <= 0xdfff);
  return isValid ? String.fromCodePoint(codePoint) : REPLACEMENT;
}

/** Longest value of a reference, in UTF-16 units. */
const longestValue = 2;

/** The one name of the HTML standard that Goldmark's table lacks. */
const nameUnknownToGoldmark = 'Abreve';

/** Value of `&name;`. markdown-it decodes `&notit;` to `¬it;` as browsers do; a longer value shows such a part match. */
export function namedCharacter(name: string): string | undefined {
  const reference = `&${name};`;
  const value = unescapeAll(reference);
  return value === reference || value.length > longestValue || name === nameUnknownToGoldmark ? undefined : value;
}
