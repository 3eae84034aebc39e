import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TestDatabase } from '../../support/test-database.js';
import { createTestDatabase } from '../../support/test-database.js';
import { until } from '../../support/until.js';
import type { FeedNode } from './feed-node.js';
import { startFeedNode } from './feed-node.js';
import { passAnHour, WITHIN_THE_HOUR } from './pass-time.js';
import { findStale } from './stale-contents.js';

const MANY = 10_000;
const FEED_LOCK = 8147203120;
const SETTLE = 'SELECT waypost.note_due_moments(), waypost.note_due_causes()';

let database: TestDatabase;
let node: FeedNode;
let client: pg.Client;
let other: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase();
  node = await startFeedNode(database.url, false);
  client = new pg.Client({ connectionString: database.url });
  other = new pg.Client({ connectionString: database.url });
  await Promise.all([client.connect(), other.connect()]);
  await other.query(`SET lock_timeout = '10s'`);
});

afterAll(async () => {
  await other.end();
  await client.end();
  await node.stop();
  await database.drop();
});

beforeEach(async () => {
  await client.query('TRUNCATE waypost.articles, waypost.tags, waypost.placements CASCADE');
  await client.query('DELETE FROM waypost.partners');
  await client.query(`INSERT INTO waypost.partners (key, name, destination_url, network, disclosure)
    SELECT key, key, 'https://' || key || '.example/', 'custom', 'We earn.' FROM unnest(ARRAY['mine', 'yours']) AS key`);
});

/** Articles `/<group>-<number>`, each with one call of the partner. */
async function insertArticles(group: string, count: number, partner: string, text = 'Text'): Promise<void> {
  await client.query('BEGIN');
  await client.query(
    `INSERT INTO waypost.articles (path, slug, title, source, compiled, content_hash, status, published_at)
     SELECT '/' || $1 || '-' || number, $1 || '-' || number, 'Title', repeat('An ordinary article. ', 300), '{}', '', 'published',
            now() - interval '1 day' FROM generate_series(1, $2::integer) AS number`,
    [group, count],
  );
  await client.query(
    `INSERT INTO waypost.placements (id, article_id, partner_key, ordinal, position, text, line, "column")
     SELECT left(md5(path || $2), 12), id, $2, 1, 0, $3, 1, 1 FROM waypost.articles WHERE path LIKE '/' || $1 || '-%'`,
    [group, partner, text],
  );
  await client.query('COMMIT');
}

async function insertTag(slug: string, group: string): Promise<void> {
  await client.query(`INSERT INTO waypost.tags (slug, name) VALUES ($1, $1)`, [slug]);
  await client.query(
    `INSERT INTO waypost.article_tags (article_id, tag_id, position)
     SELECT article.id, tag.id, 0 FROM waypost.articles article, waypost.tags tag
      WHERE tag.slug = $1 AND article.path LIKE '/' || $2 || '-%'`,
    [slug, group],
  );
}

interface Effects {
  /** How many articles of each group, with the cause. */
  readonly moved: Readonly<Record<string, number>>;
  readonly ms: number;
}

/** What a statement does to `content_updated_at`; the feed must tell of exactly the same articles. */
async function effectsOf(statement: string): Promise<Effects> {
  const token = await node.changeSets.takeToken();
  await client.query(
    'CREATE TEMP TABLE before AS SELECT id, content_updated_at, updated_at, revision FROM waypost.articles',
  );
  const startedAt = performance.now();
  await client.query(statement);
  const ms = performance.now() - startedAt;
  const { rows } = await client.query<{ moved: string; count: number }>(
    `SELECT substring(path from '/(.*)-') || ' ' || content_change_cause_kind || ' ' || coalesce(content_change_cause_key, '-') AS moved,
            count(*)::integer AS count
       FROM waypost.articles JOIN before USING (id)
      WHERE articles.content_updated_at <> before.content_updated_at GROUP BY 1`,
  );
  await client.query('DROP TABLE before');
  const moved = Object.fromEntries(rows.map((row) => [row.moved, row.count]));
  expect(await countTold(token)).toBe(rows.reduce((sum, row) => sum + row.count, 0));
  return { moved, ms };
}

async function countTold(since: string): Promise<number> {
  let told = 0;
  for (let token = since; ;) {
    const page = await node.changeSets.readChanges(token, 'public', 1000);
    told += page.nodes.filter((change) => change.kind === 'ARTICLE').length;
    if (!page.hasMore) return told;
    token = page.syncToken;
  }
}

