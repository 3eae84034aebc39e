import { cleanText } from './html-text.js';

/**
 * What begins something inside a line; of the other side only `>`, without which `<!--more-->` would still stand there. An underscore
 * within a word, and an ampersand that begins no entity, are nothing but themselves.
 */
const INLINE = /[\\`*{[<>~]|&(?=#?[a-z\d])|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/giu;
/** What begins a block at the start of a line: headings, lists, quotes, fences, underlines, front matter, definitions. */
const BLOCK_START = /^([#+\-=:>%!]|\d{1,9}(?=[.)]))/;
/** `:smile:`, and a protocol that would become a link. */
const EMOJI = /:(?=[a-z0-9_+-]+:)/gi;

/**
 * Text as Markdown that shows exactly this text. One line: white space is one space.
 * Whatever the text holds, it opens no shortcode, HTML, code, heading, list, table, link or front matter.
 */
export function escapeMarkdown(text: string): string {
  return cleanText(text)
    .replaceAll(INLINE, String.raw`\$&`)
    .replaceAll(EMOJI, String.raw`\:`)
    .replace(BLOCK_START, (start) => (/^\d/.test(start) ? start : `\\${start}`))
    .replace(/^(\d{1,9})([.)])/, String.raw`$1\$2`);
}
