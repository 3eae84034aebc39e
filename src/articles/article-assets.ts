import { applySplices } from '../front-matter/splice.js';
import { findImages } from '../markdown/find-images.js';
import type { GoldmarkSettings } from '../markdown/markdown-options.js';
import { assetResolver } from './asset-base.js';
import { findHtmlAssets } from './html-assets.js';

/** Puts addresses that hold anywhere in place of those of images that stand relative to their page. */
export class ArticleAssets {
  /** `base`: of `readAssetBase`. */
  constructor(private readonly base: string) {}

  /** `path`: of the article. */
  inHtml(html: string, path: string): string {
    const splices = findHtmlAssets(html, assetResolver(this.base, path));
    return splices.length === 0 ? html : applySplices(html, splices);
  }

  /**
   * The Markdown renders to the HTML that `inHtml` makes of what it rendered to before, but for links: one that refers to
   * the same link definition as an image gets the address of the image.
   */
  inMarkdown(markdown: string, path: string, goldmark: GoldmarkSettings): string {
    if (!MAY_SHOW.test(markdown)) return markdown;
    const resolve = assetResolver(this.base, path);
    const { destinations, rawHtml } = findImages(markdown, goldmark);
    const ofImages = destinations.flatMap(({ start, end, url }) => {
      const resolved = resolve(url);
      return resolved === undefined ? [] : { start, end, inserted: markdownDestination(resolved) };
    });
    const ofHtml = rawHtml.flatMap(({ html, sourceIndex }) =>
      findHtmlAssets(html, resolve).map(({ start, end, inserted }) => {
        return { start: sourceIndex(start), end: sourceIndex(end), inserted };
      }),
    );
    return applySplices(markdown, [...ofImages, ...ofHtml]);
  }

  /** The address of one image, in full: a base that is a path is one of `origin`. What is not relative stays. */
  imageUrl(image: string, path: string, origin: string): string {
    const resolved = assetResolver(this.base, path)(image);
    if (resolved === undefined) return image;
    return resolved.startsWith('/') ? origin + resolved : resolved;
  }
}

const MAY_SHOW = /!\[|</;

/** The form without `<` and `>`; where those stand around it, it is right too. */
function markdownDestination(url: string): string {
  return url.replaceAll(/[()]/g, String.raw`\$&`).replaceAll(/&(?=#?\w+;)/g, '&amp;');
}