describe('a partner that changes', () => {
  it(`moves exactly its ${MANY} articles when it is paused, and again when it is resumed`, async () => {
    await insertArticles('shown', MANY, 'mine');
    await insertArticles('other', 300, 'yours');
    await insertArticles('former', 300, 'mine');
    await client.query(
      `UPDATE waypost.placements SET retired_at = now()
        WHERE article_id IN (SELECT id FROM waypost.articles WHERE path LIKE '/former-%')`,
    );
    const paused = await effectsOf(`UPDATE waypost.partners SET status = 'paused' WHERE key = 'mine'`);
    expect(paused.moved).toEqual({ 'shown PARTNER mine': MANY });
    const resumed = await effectsOf(`UPDATE waypost.partners SET status = 'active' WHERE key = 'mine'`);
    expect(resumed.moved).toEqual({ 'shown PARTNER mine': MANY });
    console.info(`${MANY} articles: paused in ${paused.ms.toFixed(0)} ms, resumed in ${resumed.ms.toFixed(0)} ms`);
  }, 120_000);

  it.each([
    ['its default text', `default_text = 'Now'`, { 'silent PARTNER mine': 3 }],
    ['its name, where nothing else is shown', `name = 'Now'`, { 'silent PARTNER mine': 3 }],
    [
      'its disclosure, but where another partner says the same',
      'disclosure = NULL',
      { 'silent PARTNER mine': 3, 'spoken PARTNER mine': 2 },
    ],
    ['its key', `key = 'ours'`, { 'silent PARTNER mine': 3, 'spoken PARTNER mine': 2, 'both PARTNER mine': 4 }],
    ['nothing by its destination', `destination_url = 'https://else.example/'`, {}],
    ['nothing by its network', `network = 'awin'`, {}],
    ['nothing by a fallback, while it is active', `fallback_url = 'https://else.example/'`, {}],
    ['nothing by a pause with a fallback', `status = 'paused', fallback_url = 'https://else.example/'`, {}],
  ])('moves the articles that show %s', async (_what, assignment, expected) => {
    await insertArticles('silent', 3, 'mine', '');
    await insertArticles('spoken', 2, 'mine');
    await insertArticles('both', 4, 'mine');
    await client.query(
      `INSERT INTO waypost.placements (id, article_id, partner_key, ordinal, position, text, line, "column")
       SELECT left(md5(path || 'yours'), 12), id, 'yours', 1, 1, 'Text', 2, 1 FROM waypost.articles WHERE path LIKE '/both-%'`,
    );
    const { moved } = await effectsOf(`UPDATE waypost.partners SET ${assignment} WHERE key = 'mine'`);
    expect(moved).toEqual(expected);
  });

  it('has the same effect whichever way its articles are read, where two links stand at one position', async () => {
    await insertArticles('tied', 1, 'yours');
    await client.query(
      `INSERT INTO waypost.placements (id, article_id, partner_key, ordinal, position, text, line, "column")
       SELECT left(md5(path || 'mine'), 12), id, 'mine', 1, 0, 'Other', 2, 1 FROM waypost.articles`,
    );
    await client.query(`UPDATE waypost.placements SET line = line + 1 WHERE partner_key = 'yours'`);
    const hashes: unknown[] = [];
    for (const setting of ['enable_seqscan', 'enable_indexscan = off; SET LOCAL enable_bitmapscan']) {
      await client.query(`BEGIN; SET LOCAL ${setting} = off`);
      const { rows } = await client.query(
        'SELECT hash FROM waypost.hash_shown(ARRAY(SELECT id FROM waypost.articles), now())',
      );
      await client.query('COMMIT');
      hashes.push(rows);
    }
    expect(hashes[0]).toEqual(hashes[1]);
  });

  it('moves the articles that named it before it was there, and when it is gone', async () => {
    await insertArticles('early', 2, 'new');
    const insert = `INSERT INTO waypost.partners (key, name, destination_url, network) VALUES ('new', 'New', 'https://new.example/', 'custom')`;
    expect((await effectsOf(insert)).moved).toEqual({ 'early PARTNER new': 2 });
    const remove = `DELETE FROM waypost.partners WHERE key = 'new'`;
    expect((await effectsOf(remove)).moved).toEqual({ 'early PARTNER new': 2 });
  });

  it('moves its articles at its end, without anybody writing', async () => {
    await insertArticles('ended', 2, 'mine');
    const end = `UPDATE waypost.partners SET expires_at = ${WITHIN_THE_HOUR} WHERE key = 'mine'`;
    expect((await effectsOf(end)).moved).toEqual({});
    await passAnHour(client);
    const { moved } = await effectsOf(`SELECT waypost.note_due_moments(), waypost.note_due_causes()`);
    expect(moved).toEqual({ 'ended SCHEDULE mine': 2 });
    const { rows } = await client.query(
      `SELECT bool_and(content_updated_at = partner.expires_at) AS exact FROM waypost.articles, waypost.partners partner WHERE partner.key = 'mine'`,
    );
    expect(rows).toEqual([{ exact: true }]);
  });

  it('is looked at again also by plans that were made while there were no tags', async () => {
    const settle = `SELECT waypost.note_due_moments(), waypost.note_due_causes()`;
    await insertArticles('planned', 1, 'mine');
    // To look into an empty table costs nothing, so that a plan looks there before it looks at anything else.
    await client.query('ANALYZE waypost.tags, waypost.due_moments');
    await client.query(settle);
    await insertTag('late', 'planned');
    await client.query(`INSERT INTO waypost.due_moments (kind, key, at) VALUES ('PARTNER', 'mine', now())`);
    await client.query(settle);
    expect((await client.query('SELECT FROM waypost.due_moments')).rowCount).toBe(0);
  });

  it('names one of several that an article shows: that of the last date, else the first by its key', async () => {
    await insertArticles('both', 1, 'yours');
    await client.query(
      `INSERT INTO waypost.placements (id, article_id, partner_key, ordinal, position, text, line, "column")
       SELECT '000000000002', id, 'mine', 1, 9, 'Text', 2, 1 FROM waypost.articles`,
    );
    const settle = `SELECT waypost.note_due_moments(), waypost.note_due_causes()`;
    for (const last of ['mine', 'yours']) {
      await client.query(
        `UPDATE waypost.partners
            SET expires_at = ${WITHIN_THE_HOUR} + CASE key WHEN $1 THEN interval '1 minute' ELSE interval '0' END`,
        [last],
      );
      await passAnHour(client);
      expect((await effectsOf(settle)).moved).toEqual({ [`both SCHEDULE ${last}`]: 1 });
      const { rows } = await client.query(
        `SELECT article.content_updated_at = partner.expires_at AS exact
           FROM waypost.articles article, waypost.partners partner WHERE partner.key = $1`,
        [last],
      );
      expect(rows).toEqual([{ exact: true }]);
      const prolong = (key: string): string => `UPDATE waypost.partners SET expires_at = NULL WHERE key = '${key}'`;
      const { moved } = await effectsOf(`BEGIN; ${prolong('yours')}; ${prolong('mine')}; COMMIT`);
      expect(moved).toEqual({ 'both PARTNER mine': 1 });
    }
  });

  it('announces a date that changes nothing yet, for who waits for the next one', async () => {
    await insertArticles('lasting', 1, 'mine');
    await other.query('LISTEN waypost_changes');
    try {
      const announced = once(other, 'notification');
      const end = `UPDATE waypost.partners SET expires_at = now() + interval '1 day' WHERE key = 'mine'`;
      expect((await effectsOf(end)).moved).toEqual({});
      await announced;
    } finally {
      await other.query('UNLISTEN *');
    }
  });

  it('moves its articles at its end also where who told of its start waited until then', async () => {
    await insertArticles('short', 1, 'mine');
    await client.query(
      `UPDATE waypost.partners SET starts_at = clock_timestamp() + interval '100 ms', expires_at = clock_timestamp() + interval '400 ms'
        WHERE key = 'mine'`,
    );
    await sleep(150);
    await client.query('BEGIN');
    await client.query('SELECT FROM waypost.articles FOR UPDATE');
    const settled = other.query('SELECT waypost.note_due_moments(), waypost.note_due_causes()');
    await sleep(350);
    await client.query('COMMIT');
    await settled;
    expect(await staleAtLast()).toEqual([]);
  });

  it('disturbs neither readers nor those who write other articles, and holds the lock of the feed for its writing alone', async () => {
    await insertArticles('shown', 50, 'mine');
    await insertArticles('other', 2, 'yours');
    await client.query('BEGIN');
    await client.query(`UPDATE waypost.partners SET status = 'paused' WHERE key = 'mine'`);
    await client.query('SET CONSTRAINTS waypost.apply_contents IMMEDIATE');
    const locks = await client.query(
      `SELECT FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory' AND objid = $1::bigint % 4294967296`,
      [FEED_LOCK],
    );
    expect(locks.rowCount).toBe(0);
    const read = await other.query(`SELECT FROM waypost.articles WHERE content_change_cause_kind = 'ARTICLE'`);
    expect(read.rowCount).toBe(52);
    const written = await other.query(`UPDATE waypost.articles SET title = 'Meanwhile' WHERE path LIKE '/other-%'`);
    expect(written.rowCount).toBe(2);
    await client.query('COMMIT');
  });

  it('misses no article that is saved meanwhile, although neither commit saw the other', async () => {
    await client.query('BEGIN');
    await client.query(`UPDATE waypost.partners SET status = 'paused' WHERE key = 'mine'`);
    await client.query('SET CONSTRAINTS ALL IMMEDIATE');
    await other.query(
      `BEGIN;
       INSERT INTO waypost.articles (id, path, slug, title, source, compiled, content_hash, status, published_at)
       VALUES ('00000000-0000-4000-8000-000000000001', '/late-1', 'late', 'Late', '', '{}', '', 'published', now());
       INSERT INTO waypost.placements (id, article_id, partner_key, ordinal, position, text, line, "column")
       VALUES ('000000000001', '00000000-0000-4000-8000-000000000001', 'mine', 1, 0, 'Text', 1, 1);
       COMMIT`,
    );
    await client.query('COMMIT');
    // Any node does this by itself, and so does whoever reads the feed.
    const { moved } = await effectsOf(`SELECT waypost.note_due_moments(), waypost.note_due_causes()`);
    expect(moved).toEqual({ 'late PARTNER mine': 1 });
    expect((await client.query('SELECT FROM waypost.due_moments')).rowCount).toBe(0);
  });
});

