import { BACKSLASH, isAsciiPunctuation, isSpace, LINE_FEED } from './characters.js';

/**
 * The parts of a link, `(destination "title")`, and of a link definition. They are read from text whose lines end
 * with a line feed; a destination ends on its line, a title may not.
 */

export interface Scanned {
  readonly text: string;
  /** Index of the text. */
  readonly start: number;
  /** Index behind it. */
  readonly end: number;
}

const LEFT_PARENTHESIS = 0x28;
const RIGHT_PARENTHESIS = 0x29;
const LESS_THAN = 0x3c;
const GREATER_THAN = 0x3e;

function isEscape(text: string, at: number): boolean {
  return text.charCodeAt(at) === BACKSLASH && isAsciiPunctuation(text.charCodeAt(at + 1));
}

export function skipSpaces(text: string, from: number): number {
  let at = from;
  while (at < text.length && isSpace(text.charCodeAt(at))) at++;
  return at;
}

/**
 * Destination :: `<` anything on the line `>` | characters other than white space, parentheses balanced
 * `findBareEnd`: finds the end of the second form.
 */
export function scanDestination(text: string, from: number, findBareEnd = findBareDestinationEnd): Scanned | undefined {
  const start = skipSpaces(text, from);
  if (text.charCodeAt(start) === LESS_THAN) return scanBracketedDestination(text, start + 1);
  const end = findBareEnd(text, start);
  return end === start ? undefined : { text: text.slice(start, end), start, end };
}

function scanBracketedDestination(text: string, start: number): Scanned | undefined {
  for (let at = start; at < text.length && text.charCodeAt(at) !== LINE_FEED; at++) {
    if (isEscape(text, at)) at++;
    else if (text.charCodeAt(at) === GREATER_THAN) return { text: text.slice(start, at), start, end: at + 1 };
  }
  return undefined;
}

/** Ends before white space and before a `)` without its `(`; looks no further than `limit`. */
export function findBareDestinationEnd(text: string, start: number, limit = text.length): number {
  let depth = 0;
  let at = start;
  for (; at < text.length && at < limit; at++) {
    const code = text.charCodeAt(at);
    if (isEscape(text, at)) at++;
    else if (code === LEFT_PARENTHESIS) depth++;
    else if (code === RIGHT_PARENTHESIS && --depth < 0) break;
    else if (isSpace(code)) break;
  }
  return at;
}

/** The character that closes what `opener` opens when `opener` may begin a title; undefined otherwise. */
export function titleCloser(opener: string): string | undefined {
  if (opener === '(') return ')';
  return opener === '"' || opener === "'" ? opener : undefined;
}

/**
 * Searches for `closer` from `from` on. An `opener` of the same kind before it stops the search: brackets do not nest.
 * `at`: index of the closer, or of what stopped the search, the end of the text at the latest.
 */
export function findCloser(
  text: string,
  from: number,
  opener: string,
  closer: string,
): { readonly isFound: boolean; readonly at: number } {
  for (let at = from; at < text.length; at++) {
    const char = text.charAt(at);
    if (isEscape(text, at)) at++;
    else if (char === closer) return { isFound: true, at };
    else if (char === opener) return { isFound: false, at };
  }
  return { isFound: false, at: text.length };
}
