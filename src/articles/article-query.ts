import { answerTags } from '../graphql/answer-tags.js';
import type { Combined, MomentConditions, SqlParameters, TextConditions } from '../graphql/filter-sql.js';
import { momentSql, textSql } from '../graphql/filter-sql.js';
import { WaypostError } from '../kernel/errors.js';
import type { SortColumn } from '../graphql/keyset.js';
import { tagIdOf, tagIdsOf } from '../tags/tag-slugs.js';

/** SQL condition: anybody may see the article now. */
export const PUBLIC_SQL = `article.status = 'published' AND article.published_at <= now()
  AND (article.expires_at IS NULL OR article.expires_at > now())`;

/**
 * A condition by the clock of its evaluation instead of that of its statement's arrival. Whoever reads the feed needs it: a
 * commit that it sees may have looked at the clock after the statement came, and told of a moment which then still lay ahead.
 */
export const atThisMoment = (sql: string): string => sql.replaceAll('now()', 'clock_timestamp()');

/** The status at the moment of asking, as `articleStatus` computes it. */
const STATUS_SQL = `CASE WHEN article.status <> 'published' THEN article.status
  WHEN article.published_at > now() THEN 'scheduled' WHEN article.expires_at <= now() THEN 'expired' ELSE 'published' END`;

/** The conditions of `ArticleFilter`, without `and`, `or` and `not`. */
export interface ArticleConditions {
  readonly path?: TextConditions | null;
  readonly slug?: TextConditions | null;
  readonly locale?: TextConditions | null;
  readonly title?: TextConditions | null;
  readonly status?: TextConditions | null;
  readonly tag?: TextConditions | null;
  readonly partnerKey?: TextConditions | null;
  readonly publishedAt?: MomentConditions | null;
  readonly updatedAt?: MomentConditions | null;
  readonly contentUpdatedAt?: MomentConditions | null;
  readonly search?: string | null;
}

export function articleConditionsSql(conditions: ArticleConditions, parameters: SqlParameters): string[] {
  const { path, slug, locale, title, status, tag, partnerKey } = conditions;
  return [
    ...(path ? textSql('article.path', path, parameters) : []),
    ...(slug ? textSql('article.slug', slug, parameters) : []),
    ...(locale ? textSql('article.locale', locale, parameters) : []),
    ...(title ? textSql('article.title', title, parameters) : []),
    ...(status ? textSql(`(${STATUS_SQL})`, status, parameters) : []),
    ...(tag ? memberSql(TAGS, tag, parameters) : []),
    ...(partnerKey ? memberSql(PARTNERS, partnerKey, parameters) : []),
    ...(conditions.publishedAt ? momentSql('article.published_at', conditions.publishedAt, parameters) : []),
    ...(conditions.updatedAt ? momentSql('article.updated_at', conditions.updatedAt, parameters) : []),
    ...(conditions.contentUpdatedAt
      ? momentSql('article.content_updated_at', conditions.contentUpdatedAt, parameters)
      : []),
    ...(conditions.search != null ? [searchSql(conditions.search, parameters)] : []),
  ];
}

/** Characters of a search at most. */
const LONGEST_SEARCH = 500;

/** @throws WaypostError BAD_ARGUMENT for one that is too long. */
export function checkSearch(search: string): string {
  if (search.length <= LONGEST_SEARCH) return search;
  throw new WaypostError('BAD_ARGUMENT', [
    `A search has at most ${LONGEST_SEARCH} characters; this one has ${search.length}.`,
  ]);
}

function searchSql(search: string, parameters: SqlParameters): string {
  return `article.id IN (SELECT article_id FROM waypost.search_articles(${parameters.place(checkSearch(search))}))`;
}

/** A set that articles have, to be searched for a member. */
interface Members {
  readonly sql: string;
  /** Column with the text of a member, for patterns. */
  readonly text: string;
  /** Conditions that a member is a given value, or one of an array. */
  readonly is: (value: string) => string;
  readonly isOneOf: (values: string) => string;
}

