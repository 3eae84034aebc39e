/** Where a file's article stands: identity is path and locale, as in Hugo. */
export interface ArticlePlace {
  /** Such as `/posts/my-post`: lower case, spaces as `-`, without extension; a page bundle is its folder. */
  readonly path: string;
  /** Last part of the path; of a Jekyll post the name without its date. */
  readonly slug: string;
  /** Of a name such as `my-post.de.md` or `de/my-post.md`; undefined where the name says none. */
  readonly locale: string | undefined;
  /** `2024-01-02` of a Jekyll post, whose name says it; else undefined. */
  readonly date: string | undefined;
  /** `post`: below `_posts`. `draft`: below `_drafts`. Else undefined. */
  readonly jekyll: 'post' | 'draft' | undefined;
}

const JEKYLL_NAME = /^(\d{4})-(\d{1,2})-(\d{1,2})-(.+)$/;

/**
 * Reads the place of an article from its file name below the content folder, such as `posts/my-post/index.md`.
 * `locales`: the languages of the site, lower-case. Only these count as a language, as in Hugo: `node.js.md` is an article
 * about Node, whatever language `js` may be. Default none.
 */
export function articlePlace(name: string, locales: readonly string[] = []): ArticlePlace {
  // One letter has two forms in Unicode, and file systems choose differently.
  const withoutExtension = name.normalize('NFC').replace(/\.[^./]+$/, '');
  const { base, locale } = splitLocale(withoutExtension, locales);
  const parts = base.split('/').filter((part) => part !== '');
  const isHome = parts.length === 1 && parts[0]?.toLowerCase() === '_index';
  if (isHome) return { path: '/', slug: 'index', locale, date: undefined, jekyll: undefined };
  if (parts.length > 1 && /^_?index$/i.test(parts.at(-1) ?? '')) parts.pop();
  const jekyll = jekyllFolder(parts);
  const logical = parts.map((part) => logicalName(jekyll ? part.replace(/^_(?=posts$|drafts$)/, '') : part));
  const last = logical.at(-1) ?? '';
  const dated = jekyll && JEKYLL_NAME.exec(last);
  return {
    path: `/${logical.join('/')}`,
    slug: dated?.[4] ?? last,
    locale,
    date: dated ? [dated[1], dated[2]?.padStart(2, '0'), dated[3]?.padStart(2, '0')].join('-') : undefined,
    jekyll,
  };
}

/**
 * A name below a language's folder as it would be if the folder were named after the language: `english/a.md` as `en/a.md`.
 * `folders`: the language of each folder.
 */
export function nameByLanguage(name: string, folders: ReadonlyMap<string, string>): string {
  for (const [folder, locale] of folders) {
    if (name.startsWith(`${folder}/`)) return `${locale}${name.slice(folder.length)}`;
  }
  return name;
}

function jekyllFolder(parts: readonly string[]): ArticlePlace['jekyll'] {
  if (parts.slice(0, -1).includes('_posts')) return 'post';
  return parts.slice(0, -1).includes('_drafts') ? 'draft' : undefined;
}

/** The folder comes first, as Hugo's `contentDir` of a language does. */
function splitLocale(base: string, locales: readonly string[]): { base: string; locale: string | undefined } {
  const [folder = '', ...rest] = base.split('/');
  if (rest.length > 0 && locales.includes(folder.toLowerCase())) {
    const inner = rest.join('/');
    return { base: splitSuffix(inner, [folder.toLowerCase()]).base, locale: folder.toLowerCase() };
  }
  return splitSuffix(base, locales);
}

function splitSuffix(base: string, locales: readonly string[]): { base: string; locale: string | undefined } {
  const dot = base.lastIndexOf('.');
  if (dot <= base.lastIndexOf('/') + 1) return { base, locale: undefined };
  const suffix = base.slice(dot + 1).toLowerCase();
  return locales.includes(suffix) ? { base: base.slice(0, dot), locale: suffix } : { base, locale: undefined };
}

/** As Hugo makes logical paths: lower case, white space as `-`. Nothing else of a name is changed. */
function logicalName(name: string): string {
  return name.trim().toLowerCase().replaceAll(/\s+/g, '-');
}
