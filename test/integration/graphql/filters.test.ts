import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ArticleFilter } from '../../../src/articles/article.input.js';
import { ArticleStatus } from '../../../src/articles/article.type.js';
import { ArticlesService } from '../../../src/articles/articles.service.js';
import type { DateTimeFilter, StringFilter } from '../../../src/graphql/filter.input.js';
import type { TestApp } from '../../support/test-app.js';
import { startTestApp } from '../../support/test-app.js';

interface Row {
  readonly slug: string;
  readonly title: string;
  readonly status: ArticleStatus;
  readonly publishedAt: Date | null;
  readonly tags: readonly string[];
  readonly partnerKeys: readonly string[];
}

const PAST = new Date('2026-01-01T00:00:00.000Z');
const LATER = new Date('2026-01-01T00:00:00.001Z');
const FUTURE = new Date('2999-01-01T00:00:00.000Z');
const { DRAFT, SCHEDULED, PUBLISHED, ARCHIVED, EXPIRED } = ArticleStatus;

const ROWS: readonly Row[] = [
  { slug: 'a', title: 'Alpha', status: PUBLISHED, publishedAt: PAST, tags: ['x', 'xy'], partnerKeys: ['p'] },
  { slug: 'b', title: 'alpha beta', status: PUBLISHED, publishedAt: LATER, tags: ['y'], partnerKeys: [] },
  { slug: 'c', title: '100%', status: DRAFT, publishedAt: null, tags: [], partnerKeys: ['p', 'q'] },
  { slug: 'd', title: '_under\\score', status: SCHEDULED, publishedAt: FUTURE, tags: ['xy'], partnerKeys: ['q'] },
  { slug: 'e', title: 'Beta', status: ARCHIVED, publishedAt: PAST, tags: ['x'], partnerKeys: [] },
  { slug: 'f', title: 'beta', status: EXPIRED, publishedAt: PAST, tags: [], partnerKeys: ['p'] },
  { slug: 'g', title: 'Gamma', status: PUBLISHED, publishedAt: PAST, tags: ['now'], partnerKeys: [] },
];

let waypost: TestApp;
let articles: ArticlesService;

beforeAll(async () => {
  waypost = await startTestApp();
  articles = waypost.app.get(ArticlesService, { strict: false });
  for (const { slug, title, status, publishedAt, tags, partnerKeys } of ROWS) {
    const source = partnerKeys.map((key) => `{{< aff "${key}" "x" >}}`).join('');
    const isExpired = status === EXPIRED;
    const dates = { publishedAt: publishedAt?.toISOString(), expiresAt: isExpired ? LATER.toISOString() : null };
    const name = Object.entries(ArticleStatus).find(([, value]) => value === status)?.[0];
    const written = tags.map((tag) => (tag === 'now' ? 'former' : tag));
    await waypost.createArticle({
      slug,
      title,
      source,
      tags: written,
      ...dates,
      status: isExpired ? 'PUBLISHED' : name,
    });
  }
  const { tag } = await waypost.data('{ tag(slug: "former") { id } }');
  await waypost.data(`mutation { updateTag(input: { id: "${tag.id}", name: "now" }) { tag { slug } } }`);
});

afterAll(() => waypost.close());

/** What a condition means, told again without SQL. */
function textHolds(value: string | null, conditions: StringFilter): boolean {
  const { eq, ne, notIn, contains, startsWith, isNull } = conditions;
  const folded = value?.toLowerCase();
  return [
    eq == null || value === eq,
    ne == null || value !== ne,
    conditions.in == null || (value !== null && conditions.in.includes(value)),
    notIn == null || value === null || !notIn.includes(value),
    contains == null || (folded?.includes(contains.toLowerCase()) ?? false),
    startsWith == null || (folded?.startsWith(startsWith.toLowerCase()) ?? false),
    isNull == null || (value === null) === isNull,
  ].every(Boolean);
}

function momentHolds(value: Date | null, { eq, before, after, between, isNull }: DateTimeFilter): boolean {
  return [
    eq == null || value?.getTime() === eq.getTime(),
    before == null || (value !== null && value < before),
    after == null || (value !== null && value > after),
    between == null || (value !== null && value >= between.from && value < between.to),
    isNull == null || (value === null) === isNull,
  ].every(Boolean);
}

function setHolds(values: readonly string[], { ne, notIn, isNull, ...positive }: StringFilter): boolean {
  const has = Object.entries(positive).every(([name, condition]) =>
    values.some((value) => textHolds(value, { [name]: condition })),
  );
  return [
    has,
    ne == null || !values.includes(ne),
    notIn == null || !values.some((value) => notIn.includes(value)),
    isNull == null || (values.length === 0) === isNull,
  ].every(Boolean);
}

function holds(row: Row, filter: ArticleFilter): boolean {
  const { slug, title, status, tag, partnerKey, publishedAt, and, or, not } = filter;
  return [
    slug == null || textHolds(row.slug, slug),
    title == null || textHolds(row.title, title),
    status == null || textHolds(row.status, status),
    tag == null || setHolds(row.tags, tag),
    partnerKey == null || setHolds(row.partnerKeys, partnerKey),
    publishedAt == null || momentHolds(row.publishedAt, publishedAt),
    and == null || and.every((part) => holds(row, part)),
    or == null || or.some((part) => holds(row, part)),
    not == null || !holds(row, not),
  ].every(Boolean);
}

