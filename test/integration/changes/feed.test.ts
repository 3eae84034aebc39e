import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TestDatabase } from '../../support/test-database.js';
import { createTestDatabase } from '../../support/test-database.js';
import { startFeedNode } from './feed-node.js';
import { FeedWorld } from './feed-world.js';

let world: FeedWorld;

beforeAll(async () => {
  world = await FeedWorld.open();
});

afterAll(() => world.close());

beforeEach(() => world.since());

describe('the change feed', () => {
  it('tells of an article once, however often it was written', async () => {
    const path = await world.insertArticle();
    await world.client.query(`UPDATE waypost.articles SET title = 'A' WHERE path = $1`, [path]);
    await world.client.query(`UPDATE waypost.articles SET title = 'B' WHERE path = $1`, [path]);
    expect(await world.changes()).toEqual([`UPSERT ARTICLE ${path}`]);
    expect((await world.change('all')).article).toMatchObject({ path, title: 'B' });
  });

  it('sees a column that nobody but a person at a prompt writes', async () => {
    const path = await world.insertArticle();
    await world.since();
    await world.client.query(`UPDATE waypost.articles SET params = '{"a": 1}' WHERE path = $1`, [path]);
    expect(await world.changes()).toEqual([`UPSERT ARTICLE ${path}`]);
  });

  it('hears nothing of a write that changes nothing', async () => {
    const path = await world.insertArticle();
    const tag = await world.insertTag(path);
    await world.since();
    await world.client.query(`UPDATE waypost.articles SET title = title`);
    await world.client.query(`UPDATE waypost.tags SET name = name`);
    await world.client.query(`UPDATE waypost.article_tags SET position = position`);
    await world.client.query(`UPDATE waypost.articles SET title = 'x' WHERE false`);
    expect(await world.changes()).toEqual([]);
    await world.tagArticle('/nowhere', tag);
    expect(await world.changes()).toEqual([]);
  });

  it('hears nothing of what was taken back', async () => {
    const path = await world.insertArticle();
    await world.since();
    await world.client.query('BEGIN');
    await world.client.query(`UPDATE waypost.articles SET title = 'No' WHERE path = $1`, [path]);
    await world.client.query('ROLLBACK');
    expect(await world.changes()).toEqual([]);
    await world.client.query('BEGIN');
    await world.client.query('SAVEPOINT here');
    await world.client.query(`UPDATE waypost.articles SET title = 'No' WHERE path = $1`, [path]);
    await world.client.query('ROLLBACK TO here');
    await world.client.query('COMMIT');
    expect(await world.changes()).toEqual([]);
  });

  it('hears nothing of what came and went in one transaction', async () => {
    await world.client.query('BEGIN');
    const path = await world.insertArticle();
    await world.insertTag(path);
    await world.client.query(`DELETE FROM waypost.articles WHERE path = $1`, [path]);
    await world.client.query(`DELETE FROM waypost.tags WHERE slug = (SELECT max(slug) FROM waypost.tags)`);
    await world.client.query('COMMIT');
    expect(await world.changes()).toEqual([]);
  });

  it('logs again what is written after constraints were made immediate', async () => {
    const path = await world.insertArticle();
    await world.since();
    await world.client.query('BEGIN');
    await world.client.query(`UPDATE waypost.articles SET title = 'A' WHERE path = $1`, [path]);
    await world.client.query('SET CONSTRAINTS ALL IMMEDIATE');
    await world.client.query(`UPDATE waypost.articles SET path = path || '-moved' WHERE path = $1`, [path]);
    await world.client.query('COMMIT');
    expect(await world.changes()).toEqual([`UPSERT ARTICLE ${path}-moved`]);
  });

  it('numbers in the order of commits, not of beginnings', async () => {
    const [first, second] = [await world.insertArticle(), await world.insertArticle()];
    const other = new pg.Client({ connectionString: world.database.url });
    await other.connect();
    try {
      await world.since();
      await world.client.query('BEGIN');
      await world.client.query(`UPDATE waypost.articles SET title = 'Began first' WHERE path = $1`, [first]);
      await other.query(`UPDATE waypost.articles SET title = 'Committed first' WHERE path = $1`, [second]);
      const seen = await world.node.changeSets.readChanges(world.token, 'all');
      await world.client.query('COMMIT');
      const rest = await world.node.changeSets.readChanges(seen.syncToken, 'all');
      expect([...seen.nodes, ...rest.nodes].map(({ path }) => path)).toEqual([second, first]);
    } finally {
      await other.end();
    }
  });

  it('takes its lock only at the commit, whatever the transaction does before', async () => {
    await world.insertArticle();
    await world.client.query('BEGIN');
    await world.client.query(`UPDATE waypost.articles SET title = title || '!'`);
    const { rows } = await world.client.query(
      `SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()`,
    );
    await world.client.query('COMMIT');
    expect(rows).toEqual([]);
  });

  it('has an article that is tagged, untagged, or whose tag is renamed or deleted', async () => {
    const path = await world.insertArticle();
    const tag = await world.insertTag();
    const article = `UPSERT ARTICLE ${path}`;
    await world.since();
    await world.tagArticle(path, tag);
    expect(await world.changes()).toEqual([article]);
    await world.since();
    await world.client.query(`UPDATE waypost.tags SET name = 'Other' WHERE slug = $1`, [tag]);
    expect(await world.changes()).toEqual([article, `UPSERT TAG ${tag}`]);
    await world.since();
    await world.client.query(`DELETE FROM waypost.tags WHERE slug = $1`, [tag]);
    expect(await world.changes()).toEqual([article, `DELETE TAG ${tag}`]);
  });

  it('leaves a tombstone with path, slug and address', async () => {
    const path = await world.insertArticle({ canonicalUrl: 'https://example.org/original' });
    const plain = await world.insertArticle();
    await world.since();
    await world.client.query(`DELETE FROM waypost.articles WHERE path IN ($1, $2)`, [path, plain]);
    for (const audience of ['all', 'public'] as const) {
      const { nodes } = await world.node.changeSets.readChanges(world.token, audience);
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
    const path = await world.insertArticle();
    const tag = await world.insertTag(path);
    await world.since();
    await world.client.query(`TRUNCATE waypost.article_tags`);
    expect(await world.changes()).toContain(`UPSERT ARTICLE ${path}`);
    await world.tagArticle(path, tag);
    await world.since();
    await world.client.query(`TRUNCATE waypost.tags CASCADE`);
    expect(await world.changes()).toContain(`DELETE TAG ${tag}`);
    expect(await world.changes()).toContain(`UPSERT ARTICLE ${path}`);
    await world.since();
    await world.client.query(`TRUNCATE waypost.articles CASCADE`);
    const told = await world.changes();
    expect(told).toContain(`DELETE ARTICLE ${path}`);
    expect(told.every((one) => one.startsWith('DELETE ARTICLE'))).toBe(true);
    expect(await world.changes('public')).toContain(`DELETE ARTICLE ${path}`);
  });

  /** As somebody who does not see what `write` wrote meanwhile. */
  async function truncateUnseen(table: string, write: string): Promise<void> {
    const other = new pg.Client({ connectionString: world.database.url });
    await other.connect();
    try {
      await world.client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
      await world.client.query('SELECT 1 FROM waypost.tags');
      await other.query(write);
      await world.client.query(`TRUNCATE waypost.${table} CASCADE`);
      await world.client.query('COMMIT');
    } finally {
      await other.end();
    }
  }

  it('makes every follower start anew after a TRUNCATE in an older snapshot, which does not see what it takes', async () => {
    await truncateUnseen('tags', `INSERT INTO waypost.tags (slug, name) VALUES ('unseen', 'unseen')`);
    await expect(world.changes()).rejects.toMatchObject({ code: 'RESYNC_REQUIRED' });
  });

  it.each(['tags', 'article_tags', 'placements', 'partners'])(
    'moves articles that were given what such a TRUNCATE of %s took unseen',
    async (table) => {
      const path = await world.insertArticle();
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
      await world.since();
      const { revision } = await read(path);
      expect(await world.changes('public')).toContain(`UPSERT ARTICLE ${path}`);
      expect(await read(path)).toEqual({ revision: revision + 1, hasHash: true });
    },
  );

  async function read(path: string): Promise<{ revision: number; hasHash: boolean }> {
    const { rows } = await world.client.query<{ revision: number; hasHash: boolean }>(
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
      expect((await world.client.query(`SELECT FROM waypost.${table}`)).rowCount).toBe(0);
    },
  );

  it('is read page by page, with nothing left out', async () => {
    for (let count = 0; count < 7; count += 1) await world.insertArticle();
    const pages: (string | null)[][] = [];
    let page = { syncToken: world.token, hasMore: true };
    while (page.hasMore) {
      const read = await world.node.changeSets.readChanges(page.syncToken, 'public', 3);
      pages.push(read.nodes.map((one) => one.path));
      page = read;
    }
    expect(pages.map((paths) => paths.length)).toEqual([3, 3, 1]);
    expect(new Set(pages.flat()).size).toBe(7);
    expect((await world.node.changeSets.readChanges(page.syncToken, 'public')).nodes).toEqual([]);
  });

  it.each([0, -1, 1001])('refuses to read %i changes', async (first) => {
    await expect(world.node.changeSets.readChanges(world.token, 'all', first)).rejects.toMatchObject({
      code: 'BAD_ARGUMENT',
    });
  });
});

describe('an anonymous follower', () => {
  it('hears nothing of a draft: not of its life, its slug or its end', async () => {
    const path = await world.insertArticle({ status: 'draft' });
    const tag = await world.insertTag(path);
    await world.client.query(`UPDATE waypost.articles SET slug = 'secret' WHERE path = $1`, [path]);
    await world.client.query(`UPDATE waypost.tags SET name = 'Secret' WHERE slug = $1`, [tag]);
    await world.client.query(`DELETE FROM waypost.articles WHERE path = $1`, [path]);
    expect(await world.changes('public')).toEqual([]);
    expect(await world.changes('all')).toEqual([`UPSERT TAG ${tag}`, `DELETE ARTICLE ${path}`]);
  });

  it('cannot tell from numbers that there are drafts', async () => {
    const numbers = async () =>
      (await world.client.query<{ seq: string }>(`SELECT max(public_seq) AS seq FROM waypost.change_log`)).rows[0]?.seq;
    await world.insertArticle();
    const before = await numbers();
    const path = await world.insertArticle({ status: 'draft' });
    await world.client.query(`UPDATE waypost.articles SET title = 'x' WHERE path = $1`, [path]);
    expect(await numbers()).toBe(before);
  });

  it('hears of an article that is withdrawn as a deletion, once, at the place where it was', async () => {
    const path = await world.insertArticle();
    await world.since();
    await world.client.query(`UPDATE waypost.articles SET status = 'draft', path = '/secret' || path WHERE path = $1`, [
      path,
    ]);
    expect(await world.changes('public')).toEqual([`DELETE ARTICLE ${path}`]);
    expect(await world.changes('all')).toEqual([`UPSERT ARTICLE /secret${path}`]);
    await world.since();
    await world.client.query(`UPDATE waypost.articles SET title = 'Still secret' WHERE path = '/secret' || $1`, [path]);
    await world.client.query(`DELETE FROM waypost.articles WHERE path = '/secret' || $1`, [path]);
    expect(await world.changes('public')).toEqual([]);
  });

  it('hears of tags as they come onto public articles, and go', async () => {
    const [path, other] = [await world.insertArticle(), await world.insertArticle()];
    const tag = await world.insertTag();
    expect(await world.changes('public')).not.toContain(`UPSERT TAG ${tag}`);
    await world.since();
    await world.tagArticle(path, tag);
    expect(await world.changes('public')).toEqual([`UPSERT ARTICLE ${path}`, `UPSERT TAG ${tag}`]);
    await world.tagArticle(other, tag);
    await world.since();
    await world.client.query(`UPDATE waypost.articles SET status = 'archived' WHERE path = $1`, [path]);
    expect(await world.changes('public')).toEqual([`DELETE ARTICLE ${path}`]);
    await world.since();
    await world.client.query(`DELETE FROM waypost.articles WHERE path = $1`, [other]);
    expect(await world.changes('public')).toEqual([`DELETE ARTICLE ${other}`, `DELETE TAG ${tag}`]);
  });

  it('hears that a tag is gone although two transactions, which did not see each other, took its last articles', async () => {
    const paths = [await world.insertArticle(), await world.insertArticle()];
    const tag = await world.insertTag(...paths);
    await world.since();
    const [first, second] = [new pg.Client(world.database.url), new pg.Client(world.database.url)];
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
    expect(await world.changes('public')).toContain(`DELETE TAG ${tag}`);
  });
});

describe('a sync token', () => {
  it.each(['', 'abc', 'AAAA'])('is not %j', async (text) => {
    await expect(world.node.changeSets.readChanges(text, 'all')).rejects.toMatchObject({ code: 'SYNC_TOKEN_INVALID' });
  });

  it('is a place for every caller, whoever took it', async () => {
    const draft = await world.insertArticle({ status: 'draft' });
    const path = await world.insertArticle();
    const { nodes, syncToken } = await world.node.changeSets.readChanges(world.token, 'public');
    expect(nodes.map((one) => one.path)).toEqual([path]);
    expect(await world.changes('all')).toEqual([`UPSERT ARTICLE ${draft}`, `UPSERT ARTICLE ${path}`]);
    expect((await world.node.changeSets.readChanges(syncToken, 'all')).nodes).toEqual([]);
  });

  it('ends when the generation is renewed', async () => {
    await world.node.feed.renewGeneration();
    await expect(world.changes()).rejects.toMatchObject({ code: 'RESYNC_REQUIRED' });
    await world.since();
    expect(await world.changes()).toEqual([]);
  });

  it('of a copy of the database is none of the original', async () => {
    const copy = await copyDatabase();
    const copied = await startFeedNode(copy.url, false);
    try {
      await expect(copied.changeSets.readChanges(world.token, 'all')).rejects.toMatchObject({
        code: 'RESYNC_REQUIRED',
      });
      const own = await copied.changeSets.takeToken();
      await expect(world.node.changeSets.readChanges(own, 'all')).rejects.toMatchObject({ code: 'RESYNC_REQUIRED' });
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
  const original = new URL(world.database.url).pathname.slice(1);
  await copy.drop();
  await world.leave();
  const server = new pg.Client({ connectionString: new URL('/postgres', world.database.url).href });
  await server.connect();
  await server.query(`CREATE DATABASE ${name} TEMPLATE ${original}`);
  await server.end();
  await world.enter();
  return copy;
}
