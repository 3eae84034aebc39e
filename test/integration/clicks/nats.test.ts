import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jetstreamManager } from '@nats-io/jetstream';
import { createClickId } from '../../../src/clicks/click-id.js';
import type { ClickLogOutcome } from '../../../src/clicks/click-log.js';
import { clickMarks, type LoggedClick } from '../../../src/clicks/logged-click.js';
import { NatsClickLog } from '../../../src/clicks/nats-click-log.js';
import { NatsClickSource } from '../../../src/clicks/nats-click-source.js';
import { clickStream, clickSubject, connectNats } from '../../../src/clicks/nats-stream.js';
import { startDrainHere, type RunningDrain } from '../../../src/clicks/running-drain.sink.js';
import { natsIsMissing, startNats, type NatsCluster } from './nats-server.js';
import { createTestDatabase, type TestDatabase } from './test-database.js';

const firefox = 'Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0';

describe.skipIf(natsIsMissing !== '')(`clicks through NATS JetStream ${natsIsMissing}`, { timeout: 120_000 }, () => {
  let cluster: NatsCluster;
  let database: TestDatabase;
  let directory: string;

  beforeAll(async () => {
    [cluster, database, directory] = await Promise.all([
      startNats(1),
      createTestDatabase(),
      mkdtemp(join(tmpdir(), 'waypost-nats-test-')),
    ]);
  });
  afterAll(async () => {
    await cluster.stop();
    await database.drop();
    await rm(directory, { recursive: true });
  });

  let visitors = 0;
  const click = (): LoggedClick => ({
    id: createClickId(Date.now()),
    partnerKey: 'training_partner',
    placementId: '',
    targetKey: '',
    userAgent: firefox,
    referrerHost: '',
    country: '',
    visitorHigh: 1,
    visitorLow: ++visitors,
    marks: clickMarks.hasVisitor,
  });

  const append = (log: NatsClickLog): Promise<ClickLogOutcome> =>
    new Promise((resolve) => log.append(click(), { settle: resolve }));

  const startDrain = (): RunningDrain =>
    startDrainHere(
      {
        databaseUrl: database.url,
        directory,
        natsUrl: cluster.url,
        retentionDays: 90,
        duplicateWindowMs: 2000,
        livingWriters: [],
      },
      () => undefined,
    );

  const stored = async (): Promise<number> =>
    Number((await database.client.query<{ count: string }>('SELECT count(*) FROM waypost.clicks')).rows[0]?.count);

  async function reaches(count: number): Promise<number> {
    const deadlineMs = Date.now() + 60_000;
    while ((await stored()) < count && Date.now() < deadlineMs) await delay(50);
    return stored();
  }

  it('are kept by the broker, shared by several drains, and stored once', async () => {
    const log = new NatsClickLog({ url: cluster.url, maxWaitMs: 60_000 });
    await log.ready();
    const drains = [startDrain(), startDrain()];
    const outcomes: ClickLogOutcome[] = [];
    for (let round = 0; round < 20; round++) {
      outcomes.push(...(await Promise.all(Array.from({ length: 50 }, () => append(log)))));
    }
    expect(new Set(outcomes)).toEqual(new Set(['logged']));
    expect(await reaches(1000)).toBe(1000);
    await Promise.all(drains.map((drain) => drain.stop(2000)));
    await log.close();
    expect(drains.reduce((sum, drain) => sum + drain.state.counted, 0)).toBe(1000);
    const { rows } = await database.client.query(
      `SELECT sum(clicks)::int AS clicks FROM waypost.click_counts_daily WHERE kind = 'all'`,
    );
    expect(rows).toEqual([{ clicks: 1000 }]);
  });

  it('are stored once when the same message comes again', async () => {
    const before = await stored();
    const connection = await connectNats(cluster.url, 'test');
    const log = new NatsClickLog({ url: cluster.url, maxWaitMs: 60_000 });
    await log.ready();
    const copies: Uint8Array[] = [];
    connection.subscribe(clickSubject, { callback: (_error, message) => void copies.push(message.data) });
    await connection.flush();
    await Promise.all(Array.from({ length: 10 }, () => append(log)));
    // The broker has handed over all that it confirmed by the time it answers this.
    await connection.flush();
    // Without a message id, so that the broker does not know it again.
    for (const copy of copies) connection.publish(clickSubject, copy);
    await connection.flush();
    const drain = startDrain();
    expect(await reaches(before + 10)).toBe(before + 10);
    await delay(500);
    expect(await stored()).toBe(before + 10);
    await drain.stop(2000);
    await log.close();
    await connection.close();
  });

  it('make no reader wait while the broker is away, and are sent when it is back', async () => {
    const before = await stored();
    const log = new NatsClickLog({ url: cluster.url, maxWaitMs: 100 });
    await log.ready();
    await cluster.nodes[0]?.kill();
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => append(log)));
    expect(new Set(outcomes)).toEqual(new Set(['late']));
    expect(log.problem).toContain('NATS');
    await cluster.nodes[0]?.start();
    const drain = startDrain();
    expect(await reaches(before + 20)).toBe(before + 20);
    expect(log.counters).toMatchObject({ lost: 0 });
    await drain.stop(2000);
    await log.close();
  });

  it('that cannot be read are set aside, and hold up nothing', async () => {
    const before = await stored();
    const connection = await connectNats(cluster.url, 'test');
    connection.publish(clickSubject, new TextEncoder().encode('no clicks'));
    await connection.flush();
    const log = new NatsClickLog({ url: cluster.url, maxWaitMs: 60_000 });
    await log.ready();
    expect(await append(log)).toBe('logged');
    const drain = startDrain();
    expect(await reaches(before + 1)).toBe(before + 1);
    expect(drain.state.setAside).toBe(1);
    expect(await readdir(join(directory, 'set-aside'))).toEqual([expect.stringMatching(/^message-\d+\.bytes$/)]);
    await drain.stop(2000);
    await log.close();
    await connection.close();
  });
});

describe.skipIf(natsIsMissing !== '')(`a cluster of three ${natsIsMissing}`, { timeout: 180_000 }, () => {
  it('gets three replicas as soon as its third node is there', async () => {
    const cluster = await startNats(3);
    const directory = await mkdtemp(join(tmpdir(), 'waypost-nats-test-'));
    const source = new NatsClickSource({ url: cluster.url, setAsideFolder: directory });
    const connection = await connectNats(cluster.url, 'test');
    const replicas = async (): Promise<number> => {
      // As the drain does: it reads again and again, whatever fails.
      await source.read(100).catch(() => undefined);
      const manager = await jetstreamManager(connection, { checkAPI: false });
      return (await manager.streams.info(clickStream).catch(() => undefined))?.config.num_replicas ?? 0;
    };
    try {
      await cluster.nodes[2]?.kill();
      await expect.poll(replicas, { timeout: 60_000, interval: 500 }).toBe(1);
      await cluster.nodes[2]?.start();
      await expect.poll(replicas, { timeout: 60_000, interval: 500 }).toBe(3);
    } finally {
      await source.close();
      await connection.close();
      await cluster.stop();
      await rm(directory, { recursive: true });
    }
  });
});
