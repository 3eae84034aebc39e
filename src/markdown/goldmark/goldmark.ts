import MarkdownIt from 'markdown-it';
import type { GoldmarkOptions } from './goldmark-options.js';

export { defaultGoldmarkOptions, type GoldmarkOptions } from './goldmark-options.js';

/** Renders a Markdown body to the HTML that Hugo 0.111.3 (Goldmark 1.5.4) gives. Never throws. */
export function renderGoldmark(source: string, options: GoldmarkOptions): string {
  return new MarkdownIt({ html: options.unsafe, breaks: options.hardWraps, xhtmlOut: options.xhtml }).render(source);
}
