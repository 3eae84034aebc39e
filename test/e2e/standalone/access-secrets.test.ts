import type { GraphQLField, GraphQLInputObjectType, GraphQLInputType } from 'graphql';
import { getNamedType, isEnumType, isInputObjectType, isInterfaceType, isObjectType } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiTokensService } from '../../../src/auth/api-tokens.service.js';
import type { Scope } from '../../../src/auth/scope.js';
import { SCOPES } from '../../../src/auth/scope.js';
import { scopeOf } from '../../support/access-table.js';
import { callOf, committedSchema, wholeSelection } from '../../support/schema-paths.js';
import type { TestApp } from '../../support/test-app.js';
import { startTestApp } from '../../support/test-app.js';

/** Stands in everything that is hidden, and nowhere else. */
const SECRET = 'zxsecret';
const NOBODY = '00000000-0000-4000-8000-000000000000';

/** Everything is asked at once. */
const NO_LIMITS = { depth: 100, aliases: 1000, tokens: 100_000, cost: 1e12, executionMs: 60_000 };

const schema = committedSchema();

/** Addresses of what is hidden; before it is there, of nothing. */
interface Hidden {
  readonly ids: readonly string[];
  readonly cursors: readonly string[];
}

let waypost: TestApp;
let publicId: string;
let tagId: string;
let partnerId: string;
let firstPlace: string;
let anonymousPlace: string;
let editorialPlace: string;

beforeAll(async () => {
  waypost = await startTestApp({ background: false, graphql: { limits: NO_LIMITS, cache: false } });
  firstPlace = (await waypost.data('{ syncToken }', {}, null)).syncToken;
  await waypost.createPartner({ key: 'shop' });
  const source = '{{< aff "shop" "Text" >}}';
  publicId = (await waypost.createArticle({ slug: 'public', tags: ['Tag', 'First', 'Second'], source })).id;
  // As near to the first one as each other: whichever of their tags became commoner would come last.
  await waypost.createArticle({ slug: 'other', tags: ['Tag', 'First'], publishedAt: '2024-05-05T00:00:00Z' });
  await waypost.createArticle({ slug: 'third', tags: ['Tag', 'Second'] });
  const { id } = await waypost.createArticle({ slug: 'moved', tags: ['Tag'] });
  await waypost.data(
    `mutation { updateArticle(input: { id: "${id}", expectedRevision: 1, path: "/elsewhere" }) { userErrors { code } } }`,
  );
  const { tag, affiliatePartner } = await waypost.data(
    '{ tag(slug: "tag") { id } affiliatePartner(key: "shop") { id } }',
  );
  [tagId, partnerId] = [tag.id, affiliatePartner.id];
  anonymousPlace = (await waypost.data('{ syncToken }', {}, null)).syncToken;
  editorialPlace = (await waypost.data('{ syncToken }')).syncToken;
});

afterAll(() => waypost?.close());

const moments = ['2020-01-01T00:00:00Z', '2024-05-05T00:00:00Z', '2990-01-01T00:00:00Z'];

/** Conditions of every kind on one field of a filter, as GraphQL text. */
function conditionsOf(type: GraphQLInputType): string[] {
  const named = getNamedType(type);
  if (isEnumType(named)) return named.getValues().map(({ name }) => `[${name}]`);
  if (!isInputObjectType(named)) return [`"${SECRET}"`, `"public"`];
  return Object.values(named.getFields()).flatMap((operator) =>
    valuesOf(operator.type).map((value) => `{ ${operator.name}: ${value} }`),
  );
}

function valuesOf(type: GraphQLInputType): string[] {
  const named = getNamedType(type);
  const values = isEnumType(named)
    ? named.getValues().map(({ name }) => name)
    : named.name === 'Boolean'
      ? ['true', 'false']
      : named.name === 'DateTime'
        ? moments.slice(1).map((moment) => `"${moment}"`)
        : isInputObjectType(named)
          ? [`{ from: "${moments[0]}", to: "${moments[2]}" }`]
          : [`"${SECRET}"`, '"public"'];
  return String(type).startsWith('[') ? values.map((value) => `[${value}]`) : values;
}

function filterType(): GraphQLInputObjectType {
  const type = schema.getType('ArticleFilter');
  if (!isInputObjectType(type)) throw new Error('There is no ArticleFilter.');
  return type;
}

function filters(): string[] {
  return Object.values(filterType().getFields())
    .filter(({ name }) => !['and', 'or', 'not'].includes(name))
    .flatMap(({ name, type }) =>
      conditionsOf(type).map((condition, index) =>
        index % 2 === 0 ? `filter: { ${name}: ${condition} }` : `filter: { not: { ${name}: ${condition} } }`,
      ),
    );
}

