import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { FeedChange } from '../../../src/articles/change-sets.service.js';
import type { FeedAudience } from '../../../src/changes/sync-token.js';
import type { TestDatabase } from '../../support/test-database.js';
import { createTestDatabase } from '../../support/test-database.js';
import type { FeedNode } from './feed-node.js';
import { startFeedNode } from './feed-node.js';
import { Follower, readTable } from './follower.js';

let database: TestDatabase;
let node: FeedNode;
let client: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase();
  // It settles nothing by itself, so that a test sees what a reader alone brings about.
  node = await startFeedNode(database.url, false);
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
});

afterAll(async () => {
  await client.end();
  await node.stop();
  await database.drop();
});

let token: string;
beforeEach(async () => {
  token = await node.changeSets.takeToken();
});

/** Everything since the test began, in short. */
async function changes(audience: FeedAudience = 'all'): Promise<string[]> {
  const { nodes, hasMore } = await node.changeSets.readChanges(token, audience, 1000);
  expect(hasMore).toBe(false);
  return nodes.map(({ operation, kind, path, slug }) => `${operation} ${kind} ${path ?? slug}`);
}

async function change(audience: FeedAudience): Promise<FeedChange> {
  const { nodes } = await node.changeSets.readChanges(token, audience, 1000);
  expect(nodes).toHaveLength(1);
  return nodes[0] as FeedChange;
}

let lastNumber = 0;

interface NewArticle {
  readonly status?: 'draft' | 'published';
  /** SQL. */
  readonly publishedAt?: string;
  readonly expiresAt?: string;
  readonly canonicalUrl?: string;
}

/** @returns the path. */
async function insertArticle({ status = 'published', publishedAt, expiresAt, canonicalUrl }: NewArticle = {}) {
  const slug = `article-${(lastNumber += 1)}`;
  const dates = [publishedAt ?? `now() - interval '1 hour'`, expiresAt ?? 'NULL'].join(', ');
  await client.query(
    `INSERT INTO waypost.articles (path, slug, title, source, compiled, content_hash, status, canonical_url,
                                   published_at, expires_at)
     VALUES ($1, $2, 'Title', '', '{}', '', $3, $4, ${dates})`,
    [`/${slug}`, slug, status, canonicalUrl ?? null],
  );
  return `/${slug}`;
}

/** @returns the slug. */
async function insertTag(...paths: string[]): Promise<string> {
  const slug = `tag-${(lastNumber += 1)}`;
  await client.query(`INSERT INTO waypost.tags (slug, name) VALUES ($1, $1)`, [slug]);
  for (const path of paths) await tagArticle(path, slug);
  return slug;
}

function tagArticle(path: string, slug: string): Promise<unknown> {
  return client.query(
    `INSERT INTO waypost.article_tags (article_id, tag_id, position)
     SELECT article.id, tag.id, 0 FROM waypost.articles article, waypost.tags tag
      WHERE article.path = $1 AND tag.slug = $2`,
    [path, slug],
  );
}

const since = async (): Promise<void> => {
  token = await node.changeSets.takeToken();
};

