import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FeedWorld } from './feed-world.js';
import { findStale } from './stale-contents.js';

let world: FeedWorld;

beforeAll(async () => {
  world = await FeedWorld.open();
});

afterAll(() => world.close());

beforeEach(async () => {
  await world.client.query('TRUNCATE waypost.articles, waypost.tags, waypost.partners CASCADE');
});

/** An article that shows a tag and a partner. */
async function insertShown(): Promise<string> {
  const path = await world.insertArticle();
  await world.insertTag(path);
  await world.client.query(
    `INSERT INTO waypost.partners (key, name, destination_url, network, disclosure)
     VALUES ('mine', 'Mine', 'https://mine.example/', 'custom', 'We earn.')`,
  );
  await world.client.query(
    `INSERT INTO waypost.placements (id, article_id, partner_key, ordinal, position, text, line, "column")
     SELECT left(md5(path), 12), id, 'mine', 1, 0, 'Text', 1, 1 FROM waypost.articles WHERE path = $1`,
    [path],
  );
  await world.since();
  return path;
}

const UPSERT = (path: string): string => `UPSERT ARTICLE ${path}`;
const DELETE = (path: string): string => `DELETE ARTICLE ${path}`;

describe.each([
  ['deferred', ''],
  ['immediate', 'SET CONSTRAINTS ALL IMMEDIATE'],
])('a TRUNCATE whose constraints are %s', (_mode, setting) => {
  it.each([
    ['placements', UPSERT],
    ['article_tags', UPSERT],
    ['tags CASCADE', UPSERT],
    ['partners CASCADE', UPSERT],
    ['articles CASCADE', DELETE],
  ] as const)('of %s is told as what it left', async (tables, expected) => {
    const path = await insertShown();
    await world.client.query('BEGIN');
    if (setting !== '') await world.client.query(setting);
    await world.client.query(`TRUNCATE waypost.${tables}`);
    await world.client.query('COMMIT');
    expect(await findStale(async (sql) => (await world.client.query<Record<string, unknown>>(sql)).rows)).toEqual([]);
    const told = await world.changes('public');
    expect(told.filter((change) => change.includes('ARTICLE'))).toEqual([expected(path)]);
    const { rows } = await world.client.query('SELECT FROM waypost.change_notes');
    expect(rows).toEqual([]);
  });
});
