import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { DataSource } from 'typeorm';
import type { Random } from '../../support/random.js';

/** SQLSTATEs that any writer beside others has to expect: deadlock, serialisation, a path that another one took. */
const EXPECTED = new Set(['40P01', '40001', '23505', '23503']);

/** One write. Everything is plain SQL: the feed must not depend on who writes. */
type Write = (client: pg.Client, random: Random) => Promise<unknown>;

const anyArticle = `(SELECT id FROM waypost.articles ORDER BY random() LIMIT 1)`;
const anyTag = `(SELECT id FROM waypost.tags ORDER BY random() LIMIT 1)`;

/** Drafts, articles that readers see, and some that they will see, or no longer see, in less than a second. */
const insertArticle: Write = (client, random) =>
  client.query(
    `INSERT INTO waypost.articles (path, locale, slug, title, source, compiled, content_hash, status, published_at, expires_at)
     VALUES ('/' || $1, 'en', $1, 'New', '', '{}', '', $2, now() + $3 * interval '1 ms',
             CASE WHEN $4 THEN now() + ($3 + 400) * interval '1 ms' END)`,
    [
      `a${random.below(200)}`,
      random.pick(['draft', 'published', 'published', 'published']),
      random.chance(0.5) ? random.below(800) : -1000,
      random.chance(0.3),
    ],
  );

const WRITES: readonly Write[] = [
  insertArticle,
  insertArticle,
  insertArticle,
  (client, random) =>
    client.query(
      `UPDATE waypost.articles SET title = $1, revision = revision + 1, updated_at = now() WHERE id = ${anyArticle}`,
      [`Title ${random.below(1000)}`],
    ),
  // By hand, without a word about it in any other column.
  (client, random) =>
    client.query(`UPDATE waypost.articles SET title = $1 WHERE id = ${anyArticle}`, [`Raw ${random.below(1000)}`]),
  (client, random) =>
    client.query(`UPDATE waypost.articles SET status = $1 WHERE id = ${anyArticle}`, [
      random.pick(['draft', 'published', 'archived']),
    ]),
  (client, random) =>
    client.query(`UPDATE waypost.articles SET published_at = now() + $1 * interval '1 ms' WHERE id = ${anyArticle}`, [
      random.below(1000) - 200,
    ]),
  (client, random) =>
    client.query(`UPDATE waypost.articles SET path = '/' || $1, slug = $1 WHERE id = ${anyArticle}`, [
      `a${random.below(200)}`,
    ]),
  (client) => client.query(`UPDATE waypost.articles SET title = title WHERE id = ${anyArticle}`),
  (client) => client.query(`UPDATE waypost.articles SET title = title || '!', revision = revision + 1`),
  (client) => client.query(`DELETE FROM waypost.articles WHERE id = ${anyArticle}`),
  (client) =>
    client.query(
      `DELETE FROM waypost.articles WHERE id IN (SELECT id FROM waypost.articles ORDER BY random() LIMIT 5)`,
    ),
  (client, random) =>
    client.query(`INSERT INTO waypost.tags (slug, name) VALUES ($1, $1) ON CONFLICT DO NOTHING`, [
      `t${random.below(20)}`,
    ]),
  (client, random) =>
    client.query(`UPDATE waypost.tags SET name = $1 WHERE id = ${anyTag}`, [`Name ${random.below(1000)}`]),
  (client, random) =>
    client.query(`UPDATE waypost.tags SET description = $1 WHERE id = ${anyTag}`, [`About ${random.below(1000)}`]),
  (client) => client.query(`DELETE FROM waypost.tags WHERE id = ${anyTag}`),
  placeLink,
  placeLink,
  (client) => client.query(`UPDATE waypost.placements SET retired_at = now() WHERE article_id = ${anyArticle}`),
  (client, random) =>
    client.query(
      `INSERT INTO waypost.partners (key, name, destination_url, network) VALUES ($1, $1, 'https://a.example/', 'custom')
       ON CONFLICT DO NOTHING`,
      [anyKey(random)],
    ),
  (client, random) =>
    client.query(`UPDATE waypost.partners SET status = $2, disclosure = $3 WHERE key = $1`, [
      anyKey(random),
      random.pick(['active', 'paused']),
      random.pick([null, 'We earn.']),
    ]),
  // Of these nobody is told.
  (client, random) =>
    client.query(`UPDATE waypost.partners SET destination_url = $2 WHERE key = $1`, [
      anyKey(random),
      `https://${random.below(1000)}.example/`,
    ]),
  (client, random) =>
    client.query(`UPDATE waypost.partners SET expires_at = now() + $2 * interval '1 ms' WHERE key = $1`, [
      anyKey(random),
      random.below(800),
    ]),
  (client, random) => client.query(`DELETE FROM waypost.partners WHERE key = $1`, [anyKey(random)]),
  tagArticle,
  tagArticle,
  tagArticle,
  (client) => client.query(`DELETE FROM waypost.article_tags WHERE article_id = ${anyArticle}`),
  (client) => client.query(`UPDATE waypost.article_tags SET position = position + 1 WHERE article_id = ${anyArticle}`),
  // Comes and goes within one transaction: nobody must ever hear of it.
  (client) =>
    client.query(
      `DO $$ DECLARE gone uuid := gen_random_uuid(); BEGIN
         INSERT INTO waypost.articles (id, path, slug, title, source, compiled, content_hash)
         VALUES (gone, '/gone-' || gone, 'gone', 'Gone', '', '{}', '');
         DELETE FROM waypost.articles WHERE id = gone;
       END $$`,
    ),
];