describe('the change feed', () => {
  it('tells of an article once, however often it was written', async () => {
    const path = await insertArticle();
    await client.query(`UPDATE waypost.articles SET title = 'A' WHERE path = $1`, [path]);
    await client.query(`UPDATE waypost.articles SET title = 'B' WHERE path = $1`, [path]);
    expect(await changes()).toEqual([`UPSERT ARTICLE ${path}`]);
    expect((await change('all')).article).toMatchObject({ path, title: 'B' });
  });

  it('sees a column that nobody but a person at a prompt writes', async () => {
    const path = await insertArticle();
    await since();
    await client.query(`UPDATE waypost.articles SET params = '{"a": 1}' WHERE path = $1`, [path]);
    expect(await changes()).toEqual([`UPSERT ARTICLE ${path}`]);
  });

  it('hears nothing of a write that changes nothing', async () => {
    const path = await insertArticle();
    const tag = await insertTag(path);
    await since();
    await client.query(`UPDATE waypost.articles SET title = title`);
    await client.query(`UPDATE waypost.tags SET name = name`);
    await client.query(`UPDATE waypost.article_tags SET position = position`);
    await client.query(`UPDATE waypost.articles SET title = 'x' WHERE false`);
    expect(await changes()).toEqual([]);
    await tagArticle('/nowhere', tag);
    expect(await changes()).toEqual([]);
  });

  it('hears nothing of what was taken back', async () => {
    const path = await insertArticle();
    await since();
    await client.query('BEGIN');
    await client.query(`UPDATE waypost.articles SET title = 'No' WHERE path = $1`, [path]);
    await client.query('ROLLBACK');
    expect(await changes()).toEqual([]);
    await client.query('BEGIN');
    await client.query('SAVEPOINT here');
    await client.query(`UPDATE waypost.articles SET title = 'No' WHERE path = $1`, [path]);
    await client.query('ROLLBACK TO here');
    await client.query('COMMIT');
    expect(await changes()).toEqual([]);
  });

  it('hears nothing of what came and went in one transaction', async () => {
    await client.query('BEGIN');
    const path = await insertArticle();
    await insertTag(path);
    await client.query(`DELETE FROM waypost.articles WHERE path = $1`, [path]);
    await client.query(`DELETE FROM waypost.tags WHERE slug = (SELECT max(slug) FROM waypost.tags)`);
    await client.query('COMMIT');
    expect(await changes()).toEqual([]);
  });

  it('logs again what is written after constraints were made immediate', async () => {
    const path = await insertArticle();
    await since();
    await client.query('BEGIN');
    await client.query(`UPDATE waypost.articles SET title = 'A' WHERE path = $1`, [path]);
    await client.query('SET CONSTRAINTS ALL IMMEDIATE');
    await client.query(`UPDATE waypost.articles SET path = path || '-moved' WHERE path = $1`, [path]);
    await client.query('COMMIT');
    expect(await changes()).toEqual([`UPSERT ARTICLE ${path}-moved`]);
  });

  it('numbers in the order of commits, not of beginnings', async () => {
    const [first, second] = [await insertArticle(), await insertArticle()];
    const other = new pg.Client({ connectionString: database.url });
    await other.connect();
    try {
      await since();
      await client.query('BEGIN');
      await client.query(`UPDATE waypost.articles SET title = 'Began first' WHERE path = $1`, [first]);
      await other.query(`UPDATE waypost.articles SET title = 'Committed first' WHERE path = $1`, [second]);
      const seen = await node.changeSets.readChanges(token, 'all');
      await client.query('COMMIT');
      const rest = await node.changeSets.readChanges(seen.syncToken, 'all');
      expect([...seen.nodes, ...rest.nodes].map(({ path }) => path)).toEqual([second, first]);
    } finally {
      await other.end();
    }
  });

  it('takes its lock only at the commit, whatever the transaction does before', async () => {
    await insertArticle();
    await client.query('BEGIN');
    await client.query(`UPDATE waypost.articles SET title = title || '!'`);
    const { rows } = await client.query(`SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()`);
    await client.query('COMMIT');
    expect(rows).toEqual([]);
  });

  it('has an article that is tagged, untagged, or whose tag is renamed or deleted', async () => {
    const path = await insertArticle();
    const tag = await insertTag();
    const article = `UPSERT ARTICLE ${path}`;
    await since();
    await tagArticle(path, tag);
    expect(await changes()).toEqual([article]);
    await since();
    await client.query(`UPDATE waypost.tags SET name = 'Other' WHERE slug = $1`, [tag]);
    expect(await changes()).toEqual([article, `UPSERT TAG ${tag}`]);
    await since();
    await client.query(`DELETE FROM waypost.tags WHERE slug = $1`, [tag]);
    expect(await changes()).toEqual([article, `DELETE TAG ${tag}`]);
  });

  it('leaves a tombstone with path, slug and address', async () => {
    const path = await insertArticle({ canonicalUrl: 'https://example.org/original' });
    const plain = await insertArticle();
    await since();
    await client.query(`DELETE FROM waypost.articles WHERE path IN ($1, $2)`, [path, plain]);
    for (const audience of ['all', 'public'] as const) {
      const { nodes } = await node.changeSets.readChanges(token, audience);
      expect(nodes).toHaveLength(2);
      expect(nodes.find((one) => one.path === path)).toMatchObject({
        operation: 'DELETE',
        kind: 'ARTICLE',
        slug: path.slice(1),
        locale: 'en',
        url: 'https://example.org/original',
        article: null,
      });
      expect(nodes.find((one) => one.path === plain)?.url).toBe(`https://waypost.test${plain}`);
    }
  });

  it('sees TRUNCATE, of each table', async () => {
    const path = await insertArticle();
    const tag = await insertTag(path);
    await since();
    await client.query(`TRUNCATE waypost.article_tags`);
    expect(await changes()).toContain(`UPSERT ARTICLE ${path}`);
    await tagArticle(path, tag);
    await since();
    await client.query(`TRUNCATE waypost.tags CASCADE`);
    expect(await changes()).toContain(`DELETE TAG ${tag}`);
    expect(await changes()).toContain(`UPSERT ARTICLE ${path}`);
    await since();
    await client.query(`TRUNCATE waypost.articles CASCADE`);
    const told = await changes();
    expect(told).toContain(`DELETE ARTICLE ${path}`);
    expect(told.every((one) => one.startsWith('DELETE ARTICLE'))).toBe(true);
    expect(await changes('public')).toContain(`DELETE ARTICLE ${path}`);
  });

  /** As somebody who does not see what `write` wrote meanwhile. */
  async function truncateUnseen(table: string, write: string): Promise<void> {
    const other = new pg.Client({ connectionString: database.url });
    await other.connect();
    try {
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
      await client.query('SELECT 1 FROM waypost.tags');
      await other.query(write);
      await client.query(`TRUNCATE waypost.${table} CASCADE`);
      await client.query('COMMIT');
    } finally {
      await other.end();
    }
  }

  it('makes every follower start anew after a TRUNCATE in an older snapshot, which does not see what it takes', async () => {
    await truncateUnseen('tags', `INSERT INTO waypost.tags (slug, name) VALUES ('unseen', 'unseen')`);
    await expect(changes()).rejects.toMatchObject({ code: 'RESYNC_REQUIRED' });
  });

  it.each(['tags', 'article_tags', 'placements', 'partners'])(
    'moves articles that were given what such a TRUNCATE of %s took unseen',
    async (table) => {
      const path = await insertArticle();
      await truncateUnseen(
        table,
        `WITH tag AS (INSERT INTO waypost.tags (slug, name) VALUES ('late-${table}', 'late') RETURNING id),
              partner AS (
                INSERT INTO waypost.partners (key, name, destination_url, network)
                VALUES ('late-${table}', 'Late', 'https://late.example/', 'custom')),
              link AS (INSERT INTO waypost.article_tags SELECT article.id, tag.id, 0 FROM tag, waypost.articles article WHERE path = '${path}')
         INSERT INTO waypost.placements (id, article_id, partner_key, ordinal, position, text, line, "column")
         SELECT left(md5('late-${table}'), 12), id, 'late-${table}', 1, 0, '', 1, 1 FROM waypost.articles WHERE path = '${path}'`,
      );
      await since();
      const { revision } = await read(path);
      expect(await changes('public')).toContain(`UPSERT ARTICLE ${path}`);
      expect(await read(path)).toEqual({ revision: revision + 1, hasHash: true });
    },
  );

  async function read(path: string): Promise<{ revision: number; hasHash: boolean }> {
    const { rows } = await client.query<{ revision: number; hasHash: boolean }>(
      `SELECT revision, (SELECT hash FROM waypost.hash_shown(ARRAY[id], now()))
                        = (SELECT hash FROM waypost.shown_contents WHERE article_id = id) AS "hasHash"
         FROM waypost.articles WHERE path = $1`,
      [path],
    );
    return rows[0] ?? { revision: 0, hasHash: false };
  }

  it.each(['shown_contents', 'article_revisions', 'article_texts'])(
    'leaves nothing in %s of articles that such a TRUNCATE took',
    async (table) => {
      await truncateUnseen(
        'articles',
        `INSERT INTO waypost.articles (path, slug, title, source, compiled, content_hash)
         VALUES ('/unseen', 'unseen', '', '', '{}', '')`,
      );
      expect((await client.query(`SELECT FROM waypost.${table}`)).rowCount).toBe(0);
    },
  );

  it('is read page by page, with nothing left out', async () => {
    for (let count = 0; count < 7; count += 1) await insertArticle();
    const pages: (string | null)[][] = [];
    let page = { syncToken: token, hasMore: true };
    while (page.hasMore) {
      const read = await node.changeSets.readChanges(page.syncToken, 'public', 3);
      pages.push(read.nodes.map((one) => one.path));
      page = read;
    }
    expect(pages.map((paths) => paths.length)).toEqual([3, 3, 1]);
    expect(new Set(pages.flat()).size).toBe(7);
    expect((await node.changeSets.readChanges(page.syncToken, 'public')).nodes).toEqual([]);
  });

  it.each([0, -1, 1001])('refuses to read %i changes', async (first) => {
    await expect(node.changeSets.readChanges(token, 'all', first)).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
  });
});

