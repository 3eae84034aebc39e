import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readingBy } from '../../../src/database/reader.js';
import { Replicas, type ReplicaReader } from '../../../src/database/replicas.service.js';
import { TransactionsService } from '../../../src/database/transactions.service.js';
import { readFeedNews } from '../../../src/graphql/feed-news.service.js';
import type { TestWaypost } from '../../../src/testing/index.js';
import { startWaypost } from '../../../src/testing/index.js';
import { startPair, type Pair } from '../../support/standby.js';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.js';
import { until } from '../../support/until.js';
import {
  articleQuery,
  dataSourceOf,
  isStandby,
  READERS_SQL,
  replicasOf,
  statementsOf,
  stateOf,
  stopBackends,
  takeToken,
  whilePaused,
  wholeQuery,
} from './replica-reads.js';

let pair: Pair;
let node: TestWaypost;
/** Keeps no answers, and reads from the standby all the same. */
let plain: TestWaypost;

beforeAll(async () => {
  pair = await startPair();
  const database = { url: pair.primaryUrl, replicaUrls: [pair.standbyUrl] };
  node = await startWaypost({ waypost: { database, redirects: false }, databaseUrl: pair.primaryUrl });
  const waypost = { database, redirects: false, graphql: { cache: false } } as const;
  plain = await startWaypost({ waypost, databaseUrl: pair.primaryUrl });
  await node.createArticle({ slug: 'first' });
});

afterAll(async () => {
  await plain.close();
  await node.close();
  await pair.close();
});

const ask = (asked: TestWaypost, query: string): Promise<{ readonly article: { readonly title: string } | null }> =>
  asked.data(query, {}, null);

/** A query that nobody has asked before: no answer to it is kept. */
let asked = 0;
const askAnew = (from: TestWaypost, slug: string): ReturnType<typeof ask> => {
  asked += 1;
  return ask(from, `query Q${asked} ${articleQuery(slug)}`);
};

const untilRead = (from: TestWaypost, slug = 'first'): Promise<void> =>
  until(async () => {
    const { primary, standby } = await statementsOf(pair, () => askAnew(from, slug));
    return primary === 0 && standby > 0;
  });

async function update(id: string, title: string): Promise<void> {
  const { article } = await node.data(`{ article(id: "${id}") { revision } }`);
  const input = `{ id: "${id}", expectedRevision: ${article.revision}, title: "${title}" }`;
  const { updateArticle } = await node.data(
    `mutation { updateArticle(input: ${input}) { article { id } userErrors { message } } }`,
  );
  expect(updateArticle.userErrors).toEqual([]);
}

/** Strangers ask all the time; `more` waits until each has been answered some times. */
async function whileReading(work: (more: () => Promise<void>) => Promise<void>): Promise<void> {
  let isOver = false;
  let answers = 0;
  const readers = Array.from({ length: 8 }, async () => {
    while (!isOver) {
      expect((await askAnew(plain, 'first')).article?.title).toBe('first');
      answers += 1;
    }
  });
  const reading = Promise.all(readers);
  const more = (): Promise<void> => {
    const least = answers + 40;
    return until(() => Promise.resolve(answers >= least));
  };
  try {
    await Promise.race([work(more), reading]);
  } finally {
    isOver = true;
    await reading;
  }
}