/** Of which nobody heard, when who reads the feed has settled what is due. */
async function staleAtLast(): Promise<unknown[]> {
  await node.changeSets.readChanges(await node.changeSets.takeToken(), 'public');
  return findStale(async (sql) => (await client.query<Record<string, unknown>>(sql)).rows);
}

/** Begins to settle what is due, and comes back when that is done or waits for somebody. */
async function settleOrWait(): Promise<{ readonly end: Promise<unknown> }> {
  const { rows } = await other.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  let isDone = false;
  const end = other.query(SETTLE).finally(() => (isDone = true));
  const isWaiting = `SELECT FROM pg_stat_activity WHERE pid = $1 AND wait_event_type = 'Lock'`;
  await until(async () => isDone || (await client.query(isWaiting, [rows[0]?.pid])).rowCount === 1);
  return { end };
}

const INSERT_PLACEMENT = `
  INSERT INTO waypost.placements (id, article_id, partner_key, ordinal, position, text, line, "column")
  SELECT left(md5(path || key), 12), article.id, key, 1, 1, 'Text', 2, 1 FROM waypost.articles article, unnest($2::text[]) AS key
   WHERE path LIKE '/' || $1 || '-%'`;

/** Somebody saves the articles of the group with a link to "mine", and has looked at it, but not committed. */
async function beginToPlace(group: string): Promise<void> {
  await client.query('BEGIN');
  await client.query(INSERT_PLACEMENT, [group, ['mine']]);
  await client.query('SET CONSTRAINTS waypost.apply_contents IMMEDIATE');
}