describe('an anonymous follower', () => {
  it('hears nothing of a draft: not of its life, its slug or its end', async () => {
    const path = await insertArticle({ status: 'draft' });
    const tag = await insertTag(path);
    await client.query(`UPDATE waypost.articles SET slug = 'secret' WHERE path = $1`, [path]);
    await client.query(`UPDATE waypost.tags SET name = 'Secret' WHERE slug = $1`, [tag]);
    await client.query(`DELETE FROM waypost.articles WHERE path = $1`, [path]);
    expect(await changes('public')).toEqual([]);
    expect(await changes('all')).toEqual([`UPSERT TAG ${tag}`, `DELETE ARTICLE ${path}`]);
  });

  it('cannot tell from numbers that there are drafts', async () => {
    const numbers = async () =>
      (await client.query<{ seq: string }>(`SELECT max(public_seq) AS seq FROM waypost.change_log`)).rows[0]?.seq;
    await insertArticle();
    const before = await numbers();
    const path = await insertArticle({ status: 'draft' });
    await client.query(`UPDATE waypost.articles SET title = 'x' WHERE path = $1`, [path]);
    expect(await numbers()).toBe(before);
  });

  it('hears of an article that is withdrawn as a deletion, once, at the place where it was', async () => {
    const path = await insertArticle();
    await since();
    await client.query(`UPDATE waypost.articles SET status = 'draft', path = '/secret' || path WHERE path = $1`, [
      path,
    ]);
    expect(await changes('public')).toEqual([`DELETE ARTICLE ${path}`]);
    expect(await changes('all')).toEqual([`UPSERT ARTICLE /secret${path}`]);
    await since();
    await client.query(`UPDATE waypost.articles SET title = 'Still secret' WHERE path = '/secret' || $1`, [path]);
    await client.query(`DELETE FROM waypost.articles WHERE path = '/secret' || $1`, [path]);
    expect(await changes('public')).toEqual([]);
  });

  it('hears of tags as they come onto public articles, and go', async () => {
    const [path, other] = [await insertArticle(), await insertArticle()];
    const tag = await insertTag();
    expect(await changes('public')).not.toContain(`UPSERT TAG ${tag}`);
    await since();
    await tagArticle(path, tag);
    expect(await changes('public')).toEqual([`UPSERT ARTICLE ${path}`, `UPSERT TAG ${tag}`]);
    await tagArticle(other, tag);
    await since();
    await client.query(`UPDATE waypost.articles SET status = 'archived' WHERE path = $1`, [path]);
    expect(await changes('public')).toEqual([`DELETE ARTICLE ${path}`]);
    await since();
    await client.query(`DELETE FROM waypost.articles WHERE path = $1`, [other]);
    expect(await changes('public')).toEqual([`DELETE ARTICLE ${other}`, `DELETE TAG ${tag}`]);
  });

  it('hears that a tag is gone although two transactions, which did not see each other, took its last articles', async () => {
    const paths = [await insertArticle(), await insertArticle()];
    const tag = await insertTag(...paths);
    await since();
    const [first, second] = [new pg.Client(database.url), new pg.Client(database.url)];
    try {
      for (const [index, writer] of [first, second].entries()) {
        await writer.connect();
        await writer.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
        await writer.query(`UPDATE waypost.articles SET status = 'draft' WHERE path = $1`, [paths[index]]);
      }
      await first.query('COMMIT');
      await second.query('COMMIT');
    } finally {
      await first.end();
      await second.end();
    }
    expect(await changes('public')).toContain(`DELETE TAG ${tag}`);
  });
});

