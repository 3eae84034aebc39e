import { readFileSync } from 'node:fs';
import type { GraphQLField, GraphQLObjectType, GraphQLOutputType } from 'graphql';
import { buildSchema, getNamedType, isLeafType, isNonNullType, isObjectType } from 'graphql';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ArticlesService } from '../../../src/articles/articles.service.js';
import { newDraft } from '../../../src/articles/draft-changes.js';
import { captureSql } from '../../support/capture-sql.js';
import type { TestApp } from '../../support/test-app.js';
import { startTestApp } from '../../support/test-app.js';

const schema = buildSchema(readFileSync(new URL('../../../schema.graphql', import.meta.url), 'utf8'));
const MANY = 100;

let waypost: TestApp;
let ids: Record<'article' | 'tag' | 'partner', string[]>;

beforeAll(async () => {
  // What a process does beside requests would be counted with them.
  waypost = await startTestApp({ redirects: false, background: false, graphql: { limits: { cost: 100_000_000 } } });
  const numbers = Array.from({ length: MANY }, (_none, index) => index);
  await waypost.app.get(DataSource, { strict: false }).query(
    `INSERT INTO waypost.partners (key, name, destination_url, network)
     SELECT 'p' || number, 'P', 'https://p.example/', 'custom' FROM unnest($1::integer[]) AS number`,
    [numbers],
  );
  // Every parent has children, and a hundred of them have other ones than one has.
  const drafts = numbers.map((number) => {
    const keys = [number, (number + 1) % MANY];
    const source = keys.map((key) => `{{< aff "p${key}" >}} {{% aff "p${key}" %}}`).join('\n\n');
    const article = { slug: `a${number}`, title: 'Title', source, tags: keys.map((key) => `t${key}`) };
    return newDraft({ ...article, status: 'published' }, 'en', true);
  });
  await waypost.app.get(ArticlesService, { strict: false }).saveDrafts(drafts);
  await waypost.app.get(DataSource, { strict: false }).query(
    `INSERT INTO waypost.former_addresses (article_id, path, locale, slug, was_public, left_at)
     SELECT id, path || '-before', locale, slug || '-before', true, now() FROM waypost.articles`,
  );
  const found = await waypost.data(
    `{ articles(first: 100) { nodes { id } } tags(first: 100) { nodes { id } } affiliatePartners(first: 100) { nodes { id } } }`,
  );
  const idsOf = (connection: { nodes: { id: string }[] }) => connection.nodes.map((node) => node.id);
  ids = { article: idsOf(found.articles), tag: idsOf(found.tags), partner: idsOf(found.affiliatePartners) };
});

afterAll(() => waypost.close());

/**
 * Everything below a field that needs no argument, but no type twice: what a loader has seen it does not ask for again,
 * so that below a hundred parents there may even be less to ask than below one.
 */
function selectionOf(type: GraphQLOutputType, above: readonly string[]): string {
  const named = getNamedType(type);
  if (isLeafType(named)) return '';
  const fields = isObjectType(named) ? Object.values(named.getFields()).filter(needsNothing) : [];
  const below = [...above, named.name];
  const kept = fields.filter((field) => !below.includes(getNamedType(field.type).name));
  return `{ __typename ${kept.map((field) => `${field.name} ${selectionOf(field.type, below)}`).join(' ')} }`;
}

function needsNothing({ args, name }: GraphQLField<unknown, unknown>): boolean {
  // Rollups of clicks have a test of their own; and so has what follows an article, which the newest one has not.
  return (
    !['clicks', 'nextPublished'].includes(name) &&
    !args.some((one) => isNonNullType(one.type) && one.defaultValue === undefined)
  );
}

const fieldsOf = (type: string) =>
  Object.values((schema.getType(type) as GraphQLObjectType).getFields()).filter(needsNothing);

async function countStatements(document: string): Promise<number> {
  const { statements } = await captureSql(() => waypost.data(document));
  return statements.length;
}

/** Every way to many parents of a type. */
const PARENTS: Record<string, (count: number, selection: string) => string> = {
  Article: (count, selection) => `{ articles(first: ${count}) { nodes ${selection} } }`,
  Tag: (count, selection) => `{ tags(first: ${count}) { nodes ${selection} } }`,
  AffiliatePartner: (count, selection) => `{ affiliatePartners(first: ${count}) { nodes ${selection} } }`,
  Placement: (count, selection) => `{ articles(first: ${count}) { nodes { placements ${selection} } } }`,
  ArticleMatch: (count, selection) => `{ searchArticles(query: "title", first: ${count}) { nodes ${selection} } }`,
  ArticleRedirect: (count, selection) => `{ articleRedirects(first: ${count}) { nodes ${selection} } }`,
  Diagnostic: (count, selection) => `{ articles(first: ${count}) { nodes { diagnostics ${selection} } } }`,
};
const relations = Object.keys(PARENTS).flatMap((type) =>
  fieldsOf(type).map((field) => [type, field.name, field] as const),
);

/** Counted in tests of their own, or not among many: an answer has one of them. */
const COUNTED_ELSEWHERE = [
  'IncomingFeedRun',
  'IncomingItem',
  'Change',
  'ClickReportRow',
  'ChangeSet',
  'ClickReport',
  'ArticleRevisionDiff',
  'MarkdownPreview',
];

