import type { GraphQLField, GraphQLInputObjectType, GraphQLInputType } from 'graphql';
import { getNamedType, isEnumType, isInputObjectType } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiTokensService } from '../../../src/auth/api-tokens.service.js';
import type { Scope } from '../../../src/auth/scope.js';
import { SCOPES } from '../../../src/auth/scope.js';
import { committedSchema, documentOf, leavesOf, pathsOfQueries } from '../../support/schema-paths.js';
import type { TestApp } from '../../support/test-app.js';
import { startTestApp } from '../../support/test-app.js';

/** Stands in everything that is hidden, and nowhere else. */
const SECRET = 'zxsecret';
const NOBODY = '00000000-0000-4000-8000-000000000000';

const schema = committedSchema();

/** Addresses of what is hidden; before it is there, of nothing. */
interface Hidden {
  readonly ids: readonly string[];
  readonly cursors: readonly string[];
}

let waypost: TestApp;
let publicId: string;
let anonymousPlace: string;
let editorialPlace: string;

beforeAll(async () => {
  waypost = await startTestApp({ background: false });
  await waypost.createPartner({ key: 'shop' });
  const source = '{{< aff "shop" "Text" >}}';
  publicId = (await waypost.createArticle({ slug: 'public', tags: ['Tag'], source })).id;
  await waypost.createArticle({ slug: 'other', tags: ['Tag', 'Second'], publishedAt: '2024-05-05T00:00:00Z' });
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

/** Everything that a caller may ask to learn of what is hidden. */
function questions({ ids, cursors }: Hidden): string[] {
  const roots: Record<string, string> = {
    article: `id: "${publicId}"`,
    tag: 'slug: "tag"',
    node: `id: "${publicId}"`,
    nodes: `ids: ["${publicId}"]`,
    changes: `since: "${anonymousPlace}"`,
    affiliatePartner: 'key: "shop"',
    clickReport: 'input: { groupBy: [ARTICLE] }',
  };
  const argumentsOf = (field: GraphQLField<unknown, unknown>): string | undefined =>
    field.args.length > 0 ? roots[field.name] : undefined;
  const paths = pathsOfQueries(schema)
    // What only "admin" reads shows what was changed, whatever it is.
    .filter(({ steps }) => !['auditLog', 'apiTokens', 'people'].includes(steps[0]?.name ?? ''))
    .filter(({ type }) => leavesOf(type).length > 0)
    .map((path) =>
      documentOf(
        path,
        leavesOf(path.type)
          .filter((name) => !isSecond(name))
          .join(' '),
        argumentsOf,
      ),
    );
  const pages = [...filters(), ...orders(), ...orders().map((order) => `${order}, last: 1`)];
  const lists = [
    ...pages.map((page) => `articles(${page}) ${PAGE}`),
    ...cursors.flatMap((cursor) =>
      ['after', 'before'].map((side) => `articles(${side}: "${cursor}") { nodes { path } pageInfo { hasNextPage } }`),
    ),
    ...[anonymousPlace, editorialPlace].map(
      (place) => `changes(since: "${place}") { hasMore nodes { operation kind path id url } }`,
    ),
    ...ids.flatMap((id) => [
      `node(id: "${id}") { id }`,
      `article(id: "${id}") { id path }`,
      `nodes(ids: ["${id}"]) { id }`,
    ]),
    ...['article(slug', 'article(path', 'tag(slug'].map((start) => `${start}: "${SECRET}") { id }`),
    `article(path: "/${SECRET}") { id }`,
    `tag(slug: "tag") { articles ${PAGE} }`,
    `tags ${PAGE.replace('path tags { slug }', 'slug')}`,
  ];
  const documents: string[] = [];
  for (let start = 0; start < lists.length; start += 10) {
    documents.push(
      `{ ${lists
        .slice(start, start + 10)
        .map((one, index) => `q${index}: ${one}`)
        .join(' ')} }`,
    );
  }
  return [...paths, ...documents];
}

/** Fields that need another scope than their type, or that change by themselves. */
const isSecond = (name: string): boolean => ['label', 'clicks', 'syncToken'].includes(name);

async function answers(hidden: Hidden, token: string | null): Promise<string[]> {
  return Promise.all(
    questions(hidden).map(async (question) => {
      const { data, errors } = await waypost.query(question, {}, token);
      if (errors?.some((error) => error.extensions.code === 'GRAPHQL_VALIDATION_FAILED')) {
        throw new Error(`${question}: ${errors[0]?.message}`);
      }
      return JSON.stringify({ data, codes: errors?.map((error) => error.extensions.code) });
    }),
  );
}

async function tokenWithout(...missing: Scope[]): Promise<string> {
  const scopes = SCOPES.filter((scope) => scope !== 'admin' && !missing.includes(scope));
  const tokens = waypost.app.get(ApiTokensService, { strict: false });
  return (await tokens.createToken({ name: `all but ${missing.join()}`, scopes })).token;
}

async function hideDrafts(): Promise<Hidden> {
  const common = { tags: ['Tag', SECRET], description: SECRET, params: { a: SECRET } };
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
  ];
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
    const nothing: Hidden = { ids: Array.from({ length: 5 }, () => NOBODY), cursors: [] };

    const strangerBefore = await answers(nothing, null);
    const withoutDraftsBefore = await answers(nothing, noDrafts);
    const drafts = await hideDrafts();
    expect(drafts.cursors.length).toBeGreaterThan(0);
    expect(await answers({ ...drafts, cursors: [] }, null)).toEqual(strangerBefore);
    expect(await answers({ ...drafts, cursors: [] }, noDrafts)).toEqual(withoutDraftsBefore);
    // A cursor is a place in the order, also where the article that it was made of cannot be seen.
    for (const token of [null, noDrafts]) {
      const seen = await answers(drafts, token);
      expect(seen.join()).not.toContain(SECRET);
      expect(seen).toEqual(await answers(nothingAt(drafts), token));
    }

    const withoutPartnersBefore = await answers(drafts, noPartners);
    await waypost.data(
      `mutation { updateAffiliatePartner(input: { key: "shop", expectedRevision: 1, name: "${SECRET}",
         destinationUrl: "https://${SECRET}.example/", fallbackUrl: "https://${SECRET}.example/fallback", network: "awin",
         subIdTemplate: "${SECRET}={placement}", passthrough: ["${SECRET}"], startsAt: "${moments[0]}", expiresAt: "${moments[2]}" })
         { userErrors { code message } } }`,
    );
    await waypost.createPartner({ key: SECRET, name: SECRET });
    expect(await answers({ ...drafts, cursors: [] }, null)).toEqual(strangerBefore);
    expect(await answers(drafts, noPartners)).toEqual(withoutPartnersBefore);
  });

  it('would have seen them with it', async () => {
    const { ids, cursors } = { ids: [NOBODY], cursors: [] };
    const all = (await answers({ ids, cursors }, waypost.adminToken)).join();
    for (const shown of [`/${SECRET}`, `https://${SECRET}.example/`, `"name":"${SECRET}"`, 'DRAFT', 'ARCHIVED']) {
      expect(all).toContain(shown);
    }
  });
});