describe('a moment', () => {
  it('of publication is a change at that moment, and not before', async () => {
    const path = await insertArticle({ publishedAt: `now() + interval '400 ms'` });
    const tag = await insertTag(path);
    expect(await changes('public')).toEqual([]);
    const { rows } = await client.query<{ at: Date }>(
      `SELECT published_at AS at FROM waypost.articles WHERE path = $1`,
      [path],
    );
    await since();
    await untilPublic(path);
    expect(await changes('public')).toEqual([`UPSERT ARTICLE ${path}`, `UPSERT TAG ${tag}`]);
    expect(await changes('all')).toEqual([`UPSERT ARTICLE ${path}`]);
    expect((await change('all')).at).toEqual(rows[0]?.at);
  });

  it('of expiry is a deletion for readers, and a change for editors', async () => {
    const path = await insertArticle({ expiresAt: `now() + interval '300 ms'` });
    await since();
    await sleep(350);
    expect(await changes('public')).toEqual([`DELETE ARTICLE ${path}`]);
    expect(await changes('all')).toEqual([`UPSERT ARTICLE ${path}`]);
  });

  const later = `now() + interval '200 ms'`;
  const rename = `UPDATE waypost.tags SET name = name || '!' WHERE slug = $1`;

  it.each([
    ['the article is deleted', `DELETE FROM waypost.articles WHERE path = $1`, 'DELETE'],
    [
      'the article is put off',
      `UPDATE waypost.articles SET published_at = now() + interval '1 day' WHERE path = $1`,
      'DELETE',
    ],
    [
      'it is taken off the article',
      `DELETE FROM waypost.article_tags WHERE article_id = (SELECT id FROM waypost.articles WHERE path = $1)`,
      'UPSERT',
    ],
  ])('brought a tag to readers, who hear of its end when %s before the feed told of it', async (_what, write, end) => {
    for (const isWritten of [false, true]) {
      const path = await insertArticle({ publishedAt: later });
      const tag = await insertTag(path);
      await untilPublic(path);
      if (isWritten) await client.query(rename, [tag]);
      await since();
      await client.query(write, [path]);
      expect(await changes('public')).toEqual([`${end} ARTICLE ${path}`, `DELETE TAG ${tag}`]);
    }
  });

  it('took a tag from readers, who hear of it again when the article is given longer', async () => {
    const path = await insertArticle({ expiresAt: later });
    const tag = await insertTag(path);
    await sleep(250);
    await client.query(rename, [tag]);
    await since();
    await client.query('UPDATE waypost.articles SET expires_at = NULL WHERE path = $1', [path]);
    expect(await changes('public')).toEqual([`UPSERT ARTICLE ${path}`, `UPSERT TAG ${tag}`]);
  });

  it('that was put off does not come', async () => {
    const path = await insertArticle({ publishedAt: `now() + interval '200 ms'` });
    await client.query(`UPDATE waypost.articles SET published_at = now() + interval '1 day' WHERE path = $1`, [path]);
    await since();
    // Any node does this by itself, and so does whoever reads the feed: what it sees before the moment was in time.
    expect(await changes('all')).toEqual([]);
    await sleep(250);
    expect(await changes('public')).toEqual([]);
    expect(await changes('all')).toEqual([]);
  });

  it('of an end before the beginning is none', async () => {
    const path = await insertArticle({ publishedAt: `now() + interval '1 day'`, expiresAt: later });
    const due = `SELECT FROM waypost.due_moments JOIN waypost.articles ON key = id::text WHERE path = $1`;
    expect((await client.query(due, [path])).rowCount).toBe(0);
    await since();
    await sleep(250);
    expect(await changes('public')).toEqual([]);
  });

  it('is logged once, although two nodes wait for it', async () => {
    const nodes = await Promise.all([startFeedNode(database.url, true), startFeedNode(database.url, true)]);
    try {
      const path = await insertArticle({ publishedAt: `now() + interval '500 ms'` });
      await untilPublic(path);
      // Long enough for a second node to log it again.
      await sleep(300);
      const { rows } = await client.query(
        `SELECT public_seq = public_since_seq AS once FROM waypost.change_log WHERE path = $1`,
        [path],
      );
      expect(rows).toEqual([{ once: true }]);
      const { rows: due } = await client.query(`SELECT FROM waypost.due_moments WHERE at <= now()`);
      expect(due).toEqual([]);
    } finally {
      for (const one of nodes) await one.stop();
    }
  });
});

