import { isAsciiAlphanumeric } from '../characters.js';
import { attributePattern } from '../html/raw-html-patterns.js';
import { InlineNode } from './inline-node.js';
import type { InlineState } from './inline-state.js';

const tagName = '[A-Za-z][A-Za-z0-9-]*';
const openTag = new RegExp(`<${tagName}${attributePattern}*[ \\t]*/?>`, 'y');
const closeTag = new RegExp(`</${tagName}[\\t\\n\\f\\r ]*>`, 'y');

/** A tag, comment, processing instruction, declaration or CDATA section. */
export function rawHtml(state: InlineState): boolean {
  const { src, pos } = state;
  if (src.charAt(pos) !== '<') return false;
  const end = findEnd(state);
  return end > 0 && state.add(new InlineNode('html', pos, end), end);
}

/** Index behind the HTML that begins at the `<`; -1 when none does. */
function findEnd(state: InlineState): number {
  const { src, pos, index } = state;
  const next = src.charAt(pos + 1);
  if (isAsciiAlphanumeric(src.charCodeAt(pos + 1))) return matchTag(openTag, state);
  if (next === '/') return isAsciiAlphanumeric(src.charCodeAt(pos + 2)) ? matchTag(closeTag, state) : -1;
  if (src.startsWith('<!--', pos)) return findCommentEnd(state);
  if (next === '?') return behind('?>', index.find('?>', pos));
  if (/^[A-Z]/.test(src.charAt(pos + 2)) && next === '!') return behind('>', index.find('>', pos));
  return src.startsWith('<![CDATA[', pos) ? behind(']]>', index.find(']]>', pos)) : -1;
}

function behind(part: string, at: number): number {
  return at < 0 ? -1 : at + part.length;
}

/** Goldmark reads a tag character by character and takes U+FFFD for the end of the text. */
function matchTag(tag: RegExp, { src, pos, index }: InlineState): number {
  if (index.find('>', pos) < 0) return -1;
  tag.lastIndex = pos;
  const match = tag.exec(src);
  return match && !match[0].includes('\uFFFD') ? pos + match[0].length : -1;
}

/**
 * A comment does not begin with `>` or `->`, and its first `--` is that of its `-->`; a line that begins with `--`
 * and is not its last is passed over.
 */
function findCommentEnd({ src, pos, index }: InlineState): number {
  if (src.startsWith('<!---->', pos)) return pos + '<!---->'.length;
  if (src.startsWith('<!-->', pos) || src.startsWith('<!--->', pos)) return -1;
  let hyphens = index.find('--', pos + '<!--'.length);
  while (hyphens > 0 && src.charAt(hyphens + 2) !== '>') {
    const lineFeed = src.indexOf('\n', hyphens);
    if (src.charAt(hyphens - 1) !== '\n' || lineFeed < 0) return -1;
    hyphens = src.indexOf('--', lineFeed);
  }
  return hyphens < 0 ? -1 : hyphens + '-->'.length;
}
