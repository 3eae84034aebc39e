import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { startEmbeddedPostgres } from '../src/database/embedded-postgres.js';
import { migrate } from '../src/database/migrate.js';
import { createDataSource } from '../src/database/waypost.datasource.js';
import type { LinksState } from '../src/redirects/engine-states.js';
import { natsIsMissing, startNats } from '../test/integration/clicks/nats-server.js';
import { benchPartners, chooseLoad, type BenchMode, type Load } from './redirect-load.js';

/** A database with 1,000 partners, a broker where there is one, and a load generator: all on this machine. */
export interface BenchWorld {
  readonly loadName: string;
  readonly load: Load;
  readonly client: pg.Client;
  /** Why there is no broker; empty where there is one. */
  readonly natsIsMissing: string;
  startServer(mode: BenchMode, maxYieldMs?: number): Promise<BenchServer>;
  stop(): Promise<void>;
}

export interface BenchServer {
  readonly port: number;
  readonly processId: number;
  report(): Promise<Report>;
  stop(): Promise<void>;
}

export interface Report {
  readonly report: LinksState;
  readonly memoryMb: number;
  readonly heapMb: number;
}

export async function openWorld(): Promise<BenchWorld> {
  const directory = await mkdtemp(join(tmpdir(), 'waypost-bench-'));
  const { name, load } = await chooseLoad(directory);
  const postgres = await startEmbeddedPostgres({ dataDirectory: join(directory, 'data') });
  const client = await prepareDatabase(postgres.connectionString);
  const nats = natsIsMissing === '' ? await startNats(1) : undefined;
  return {
    loadName: name,
    load,
    client,
    natsIsMissing,
    startServer: (mode, maxYieldMs = 60_000) =>
      startServer([
        mode,
        join(directory, 'waypost'),
        postgres.connectionString,
        mode === 'nats' ? (nats?.url ?? '') : '',
        String(maxYieldMs),
      ]),
    stop: async () => {
      await client.end();
      await nats?.stop();
      await postgres.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function prepareDatabase(url: string): Promise<pg.Client> {
  const dataSource = createDataSource({ url }, [], () => undefined);
  await dataSource.initialize();
  await migrate(dataSource, { url });
  await dataSource.destroy();
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const partners = benchPartners();
  await client.query(
    `INSERT INTO waypost.partners (key, name, destination_url, network, sub_id_template) SELECT key, key, url, 'custom', 'sid={placement}' FROM unnest($1::text[], $2::text[]) AS one (key, url)`,
    [partners.map(({ key }) => key), partners.map(({ destinationUrl }) => destinationUrl)],
  );
  await client.query(
    `INSERT INTO waypost.placements (id, article_id, partner_key, ordinal, position, text, line, "column")
     SELECT id, gen_random_uuid(), key, 1, 0, 'x', 1, 1 FROM unnest($1::text[], $2::text[]) AS one (id, key)`,
    [partners.map(({ placementId }) => placementId), partners.map(({ key }) => key)],
  );
  return client;
}

async function startServer(words: readonly string[]): Promise<BenchServer> {
  const path = fileURLToPath(new URL('./redirect-server.js', import.meta.url));
  const child: ChildProcess = fork(path, words);
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return {
    port,
    processId: child.pid ?? 0,
    report: async () => {
      child.send({ kind: 'report' });
      return ((await once(child, 'message')) as [Report])[0];
    },
    stop: async () => {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

/** What a server has logged and the database has counted, once nothing waits any more. */
export interface Recorded {
  readonly logged: number;
  readonly counted: number;
}

export async function recorded(world: BenchWorld, server: BenchServer): Promise<Recorded> {
  await drained(server, 600_000);
  const { report } = await server.report();
  const { rows } = await world.client.query<{ clicks: string }>(
    `SELECT coalesce(sum(clicks), 0) AS clicks FROM waypost.click_counts_daily WHERE kind = 'all'`,
  );
  return { logged: report.log.logged, counted: Number(rows[0]?.clicks) };
}

export async function drained(server: BenchServer, maxMs: number): Promise<void> {
  const deadlineMs = Date.now() + maxMs;
  // Longer than the server takes to see that the load has ended.
  await delay(1200);
  while (((await server.report()).report.drain?.lagClicks ?? 0) > 0 && Date.now() < deadlineMs) await delay(250);
}
