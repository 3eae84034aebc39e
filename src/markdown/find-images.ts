import { findGoldmarkImages } from './goldmark/goldmark.js';
import type { ImagePlaces } from './goldmark/image-places.js';
import { goldmarkOptionsOf, type GoldmarkSettings } from './markdown-options.js';

/** Where the images and the raw HTML of a Markdown text without shortcodes stand. Never throws. */
export function findImages(markdown: string, goldmark: GoldmarkSettings): ImagePlaces {
  return findGoldmarkImages(markdown, goldmarkOptionsOf(goldmark));
}
