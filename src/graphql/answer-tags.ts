/**
 * Cache tags. `article:<id>`, `tag:<id>`, `list:article` and `list:tag` are told to caches further out; the finer ones are for
 * the cache of this process: what is asked for by an address, and found or not, changes with that address alone.
 */
export const answerTags = {
  article: (id: string) => `article:${id}`,
  tag: (id: string) => `tag:${id}`,
  /** Any list of articles. */
  articleList: 'list:article',
  tagList: 'list:tag',
  /** The articles of one tag. */
  tagged: (tagId: string) => `tagged:${tagId}`,
  slug: (slug: string) => `slug:${slug}`,
  path: (path: string) => `path:${path}`,
  tagSlug: (slug: string) => `tagslug:${slug}`,
  partner: (key: string) => `partner:${key}`,
};

const PUBLIC = /^(?:article|tag|list):/;

/** Longer headers are refused by some caches. */
const LONGEST_HEADER = 4000;

/** What a cache further out may be told to forget, by RFC-less custom: `Cache-Tag` with commas, `Surrogate-Key` with spaces. */
export function publicTags(tags: Iterable<string>): string[] {
  const told = new Set<string>();
  for (const tag of tags) {
    if (PUBLIC.test(tag)) told.add(tag);
    else if (tag.startsWith('tagged:')) told.add(answerTags.articleList);
  }
  const all = [...tags];
  const found = all.some((tag) => tag.startsWith('article:'));
  // Nothing was found at this address: it will be with one of the articles, or tags, to come.
  if (!found && all.some((tag) => tag.startsWith('slug:') || tag.startsWith('path:'))) told.add(answerTags.articleList);
  if (!all.some((tag) => tag.startsWith('tag:')) && all.some((tag) => tag.startsWith('tagslug:')))
    told.add(answerTags.tagList);
  return told.size > 0 && [...told].join(',').length > LONGEST_HEADER ? gathered(told) : [...told].sort();
}

/** Every change of an article forgets `list:article` too, and every change of a tag `list:tag`. */
function gathered(tags: ReadonlySet<string>): string[] {
  const has = (start: string): boolean => [...tags].some((tag) => tag.startsWith(start));
  return [
    ...(has('article:') || tags.has(answerTags.articleList) ? [answerTags.articleList] : []),
    ...(has('tag:') || tags.has(answerTags.tagList) ? [answerTags.tagList] : []),
  ];
}