function orders(): string[] {
  const type = schema.getType('ArticleOrderField');
  if (!isEnumType(type)) throw new Error('There is no ArticleOrderField.');
  return type
    .getValues()
    .flatMap(({ name }) =>
      ['ASC', 'DESC'].map((direction) => `orderBy: [{ field: ${name}, direction: ${direction} }]`),
    );
}

const PAGE = `{ totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } nodes { path tags { slug } } }`;

const MATCHES = `{ totalCount nodes { rank titleHtml snippetHtml article { path related { path } } } }`;

/** Everything that can be reached, from every root. */
function allPaths(): string[] {
  const found: Record<string, string> = {
    article: `id: "${publicId}"`,
    tag: 'slug: "tag"',
    node: `id: "${publicId}"`,
    nodes: `ids: ["${publicId}", "${tagId}", "${partnerId}"]`,
    searchArticles: 'query: "public"',
    articleRevisionDiff: `id: "${publicId}", from: 1, to: 1`,
    changes: `since: "${firstPlace}"`,
    affiliatePartner: 'key: "shop"',
    clickReport: 'input: { groupBy: [ARTICLE] }',
  };
  const argumentsOf = (field: GraphQLField<unknown, unknown>): string | undefined =>
    field.args.length > 0 ? found[field.name] : undefined;
  const roots = Object.values(schema.getQueryType()?.getFields() ?? {});
  // What only "admin" reads shows what was changed, whatever it is.
  return roots
    .filter((field) => scopeOf(field) !== 'admin' && field.name !== 'syncToken')
    .flatMap((field) => {
      const type = getNamedType(field.type);
      const types = isInterfaceType(type) ? schema.getPossibleTypes(type) : isObjectType(type) ? [type] : [];
      if (types.length === 0) return [`{ ${callOf(field, argumentsOf)} }`];
      return types.map((one) => {
        const selection = wholeSelection(schema, one, argumentsOf, isSecond);
        return `{ ${callOf(field, argumentsOf)} { ... on ${one.name} { ${selection} } } }`;
      });
    });
}

/** Everything that a caller may ask to learn of what is hidden. */
function probes({ ids, cursors }: Hidden): string[] {
  const pages = [...filters(), ...orders(), ...orders().map((order) => `${order}, last: 1`)];
  const lists = [
    ...pages.map((page) => `articles(${page}) ${PAGE}`),
    ...cursors.flatMap((cursor) =>
      ['after', 'before'].map((side) => `articles(${side}: "${cursor}") { nodes { path } pageInfo { hasNextPage } }`),
    ),
    ...[firstPlace, anonymousPlace, editorialPlace].map(
      (place) => `changes(since: "${place}") { hasMore nodes { operation kind path id url } }`,
    ),
    ...ids.flatMap((id) => [
      `node(id: "${id}") { id }`,
      `article(id: "${id}") { id path }`,
      `nodes(ids: ["${id}"]) { id }`,
    ]),
    ...['article(slug', 'article(path', 'tag(slug'].map((start) => `${start}: "${SECRET}") { id }`),
    ...[`path: "/${SECRET}"`, `path: "/${SECRET}/former"`, 'slug: "former"', 'slug: "public"'].map(
      (address) => `article(${address}) { id movedFrom }`,
    ),
    `searchArticles(query: "tag OR ${SECRET} OR text", filter: { not: { title: { eq: "public" } } }) ${MATCHES}`,
    ...[SECRET, `text OR ${SECRET}`, `-${SECRET}`, `"${SECRET} text"`].map(
      (search) => `searchArticles(query: ${JSON.stringify(search)}) ${MATCHES}`,
    ),
    `articleRedirects { totalCount nodes { fromPath toPath } }`,
    `tag(slug: "tag") { articles ${PAGE} }`,
    `tags ${PAGE.replace('path tags { slug }', 'slug')}`,
  ];
  const together = 40;
  return Array.from({ length: Math.ceil(lists.length / together) }, (_, part) => {
    const some = lists.slice(part * together, (part + 1) * together);
    return `{ ${some.map((one, index) => `q${index}: ${one}`).join(' ')} }`;
  });
}

const questions = (hidden: Hidden): string[] => [...allPaths(), ...probes(hidden)];

/** Fields that need another scope than their type, which `access-table` asks, or that change by themselves. */
const isSecond = (field: GraphQLField<unknown, unknown>): boolean =>
  scopeOf(field) !== undefined || field.name === 'syncToken';

async function answers(asked: readonly string[], token: string | null): Promise<string[]> {
  const given: string[] = [];
  // One after the other: each holds all connections, for seconds on a busy machine, and the next would give up waiting for one.
  for (const question of asked) {
    const { data, errors } = await waypost.query(question, {}, token);
    if (errors?.some((error) => error.extensions.code === 'GRAPHQL_VALIDATION_FAILED')) {
      throw new Error(`${question}: ${errors[0]?.message}`);
    }
    given.push(JSON.stringify({ data, codes: errors?.map((error) => error.extensions.code) }));
  }
  return given;
}