function tagArticle(client: pg.Client): Promise<unknown> {
  return client.query(
    `INSERT INTO waypost.article_tags (article_id, tag_id, position)
     SELECT article.id, tag.id, 0 FROM (SELECT ${anyArticle} AS id) article, (SELECT ${anyTag} AS id) tag
      WHERE article.id IS NOT NULL AND tag.id IS NOT NULL ON CONFLICT DO NOTHING`,
  );
}

const anyKey = (random: Random): string => `partner-${random.below(5)}`;

function placeLink(client: pg.Client, random: Random): Promise<unknown> {
  return client.query(
    `INSERT INTO waypost.placements (id, article_id, partner_key, ordinal, position, text, line, "column")
     SELECT left(md5(random()::text), 12), article.id, $1, 1, $2, '', 1, 1 FROM (SELECT ${anyArticle} AS id) article
      WHERE article.id IS NOT NULL`,
    [anyKey(random), random.below(100)],
  );
}

const TRUNCATIONS: readonly Write[] = [
  (client) => client.query('TRUNCATE waypost.article_tags'),
  (client) => client.query('TRUNCATE waypost.tags CASCADE'),
  (client) => client.query('TRUNCATE waypost.articles CASCADE'),
  (client) => client.query('TRUNCATE waypost.placements'),
  (client) => client.query('TRUNCATE waypost.partners CASCADE'),
];

/** What takes a moment of an article, or of a partner that it shows, away. */
const PREVENTIONS: readonly ((article: string, partner: string) => string)[] = [
  (article) => `UPDATE waypost.articles SET status = 'draft' WHERE id = '${article}'`,
  (article) => `UPDATE waypost.articles SET status = 'archived', path = path || '-secret' WHERE id = '${article}'`,
  (article) => `UPDATE waypost.articles SET path = path || '-moved', slug = slug || '-moved' WHERE id = '${article}'`,
  (article) =>
    `UPDATE waypost.articles SET published_at = now() + interval '1 hour', expires_at = NULL WHERE id = '${article}'`,
  (article) =>
    `UPDATE waypost.articles SET published_at = now() + interval '600 ms', expires_at = now() + interval '900 ms' WHERE id = '${article}'`,
  (article) => `UPDATE waypost.articles SET expires_at = NULL WHERE id = '${article}'`,
  (article) => `DELETE FROM waypost.articles WHERE id = '${article}'`,
  (article) => `DELETE FROM waypost.article_tags WHERE article_id = '${article}'`,
  (article) =>
    `DELETE FROM waypost.tags WHERE id IN (SELECT tag_id FROM waypost.article_tags WHERE article_id = '${article}')`,
  (_article, partner) => `UPDATE waypost.partners SET status = 'paused' WHERE key = '${partner}'`,
  (_article, partner) => `UPDATE waypost.partners SET starts_at = NULL, expires_at = NULL WHERE key = '${partner}'`,
  (_article, partner) => `DELETE FROM waypost.partners WHERE key = '${partner}'`,
];

/**
 * An article and a partner whose moment comes while a commit, which looked at the clock before, takes it away. `onMoment` is
 * called in between, and not waited for: what reads may have to wait for the commit.
 */
