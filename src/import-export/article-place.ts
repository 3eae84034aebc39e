/** Where a file's article stands: identity is path and locale, as in Hugo. */
export interface ArticlePlace {
  /** Such as `/posts/my-post`: lower case, spaces as `-`, without extension; a page bundle is its folder. */
  readonly path: string;
  /** Last part of the path. */
  readonly slug: string;
  /** Of a name such as `my-post.de.md`; undefined where the name says none. */
  readonly locale: string | undefined;
}

/**
 * Reads the place of an article from its file name below the content folder, such as `posts/my-post/index.md`.
 * `locales`: the languages of the site, lower-case. Only these count as a language, as in Hugo: `node.js.md` is an article
 * about Node, whatever language `js` may be. Default none.
 */
export function articlePlace(name: string, locales: readonly string[] = []): ArticlePlace {
  const withoutExtension = name.replace(/\.[^./]+$/, '');
  const { base, locale } = splitLocale(withoutExtension, locales);
  const parts = base.split('/').filter((part) => part !== '');
  const last = parts.at(-1) ?? '';
  if (parts.length > 1 && /^_?index$/i.test(last)) parts.pop();
  const logical = parts.map(logicalName);
  return { path: `/${logical.join('/')}`, slug: logical.at(-1) ?? '', locale };
}

function splitLocale(base: string, locales: readonly string[]): { base: string; locale: string | undefined } {
  const dot = base.lastIndexOf('.');
  if (dot <= base.lastIndexOf('/') + 1) return { base, locale: undefined };
  const suffix = base.slice(dot + 1);
  const isLocale = locales.includes(suffix.toLowerCase());
  return isLocale ? { base: base.slice(0, dot), locale: suffix.toLowerCase() } : { base, locale: undefined };
}

/** As Hugo makes logical paths: lower case, white space as `-`. Nothing else of a name is changed. */
function logicalName(name: string): string {
  return name.trim().toLowerCase().replaceAll(/\s+/g, '-');
}
