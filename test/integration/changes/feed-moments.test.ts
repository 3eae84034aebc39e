import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../../support/until.js';
import { startFeedNode } from './feed-node.js';
import { FeedWorld } from './feed-world.js';
import { Follower, readTable } from './follower.js';
import { passAnHour, WITHIN_THE_HOUR } from './pass-time.js';

let world: FeedWorld;

beforeAll(async () => {
  world = await FeedWorld.open();
});

afterAll(() => world.close());

beforeEach(() => world.since());

describe('a moment', () => {
  it('of publication is a change at that moment, and not before', async () => {
    const path = await world.insertArticle({ publishedAt: WITHIN_THE_HOUR });
    const tag = await world.insertTag(path);
    expect(await world.changes('public')).toEqual([]);
    await passAnHour(world.client);
    const { rows } = await world.client.query<{ at: Date }>(
      `SELECT published_at AS at FROM waypost.articles WHERE path = $1`,
      [path],
    );
    await world.since();
    expect(await world.changes('public')).toEqual([`UPSERT ARTICLE ${path}`, `UPSERT TAG ${tag}`]);
    expect(await world.changes('all')).toEqual([`UPSERT ARTICLE ${path}`]);
    expect((await world.change('all')).at).toEqual(rows[0]?.at);
  });

  it('of expiry is a deletion for readers, and a change for editors', async () => {
    const path = await world.insertArticle({ expiresAt: WITHIN_THE_HOUR });
    await world.since();
    await passAnHour(world.client);
    expect(await world.changes('public')).toEqual([`DELETE ARTICLE ${path}`]);
    expect(await world.changes('all')).toEqual([`UPSERT ARTICLE ${path}`]);
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
      const path = await world.insertArticle({ publishedAt: later });
      const tag = await world.insertTag(path);
      await untilPublic(path);
      if (isWritten) await world.client.query(rename, [tag]);
      await world.since();
      await world.client.query(write, [path]);
      expect(await world.changes('public')).toEqual([`${end} ARTICLE ${path}`, `DELETE TAG ${tag}`]);
    }
  });

  it('took a tag from readers, who hear of it again when the article is given longer', async () => {
    const path = await world.insertArticle({ expiresAt: later });
    const tag = await world.insertTag(path);
    await sleep(250);
    await world.client.query(rename, [tag]);
    await world.since();
    await world.client.query('UPDATE waypost.articles SET expires_at = NULL WHERE path = $1', [path]);
    expect(await world.changes('public')).toEqual([`UPSERT ARTICLE ${path}`, `UPSERT TAG ${tag}`]);
  });

  it('that was put off does not come', async () => {
    const path = await world.insertArticle({ publishedAt: WITHIN_THE_HOUR });
    await world.client.query(`UPDATE waypost.articles SET published_at = now() + interval '1 day' WHERE path = $1`, [
      path,
    ]);
    await world.since();
    // Any node does this by itself, and so does whoever reads the feed: what it sees before the moment was in time.
    expect(await world.changes('all')).toEqual([]);
    await passAnHour(world.client);
    expect(await world.changes('public')).toEqual([]);
    expect(await world.changes('all')).toEqual([]);
  });

  it('of an end before the beginning is none', async () => {
    const path = await world.insertArticle({ publishedAt: `now() + interval '1 day'`, expiresAt: WITHIN_THE_HOUR });
    const due = `SELECT FROM waypost.due_moments JOIN waypost.articles ON key = id::text WHERE path = $1`;
    expect((await world.client.query(due, [path])).rowCount).toBe(0);
    await world.since();
    await passAnHour(world.client);
    expect(await world.changes('public')).toEqual([]);
  });

  it('is logged once, although two nodes wait for it', async () => {
    const nodes = await Promise.all([startFeedNode(world.database.url, true), startFeedNode(world.database.url, true)]);
    try {
      const path = await world.insertArticle({ publishedAt: `now() + interval '500 ms'` });
      const told = `SELECT public_seq = public_since_seq AS once FROM waypost.change_log
                     WHERE path = $1 AND public_seq IS NOT NULL`;
      await until(async () => (await world.client.query(told, [path])).rowCount === 1);
      const due = `SELECT FROM waypost.due_moments WHERE at <= now()`;
      await until(async () => (await world.client.query(due)).rowCount === 0);
      // Long enough for a second node to log it again.
      await sleep(300);
      expect((await world.client.query(told, [path])).rows).toEqual([{ once: true }]);
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
    const path = await world.insertArticle(write.includes('waypost.partners') ? {} : { publishedAt, expiresAt });
    await world.insertTag(path);
    await world.client.query(
      `WITH partner AS (
         INSERT INTO waypost.partners (key, name, destination_url, network, starts_at, expires_at)
         VALUES ('partner' || replace($1, '/', '-'), 'Name', 'https://a.example/', 'custom', ${dates.join(', ')}) RETURNING key)
       INSERT INTO waypost.placements (id, article_id, partner_key, ordinal, position, text, line, "column")
       SELECT left(md5($1), 12), article.id, partner.key, 1, 0, '', 1, 1
         FROM waypost.articles article, partner WHERE article.path = $1`,
      [path],
    );
    await world.client.query('BEGIN');
    await world.client.query(write, [path]);
    await world.client.query('SET CONSTRAINTS ALL IMMEDIATE');
    await sleep(LEAD_MS + 50);
    const followers = [await Follower.start(world.node, 'public'), await Follower.start(world.node, 'all')];
    await world.client.query('COMMIT');
    for (const follower of followers) {
      while (await follower.readPage(50));
      expect(Object.fromEntries(follower.mirror)).toEqual(
        Object.fromEntries(await readTable(world.node, follower.audience)),
      );
    }
  });

  it('makes the address where readers found the article one that leads to it', async () => {
    const path = await world.insertArticle({ publishedAt: soon });
    await world.client.query('BEGIN');
    await world.client.query(`UPDATE waypost.articles SET path = path || '-moved' WHERE path = $1`, [path]);
    await world.client.query('SET CONSTRAINTS ALL IMMEDIATE');
    await sleep(LEAD_MS + 50);
    await world.client.query('COMMIT');
    await world.changes();
    const { rows } = await world.client.query('SELECT was_public FROM waypost.former_addresses WHERE path = $1', [
      path,
    ]);
    expect(rows).toEqual([{ was_public: true }]);
  });
});

async function untilPublic(path: string): Promise<void> {
  for (;;) {
    const { rows } = await world.client.query(
      `SELECT FROM waypost.articles WHERE path = $1 AND published_at <= now()`,
      [path],
    );
    if (rows.length > 0) return;
    await sleep(5);
  }
}
