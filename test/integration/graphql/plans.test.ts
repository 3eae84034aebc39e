import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ArticlesService } from '../../../src/articles/articles.service.js';
import { newDraft } from '../../../src/articles/draft-changes.js';
import type { TestWaypost } from '../../../src/testing/index.js';
import { startWaypost } from '../../../src/testing/index.js';
import { plannedOnce } from '../../../src/database/preparing-client.datasource.js';
import { captureSql } from '../../support/capture-sql.js';
import { growArticles } from '../../support/grow-articles.js';
import type { TestDatabase } from '../../support/test-database.js';
import { createTestDatabase } from '../../support/test-database.js';

const ORIGINALS = 500;
const TIMES = 200;

let database: TestDatabase;
let waypost: TestWaypost;
let client: pg.Client;
let since: string;
let after: string;

beforeAll(async () => {
  database = await createTestDatabase();
  waypost = await startWaypost({ databaseUrl: database.url, waypost: { redirects: false, background: false } });
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await waypost.createPartner({ key: 'shop' });
  const drafts = Array.from({ length: ORIGINALS }, (_none, number) => {
    const tags = [1, 7, 19].map((step) => `t${(number * step + step) % 50}`);
    const source = `Word${number} and {{< aff "shop" "others" >}}.`;
    return newDraft({ slug: `a${number}`, title: `A${number}`, source, tags, status: 'published' }, 'en', true);
  });
  await waypost.app.get(ArticlesService, { strict: false }).saveDrafts(drafts);
  await growArticles(client, TIMES);
  since = (await waypost.data('{ syncToken }', {}, null)).syncToken;
  after = (await waypost.data('{ articles(first: 50) { pageInfo { endCursor } } }', {}, null)).articles.pageInfo
    .endCursor;
}, 240_000);

afterAll(async () => {
  await client.end();
  await waypost.close();
  await database.drop();
});

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly Plans?: readonly Plan[];
}

interface Explained {
  readonly 'QUERY PLAN': [{ Plan: Plan }];
}

/** Tables that are read from one end to the other. Those of a few rows may be. */
function readWhole(plan: Plan): string[] {
  const own =
    plan['Node Type'] === 'Seq Scan' && plan['Relation Name'] !== 'tags' ? [plan['Relation Name'] ?? '?'] : [];
  return [...own, ...(plan.Plans ?? []).flatMap(readWhole)];
}

/** Of the tables that grow with the articles. */
const GROWING = ['articles', 'article_tags', 'article_texts', 'placements', 'change_log', 'former_addresses'];

async function tablesReadWhole(statement: string, values: unknown[]): Promise<string[]> {
  const { rows } = await client.query<Explained>(`EXPLAIN (FORMAT JSON) ${statement}`, values);
  // Postgres may plan it for all values, once it knows it.
  const general = statement.startsWith(plannedOnce(''))
    ? (await client.query<Explained>(`EXPLAIN (FORMAT JSON, GENERIC_PLAN) ${statement}`)).rows
    : [];
  const tables = [...rows, ...general].flatMap((row) => readWhole(row['QUERY PLAN'][0].Plan));
  return tables.filter((table) => GROWING.includes(table));
}

const NODES = 'nodes { slug title updatedAt tags { name slug } }';

describe('among 100,000 articles an index finds', () => {
  it.each<[string, () => string]>([
    ['one by its slug', () => '{ article(slug: "a7") { title html updatedAt tags { name } } }'],
    ['one by its path', () => '{ article(path: "/a7") { title } }'],
    ['the newest 20', () => `{ articles(first: 20) { ${NODES} } }`],
    [
      'the page behind a cursor',
      () => `{ articles(first: 50, after: "${after}") { ${NODES} pageInfo { hasPreviousPage } } }`,
    ],
    [
      'those with a word',
      () => '{ searchArticles(query: "word7", first: 5) { nodes { article { title } snippetHtml } } }',
    ],
    [
      'the newest 20 with a tag, by a slug that it had',
      () => `{ articles(first: 20, filter: { tag: { in: ["t7", "was-t7"] } }) { ${NODES} } }`,
    ],
    ['a tag with its newest 20', () => `{ tag(slug: "t7") { name articles(first: 20) { ${NODES} } } }`],
    ['the tags', () => '{ tags(first: 50) { nodes { name } } }'],
    ['what changed last', () => `{ changes(since: "${since}") { nodes { id article { title } } syncToken } }`],
    ['where the feed ends', () => '{ syncToken }'],
  ])('%s', async (_name, queryOf) => {
    expect((await client.query('SELECT count(*)::integer AS count FROM waypost.articles')).rows).toEqual([
      { count: ORIGINALS * TIMES },
    ]);
    const { statements, values } = await captureSql(() => waypost.data(queryOf(), {}, null));
    const asked = statements.flatMap((statement, index) =>
      /^\s*(?:\/\*.*?\*\/)?\s*(?:SELECT|WITH)\b/.test(statement) ? [{ statement, values: values[index] ?? [] }] : [],
    );
    expect(asked.length).toBeGreaterThan(0);
    for (const one of asked)
      expect([one.statement, await tablesReadWhole(one.statement, one.values)]).toEqual([one.statement, []]);
  });

  it('those with a word by the word, not by their language', async () => {
    const { rows } = await client.query<{ 'QUERY PLAN': string }>(
      `EXPLAIN SELECT * FROM waypost.search_articles('word7')`,
    );
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).toContain('article_texts_search');
    expect(plan).not.toMatch(/Index (?:Only )?Scan using article_texts_language on article_texts written\b/);
  });
});
