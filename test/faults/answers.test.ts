import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileServer, FaultyPostgres, isThorough } from './fault-world.js';
import { WholeWaypost } from './server-world.js';

const TOKEN = 'admin-token-for-two-processes';
/** The default of `maxLagMs`, which docs/graphql.md promises. */
const MAX_LAG_MS = 2000;
const RUN_MS = isThorough ? 120_000 : 6000;

let postgres: FaultyPostgres;
let directories: string[];
const nodes: WholeWaypost[] = [];

beforeAll(async () => {
  compileServer();
  postgres = await FaultyPostgres.start();
  directories = await Promise.all([1, 2].map(() => mkdtemp(join(tmpdir(), 'waypost-fault-'))));
  for (const directory of directories) {
    nodes.push(
      await WholeWaypost.start({
        DATABASE_URL: postgres.url,
        WAYPOST_DATA_DIR: directory,
        WAYPOST_ADMIN_TOKEN: TOKEN,
      }),
    );
  }
}, 180_000);

afterAll(async () => {
  for (const node of nodes) await node.stop();
  await postgres?.stop();
  for (const directory of directories) await rm(directory, { recursive: true, force: true });
});

// oxlint-disable-next-line typescript/no-explicit-any -- what a query answers is the caller's to know
async function ask(node: WholeWaypost, query: string, headers: Record<string, string> = {}): Promise<any> {
  const response = await fetch(`${node.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query }),
  });
  const { data, errors } = (await response.json()) as { data: unknown; errors?: unknown };
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

const asAdmin = (node: WholeWaypost, query: string) => ask(node, query, { authorization: `Bearer ${TOKEN}` });

/** Ways to the version, which is the title. */
const WAYS = [
  '{ article(slug: "busy") { title } }',
  '{ articles { nodes { title } } }',
  '{ tag(slug: "busy") { articles { edges { node { title } } } } }',
  '{ searchArticles(query: "busy") { nodes { article { title } } } }',
];

const versionIn = (data: unknown): number =>
  Number(/"title":"busy (\d+)"/.exec(JSON.stringify(data))?.[1] ?? Number.NaN);

describe('two processes with a cache each, while somebody writes all the time', () => {
  /** When the mutation that made a version was answered, and by which node. */
  const done: { readonly atMs: number; readonly node: WholeWaypost }[] = [];
  const wrong: string[] = [];
  let reads = 0;
  let isOver = false;

  /** The newest version that an answer asked for now may not be behind. */
  const owedBy = (node: WholeWaypost, nowMs: number): number =>
    done.findLastIndex((one) => one.atMs <= nowMs - MAX_LAG_MS || one.node === node);

  async function keepReading(node: WholeWaypost, way: string): Promise<void> {
    while (!isOver) {
      const owed = owedBy(node, performance.now());
      const version = versionIn(await ask(node, way));
      reads += 1;
      await delay(2);
      if (!(version >= owed)) wrong.push(`${way}: ${version}, though ${owed} was done`);
    }
  }

  /** Who takes a place in the feed and reads afterwards has what lies before it; `other` gave the place. */
  async function keepFollowing(node: WholeWaypost, other: WholeWaypost, way: string): Promise<void> {
    while (!isOver) {
      const { syncToken } = await ask(other, '{ syncToken }');
      const headers: Record<string, string> = node === other ? {} : { 'waypost-sync-token': syncToken };
      const version = versionIn(await ask(node, way, headers));
      const newest = done.length - 1;
      const { changes } = await asAdmin(other, `{ changes(since: "${syncToken}") { nodes { id } } }`);
      if (changes.nodes.length === 0 && version < newest)
        wrong.push(`${way}: ${version} behind a token, not ${newest}`);
    }
  }

  it('answer nobody from before the promise, nor from before a mutation or a token that they gave', async () => {
    const [first, second] = nodes as [WholeWaypost, WholeWaypost];
    const input = '{ slug: "busy", title: "busy 0", tags: ["busy"], source: "", status: PUBLISHED }';
    const { createArticle } = await asAdmin(first, `mutation { createArticle(input: ${input}) { article { id } } }`);
    const { id } = createArticle.article;
    done.push({ atMs: performance.now(), node: first });
    await expect.poll(async () => versionIn(await ask(second, WAYS[0] ?? '')), { timeout: 30_000 }).toBe(0);
    const readers = nodes.flatMap((node) => WAYS.map((way) => keepReading(node, way)));
    const followers = WAYS.slice(0, 2).flatMap((way) => [
      keepFollowing(first, first, way),
      keepFollowing(second, first, way),
    ]);
    try {
      const endMs = performance.now() + RUN_MS;
      for (let version = 1; version <= 10 || performance.now() < endMs; version += 1) {
        const node = version % 3 === 0 ? second : first;
        const change = `{ id: "${id}", expectedRevision: ${version}, title: "busy ${version}" }`;
        const answer = await asAdmin(node, `mutation { updateArticle(input: ${change}) { userErrors { code } } }`);
        expect(answer.updateArticle.userErrors).toEqual([]);
        done.push({ atMs: performance.now(), node });
      }
    } finally {
      isOver = true;
      await Promise.all([...readers, ...followers]);
    }
    expect(wrong).toEqual([]);
    expect(reads).toBeGreaterThan(done.length);
  });
});
