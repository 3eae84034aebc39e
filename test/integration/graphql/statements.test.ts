import { readFileSync } from 'node:fs';
import type { GraphQLField, GraphQLInterfaceType, GraphQLObjectType, GraphQLOutputType } from 'graphql';
import { buildSchema, getNamedType, isLeafType, isNonNullType, isObjectType } from 'graphql';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ArticlesService } from '../../../src/articles/articles.service.js';
import { newDraft } from '../../../src/articles/draft-changes.js';
import { captureSql } from '../../support/capture-sql.js';
import { makeScopedNodes } from '../../support/scoped-nodes.js';
import type { TestApp } from '../../support/test-app.js';
import { startTestApp } from '../../support/test-app.js';

const schema = buildSchema(readFileSync(new URL('../../../schema.graphql', import.meta.url), 'utf8'));
const MANY = 100;

let waypost: TestApp;
/** A hundred of each type that `node` finds. */
let ids: Record<string, string[]>;
/** Places in the change feed: a hundred articles changed after the one, a hundred tags after the other. */
let since: Record<'article' | 'tag', string>;

beforeAll(async () => {
  // What a process does beside requests would be counted with them.
  waypost = await startTestApp({ redirects: false, background: false, graphql: { limits: { cost: 100_000_000 } } });
  const numbers = Array.from({ length: MANY }, (_none, index) => index);
  const database = waypost.app.get(DataSource, { strict: false });
  const query = (sql: string, values: unknown[] = []): Promise<unknown> => database.query(sql, values);
  await query(
    `INSERT INTO waypost.partners (key, name, destination_url, network)
     SELECT 'p' || number, 'P', 'https://p.example/', 'custom' FROM unnest($1::integer[]) AS number`,
    [numbers],
  );
  await query(
    `INSERT INTO waypost.partner_targets (partner_key, key, destination_url, network)
     SELECT key, 'other', 'https://other.example/', 'custom' FROM waypost.partners`,
  );
  // Every parent has children, and a hundred of them have other ones than one has.
  const drafts = numbers.map((number) => {
    const keys = [number, (number + 1) % MANY];
    const calls = keys.map((key) => `{{< aff "p${key}" >}} {{% aff "p${key}" %}}`);
    const source = ['## Heading', ...calls, '{{< aff "nobody" "text" >}}'].join('\n\n');
    const article = { slug: `a${number}`, title: 'Title', source, tags: keys.map((key) => `t${key}`) };
    return newDraft({ ...article, status: 'published' }, 'en', true);
  });
  await waypost.app.get(ArticlesService, { strict: false }).saveDrafts(drafts);
  await query(
    `INSERT INTO waypost.former_addresses (article_id, path, locale, slug, was_public, left_at)
     SELECT id, path || '-before', locale, slug || '-before', true, now() FROM waypost.articles`,
  );
  await query(
    `INSERT INTO waypost.click_counts_daily (kind, day, key, clicks, visitors, filtered)
     SELECT 'article', (now() AT TIME ZONE 'UTC')::date, id::text, 1, 1, 0 FROM waypost.articles
     UNION ALL SELECT 'all', (now() AT TIME ZONE 'UTC')::date, '', 100, 100, 0`,
  );
  const found = await waypost.data(
    `{ articles(first: 100) { nodes { id } } tags(first: 100) { nodes { id } } affiliatePartners(first: 100) { nodes { id } } }`,
  );
  const idsOf = (connection: { nodes: { id: string }[] }) => connection.nodes.map((node) => node.id);
  ids = {
    ...(await makeScopedNodes(database, MANY)),
    ...{ Article: idsOf(found.articles), Tag: idsOf(found.tags), AffiliatePartner: idsOf(found.affiliatePartners) },
  };
  const tokenBefore = async (change: string): Promise<string> => {
    const { syncToken } = await waypost.data('{ syncToken }');
    await query(change);
    return syncToken;
  };
  const tag = await tokenBefore(
    `INSERT INTO waypost.tags (slug, name) SELECT 'n' || n, 'N' FROM generate_series(1, 100) AS n`,
  );
  since = { tag, article: await tokenBefore(`UPDATE waypost.articles SET title = 'Another title'`) };
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

function needsNothing({ args }: GraphQLField<unknown, unknown>): boolean {
  return !args.some((one) => isNonNullType(one.type) && one.defaultValue === undefined);
}

const fieldsOf = (type: string) =>
  Object.values((schema.getType(type) as GraphQLObjectType).getFields()).filter(needsNothing);

/** Nothing is counted where the first parent has nothing there. */
async function expectChildren(document: string, name: string): Promise<void> {
  const answer = JSON.stringify(await waypost.data(document));
  expect(answer).toMatch(new RegExp(`"${name}":(?:\\{|\\[\\{)`));
}

async function countStatements(document: string): Promise<number> {
  const { statements } = await captureSql(() => waypost.data(document));
  return statements.length;
}

/** Every way to many parents of a type, of which the first has what the field asks for. */
const PARENTS: Record<string, (count: number, selection: string, field: string) => string> = {
  Article: (count, selection, field) =>
    `{ articles(first: ${count}, orderBy: [{ field: PUBLISHED_AT, direction: ${field === 'nextPublished' ? 'ASC' : 'DESC'} }]) { nodes ${selection} } }`,
  Tag: (count, selection) => `{ tags(first: ${count}) { nodes ${selection} } }`,
  AffiliatePartner: (count, selection) => `{ affiliatePartners(first: ${count}) { nodes ${selection} } }`,
  Placement: (count, selection) => `{ articles(first: ${count}) { nodes { placements ${selection} } } }`,
  ArticleMatch: (count, selection) => `{ searchArticles(query: "title", first: ${count}) { nodes ${selection} } }`,
  ArticleRedirect: (count, selection) => `{ articleRedirects(first: ${count}) { nodes ${selection} } }`,
  ArticleRevision: (count, selection) => `{ articles(first: ${count}) { nodes { revisions { nodes ${selection} } } } }`,
  Diagnostic: (count, selection) => `{ articles(first: ${count}) { nodes { diagnostics ${selection} } } }`,
  Change: (count, selection, field) =>
    `{ changes(since: "${field === 'tag' ? since.tag : since.article}", first: ${count}) { nodes ${selection} } }`,
  ClickReportRow: (count, selection) =>
    `{ clickReport(input: { groupBy: [ARTICLE], first: ${count} }) { rows ${selection} } }`,
};
const relations = Object.keys(PARENTS).flatMap((type) =>
  fieldsOf(type).map((field) => [type, field.name, field] as const),
);

/** An answer has one of them, and what stands below is one of the types above or comes with it in one piece. */
const ALONE = [
  ...['ChangeSet', 'ClickReport', 'ArticleRevisionDiff', 'MarkdownPreview'],
  ...['IncomingFeedRun', 'IncomingItem'],
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
    const counted = [...Object.keys(PARENTS), ...ALONE];
    expect(leading.filter((name) => !counted.includes(name))).toEqual([]);
  });

  it.each(relations)('for %s.%s is the same for 1 and for 100 parents', async (type, name, field) => {
    const document = (count: number) =>
      PARENTS[type]?.(count, `{ ${name} ${selectionOf(field.type, [type])} }`, name) ?? '';
    if (!isLeafType(getNamedType(field.type))) await expectChildren(document(1), name);
    const counts = [await countStatements(document(1)), await countStatements(document(MANY))];
    expect(counts[1]).toBe(counts[0]);
    expect(counts[0]).toBeGreaterThan(0);
  });

  it.each(
    schema.getPossibleTypes(schema.getType('Node') as GraphQLInterfaceType).map((type) => [type.name, type] as const),
  )('for nodes of type %s is the same for 1 and for 100 ids', async (name, type) => {
    const document = (some: readonly string[] = []) =>
      `{ nodes(ids: ${JSON.stringify(some)}) { ... on ${name} ${selectionOf(type, [])} } }`;
    expect((await waypost.data(document(ids[name]))).nodes).not.toContain(null);
    const counts = [
      await countStatements(document(ids[name]?.slice(0, 1))),
      await countStatements(document(ids[name])),
    ];
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

  /** Every field of an article that does not need its text, and what stands below. */
  const aboutArticles = (): string =>
    fieldsOf('Article')
      .filter(({ name, type }) => !READ_OFF_THE_TEXT.has(name) && getNamedType(type).name !== 'Article')
      .map((field) => `${field.name} ${selectionOf(field.type, ['Article'])}`)
      .join(' ');

  it.each<[string, (fields: string) => string]>([
    ['a list', (fields) => `{ articles(first: 5) { nodes { ${fields} } } }`],
    ['a list by edges', (fields) => `{ articles(first: 5) { edges { node { ${fields} } } } }`],
    ['what is related', (fields) => `{ articles(first: 5) { nodes { related { ${fields} } } } }`],
    ['what was published next', (fields) => `{ articles(first: 5) { nodes { nextPublished { ${fields} } } } }`],
    ['what was published before', (fields) => `{ articles(first: 5) { nodes { previousPublished { ${fields} } } } }`],
    ['articles of tags', (fields) => `{ tags(first: 5) { nodes { articles { nodes { ${fields} } } } } }`],
    [
      'tags of articles of tags',
      () => '{ tags(first: 5) { nodes { articles { nodes { tags { articles { totalCount } } } } } } }',
    ],
    ['a search', (fields) => `{ searchArticles(query: "title") { nodes { rank titleHtml article { ${fields} } } } }`],
    ['changes', (fields) => `{ changes(since: "${since.article}") { nodes { path article { ${fields} } } } }`],
    ['redirects', (fields) => `{ articleRedirects(first: 5) { nodes { fromPath article { ${fields} } } } }`],
    [
      'a report',
      (fields) => `{ clickReport(input: { groupBy: [ARTICLE] }) { rows { clicks article { ${fields} } } } }`,
    ],
    ['nodes', (fields) => `{ nodes(ids: ${JSON.stringify(ids['Article'])}) { ... on Article { ${fields} } } }`],
    ['revisions', () => '{ articles(first: 5) { nodes { revisions { nodes { revision title at } } } } }'],
  ])('leaves out sources, files and bodies where nobody asks for them: %s', async (_name, documentOf) => {
    const { statements } = await captureSql(() => waypost.data(documentOf(aboutArticles())));
    const sql = statements.join('\n');
    expect(sql).toMatch(/FROM waypost\./i);
    expect(sql).not.toMatch(/(?<!AS )\b(source|compiled|file|file_hash|content_hash|written\.text)\b/);
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
