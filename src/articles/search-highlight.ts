import { escapeHtml } from '../markdown/escape-html.js';

/** What the database puts around a match: characters for private use, which no searched text holds. */
export const MATCH_START = '\uE000';
export const MATCH_END = '\uE001';

/** HTML in which nothing is markup but `<mark>` around each match. */
export function highlightHtml(marked: string): string {
  return escapeHtml(marked).replaceAll(MATCH_START, '<mark>').replaceAll(MATCH_END, '</mark>');
}
