import { trimUnicodeSpace } from '../shortcodes/characters.js';

/** Content of a nested `%` call: one line of Markdown loses the paragraph around it, more lines keep theirs. */
export function unwrapNestedParagraph(html: string, markdown: string): string {
  if (markdown.includes('\n')) return html;
  if (!html.startsWith('<p>') || !html.endsWith('</p>\n')) return html;
  const content = html.slice('<p>'.length, -'</p>\n'.length);
  return content.includes('\n') ? html : content;
}

/** What Hugo's `markdownify` and `RenderString` do: a paragraph that is all there is loses its `<p>` and the white space around. */
export function trimShortHtml(html: string): string {
  const isOneParagraph =
    html.indexOf('<p') === html.lastIndexOf('<p') && html.lastIndexOf('</p>') === html.lastIndexOf('</');
  if (!isOneParagraph) return html;
  let text = trimUnicodeSpace(html);
  if (text.startsWith('<p>')) text = text.slice('<p>'.length);
  if (text.endsWith('</p>')) text = text.slice(0, -'</p>'.length);
  return trimUnicodeSpace(text);
}
