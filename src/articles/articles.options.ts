import type { Shortcode } from '../shortcodes/shortcode.js';

export interface ArticlesOptions {
  /** Locale of articles that name none. Default `en`. */
  readonly defaultLocale?: string;
  /** The host's own shortcodes, beside `aff`, `disclosure` and `updated`. */
  readonly shortcodes?: Readonly<Record<string, Shortcode>>;
  /** `report` (default): a call of an unknown shortcode is an error and renders nothing. `keep`: it stays as written. */
  readonly unknownShortcodes?: 'report' | 'keep';
  /** Whether raw HTML in Markdown reaches the page, as Hugo's `markup.goldmark.renderer.unsafe`. Default true: editors are trusted. */
  readonly unsafeHtml?: boolean;
  /** IANA zone of dates in front matter that name none. Default UTC. */
  readonly timeZone?: string;
}

export const ARTICLES_OPTIONS = Symbol('waypost articles options');
