import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { natsIsMissing, startNats, type NatsCluster } from '../integration/clicks/nats-server.js';
import {
  compileServer,
  FaultyPostgres,
  FaultyWaypost,
  isThorough,
  judge,
  nothingWrong,
  randomMs,
  Readers,
} from './fault-world.js';

describe.skipIf(natsIsMissing !== '')(`with three nodes of NATS ${natsIsMissing}`, () => {
  let postgres: FaultyPostgres;
  let cluster: NatsCluster;
  let directory: string;

  beforeAll(async () => {
    compileServer();
    [postgres, cluster] = await Promise.all([FaultyPostgres.start(), startNats(3)]);
    directory = await mkdtemp(join(tmpdir(), 'waypost-fault-'));
    // A cluster needs a moment to choose its leader.
    await delay(5000);
  }, 120_000);
  afterAll(async () => {
    await Promise.all([postgres.stop(), cluster.stop()]);
    await rm(directory, { recursive: true, force: true });
  });

  it('an acknowledged click is in Postgres exactly once when one node after the other is killed', async () => {
    const wayposts = [0, 1].map(
      (number) => new FaultyWaypost(join(directory, String(number)), postgres.url, cluster.url),
    );
    await Promise.all(wayposts.map((waypost) => waypost.start()));
    await delay(2000);
    const readers = wayposts.map((waypost) => new Readers(waypost, 4));
    for (let round = 0; round < (isThorough ? 5 : 2); round++) {
      await delay(randomMs(300, 1500));
      const node = cluster.nodes[round % 3];
      await node?.kill();
      await delay(randomMs(1000, 2500));
      await node?.start();
      await delay(3000);
    }
    await Promise.all(readers.map((each) => each.stop()));
    const acknowledged = new Set(readers.flatMap((each) => [...each.acknowledged]));
    expect(readers.flatMap((each) => each.refused)).toEqual([]);
    expect(acknowledged.size).toBeGreaterThan(100);
    // What a dead leader had handed over to nobody comes again after a minute, and may meet the other one's end.
    expect(await judge(postgres, acknowledged, 300_000)).toEqual(nothingWrong);
    await Promise.all(wayposts.map((waypost) => waypost.stop()));
  }, 480_000);
});
