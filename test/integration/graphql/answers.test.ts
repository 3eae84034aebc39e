import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHash } from 'node:crypto';
import type { GraphqlAnswer, TestWaypost } from '../../../src/testing/index.js';
import { startWaypost } from '../../../src/testing/index.js';
import { captureSql } from '../../support/capture-sql.js';
import type { TestDatabase } from '../../support/test-database.js';
import { createTestDatabase } from '../../support/test-database.js';
import { until } from '../../support/until.js';
import { WAYS } from './ways-to-title.js';

const MAX_LAG_MS = 2000;

let database: TestDatabase;
/** Two nodes with a cache each, and one database. */
let nodes: readonly [TestWaypost, TestWaypost];
let raw: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase();
  const graphql = { cache: { maxLagMs: MAX_LAG_MS } };
  const start = () => startWaypost({ databaseUrl: database.url, waypost: { redirects: false, graphql } });
  nodes = [await start(), await start()];
  raw = new pg.Client({ connectionString: database.url });
  await raw.connect();
});

afterAll(async () => {
  await raw.end();
  for (const node of nodes) await node.close();
  await database.drop();
});

const urlOf = (node: TestWaypost, query: string): string => `${node.url}/graphql?query=${encodeURIComponent(query)}`;

async function get(node: TestWaypost, query: string): Promise<GraphqlAnswer['data']> {
  const answer = (await (await fetch(urlOf(node, query))).json()) as GraphqlAnswer;
  if (answer.errors) throw new Error(JSON.stringify(answer.errors));
  return answer.data;
}

const post = (node: TestWaypost, query: string): Promise<GraphqlAnswer['data']> => node.data(query, {}, null);

/** How many of the statements are those of the queries below: nodes have other things to do besides. */
async function statementsOf(work: () => Promise<unknown>): Promise<number> {
  const { statements } = await captureSql(work);
  return statements.filter((sql) => /(?:slug|path) = \$|page\.\*/.test(sql)).length;
}

/** From here on the same query is answered without asking for articles. */
const untilKept = (node: TestWaypost, query: string) =>
  until(async () => (await statementsOf(() => get(node, query))) === 0);

async function update(node: TestWaypost, id: string, revision: number, fields: string): Promise<void> {
  const input = `{ id: "${id}", expectedRevision: ${revision}, ${fields} }`;
  const { updateArticle } = await node.data(
    `mutation { updateArticle(input: ${input}) { article { id } userErrors { message } } }`,
  );
  expect(updateArticle.userErrors).toEqual([]);
}

/** Reads again and again, each with a short rest, until `work` is over. */
async function whileReading(readers: readonly (() => Promise<unknown>)[], work: () => Promise<void>): Promise<void> {
  let isOver = false;
  const reading = readers.map(async (read) => {
    while (!isOver) {
      await read();
      await delay(5);
    }
  });
  try {
    await work();
  } finally {
    isOver = true;
    await Promise.all(reading);
  }
}

