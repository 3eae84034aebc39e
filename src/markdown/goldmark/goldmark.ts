import MarkdownIt from 'markdown-it';
import type { GoldmarkOptions } from './goldmark-options.js';
import { goldmarkPlugin } from './goldmark-plugin.js';
import { Page } from './page.js';

export { defaultGoldmarkOptions, type GoldmarkOptions } from './goldmark-options.js';

/** Renders a Markdown body to the HTML that Hugo 0.111.3 (Goldmark 1.5.4) gives. Never throws. */
export function renderGoldmark(source: string, options: GoldmarkOptions): string {
  // A lone surrogate has no UTF-8 form; a file with one in it would hold U+FFFD.
  const wellFormed = source.replace(/\p{Surrogate}/gu, '\uFFFD');
  return parserFor(options).render(wellFormed, new Page(options));
}

const parsers = new Map<string, MarkdownIt>();

/** One parser for each set of options; a page's state is in `Page` and not in the parser. */
function parserFor({ headingText: _, ...options }: GoldmarkOptions): MarkdownIt {
  const key = JSON.stringify(options);
  let parser = parsers.get(key);
  if (!parser) {
    parser = new MarkdownIt('zero');
    goldmarkPlugin(parser, options);
    parsers.set(key, parser);
  }
  return parser;
}