/** How long before a moment a commit looks at the clock. */
const LEAD_MS = 250;
const soon = `now() + interval '${LEAD_MS} ms'`;

/** One article and one partner; in `write` the path stands for $1. */
const prevented = (column: 'published_at' | 'expires_at', write: string): readonly [string, string, string] => [
  write.replace(/ WHERE .*$/, ''),
  column,
  write,
];

const ofArticle = `(SELECT id FROM waypost.articles WHERE path = $1)`;
const ofPartner = `'partner' || replace($1, '/', '-')`;

describe('a moment that comes before the end of the commit that takes it away', () => {
  it.each([
    prevented('published_at', `UPDATE waypost.articles SET status = 'draft' WHERE path = $1`),
    prevented(
      'published_at',
      `UPDATE waypost.articles SET status = 'archived', path = '/secret' || $1 WHERE path = $1`,
    ),
    prevented('published_at', `UPDATE waypost.articles SET path = path || '-moved' WHERE path = $1`),
    prevented('published_at', `UPDATE waypost.articles SET published_at = now() + interval '1 day' WHERE path = $1`),
    prevented('published_at', `DELETE FROM waypost.articles WHERE path = $1`),
    prevented('published_at', `DELETE FROM waypost.article_tags WHERE article_id = ${ofArticle}`),
    prevented(
      'published_at',
      `DELETE FROM waypost.tags WHERE id IN (SELECT tag_id FROM waypost.article_tags WHERE article_id = ${ofArticle})`,
    ),
    prevented('published_at', `UPDATE waypost.partners SET status = 'paused' WHERE key = ${ofPartner}`),
    prevented(
      'published_at',
      `UPDATE waypost.partners SET starts_at = now() + interval '1 day' WHERE key = ${ofPartner}`,
    ),
    prevented('published_at', `DELETE FROM waypost.partners WHERE key = ${ofPartner}`),
    prevented('expires_at', `UPDATE waypost.articles SET expires_at = now() + interval '1 day' WHERE path = $1`),
    prevented('expires_at', `UPDATE waypost.articles SET expires_at = NULL WHERE path = $1`),
    prevented('expires_at', `UPDATE waypost.partners SET expires_at = NULL WHERE key = ${ofPartner}`),
  ])('is told to who read a list in between: %s (%s)', async (_what, column, write) => {
    const dates = column === 'published_at' ? [soon, 'NULL'] : [`now() - interval '1 day'`, soon];
    const [publishedAt, expiresAt] = dates;
    // Else the moment of the article would tell of its partner's.
    const path = await insertArticle(write.includes('waypost.partners') ? {} : { publishedAt, expiresAt });
    await insertTag(path);
    await client.query(
      `WITH partner AS (
         INSERT INTO waypost.partners (key, name, destination_url, network, starts_at, expires_at)
         VALUES ('partner' || replace($1, '/', '-'), 'Name', 'https://a.example/', 'custom', ${dates.join(', ')}) RETURNING key)
       INSERT INTO waypost.placements (id, article_id, partner_key, ordinal, position, text, line, "column")
       SELECT left(md5($1), 12), article.id, partner.key, 1, 0, '', 1, 1
         FROM waypost.articles article, partner WHERE article.path = $1`,
      [path],
    );
    await client.query('BEGIN');
    await client.query(write, [path]);
    await client.query('SET CONSTRAINTS ALL IMMEDIATE');
    await sleep(LEAD_MS + 50);
    const followers = [await Follower.start(node, 'public'), await Follower.start(node, 'all')];
    await client.query('COMMIT');
    for (const follower of followers) {
      while (await follower.readPage(50));
      expect(Object.fromEntries(follower.mirror)).toEqual(Object.fromEntries(await readTable(node, follower.audience)));
    }
  });

  it('makes the address where readers found the article one that leads to it', async () => {
    const path = await insertArticle({ publishedAt: soon });
    await client.query('BEGIN');
    await client.query(`UPDATE waypost.articles SET path = path || '-moved' WHERE path = $1`, [path]);
    await client.query('SET CONSTRAINTS ALL IMMEDIATE');
    await sleep(LEAD_MS + 50);
    await client.query('COMMIT');
    await changes();
    const { rows } = await client.query('SELECT was_public FROM waypost.former_addresses WHERE path = $1', [path]);
    expect(rows).toEqual([{ was_public: true }]);
  });
});

