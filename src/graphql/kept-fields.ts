/**
 * Fields by whose tags an answer is kept: what they answer is a function of the change feed's position, and whoever resolves
 * them, or what they stand in, notes what was read (`noteRead`). Behind each name: what makes the answer untrue.
 *
 * Any other field, and so a new one, makes an answer uncacheable. A contract test asks of each that can be reached from a
 * root here whether that is meant.
 */
export const FOLLOWS_FEED: Readonly<Record<string, Readonly<Record<string, FollowedBy>>>> = {
  Query: {
    article: 'its address, then itself',
    articles: 'list:article, list:tag',
    articleRedirects: 'list:article',
    searchArticles: 'list:article, list:tag',
    tag: 'its address, then itself',
    tags: 'list:tag',
    node: 'its address, then itself',
    nodes: 'its address, then itself',
  },
  Article: {
    ...columns(
      ...['id', 'path', 'slug', 'locale', 'title', 'description', 'canonicalUrl', 'source', 'params', 'revision'],
      ...['createdAt', 'updatedAt', 'contentUpdatedAt', 'contentChangeCause', 'firstPublishedAt', 'movedFrom'],
    ),
    // Moments: the cache is emptied when one has come.
    ...columns('status', 'publishedAt', 'expiresAt'),
    html: 'partner',
    markdown: 'partner',
    excerpt: 'partner',
    wordCount: 'partner',
    readingTimeMinutes: 'partner',
    tableOfContents: 'partner',
    placements: 'partner',
    diagnostics: 'partner',
    disclosure: 'partner',
    jsonLd: 'partner, tag',
    tags: 'tag',
    previousPublished: 'list:article',
    nextPublished: 'list:article',
    related: 'list:article',
  },
  Tag: {
    ...columns('id', 'slug', 'name', 'description', 'createdAt', 'updatedAt'),
    articles: 'tagged',
  },
  ArticleMatch: columns('article', 'rank', 'titleHtml', 'snippetHtml'),
  ArticleRedirect: columns('article', 'fromPath', 'toPath', 'locale'),
  Placement: columns('id', 'partnerKey', 'text', 'href', 'line', 'column'),
  ContentChangeCause: columns('kind', 'key'),
  Diagnostic: columns('code', 'message', 'severity', 'line', 'column'),
  TableOfContentsEntry: columns('id', 'level', 'text'),
  Node: columns('id'),
  PageInfo: columns('hasNextPage', 'hasPreviousPage', 'startCursor', 'endCursor'),
  ...connections('Article', 'ArticleMatch', 'ArticleRedirect', 'Tag'),
};

type FollowedBy =
  | 'its address, then itself'
  /** What changes it changes what it stands in. */
  | 'what it stands in'
  | 'list:article'
  | 'list:tag'
  /** The second where a filter names tags. */
  | 'list:article, list:tag'
  | 'partner'
  | 'partner, tag'
  | 'tag'
  | 'tagged';

/** `coordinates`: `Type.field`. What GraphQL says of itself does not change while a process runs. */
export function followsFeed(coordinates: Iterable<string>): boolean {
  for (const coordinate of coordinates) {
    const [type = '', field = ''] = coordinate.split('.');
    if (!field.startsWith('__') && !type.startsWith('__') && !FOLLOWS_FEED[type]?.[field]) return false;
  }
  return true;
}

function columns(...names: readonly string[]): Record<string, FollowedBy> {
  return Object.fromEntries(names.map((name) => [name, 'what it stands in']));
}

function connections(...types: readonly string[]): Record<string, Record<string, FollowedBy>> {
  return Object.fromEntries(
    types.flatMap((type) => [
      [`${type}Connection`, columns('edges', 'nodes', 'pageInfo', 'totalCount')],
      [`${type}Edge`, columns('cursor', 'node')],
    ]),
  );
}