describe('the end of a partner that comes while somebody who looked at it before saves an article', () => {
  const endSoon = `UPDATE waypost.partners SET expires_at = clock_timestamp() + interval '300 ms' WHERE key = 'mine'`;
  const hasEnded = async (): Promise<boolean> =>
    (await client.query(`SELECT FROM waypost.partners WHERE expires_at <= clock_timestamp()`)).rowCount === 1;

  it('moves that article, too', async () => {
    await insertArticles('saved', 1, 'yours');
    await client.query(endSoon);
    await beginToPlace('saved');
    await until(hasEnded);
    const { end } = await settleOrWait();
    await client.query('COMMIT');
    await end;
    expect(await staleAtLast()).toEqual([]);
  });

  it('moves that article, too, where who looks again at the partner had to wait for another one until then', async () => {
    await insertArticles('seen', 1, 'yours');
    await insertArticles('saved', 1, 'other');
    // Who saves in an older snapshot has everything looked at again that the article shows.
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await client.query(INSERT_PLACEMENT, ['seen', ['mine']]);
    await client.query('COMMIT');
    await client.query(endSoon);
    const editor = new pg.Client({ connectionString: database.url });
    await editor.connect();
    await editor.query('BEGIN');
    await editor.query(`UPDATE waypost.partners SET name = 'Now' WHERE key = 'yours'`);
    const { end } = await settleOrWait();
    await beginToPlace('saved');
    await until(hasEnded);
    await editor.query('COMMIT');
    await editor.end();
    await end;
    await client.query('COMMIT');
    expect(await staleAtLast()).toEqual([]);
  });
});

