const ELLIPSIS = '…';
/** How feeds mark what they cut: `[…]`, `[...]`, `...`, `Continue reading →`. */
const FEED_CUT = /\s*(?:\[\s*(?:…|\.{3})\s*\]|…|\.{3})\s*(?:(?:continue reading|read more|read on)\b.{0,80})?$/i;

/**
 * At most `most` UTF-16 units: cut behind a word, and marked. A text that was cut already keeps one mark. Where no word ends, as in
 * languages without spaces, behind a character that a reader would call one.
 */
export function cutText(text: string, most: number): string {
  const whole = text.replace(FEED_CUT, '');
  const wasCut = whole.length < text.length;
  if (!wasCut && text.length <= most) return text;
  if (whole.length + ELLIPSIS.length <= most) return whole === '' ? '' : whole + ELLIPSIS;
  return withoutOpenEnd(cutBefore(whole, most - ELLIPSIS.length)) + ELLIPSIS;
}

/** `end` is inside the text. */
function cutBefore(text: string, end: number): string {
  const space = text.lastIndexOf(' ', end);
  if (space > end / 2) return text.slice(0, space);
  let cut = 0;
  for (const { index, segment } of new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(
    text.slice(0, end + 32),
  )) {
    if (index + segment.length > end) break;
    cut = index + segment.length;
  }
  return text.slice(0, cut);
}

function withoutOpenEnd(text: string): string {
  return text.replace(/[\s,;:.!?([{–—-]+$/u, '');
}
