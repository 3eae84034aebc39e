import { isDigit, isLetter, isWhiteSpace } from './characters.js';
import type { GoldmarkOptions } from './goldmark-options.js';

const idWithoutText = 'heading';

/** The ids of a page's headings. The second `intro` becomes `intro-1`, the third `intro-2`. */
export class HeadingIds {
  private readonly used = new Set<string>();
  /** Per id without number: the number tried next, so that a thousand equal headings are not compared with each other. */
  private readonly nextNumber = new Map<string, number>();

  constructor(private readonly options: Pick<GoldmarkOptions, 'autoHeadingIDType' | 'headingText'>) {}

  /** Notes an id that the author chose. */
  reserve(id: string): void {
    this.used.add(id);
  }

  /** Makes an unused id from the source text of a heading. */
  make(source: string): string {
    const { headingText, autoHeadingIDType } = this.options;
    const text = headingText ? headingText(source) : source;
    const base = slugs[autoHeadingIDType](text) || idWithoutText;
    let id = base;
    if (this.used.has(id)) {
      let number = this.nextNumber.get(base) ?? 1;
      while (this.used.has(`${base}-${number}`)) number++;
      id = `${base}-${number}`;
      this.nextNumber.set(base, number + 1);
    }
    this.used.add(id);
    return id;
  }
}

const slugs: Readonly<Record<GoldmarkOptions['autoHeadingIDType'], (text: string) => string>> = {
  github: (text) => slugOf(text, false),
  'github-ascii': (text) => slugOf(removeAccents(text), true),
  blackfriday: blackfridaySlugOf,
};

/** Letters, digits and `_`, lower-cased; space and hyphen become a hyphen, everything else goes. */
function slugOf(text: string, isAsciiOnly: boolean): string {
  let slug = '';
  for (const char of trim(text)) {
    if (char === '-' || char === ' ') slug += '-';
    else if (isWordCharacter(char) && !(isAsciiOnly && char > '\u007f')) slug += toLower(char);
  }
  return slug;
}

function isWordCharacter(char: string): boolean {
  const codePoint = char.codePointAt(0) ?? 0;
  return char === '_' || isLetter(codePoint) || isDigit(codePoint);
}

/** Runs of anything but letters and numbers become one hyphen, except at the ends. */
function blackfridaySlugOf(text: string): string {
  const words = text.match(/[\p{L}\p{N}]+/gu) ?? [];
  return words.map((word) => [...word].map(toLower).join('')).join('-');
}

/** Character by character: JavaScript would lower-case a final sigma by its context and `İ` to two characters. */
function toLower(char: string): string {
  return char === 'İ' ? 'i' : char.toLowerCase();
}

/** JavaScript's own trim takes U+FEFF too, and leaves U+0085. White space lies in the Basic Multilingual Plane. */
function trim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isWhiteSpace(text.charCodeAt(start))) start++;
  while (end > start && isWhiteSpace(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function removeAccents(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '')
    .normalize('NFC');
}
