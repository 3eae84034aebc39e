import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EmbeddedPostgres } from '../../../src/database/embedded-postgres.js';
import { startEmbeddedPostgres } from '../../../src/database/embedded-postgres.js';
import type { FeedNode } from './feed-node.js';
import { startFeedNode } from './feed-node.js';

let folder: string;
let postgres: EmbeddedPostgres | undefined;
let node: FeedNode | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waypost-restore-'));
});

afterAll(async () => {
  await stop();
  await rm(folder, { recursive: true, force: true });
});

async function start(): Promise<FeedNode> {
  postgres = await startEmbeddedPostgres({ dataDirectory: join(folder, 'data'), settings: { fsync: 'off' } });
  node = await startFeedNode(postgres.connectionString, false);
  return node;
}

async function stop(): Promise<void> {
  await node?.stop();
  await postgres?.stop();
  node = undefined;
  postgres = undefined;
}

async function writeTags(writer: FeedNode, ...slugs: string[]): Promise<void> {
  for (const slug of slugs) {
    await writer.dataSource.query(`INSERT INTO waypost.tags (slug, name) VALUES ($1, $1)`, [slug]);
  }
}

const slugs = async (reader: FeedNode, token: string): Promise<(string | null)[]> =>
  (await reader.changeSets.readChanges(token, 'all')).nodes.map(({ slug }) => slug);

describe('a copy of the data folder that is put back', () => {
  it('lets followers go on who were there before it, and makes those start anew who saw what was lost', async () => {
    const original = await start();
    await writeTags(original, 'one');
    const early = await original.changeSets.takeToken();
    await writeTags(original, 'two');
    const atCopy = await original.changeSets.takeToken();
    await stop();
    execFileSync('cp', ['-a', join(folder, 'data'), join(folder, 'copy')]);

    // A start alone loses nothing: every token goes on.
    const restarted = await start();
    expect(await slugs(restarted, early)).toEqual(['two']);
    await writeTags(restarted, 'lost');
    expect(await slugs(restarted, atCopy)).toEqual(['lost']);
    const late = await restarted.changeSets.takeToken();
    await stop();
    await rm(join(folder, 'data'), { recursive: true });
    execFileSync('cp', ['-a', join(folder, 'copy'), join(folder, 'data')]);

    const restored = await start();
    expect(await slugs(restored, early)).toEqual(['two']);
    expect(await slugs(restored, atCopy)).toEqual([]);
    await expect(slugs(restored, late)).rejects.toMatchObject({ code: 'RESYNC_REQUIRED' });
    // As many changes as were lost, and more: the numbers fit again, the past does not.
    await writeTags(restored, 'other', 'more', 'still-more');
    await expect(slugs(restored, late)).rejects.toMatchObject({ code: 'RESYNC_REQUIRED' });
    expect(await slugs(restored, early)).toEqual(['two', 'other', 'more', 'still-more']);
    expect(await slugs(restored, atCopy)).toEqual(['other', 'more', 'still-more']);
  }, 120_000);
});