const cutAnnouncements = () =>
  raw.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = 'waypost changes'`,
  );

describe('an answer that was kept', () => {
  it('costs no statement, and is the same by GET and by POST', async () => {
    const [node] = nodes;
    await node.createArticle({ slug: 'kept', title: 'Kept' });
    const query = '{ article(slug: "kept") { title } }';
    await untilKept(node, query);
    expect(await get(node, query)).toEqual({ article: { title: 'Kept' } });
    expect(await post(node, query)).toEqual({ article: { title: 'Kept' } });
    expect(await statementsOf(() => post(node, query))).toBe(0);
  });

  it('is told by its ETag, and named for caches further out', async () => {
    const [node] = nodes;
    const { id } = await node.createArticle({ slug: 'tagged', tags: ['one'] });
    const url = urlOf(node, '{ article(slug: "tagged") { title tags { id } } }');
    const first = await fetch(url);
    const etag = first.headers.get('etag') ?? '';
    const tagId = ((await first.json()) as GraphqlAnswer).data.article.tags[0].id;
    expect(first.headers.get('cache-control')).toBe('public, max-age=0, s-maxage=30, stale-while-revalidate=300');
    expect(first.headers.get('cache-tag')).toBe(`article:${id},tag:${tagId}`);
    expect(first.headers.get('surrogate-key')).toBe(`article:${id} tag:${tagId}`);
    expect(first.headers.get('vary')).toBe('Origin, Accept, Authorization, Cookie, X-Api-Key, Waypost-Sync-Token');
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await fetch(url, { headers: { 'if-none-match': known } });
      expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', etag]);
    }
    expect((await fetch(url, { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
    const otherType = { accept: 'application/graphql-response+json', 'if-none-match': etag };
    expect((await fetch(url, { headers: otherType })).status).toBe(200);
    const head = await fetch(url, { method: 'HEAD' });
    expect([head.status, head.headers.get('etag'), await head.text()]).toEqual([200, etag, '']);
  });

  it('passes what holds for every answer', async () => {
    const [node] = nodes;
    const query = '{ articles(first: 1) { nodes { id } } }';
    await untilKept(node, query);
    const response = await fetch(urlOf(node, query), { headers: { origin: 'https://elsewhere.example' } });
    expect(response.headers.get('etag')).toBeTruthy();
    expect(response.headers.get('x-request-id')).toBeTruthy();
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
  });

  it('is made once, however many ask at the same time', async () => {
    const [node] = nodes;
    await node.createArticle({ slug: 'many' });
    const query = '{ article(slug: "many") { title } }';
    const alone = await statementsOf(() => get(node, '{ article(slug: "many") { slug } }'));
    expect(await statementsOf(() => Promise.all(Array.from({ length: 20 }, () => get(node, query))))).toBe(alone);
  });

  it('is found by the hash of a persisted document', async () => {
    const [node] = nodes;
    const query = '{ tags(first: 3) { nodes { slug } } }';
    const sha256Hash = createHash('sha256').update(query).digest('hex');
    const extensions = JSON.stringify({ persistedQuery: { version: 1, sha256Hash } });
    const url = `${node.url}/graphql?extensions=${encodeURIComponent(extensions)}`;
    const ask = async (address: string) => (await (await fetch(address)).json()) as GraphqlAnswer;
    expect((await ask(url)).errors?.[0]?.extensions.code).toBe('PERSISTED_QUERY_NOT_FOUND');
    const registered = await ask(`${url}&query=${encodeURIComponent(query)}`);
    expect(await ask(url)).toEqual(registered);
    await until(async () => (await statementsOf(() => ask(url))) === 0);
    expect(await ask(url)).toEqual(registered);
  });
});

/** Two articles of one slug, in the first language of both nodes. */
async function shareSlug(): Promise<void> {
  const [node] = nodes;
  const input = ['/one/shared', '/two/shared'].map(
    (path) => `{ path: "${path}", title: "T", source: "", status: PUBLISHED }`,
  );
  for (const one of input) await node.data(`mutation { createArticle(input: ${one}) { userErrors { code } } }`);
}

describe('an answer is never kept', () => {
  it.each([
    ['of an error', '{ articles(first: 1, last: 1) { nodes { id } } }', {}],
    ['that is half an error', '{ __typename affiliatePartner(key: "x") { key } }', {}],
    ['of an error below a list', '{ articles { nodes { title excerpt(length: 0) } } }', {}],
    ['of a document that is not valid', '{ articles { nothing } }', {}],
    ['of a document that cannot be read', '{ articles { ', {}],
    ['of a query beyond a bound', '{ articles(first: 101) { nodes { id } } }', {}],
    ['of a mutation by GET', 'mutation { pauseAffiliatePartner(key: "x") { userErrors { code } } }', {}],
    ['of a slug that several have', '{ article(slug: "shared") { title } }', {}],
    ['of what is new each time', '{ syncToken }', {}],
    ['of somebody with a token', '{ articles { nodes { id } } }', { authorization: 'Bearer x' }],
    ['of somebody with a cookie', '{ articles { nodes { id } } }', { cookie: 'a=b', 'sec-fetch-site': 'same-origin' }],
    ['with a field that needs a scope', '{ articles { nodes { id revisions { nodes { at } } } } }', {}],
    ['of somebody with an API key', '{ articles { nodes { id } } }', { 'x-api-key': 'x' }],
  ])('%s', async (_name, query, headers) => {
    await shareSlug();
    // A stranger's answer may be there already.
    await fetch(urlOf(nodes[0], query));
    for (let time = 1; time <= 2; time += 1) {
      const response = await fetch(urlOf(nodes[0], query), { headers: headers as Record<string, string> });
      const { headers: told } = response;
      expect([told.get('cache-control'), told.get('etag'), told.get('cache-tag')]).toEqual(['no-store', null, null]);
    }
  });

  it.each([
    [
      'a mutation, also of one that was refused',
      { query: 'mutation { pauseAffiliatePartner(key: "nobody") { userErrors { code } } }' },
    ],
    ['a hash that is not known', { extensions: { persistedQuery: { version: 1, sha256Hash: '0'.repeat(64) } } }],
    ['a list of queries', [{ query: '{ __typename }' }]],
    ['nothing', {}],
  ])('to %s', async (_name, body) => {
    const [node] = nodes;
    for (const authorization of [`Bearer ${node.adminToken}`, undefined]) {
      const response = await fetch(`${node.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(authorization && { authorization }) },
        body: JSON.stringify(body),
      });
      expect([response.headers.get('cache-control'), response.headers.get('etag')]).toEqual(['no-store', null]);
    }
  });
});