function textFilter(values: readonly string[]): fc.Arbitrary<StringFilter> {
  const value = fc.constantFrom(...values);
  const few = fc.array(value, { maxLength: 3 });
  return fc.record(
    { eq: value, ne: value, in: few, notIn: few, contains: value, startsWith: value, isNull: fc.boolean() },
    { requiredKeys: [] },
  );
}

const moment = fc.constantFrom(PAST, LATER, FUTURE);
const status = fc.constantFrom(...Object.values(ArticleStatus));
const conditions = {
  title: textFilter(['Alpha', 'alpha', 'BETA', '100%', '%', '_', '\\', '']),
  slug: textFilter(['a', 'B', 'c', '']),
  status: fc.record(
    { eq: status, ne: status, in: fc.array(status), notIn: fc.array(status), isNull: fc.boolean() },
    { requiredKeys: [] },
  ),
  tag: textFilter(['x', 'y', 'xy', '%']),
  partnerKey: textFilter(['p', 'q', '']),
  publishedAt: fc.record(
    {
      eq: moment,
      before: moment,
      after: moment,
      between: fc.record({ from: moment, to: moment }),
      isNull: fc.boolean(),
    },
    { requiredKeys: [] },
  ),
};
/** One or two conditions at a leaf: a statement with hundreds of them takes long to plan. */
const leaf: fc.Arbitrary<ArticleFilter> = fc
  .subarray(Object.keys(conditions) as (keyof typeof conditions)[], { maxLength: 2 })
  .chain((names) => fc.record(Object.fromEntries(names.map((name) => [name, conditions[name]])) as object));
const both = (parts: readonly ArticleFilter[]): ArticleFilter => Object.assign({}, ...parts);
const { filter } = fc.letrec<{ filter: ArticleFilter }>((tie) => {
  const few = fc.array(tie('filter'), { maxLength: 2 });
  return {
    filter: fc.oneof(
      { maxDepth: 3 },
      { arbitrary: leaf, weight: 3 },
      { arbitrary: fc.tuple(leaf, fc.record({ and: few })).map(both), weight: 1 },
      { arbitrary: fc.tuple(leaf, fc.record({ or: few })).map(both), weight: 1 },
      { arbitrary: fc.tuple(leaf, fc.record({ not: tie('filter') })).map(both), weight: 1 },
    ),
  };
});

describe('a filter', () => {
  it('finds what its conditions say, however they are combined', async () => {
    await fc.assert(
      fc.asyncProperty(filter, async (one) => {
        const { nodes, totalCount } = await articles.listArticles({ size: 100, backward: false }, true, one);
        const expected = ROWS.filter((row) => holds(row, one)).map((row) => row.slug);
        expect(nodes.map((node) => node.slug).sort()).toEqual(expected);
        expect(await totalCount).toBe(expected.length);
      }),
      { numRuns: 200 },
    );
  });

  it('never shows to strangers what is not public', async () => {
    await fc.assert(
      fc.asyncProperty(filter, async (one) => {
        const { nodes } = await articles.listArticles({ size: 100, backward: false }, false, one);
        expect(['a', 'b', 'g']).toEqual(expect.arrayContaining(nodes.map((node) => node.slug)));
      }),
      { numRuns: 50 },
    );
  });

  it.each<[string, StringFilter, readonly string[]]>([
    ['is', { eq: 'former' }, ['g']],
    ['is one of', { in: ['y', 'former', 'nowhere'] }, ['b', 'g']],
    ['is not', { ne: 'former' }, ['a', 'b']],
    ['is none of', { notIn: ['nowhere', 'former', 'x'] }, ['b']],
    ['begins with', { startsWith: 'form' }, []],
    ['is, where none ever had it', { eq: 'nowhere' }, []],
  ])('of a tag whose former slug %s', async (_name, tag, expected) => {
    const found = await waypost.data(
      `query ($tag: StringFilter) { articles(filter: { tag: $tag, slug: { in: ["a", "b", "g"] } }) { nodes { slug } } }`,
      { tag },
    );
    expect(found.articles.nodes.map(({ slug }: Row) => slug).sort()).toEqual(expected);
  });

  it.each([
    ['conditions', { or: Array.from({ length: 101 }, () => ({ title: { eq: 'x' } })) }],
    ['levels', Array.from({ length: 12 }).reduce<ArticleFilter>((not) => ({ not }), {})],
  ])('of too many %s is refused', async (name, one) => {
    const { errors } = await waypost.query(
      `query ($filter: ArticleFilter) { articles(filter: $filter) { totalCount } }`,
      { filter: one },
    );
    expect(errors?.[0]).toMatchObject({ message: expect.stringContaining(name), extensions: { code: 'BAD_ARGUMENT' } });
  });

  it('compares moments to the millisecond', async () => {
    const found = await waypost.data(
      `{ articles(filter: { publishedAt: { eq: "2026-01-01T01:00:00.001+01:00" }, slug: { in: ["a", "b"] } }) { nodes { slug } } }`,
    );
    expect(found.articles.nodes).toEqual([{ slug: 'b' }]);
  });
});