async function untilPublic(path: string): Promise<void> {
  for (;;) {
    const { rows } = await client.query(`SELECT FROM waypost.articles WHERE path = $1 AND published_at <= now()`, [
      path,
    ]);
    if (rows.length > 0) return;
    await sleep(5);
  }
}

describe('a sync token', () => {
  it.each(['', 'abc', 'AAAA'])('is not %j', async (text) => {
    await expect(node.changeSets.readChanges(text, 'all')).rejects.toMatchObject({ code: 'SYNC_TOKEN_INVALID' });
  });

  it('is a place for every caller, whoever took it', async () => {
    const draft = await insertArticle({ status: 'draft' });
    const path = await insertArticle();
    const { nodes, syncToken } = await node.changeSets.readChanges(token, 'public');
    expect(nodes.map((one) => one.path)).toEqual([path]);
    expect(await changes('all')).toEqual([`UPSERT ARTICLE ${draft}`, `UPSERT ARTICLE ${path}`]);
    expect((await node.changeSets.readChanges(syncToken, 'all')).nodes).toEqual([]);
  });

  it('ends when the generation is renewed', async () => {
    await node.feed.renewGeneration();
    await expect(changes()).rejects.toMatchObject({ code: 'RESYNC_REQUIRED' });
    await since();
    expect(await changes()).toEqual([]);
  });

  it('of a copy of the database is none of the original', async () => {
    const copy = await copyDatabase();
    const copied = await startFeedNode(copy.url, false);
    try {
      await expect(copied.changeSets.readChanges(token, 'all')).rejects.toMatchObject({ code: 'RESYNC_REQUIRED' });
      const own = await copied.changeSets.takeToken();
      await expect(node.changeSets.readChanges(own, 'all')).rejects.toMatchObject({ code: 'RESYNC_REQUIRED' });
    } finally {
      await copied.stop();
      await copy.drop();
    }
  });
});

/** The schema as it is, stored value of the generation included, in another database of the same server. */
async function copyDatabase(): Promise<TestDatabase> {
  const copy = await createTestDatabase();
  const name = new URL(copy.url).pathname.slice(1);
  const original = new URL(database.url).pathname.slice(1);
  await copy.drop();
  await client.end();
  await node.stop();
  const server = new pg.Client({ connectionString: new URL('/postgres', database.url).href });
  await server.connect();
  await server.query(`CREATE DATABASE ${name} TEMPLATE ${original}`);
  await server.end();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  node = await startFeedNode(database.url, false);
  return copy;
}