describe('a standby', () => {
  it('answers what strangers ask, with and without a cache', async () => {
    await untilRead(node);
    await untilRead(plain);
    expect(await askAnew(node, 'first')).toMatchObject({ article: { title: 'first' } });
    const [row] = await pair.askStandby<{ connections: number }>(
      `SELECT count(*)::integer AS connections ${READERS_SQL}`,
    );
    expect(row?.connections).toBeGreaterThan(0);
  });

  it('answers whatever follows from the feed', async () => {
    const { id } = await node.createArticle({ slug: 'whole', source: 'Whole text', tags: ['One'] });
    await untilRead(node);
    const { failed } = stateOf(node);
    let there = 0;
    // What the process does by itself on the primary may fall into the same moment.
    await until(async () => {
      asked += 1;
      const { primary, standby } = await statementsOf(pair, () => node.data(wholeQuery(id, `Q${asked}`), {}, null));
      there = standby;
      return primary === 0;
    });
    expect(there).toBeGreaterThan(5);
    expect(stateOf(node).failed).toBe(failed);
  });

  it.each([
    ['callers with a token', () => node.data(articleQuery('first'))],
    [
      'what changed',
      async () => node.data(`{ changes(since: "${await takeToken(node)}") { nodes { id } } }`, {}, null),
    ],
    ['the place in the feed', () => takeToken(plain)],
    ['mutations', () => node.createArticle({ slug: 'not-there-before' })],
    ['mutations that are refused', () => node.query('mutation { deleteArticle(input: { id: "x" }) { id } }', {}, null)],
  ])('is not asked for %s', async (_name, work) => {
    await untilRead(node);
    const { standby } = await statementsOf(pair, work);
    expect(standby).toBe(0);
  });

  it('shows every mutation that this process answered, to whoever asks it next', async () => {
    const { id } = await node.createArticle({ slug: 'written' });
    for (let round = 1; round <= 25; round += 1) {
      await update(id, `title ${round}`);
      const answers = await Promise.all([ask(node, articleQuery('written')), askAnew(node, 'written')]);
      expect(answers.map(({ article }) => article?.title)).toEqual([`title ${round}`, `title ${round}`]);
      if (round % 5 === 0) await untilRead(node, 'written');
    }
  });

  it('that stands still is read from until something changes', async () => {
    await untilRead(node);
    await whilePaused(pair, async () => {
      await untilRead(node);
      expect(stateOf(node).problem).toBeUndefined();
    });
  });

  it('that lags is not read from, and makes no answer that is kept untrue', async () => {
    const { id } = await node.createArticle({ slug: 'lagging' });
    await untilRead(node, 'lagging');
    await whilePaused(pair, async () => {
      await update(id, 'newer');
      const { standby } = await statementsOf(pair, async () => {
        for (let round = 0; round < 20; round += 1) {
          expect((await ask(node, articleQuery('lagging'))).article?.title).toBe('newer');
          expect((await askAnew(node, 'lagging')).article?.title).toBe('newer');
        }
      });
      expect(standby).toBe(0);
    });
    await untilRead(node, 'lagging');
    expect((await ask(node, articleQuery('lagging'))).article?.title).toBe('newer');
    expect((await askAnew(node, 'lagging')).article?.title).toBe('newer');
  });

  it.each([
    ['that keeps answers', () => node],
    ['that keeps none', () => plain],
  ])('that lags is not read from behind the caller’s own sync token, by a process %s', async (_name, other) => {
    const slug = `token-${asked}`;
    const { id } = await node.createArticle({ slug });
    await untilRead(other(), slug);
    await whilePaused(pair, async () => {
      await update(id, 'behind the token');
      // Also where the process itself has not heard of it.
      const token = await takeToken(node);
      const headers = { 'waypost-sync-token': token };
      const response = await fetch(
        `${other().url}/graphql?query=${encodeURIComponent(`query Behind${asked} ${articleQuery(slug)}`)}`,
        { headers },
      );
      expect(await response.json()).toMatchObject({ data: { article: { title: 'behind the token' } } });
    });
  });

  it('lets no request fail when its connections end, hang, or all of it goes, and is read from again when it is back', async () => {
    await untilRead(plain);
    await whileReading(async (more) => {
      const { failed } = stateOf(plain);
      await until(async () => {
        await pair.askStandby(`SELECT pg_terminate_backend(pid) ${READERS_SQL}`);
        return stateOf(plain).failed > failed;
      });
      await untilRead(plain);
      const processes = await stopBackends(pair);
      // Those that were asked something at that moment are given up, and others are made.
      await more();
      await untilRead(plain);
      for (const pid of processes) process.kill(pid, 'SIGCONT');
      pair.crashStandby();
      await more();
      await pair.stopStandby();
      await until(() => Promise.resolve(stateOf(plain).problem !== undefined));
      await more();
      await pair.startStandby();
      await more();
    });
    await untilRead(plain);
    await untilRead(node);
    expect(stateOf(plain).problem).toBeUndefined();
  }, 180_000);

  it('leaves to the primary what it cancels for the sake of replaying', async () => {
    const reader = await openReader();
    const slow = readingBy(reader, () =>
      dataSourceOf(node).query<{ isStandby: boolean }[]>(
        `SELECT pg_is_in_recovery() AS "isStandby", pg_sleep(CASE WHEN pg_is_in_recovery() THEN 25 ELSE 0 END)::text
           FROM (SELECT count(*) FROM waypost.tags) AS counted`,
      ),
    );
    await until(async () => {
      const [row] = await pair.askStandby<{ runs: boolean }>(
        `SELECT EXISTS (SELECT FROM pg_stat_activity WHERE query LIKE '%pg_sleep%' AND pid <> pg_backend_pid()) AS runs`,
      );
      return row?.runs ?? false;
    });
    await pair.askPrimary('BEGIN; LOCK TABLE waypost.tags IN ACCESS EXCLUSIVE MODE; COMMIT');
    expect(await slow).toMatchObject([{ isStandby: false }]);
    expect(await readingBy(reader, () => isStandby(node))).toBe(false);
    expect(stateOf(node)).toMatchObject({ problem: undefined, failed: expect.any(Number) });
  });

  it('is left for good by a request that writes, or that is over', async () => {
    const writing = await openReader();
    await readingBy(writing, async () => {
      expect(await isStandby(node)).toBe(true);
      const inside = await node.app
        .get(TransactionsService, { strict: false })
        .run((manager) => manager.query<{ is: boolean }[]>('SELECT pg_is_in_recovery() AS is'));
      expect(inside).toEqual([{ is: false }]);
      expect(await isStandby(node)).toBe(false);
    });
    const over = await openReader();
    await readingBy(over, async () => {
      over.end();
      expect(await isStandby(node)).toBe(false);
    });
  });

  it('is not read from before its clock has passed the last change, or where it may pass the next moment', async () => {
    const replicas = new Replicas({ url: pair.primaryUrl, replicaUrls: [pair.standbyUrl] });
    const [row] = await pair.askPrimary<{ generation: string }>('SELECT waypost.feed_generation() AS generation');
    const floor = { generation: row?.generation ?? '', lsn: 0n, clockMs: 0 };
    const isFit = async (longestMs: number): Promise<boolean> =>
      (await replicas.findReader(longestMs, () => true)) !== undefined;
    try {
      replicas.follow(floor, true, undefined);
      replicas.start();
      await until(() => isFit(0));
      replicas.follow({ ...floor, clockMs: Date.now() + 60_000 }, true, undefined);
      expect(await isFit(0)).toBe(false);
      replicas.follow(floor, true, Date.now() + 60_000);
      await until(() => isFit(0));
      expect(await isFit(120_000)).toBe(false);
      replicas.follow({ ...floor, lsn: 2n ** 62n }, true, undefined);
      expect(await isFit(0)).toBe(false);
      replicas.follow({ ...floor, generation: 'other' }, false, undefined);
      expect(await isFit(0)).toBe(false);
    } finally {
      await replicas.onApplicationShutdown();
    }
  });

  it('that has replayed everything is known to have, where the WAL has gone on to a new segment', async () => {
    await until(async () => {
      const [row] = await pair.askPrimary<{ next: string }>(
        `SELECT (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::text AS next FROM pg_switch_wal()`,
      );
      const question = { position: undefined, snapshot: '', wantsPrimary: true };
      const { primary } = await readFeedNews(dataSourceOf(node), question);
      const [{ last } = { last: '' }] = await pair.askStandby<{ last: string }>(
        `SELECT (pg_last_wal_replay_lsn() - '0/0'::pg_lsn)::text AS last`,
      );
      // 40 bytes are the header of a segment. Where somebody writes meanwhile, there is another one.
      return primary?.lsn === BigInt(row?.next ?? 0) - 40n && primary.lsn === BigInt(last);
    });
    expect(stateOf(node).problem).toBeUndefined();
  });

  it('is left out when it is promoted, and told of once, without its password', async () => {
    await untilRead(node);
    const warnings = vi.spyOn(Logger.prototype, 'warn');
    await pair.askStandby('SELECT pg_promote(false)');
    await until(() => Promise.resolve(stateOf(node).problem !== undefined));
    expect(stateOf(node).problem).toMatch(/no standby/);
    expect((await askAnew(node, 'first')).article?.title).toBe('first');
    const told = warnings.mock.calls.map(([text]) => String(text)).filter((text) => text.includes('replica 1'));
    expect(told.length).toBeGreaterThan(0);
    expect(told.join()).not.toContain(new URL(pair.standbyUrl).password);
    warnings.mockRestore();
  });
});