async function tokenWithout(...missing: Scope[]): Promise<string> {
  const scopes = SCOPES.filter((scope) => scope !== 'admin' && !missing.includes(scope));
  const tokens = waypost.app.get(ApiTokensService, { strict: false });
  return (await tokens.createToken({ name: `all but ${missing.join()}`, scopes })).token;
}

async function hideDrafts(): Promise<Hidden> {
  const common = { tags: ['Tag', 'Second', SECRET], description: SECRET, params: { a: SECRET } };
  const source = `${SECRET} {{< aff "shop" "${SECRET}" >}}`;
  const made = [
    await waypost.createArticle({ ...common, slug: SECRET, title: SECRET, source, status: 'DRAFT' }),
    await waypost.createArticle({
      ...common,
      slug: `${SECRET}-2`,
      source,
      status: 'SCHEDULED',
      publishedAt: moments[2],
    }),
    await waypost.createArticle({ ...common, slug: `${SECRET}-3`, source, status: 'ARCHIVED' }),
    await waypost.createArticle({
      ...common,
      slug: `${SECRET}-4`,
      source,
      publishedAt: moments[0],
      expiresAt: moments[1],
    }),
    await waypost.createArticle({
      ...common,
      slug: 'public',
      path: `/${SECRET}/public`,
      title: 'x',
      source,
      status: 'DRAFT',
    }),
    await waypost.createArticle({
      ...common,
      slug: 'former',
      path: `/${SECRET}/former`,
      title: 'x',
      source,
      status: 'DRAFT',
    }),
  ];
  await waypost.data(
    `mutation { updateArticle(input: { id: "${made[5]?.id}", expectedRevision: 1, path: "/${SECRET}/moved" }) { userErrors { code } } }`,
  );
  const { articles, tag } = await waypost.data(
    `{ articles(filter: { title: { contains: "${SECRET}" } }) { edges { cursor } } tag(slug: "${SECRET}") { id } }`,
  );
  return {
    ids: [...made.map(({ id }) => id), tag.id],
    cursors: articles.edges.map((edge: { cursor: string }) => edge.cursor),
  };
}

/** What the answers to these addresses must be: as if they led nowhere. */
function nothingAt({ ids, cursors }: Hidden): Hidden {
  return { ids: ids.map(() => NOBODY), cursors };
}

describe('a caller without the scope', () => {
  it('sees nothing of drafts, and nothing of affiliate data', { timeout: 240_000 }, async () => {
    const noDrafts = await tokenWithout('content:read');
    const noPartners = await tokenWithout('affiliates:read');
    const nothing: Hidden = { ids: Array.from({ length: 7 }, () => NOBODY), cursors: [] };

    const strangerBefore = await answers(questions(nothing), null);
    const withoutDraftsBefore = await answers(questions(nothing), noDrafts);
    const drafts = await hideDrafts();
    expect(drafts.cursors.length).toBeGreaterThan(0);
    expect(await answers(questions({ ...drafts, cursors: [] }), null)).toEqual(strangerBefore);
    expect(await answers(questions({ ...drafts, cursors: [] }), noDrafts)).toEqual(withoutDraftsBefore);
    // A cursor is a place in the order, also where the article that it was made of cannot be seen.
    for (const token of [null, noDrafts]) {
      const seen = await answers(probes(drafts), token);
      expect(seen.join()).not.toContain(SECRET);
      expect(seen).toEqual(await answers(probes(nothingAt(drafts)), token));
    }

    const withoutPartnersBefore = await answers(questions(drafts), noPartners);
    await waypost.data(
      `mutation { updateAffiliatePartner(input: { key: "shop", expectedRevision: 1, name: "${SECRET}",
         destinationUrl: "https://${SECRET}.example/", fallbackUrl: "https://${SECRET}.example/fallback", network: "awin",
         subIdTemplate: "${SECRET}={placement}", passthrough: ["${SECRET}"], startsAt: "${moments[0]}", expiresAt: "${moments[2]}" })
         { userErrors { code message } } }`,
    );
    await waypost.createPartner({ key: SECRET, name: SECRET });
    expect(await answers(questions({ ...drafts, cursors: [] }), null)).toEqual(strangerBefore);
    expect(await answers(questions(drafts), noPartners)).toEqual(withoutPartnersBefore);
  });

  it('would have seen them with it', async () => {
    const { ids, cursors } = { ids: [NOBODY], cursors: [] };
    const all = (await answers(questions({ ids, cursors }), waypost.adminToken)).join();
    for (const shown of [`/${SECRET}`, `https://${SECRET}.example/`, `"name":"${SECRET}"`, 'DRAFT', 'ARCHIVED']) {
      expect(all).toContain(shown);
    }
  });
});
