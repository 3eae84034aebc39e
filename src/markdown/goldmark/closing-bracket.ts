import { BACKSLASH, isAsciiPunctuation, LINE_FEED } from './characters.js';

const LEFT_BRACKET = 0x5b;
const RIGHT_BRACKET = 0x5d;

/**
 * Index of the `]` that closes a label which begins at `from` and ends on its line; -1 without one.
 * A backslash escapes; a `[` inside is not allowed.
 */
export function findClosingBracket(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === RIGHT_BRACKET) return at;
    if (code === LEFT_BRACKET || code === LINE_FEED) return -1;
    if (code === BACKSLASH && isAsciiPunctuation(text.charCodeAt(at + 1))) at++;
  }
  return -1;
}