describe('no reader gets an answer from before', () => {
  it.each(WAYS)('a mutation that this node told was done: %s', async (name, query, titleOf) => {
    const [node] = nodes;
    const slug = name.replaceAll(' ', '-');
    const { id } = await node.createArticle({ slug, title: 'v0', tags: [slug] });
    await whileReading(
      [1, 2, 3].map(() => () => get(node, query(slug))),
      async () => {
        for (let version = 1; version <= 15; version += 1) {
          await update(node, id, version, `title: "v${version}"`);
          expect(titleOf(await get(node, query(slug)))).toBe(`v${version}`);
          expect(titleOf(await post(node, query(slug)))).toBe(`v${version}`);
        }
      },
    );
  });

  it('the promise, on the other node, while its connection for announcements is cut again and again', async () => {
    const [writer, reader] = nodes;
    const { id } = await writer.createArticle({ slug: 'lag', title: 'v0', tags: ['lag'] });
    const doneAtMs: number[] = [performance.now()];
    const late: string[] = [];
    let newest = 0;
    const readers = WAYS.map(([name, query, titleOf]) => async () => {
      const askedAtMs = performance.now();
      const version = Number(titleOf(await get(reader, query('lag'))).slice(1));
      const owed = doneAtMs.findLastIndex((doneMs) => doneMs <= askedAtMs - MAX_LAG_MS);
      if (version < owed) late.push(`${name}: v${version}, though v${owed} was done`);
      newest = Math.max(newest, version);
    });
    await whileReading(readers, async () => {
      for (let version = 1; version <= 60; version += 1) {
        await update(writer, id, version, `title: "v${version}"`);
        doneAtMs[version] = performance.now();
        if (version % 15 === 0) await cutAnnouncements();
      }
      await until(() => Promise.resolve(newest === 60));
    });
    expect(late).toEqual([]);
  });

  it('a change that somebody made in the database', async () => {
    const [node] = nodes;
    const { id } = await node.createArticle({ slug: 'by-hand', title: 'before' });
    const query = '{ article(slug: "by-hand") { title } }';
    await untilKept(node, query);
    await raw.query(`UPDATE waypost.articles SET title = 'after' WHERE id = $1`, [id]);
    const doneMs = performance.now();
    let staleAskedMs = 0;
    await until(async () => {
      const askedMs = performance.now();
      const { title } = (await get(node, query)).article;
      if (title === 'before') staleAskedMs = askedMs;
      return title === 'after';
    });
    expect(staleAskedMs).toBeLessThan(doneMs + MAX_LAG_MS);
  });

  it.each([
    ['an article that was not there', '{ article(slug: "to-come") { title } }', { article: null }],
    [
      'a list that was empty',
      '{ articles(filter: { slug: { eq: "to-come" } }) { totalCount } }',
      { articles: { totalCount: 0 } },
    ],
    ['a tag that was not there', '{ tag(slug: "to-come") { slug } }', { tag: null }],
  ])('%s', async (_name, query, nothing) => {
    const [node] = nodes;
    await raw.query(`DELETE FROM waypost.articles WHERE slug = 'to-come'`);
    await until(async () => JSON.stringify(await get(node, query)) === JSON.stringify(nothing));
    await untilKept(node, query);
    await node.createArticle({ slug: 'to-come', tags: ['to-come'] });
    expect(await get(node, query)).not.toEqual(nothing);
  });

  it.each<[string, (word: string) => string]>([
    ['a search', (word) => `{ searchArticles(query: "${word}") { totalCount nodes { article { title } } } }`],
    ['a list that is filtered by a search', (word) => `{ articles(filter: { search: "${word}" }) { totalCount } }`],
    ['a list that is filtered by a tag', (word) => `{ articles(filter: { tag: { eq: "${word}" } }) { totalCount } }`],
    ['what is related', (word) => `{ article(slug: "${word}") { related { title } } }`],
    ['what was published next', (word) => `{ article(slug: "${word}") { nextPublished { title } } }`],
    ['what was published before', (word) => `{ article(slug: "${word}") { previousPublished { title } } }`],
    ['a tag below an article', (word) => `{ article(slug: "${word}") { tags { articles { totalCount } } } }`],
  ])('%s, when another article comes and when it changes', async (name, queryOf) => {
    const [node] = nodes;
    const word = name.replaceAll(' ', '');
    const before = name === 'what was published before';
    const publishedAt = (days: number) => new Date(Date.UTC(1970 + name.length, 0, days)).toISOString();
    await node.createArticle({ slug: word, title: word, tags: [word], publishedAt: publishedAt(2) });
    const seen = [await get(node, queryOf(word))];
    await untilKept(node, queryOf(word));
    const other = { slug: `${word}-other`, title: `${word} other`, tags: [word] };
    const { id } = await node.createArticle({ ...other, publishedAt: publishedAt(before ? 1 : 3) });
    seen.push(await get(node, queryOf(word)));
    await untilKept(node, queryOf(word));
    await update(node, id, 1, `title: "away", description: null, tags: [], locale: "de"`);
    seen.push(await get(node, queryOf(word)));
    expect(seen[1]).not.toEqual(seen[0]);
    expect(seen[2]).not.toEqual(seen[1]);
  });

  it('an address at which an article stood, whatever becomes of the article', async () => {
    const [node] = nodes;
    const { id } = await node.createArticle({ slug: 'stood-here', title: 'Moved', tags: ['stood-here'] });
    const queries = [
      '{ article(slug: "stood-here") { path movedFrom } }',
      '{ article(path: "/stood-here") { path movedFrom } }',
      '{ articleRedirects(first: 100) { nodes { fromPath toPath } } }',
      '{ tag(slug: "stood-here") { slug } }',
    ];
    const all = async () => JSON.stringify(await Promise.all(queries.map((query) => get(node, query))));
    const kept = async () => {
      for (const query of queries) await get(node, query);
      return all();
    };
    await kept();
    await update(node, id, 1, 'path: "/stands-there", slug: "stands-there"');
    const moved = await kept();
    expect(moved.match(/\/stands-there/g)).toHaveLength(3);
    await update(node, id, 2, 'status: DRAFT');
    const hidden = await kept();
    expect(hidden).not.toContain('stands-there');
    expect(hidden).toContain('{"tag":null}');
    await update(node, id, 3, 'status: PUBLISHED');
    expect(await all()).toBe(moved);
  });

  it('a slug that a tag had, whoever takes it and wherever it ends', async () => {
    const [node] = nodes;
    await node.createArticle({ slug: 'renamed', tags: ['First'] });
    const queries = [
      '{ tag(slug: "first") { slug } }',
      '{ articles(filter: { tag: { eq: "first" } }) { nodes { slug } } }',
      '{ articles(filter: { slug: { eq: "renamed" }, not: { tag: { in: ["first"] } } }) { nodes { slug } } }',
    ];
    const seen = async () => {
      for (const query of queries) await untilKept(node, query);
      const [tag, having, lacking] = await Promise.all(queries.map((query) => get(node, query)));
      return [tag.tag?.slug, having.articles.nodes.length, lacking.articles.nodes.length];
    };
    const change = (mutation: string) =>
      node.data(`mutation { change: ${mutation} { tag { id } userErrors { code } } }`);
    const { tag } = await node.data('{ tag(slug: "first") { id } }');
    await change(`updateTag(input: { id: "${tag.id}", name: "Second" })`);
    expect(await seen()).toEqual(['second', 1, 0]);
    const { change: made } = await change('createTag(input: { name: "First" })');
    expect(await seen()).toEqual([undefined, 0, 1]);
    await change(`mergeTags(input: { from: ["${made.tag.id}"], into: "${tag.id}" })`);
    expect(await seen()).toEqual(['second', 1, 0]);
  });

  it('a partner that is paused', async () => {
    const [node] = nodes;
    await node.createPartner({ key: 'shop' });
    await node.createArticle({ slug: 'shopping', source: '{{< aff "shop" "Buy" >}}' });
    const query = '{ article(slug: "shopping") { html placements { href } } }';
    await untilKept(node, query);
    expect((await get(node, query)).article.html).toContain('href');
    await node.data('mutation { pauseAffiliatePartner(key: "shop") { userErrors { code } } }');
    const { html, placements } = (await get(node, query)).article;
    expect([html.includes('href'), placements]).toEqual([false, [{ href: null }]]);
  });

  it('a moment that has come', async () => {
    const [node] = nodes;
    const publishedAt = new Date(Date.now() + 1500);
    await node.createArticle({ slug: 'scheduled', publishedAt: publishedAt.toISOString() });
    const query = '{ article(slug: "scheduled") { title } }';
    let isThere = false;
    while (!isThere) {
      const askedMs = Date.now();
      isThere = (await get(node, query)).article !== null;
      if (!isThere) expect(askedMs).toBeLessThanOrEqual(publishedAt.getTime());
    }
    await untilKept(node, query);
    expect((await get(node, query)).article).toEqual({ title: 'scheduled' });
  });
});