async function preventTooLate(client: pg.Client, random: Random, onMoment: () => void): Promise<void> {
  const partner = `timed-${random.below(4)}`;
  const moment = `now() + interval '60 ms'`;
  const isEnd = random.chance(0.5);
  const { rows } = await client.query<{ id: string }>(
    `WITH partner AS (
       INSERT INTO waypost.partners (key, name, destination_url, network, starts_at, expires_at)
       VALUES ($1, $1, 'https://a.example/', 'custom', ${isEnd ? 'NULL' : moment}, ${isEnd ? moment : 'NULL'})
       ON CONFLICT (key) DO UPDATE SET status = 'active', starts_at = excluded.starts_at, expires_at = excluded.expires_at
     ), article AS (
       INSERT INTO waypost.articles (path, slug, title, source, compiled, content_hash, status, published_at, expires_at)
       SELECT '/timed-' || id, 'timed-' || id, 'Timed', '', '{}', '', 'published',
              ${isEnd ? `now() - interval '1 day', ${moment}` : `${moment}, NULL`} FROM (SELECT gen_random_uuid() AS id) AS new
       RETURNING id
     ), links AS (
       INSERT INTO waypost.article_tags (article_id, tag_id, position)
       SELECT article.id, tag.id, 0 FROM article, (SELECT id FROM waypost.tags ORDER BY random() LIMIT 2) AS tag
     ), shown AS (
       INSERT INTO waypost.placements (id, article_id, partner_key, ordinal, position, text, line, "column")
       SELECT left(md5(random()::text), 12), id, $1, 1, 0, '', 1, 1 FROM article
     ) SELECT id FROM article`,
    [partner],
  );
  await client.query(`BEGIN`);
  await client.query(random.pick(PREVENTIONS)(rows[0]?.id ?? '', partner));
  await client.query('SET CONSTRAINTS ALL IMMEDIATE');
  await sleep(65);
  onMoment();
  await sleep(20 + random.below(20));
  await client.query('COMMIT');
}

/** Writes `count` transactions, among them some that are taken back whole or in part. `onMoment` as in `preventTooLate`. */
export async function writeAtRandom(url: string, random: Random, count: number, onMoment = () => {}): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  // These writers take rows in any order: without this, each deadlock costs a second.
  await client.query(`SET deadlock_timeout = '20ms'`);
  try {
    for (let written = 0; written < count; written += 1) {
      try {
        if (random.chance(0.05)) await preventTooLate(client, random, onMoment);
        await (random.chance(0.4) ? write(client, random) : writeTransaction(client, random));
      } catch (error) {
        if (!EXPECTED.has((error as pg.DatabaseError).code ?? '')) throw error;
        await client.query('ROLLBACK');
      }
    }
  } finally {
    await client.end();
  }
}

async function writeTransaction(client: pg.Client, random: Random): Promise<void> {
  const level = random.chance(0.2) ? random.pick(['REPEATABLE READ', 'SERIALIZABLE']) : 'READ COMMITTED';
  await client.query(`BEGIN ISOLATION LEVEL ${level}`);
  if (random.chance(0.05)) await client.query('SET CONSTRAINTS ALL IMMEDIATE');
  for (let writes = 1 + random.below(4); writes > 0; writes -= 1) {
    if (random.chance(0.2)) {
      await client.query('SAVEPOINT here');
      await write(client, random);
      await client.query(random.chance(0.5) ? 'ROLLBACK TO here' : 'RELEASE here');
    } else await write(client, random);
    if (random.chance(0.3)) await sleep(random.below(10));
  }
  await client.query(random.chance(0.2) ? 'ROLLBACK' : 'COMMIT');
}

function write(client: pg.Client, random: Random): Promise<unknown> {
  const choice = random.chance(0.01) ? random.pick(TRUNCATIONS) : random.pick(WRITES);
  return choice(client, random);
}

/** Writers leave articles behind that readers see, or no longer see, in less than a second; or in an hour. */
export async function untilNothingIsToCome(dataSource: DataSource): Promise<void> {
  for (;;) {
    const [row] = await dataSource.query<{ count: number }[]>(
      `SELECT count(*)::integer AS count FROM waypost.due_moments WHERE at < now() + interval '1 minute'`,
    );
    if (row?.count === 0) return;
    await sleep(50);
  }
}