describe('the number of statements', () => {
  it('is counted for every type that leads to others', () => {
    const isFrame = /^(?:Query|Mutation|__.*|.*(?:Connection|Edge|Payload))$/;
    const leading = Object.values(schema.getTypeMap()).flatMap((type) =>
      isObjectType(type) &&
      !isFrame.test(type.name) &&
      Object.values(type.getFields()).some((field) => !isLeafType(getNamedType(field.type)))
        ? [type.name]
        : [],
    );
    const counted = [...Object.keys(PARENTS), ...COUNTED_ELSEWHERE];
    expect(leading.filter((name) => !counted.includes(name))).toEqual([]);
  });

  it.each(relations)('for %s.%s is the same for 1 and for 100 parents', async (type, name, field) => {
    const document = (count: number) => PARENTS[type]?.(count, `{ ${name} ${selectionOf(field.type, [type])} }`) ?? '';
    const counts = [await countStatements(document(1)), await countStatements(document(MANY))];
    expect(counts[1]).toBe(counts[0]);
    expect(counts[0]).toBeGreaterThan(0);
  });

  it.each([
    ['Article', 'article' as const, '{ id title html tags { name } }'],
    ['Tag', 'tag' as const, '{ id name articles(first: 2) { totalCount nodes { title } } }'],
    ['AffiliatePartner', 'partner' as const, '{ id key status }'],
  ])('for nodes of type %s is the same for 1 and for 100 ids', async (type, kind, selection) => {
    const document = (some: string[]) => `{ nodes(ids: ${JSON.stringify(some)}) { ... on ${type} ${selection} } }`;
    const counts = [await countStatements(document(ids[kind].slice(0, 1))), await countStatements(document(ids[kind]))];
    expect(counts[1]).toBe(counts[0]);
  });

  it('of a list is one, and one more for its total', async () => {
    expect(await countStatements(`{ articles(first: 50) { nodes { title } pageInfo { hasPreviousPage } } }`)).toBe(1);
    expect(await countStatements(`{ articles(first: 50) { totalCount nodes { title } } }`)).toBe(2);
  });

  it('of a page of articles with their tags is one, and so is that of an article with its HTML', async () => {
    expect(await countStatements(`{ articles(first: 50) { nodes { title updatedAt tags { name slug } } } }`)).toBe(1);
    expect(
      await countStatements(
        `{ articles(first: 5) { edges { ... { node { ...N } } } } } fragment N on Article { jsonLd }`,
      ),
    ).toBe(2);
    await waypost.createArticle({ slug: 'plain', source: 'No link.', tags: ['one', 'two'] });
    expect(await countStatements(`{ article(slug: "plain") { title html updatedAt tags { name } } }`)).toBe(1);
  });
});

const READ_OFF_THE_TEXT = new Set([
  ...['html', 'markdown', 'source', 'revisions'],
  ...['excerpt', 'wordCount', 'readingTimeMinutes', 'tableOfContents', 'jsonLd'],
]);

describe('what is read', () => {
  const statementsOf = async (fields: string) =>
    (await captureSql(() => waypost.data(`{ articles(first: 5) { nodes { ${fields} } } }`))).statements.join('\n');

  it('leaves out sources, files and compiled bodies where nobody asks for them', async () => {
    const leaves = fieldsOf('Article').filter(
      ({ name, type }) => !READ_OFF_THE_TEXT.has(name) && getNamedType(type).name !== 'Article',
    );
    const statements = await statementsOf(
      leaves.map((field) => `${field.name} ${selectionOf(field.type, ['Article'])}`).join(' '),
    );
    expect(statements).not.toMatch(/\b(source|compiled|file|file_hash|content_hash)\b/);
  });

  it('leaves out the compiled body where only the source is asked for', async () => {
    const statements = await statementsOf('source');
    expect(statements).toMatch(/\bsource\b/);
    expect(statements).not.toMatch(/\bcompiled\b/);
  });
});

describe('a field', () => {
  it.each(fieldsOf('Article').map((field) => [field.name, field] as const))(
    'has the value alone that it has beside all others: %s',
    async (name, field) => {
      const selection = selectionOf(field.type, ['Article']);
      const rest = 'title params diagnostics { code } status canonicalUrl expiresAt contentChangeCause { kind }';
      for (const orderBy of ['CREATED_AT', 'TITLE']) {
        const list = (fields: string) =>
          `articles(first: 3, orderBy: [{ field: ${orderBy} }]) { edges { cursor node { ${fields} } } }`;
        const { alone, among } = await waypost.data(
          `{ alone: ${list(`${name} ${selection}`)} among: ${list(`${name} ${selection} ${rest}`)} }`,
        );
        const of = (connection: { edges: { cursor: string; node: Record<string, unknown> }[] }) =>
          connection.edges.map(({ cursor, node }) => [cursor, node[name]]);
        expect(of(alone)).toEqual(of(among));
      }
    },
  );
});

describe('a loader', () => {
  it('does not answer from before a mutation in the same request', async () => {
    const { id } = await waypost.createArticle({ slug: 'twice', source: 'one', tags: ['one'] });
    const change = (alias: string, revision: number) => `${alias}: updateArticle(input: {
      id: "${id}", expectedRevision: ${revision}, source: "${alias}", tags: ["${alias}"]
    }) { article { source html tags { slug } } }`;
    const answer = await waypost.data(`mutation { ${change('two', 1)} ${change('three', 2)} }`);
    expect(answer.three.article).toEqual({ source: 'three', html: '<p>three</p>\n', tags: [{ slug: 'three' }] });
  });
});
