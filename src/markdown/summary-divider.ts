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
  return before + trimLineFeeds(after);
}

/** A loop, because a regular expression for the end takes quadratic time on a text full of line feeds. */
function trimLineFeeds(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && text[start] === '\n') start += 1;
  while (end > start && text[end - 1] === '\n') end -= 1;
  return text.slice(start, end);
}