describe('what is no standby of the database', () => {
  let other: TestDatabase;
  let lost: TestWaypost;

  beforeAll(async () => {
    other = await createTestDatabase();
    const replicaUrls = [pair.primaryUrl, other.url, 'postgres://waypost:secret-word@127.0.0.1:1/waypost'];
    const database = { url: pair.primaryUrl, replicaUrls };
    lost = await startWaypost({ waypost: { database }, databaseUrl: pair.primaryUrl });
  });

  afterAll(async () => {
    await lost.close();
    await other.drop();
  });

  it('is left out, and the primary answers', async () => {
    expect((await askAnew(lost, 'first')).article?.title).toBe('first');
    await until(() =>
      Promise.resolve(replicasOf(lost).states.every(({ problem }) => !problem?.includes('not asked yet'))),
    );
    expect(replicasOf(lost).states.map(({ problem }) => problem)).toEqual([
      'It is no standby: it takes writes of its own.',
      'It answers with an error (3F000).',
      'It cannot be reached (ECONNREFUSED).',
    ]);
    expect((await askAnew(lost, 'first')).article?.title).toBe('first');
  });

  it('is named by health and metrics, and the node is ready all the same', async () => {
    const health = await fetch(`${lost.url}/health/ready`);
    expect(health.status).toBe(200);
    const text = await health.text();
    expect(JSON.parse(text)).toMatchObject({
      status: 'ready',
      late: [
        'Read replica 1 is left out: It is no standby: it takes writes of its own.',
        expect.stringContaining('Read replica 2 is left out'),
        expect.stringContaining('Read replica 3 is left out'),
      ],
      replicas: [{ number: 1, problem: expect.any(String) }, { number: 2 }, { number: 3 }],
    });
    expect(text).not.toMatch(/secret-word|127\.0\.0\.1/);
    const metrics = await (await fetch(`${lost.url}/metrics`)).text();
    expect(metrics).toContain('waypost_replica_up{replica="1",worker="0"} 0');
    expect(metrics).toContain('waypost_replica_statements_total{replica="3",worker="0"} 0');
  });
});

/** As for a request that asks at this moment. */
async function openReader(): Promise<ReplicaReader> {
  let reader: ReplicaReader | undefined;
  await until(async () => {
    await askAnew(node, 'first');
    reader = await replicasOf(node).findReader(0, () => true);
    return reader !== undefined;
  });
  return reader as ReplicaReader;
}
