/**
 * Removes the summary divider from rendered HTML as Hugo does: with everything from the last `<p` before it to the first
 * `</p` after it and one character more, and the line feeds behind that. Absent: that Hugo also looks into the output of
 * calls for these tags, and that the whole page loses the white space at its ends, which is known when calls are rendered.
 *
 * @param divider The word that stood for the divider in the Markdown.
 */
export function removeSummaryDivider(html: string, divider: string): string {
  const at = html.indexOf(divider);
  if (at === -1) return html;
  const opening = html.lastIndexOf('<p', at);
  const closing = html.indexOf('</p', at);
  const before = html.slice(0, opening === -1 ? at : opening);
  const after = html.slice(closing === -1 ? at + divider.length : closing + '</p>'.length);
  return before + after.replace(/^\n+|\n+$/g, '');
}
