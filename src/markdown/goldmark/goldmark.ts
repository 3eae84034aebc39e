import MarkdownIt from 'markdown-it';
import type { GoldmarkOptions } from './goldmark-options.js';
import { goldmarkPlugin } from './goldmark-plugin.js';
import { imagePlacesIn, type ImagePlaces } from './image-places.js';
import { Page } from './page.js';

export { defaultGoldmarkOptions, type GoldmarkOptions } from './goldmark-options.js';

/** Renders a Markdown body to the HTML that Hugo 0.111.3 (Goldmark 1.5.4) gives. Never throws. */
export function renderGoldmark(source: string, options: GoldmarkOptions): string {
  return parserFor(options).render(wellFormed(source), new Page(options));
}

/** Where the images and the HTML of a Markdown body stand. Never throws. */
export function findGoldmarkImages(source: string, options: GoldmarkOptions): ImagePlaces {
  return imagePlacesIn(parserFor(options).parse(wellFormed(source), new Page(options)));
}

/** A lone surrogate has no UTF-8 form; a file with one in it would hold U+FFFD. */
function wellFormed(source: string): string {
  return source.replace(/\p{Surrogate}/gu, '\uFFFD');
}

const parsers = new Map<string, MarkdownIt>();
const parsersByOptions = new WeakMap<GoldmarkOptions, MarkdownIt>();

/** One parser for each set of options; a page's state is in `Page` and not in the parser. */
function parserFor(options: GoldmarkOptions): MarkdownIt {
  const known = parsersByOptions.get(options);
  if (known) return known;
  const { headingText: _, ...rest } = options;
  const key = JSON.stringify(rest);
  const parser = parsers.get(key) ?? makeParser(rest);
  parsers.set(key, parser);
  parsersByOptions.set(options, parser);
  return parser;
}

function makeParser(options: GoldmarkOptions): MarkdownIt {
  const parser = new MarkdownIt('zero');
  goldmarkPlugin(parser, options);
  return parser;
}
