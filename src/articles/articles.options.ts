import type { ShortcodeDefinitions } from '../shortcodes/definition.js';

export interface ArticlesOptions {
  /** Locale of articles that name none. Default `en`. */
  readonly defaultLocale?: string;
  /** The host's own shortcodes, beside `aff`, `disclosure` and `updated`. */
  readonly shortcodes?: ShortcodeDefinitions;
  /** `report` (default): a call of an unknown shortcode is an error and renders nothing. `keep`: it stays as written. */
  readonly unknownShortcodes?: 'report' | 'keep';
  /** Whether raw HTML in Markdown reaches the page, as Hugo's `markup.goldmark.renderer.unsafe`. Default true: editors are trusted. */
  readonly unsafeHtml?: boolean;
  /** Whether a trailing `*Updated: 2025-09-12*` shows `contentUpdatedAt`, in the same form. Default true. */
  readonly liveUpdatedStamp?: boolean;
  /**
   * Where the images of page bundles are served from, such as `https://cdn.example.org/site`, or `/assets` on the origin of
   * the page: relative addresses of what an article shows are resolved against it and the article's path. Default: they
   * stay relative.
   * @throws AssetBaseError at the start where it is neither.
   */
  readonly assetBaseUrl?: string;
  /** IANA zone of dates in front matter that name none. Default UTC. */
  readonly timeZone?: string;
}

export const ARTICLES_OPTIONS = Symbol('waypost articles options');