describe('a tag that changes', () => {
  it(`moves exactly its ${MANY} articles when it is renamed`, async () => {
    await insertArticles('tagged', MANY, 'yours');
    await insertArticles('untagged', 300, 'yours');
    await insertTag('mine', 'tagged');
    const { moved, ms } = await effectsOf(`UPDATE waypost.tags SET name = 'Now' WHERE slug = 'mine'`);
    expect(moved).toEqual({ 'tagged TAG mine': MANY });
    console.info(`${MANY} articles: tag renamed in ${ms.toFixed(0)} ms`);
    expect((await effectsOf(`UPDATE waypost.tags SET description = 'About' WHERE slug = 'mine'`)).moved).toEqual({});
  }, 120_000);

  it('moves its articles when its slug changes, and when it is gone', async () => {
    await insertArticles('tagged', 2, 'yours');
    await insertTag('mine', 'tagged');
    expect((await effectsOf(`UPDATE waypost.tags SET slug = 'now' WHERE slug = 'mine'`)).moved).toEqual({
      'tagged TAG now': 2,
    });
    expect((await effectsOf(`DELETE FROM waypost.tags WHERE slug = 'now'`)).moved).toEqual({ 'tagged TAG now': 2 });
  });
});

interface PlanNode {
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Join Filter'?: number;
  readonly Plans?: readonly PlanNode[];
}

/** How many rows went through the steps of a plan, those that a filter dropped too. */
function countRows(node: PlanNode): number {
  const perLoop =
    node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Join Filter'] ?? 0);
  return (node.Plans ?? []).reduce((sum, each) => sum + countRows(each), perLoop * node['Actual Loops']);
}

/** Runs the work, and says which statements in it handled more than 100 rows for each article. Those below 20 ms cannot have. */
async function findHeavyStatements(articles: number, work: () => Promise<void>): Promise<string[]> {
  const heavy: string[] = [];
  const onNotice = ({ message = '' }: { message?: string | undefined }): void => {
    const [, json] = /^duration: .*?plan:\n(\{.*)$/s.exec(message) ?? [];
    if (json === undefined) return;
    const { 'Query Text': text, Plan: plan } = JSON.parse(json) as { 'Query Text': string; Plan: PlanNode };
    if (countRows(plan) > 100 * articles) heavy.push(`${countRows(plan)} rows: ${text}`);
  };
  await client.query(`LOAD 'auto_explain'; SET auto_explain.log_min_duration = 20; SET auto_explain.log_analyze = on;
    SET auto_explain.log_timing = off; SET auto_explain.log_nested_statements = on; SET auto_explain.log_format = json;
    SET auto_explain.log_level = notice`);
  client.on('notice', onNotice);
  await work();
  client.off('notice', onNotice);
  await client.query('SET auto_explain.log_min_duration = -1');
  return heavy;
}

describe('the work of a commit', () => {
  it('grows with the articles it is for and no faster, also where the statistics say that there are none', async () => {
    const articles = 1500;
    const round = async (): Promise<void> => {
      await insertArticles('many', articles, 'yours');
      await insertTag('mine', 'many');
      await client.query(`UPDATE waypost.articles SET slug = slug || '-moved', path = path || '-moved'`);
      await client.query(`UPDATE waypost.tags SET name = 'Now' WHERE slug = 'mine'`);
      await client.query(`UPDATE waypost.partners SET name = name || '!' WHERE key = 'yours'`);
      await client.query(`UPDATE waypost.articles SET expires_at = now() + interval '1 hour'`);
      await client.query('DELETE FROM waypost.articles');
      await client.query('DELETE FROM waypost.tags');
      await client.query('DELETE FROM waypost.placements');
    };
    await round();
    // As autovacuum leaves it: pages, and no row in them. The session keeps the plans that it made before.
    await client.query('VACUUM (ANALYZE, TRUNCATE OFF)');
    expect(await findHeavyStatements(articles, round)).toEqual([]);
  }, 120_000);
});
