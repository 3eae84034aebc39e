import { Parser } from 'htmlparser2';

export interface Heading {
  readonly id: string;
  /** 1 to 6. */
  readonly level: number;
  readonly text: string;
}

/** What can be told of an article from its finished HTML. */
export interface ArticleOutline {
  /** What readers read, white space collapsed. */
  readonly text: string;
  /** The same without headings, code, tables and what stands in the margin: what an excerpt is cut from. */
  readonly prose: string;
  /** Those that have an id. */
  readonly headings: readonly Heading[];
}

/** A word ends with them. */
const BLOCKS = new Set(
  `address article aside blockquote br caption dd details div dl dt figcaption figure footer h1 h2 h3 h4 h5 h6 header hr li
   main nav ol p pre section summary table tbody td tfoot th thead tr ul`.split(/\s+/),
);
const SILENT = new Set(['script', 'style', 'template', 'noscript', 'title', 'svg', 'math', 'iframe', 'object']);
const NO_PROSE = new Set(['h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'pre', 'table', 'sup', 'figure', 'nav', 'aside']);
const HEADING = /^h([1-6])$/;

/** Never throws: HTML that is broken is read as a browser would, roughly. */
export function outlineOf(html: string): ArticleOutline {
  const text: string[] = [];
  const prose: string[] = [];
  const headings: { id: string; level: number; text: string[] }[] = [];
  let silent = 0;
  let withoutProse = 0;
  let heading: { id: string; level: number; text: string[] } | undefined;
  const breakWords = (): void => {
    text.push(' ');
    prose.push(' ');
  };
  const parser = new Parser({
    onopentag(name, attributes) {
      if (SILENT.has(name)) silent += 1;
      if (NO_PROSE.has(name)) withoutProse += 1;
      if (BLOCKS.has(name)) breakWords();
      const level = HEADING.exec(name)?.[1];
      if (level && attributes['id']) {
        heading = { id: attributes['id'], level: Number(level), text: [] };
        headings.push(heading);
      }
    },
    ontext(data) {
      if (silent > 0) return;
      text.push(data);
      heading?.text.push(data);
      if (withoutProse === 0) prose.push(data);
    },
    onclosetag(name) {
      if (SILENT.has(name)) silent -= 1;
      if (NO_PROSE.has(name)) withoutProse -= 1;
      if (BLOCKS.has(name)) breakWords();
      if (HEADING.test(name)) heading = undefined;
    },
  });
  parser.end(html);
  return {
    text: collapsed(text),
    prose: collapsed(prose),
    headings: headings.map(({ id, level, text: parts }) => ({ id, level, text: collapsed(parts) })),
  };
}

function collapsed(parts: readonly string[]): string {
  return parts.join('').replaceAll(/\s+/gu, ' ').trim();
}

/** Words of languages that separate them; of Chinese, Japanese and Thai each character counts as half a word. */
export function countWords(text: string): number {
  const dense = text.match(DENSE)?.length ?? 0;
  const words = text.replaceAll(DENSE, ' ').match(/[\p{L}\p{N}][\p{L}\p{N}\p{M}'’._-]*/gu)?.length ?? 0;
  return words + Math.ceil(dense / 2);
}

const DENSE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]/gu;

/** Adults read English at 238 words a minute (Brysbaert 2019). */
const WORDS_A_MINUTE = 238;

/** Whole minutes, at least one; 0 for an article without words. */
export function readingTimeMinutes(words: number): number {
  return Math.ceil(words / WORDS_A_MINUTE);
}

/** At most `length` characters, cut behind a word, with `…` where something is left out. */
export function excerptOf(prose: string, length: number): string {
  if (prose.length <= length) return prose;
  const cut = prose.slice(0, length);
  const lastSpace = prose[length] === ' ' ? length : cut.lastIndexOf(' ');
  // A text without spaces, or one very long word: cut between characters, never within a surrogate pair.
  const kept = lastSpace > length / 2 ? cut.slice(0, lastSpace) : cut.replace(/[\uD800-\uDBFF]$/, '');
  return `${kept.replace(/[\s,;:.–—-]+$/u, '')}…`;
}