/** A slug that a tag had means that tag, as everywhere. */
const TAGS: Members = {
  sql: `FROM waypost.article_tags link JOIN waypost.tags tag ON tag.id = link.tag_id WHERE link.article_id = article.id`,
  text: 'tag.slug',
  is: (slug) => `tag.id = ${tagIdOf(slug)}`,
  isOneOf: (slugs) => `tag.id = ANY(${tagIdsOf(`${slugs}::text[]`)})`,
};

const PARTNERS: Members = {
  sql: `FROM waypost.placements placement WHERE placement.article_id = article.id AND placement.retired_at IS NULL`,
  text: 'placement.partner_key',
  is: (key) => `placement.partner_key = ${key}`,
  isOneOf: (keys) => `placement.partner_key = ANY(${keys})`,
};

/** A condition on a set: `eq`, `in`, `contains` and `startsWith` ask for a member, `ne` and `notIn` for the absence of one. */
function memberSql(members: Members, conditions: TextConditions, parameters: SqlParameters): string[] {
  const { eq, ne, in: oneOf, notIn, isNull, ...patterns } = conditions;
  const has = (condition: string): string => `EXISTS (SELECT 1 ${members.sql} AND ${condition})`;
  const parts = textSql(members.text, patterns, parameters).map(has);
  if (eq != null) parts.push(has(members.is(parameters.place(eq))));
  if (ne != null) parts.push(`NOT ${has(members.is(parameters.place(ne)))}`);
  if (oneOf != null) parts.push(has(members.isOneOf(parameters.place([...oneOf]))));
  if (notIn != null) parts.push(`NOT ${has(members.isOneOf(parameters.place([...notIn])))}`);
  if (isNull != null) parts.push(`${isNull ? 'NOT ' : ''}EXISTS (SELECT 1 ${members.sql})`);
  return parts;
}

interface ArticleQuestion extends ArticleConditions, Combined<ArticleQuestion> {}

/** Cache tags of a list of articles. The slug of a tag can come to mean another one without any article's doing. */
export function articleListTags(filter: ArticleQuestion | null | undefined): string[] {
  return [answerTags.articleList, ...(filter && namesTag(filter) ? [answerTags.tagList] : [])];
}

function namesTag({ tag, and, or, not }: ArticleQuestion): boolean {
  return tag != null || [...(and ?? []), ...(or ?? []), ...(not ? [not] : [])].some(namesTag);
}

/** Column, type and property of everything articles can be sorted by. */
export const SORT_COLUMNS = {
  published_at: { type: 'timestamptz', nullable: true, property: 'publishedAt' },
  updated_at: { type: 'timestamptz', nullable: false, property: 'updatedAt' },
  content_updated_at: { type: 'timestamptz', nullable: false, property: 'contentUpdatedAt' },
  created_at: { type: 'timestamptz', nullable: false, property: 'createdAt' },
  title: { type: 'text', nullable: false, property: 'title' },
  slug: { type: 'text', nullable: false, property: 'slug' },
  path: { type: 'text', nullable: false, property: 'path' },
} as const;

export type SortName = keyof typeof SORT_COLUMNS;

export interface SortKey {
  readonly name: SortName;
  readonly descending: boolean;
}

/** Newest first. */
export const DEFAULT_ORDER: readonly SortKey[] = [{ name: 'published_at', descending: true }];

/** The id closes every order, in the direction of its last key, so that an index can serve it. */
export function sortColumns(order: readonly SortKey[], onlyPublished: boolean): SortColumn[] {
  const columns = order.map(({ name, descending }): SortColumn => {
    const { type, nullable } = SORT_COLUMNS[name];
    // Every published article has a date, so that for readers the column is as good as NOT NULL.
    return { sql: `article.${name}`, type, descending, nullable: nullable && !onlyPublished };
  });
  return [
    ...columns,
    { sql: 'article.id', type: 'uuid', descending: order.at(-1)?.descending ?? true, nullable: false },
  ];
}
