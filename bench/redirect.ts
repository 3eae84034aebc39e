import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { startEmbeddedPostgres } from '../src/database/embedded-postgres.js';
import { migrate } from '../src/database/migrate.js';
import { createDataSource } from '../src/database/waypost.datasource.js';
import type { LinksState } from '../src/redirects/engine-states.js';
import { benchPartners, chooseLoad, type BenchMode, type LoadResult } from './redirect-load.js';

/**
 * How near the redirect comes to what Node can do, and what recording costs. Everything shares one machine: server, load, Postgres, drain. So only
 * ratios within one run mean something, and the modes take turns.
 *   npm run bench -- redirect [--seconds 10] [--rounds 3] [--connections 8,64,256] [--burst 60] [--sustained 180]
 */
const options = readOptions(process.argv.slice(3));

interface Measured {
  readonly mode: BenchMode;
  readonly connections: number;
  readonly result: LoadResult;
}

const directory = await mkdtemp(join(tmpdir(), 'waypost-bench-'));
const { name: loadName, load } = await chooseLoad(directory);
const postgres = await startEmbeddedPostgres({ dataDirectory: join(directory, 'data') });
const client = new pg.Client({ connectionString: postgres.connectionString });
try {
  await prepareDatabase();
  console.log(`${cpus().length} processors, load from ${loadName}, Node ${process.version}`);
  if (options.rounds > 0) await compareModes();
  if (options.burst > 0) await measureBurst();
  if (options.sustained > 0) await measureSustained();
} finally {
  await client.end();
  await postgres.stop();
  await rm(directory, { recursive: true, force: true });
}

async function prepareDatabase(): Promise<void> {
  const dataSource = createDataSource({ url: postgres.connectionString }, [], () => undefined);
  await dataSource.initialize();
  await migrate(dataSource, { url: postgres.connectionString });
  await dataSource.destroy();
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
}

async function compareModes(): Promise<void> {
  const measured: Measured[] = [];
  for (let round = 0; round < options.rounds; round++) {
    for (const connections of options.connections) {
      for (const mode of options.modes) {
        const server = await startServer(mode);
        await load(server.port, connections, 1);
        measured.push({ mode, connections, result: await load(server.port, connections, options.seconds) });
        await server.stop();
      }
    }
  }
  for (const connections of options.connections) printComparison(measured, connections);
}

function printComparison(measured: readonly Measured[], connections: number): void {
  const median = (mode: BenchMode, pick: (result: LoadResult) => number): number => {
    const values = measured
      .filter((one) => one.mode === mode && one.connections === connections)
      .map((one) => pick(one.result));
    return values.sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
  };
  const bare = median('bare', (result) => result.requestsPerSecond);
  console.log(`\n${connections} connections, median of ${options.rounds}`);
  for (const mode of options.modes) {
    const rate = median(mode, (result) => result.requestsPerSecond);
    const failures = measured.reduce((sum, one) => sum + (one.mode === mode ? one.result.failures : 0), 0);
    console.log(
      `  ${mode.padEnd(12)} ${rate.toFixed(0).padStart(7)} requests/s  ${(rate / bare).toFixed(2)} of bare  p50 ${median(mode, (result) => result.p50Ms).toFixed(2)} ms  p99 ${median(mode, (result) => result.p99Ms).toFixed(2)} ms${failures > 0 ? `  ${failures} failures` : ''}`,
    );
  }
}

/** A minute at full load: the drain yields, and catches up afterwards. */
async function measureBurst(): Promise<void> {
  const bare = await measureBare();
  const server = await startServer('durable');
  await load(server.port, 64, 1);
  const before = await recorded(server);
  const result = await load(server.port, 64, options.burst);
  const startedMs = Date.now();
  const waiting = (await server.report()).report.drain?.lagClicks ?? 0;
  await drained(server, 300_000);
  const tookMs = Date.now() - startedMs;
  console.log(`\nA burst of ${options.burst} s at 64 connections`);
  printDurable(result, bare);
  console.log(
    `  ${waiting} clicks waited at its end; caught up in ${(tookMs / 1000).toFixed(1)} s, ${((waiting / tookMs) * 1000).toFixed(0)} clicks/s`,
  );
  await printCounted(server, before);
  await server.stop();
}

/** Long enough for the drain to stop yielding: it keeps pace from then on. */
async function measureSustained(): Promise<void> {
  const bare = await measureBare();
  const server = await startServer('durable');
  const before = await recorded(server);
  await load(server.port, 64, 75);
  const memoryMb: number[] = [];
  const lags: number[] = [];
  const watch = setInterval(() => void look(), 5000);
  const look = async (): Promise<void> => {
    const { memoryMb: now, report } = await server.report();
    memoryMb.push(now);
    lags.push(report.drain?.lagMs ?? 0);
  };
  const result = await load(server.port, 64, options.sustained);
  clearInterval(watch);
  console.log(`\nSustained for ${options.sustained} s at 64 connections, after 75 s of the same`);
  printDurable(result, bare);
  console.log(`  lag each 5 s, in seconds: ${lags.map((lag) => (lag / 1000).toFixed(0)).join(' ')}`);
  console.log(`  memory each 5 s, in MB: ${memoryMb.map((one) => one.toFixed(0)).join(' ')}`);
  await drained(server, 600_000);
  await printCounted(server, before);
  await server.stop();
}

async function measureBare(): Promise<LoadResult> {
  const server = await startServer('bare');
  await load(server.port, 64, 1);
  const result = await load(server.port, 64, Math.max(5, options.seconds));
  await server.stop();
  return result;
}

function printDurable(result: LoadResult, bare: LoadResult): void {
  console.log(
    `  bare ${bare.requestsPerSecond.toFixed(0)} requests/s; durable ${result.requestsPerSecond.toFixed(0)} requests/s, ${(result.requestsPerSecond / bare.requestsPerSecond).toFixed(2)} of bare, p50 ${result.p50Ms.toFixed(2)} ms, p99 ${result.p99Ms.toFixed(2)} ms, ${result.failures} failures`,
  );
}

interface Recorded {
  readonly logged: number;
  readonly counted: number;
}

async function recorded(server: BenchServer): Promise<Recorded> {
  await drained(server, 60_000);
  const { report } = await server.report();
  const { rows } = await client.query<{ clicks: string }>(
    `SELECT coalesce(sum(clicks), 0) AS clicks FROM waypost.click_counts_daily WHERE kind = 'all'`,
  );
  return { logged: report.log.logged, counted: Number(rows[0]?.clicks) };
}

async function printCounted(server: BenchServer, before: Recorded): Promise<void> {
  const after = await recorded(server);
  const { report } = await server.report();
  const logged = after.logged - before.logged;
  const counted = after.counted - before.counted;
  console.log(
    `  ${logged} clicks logged, ${counted} counted (${((counted / logged) * 100).toFixed(2)} %), filtered: ${JSON.stringify(report.drain?.filtered)}, late ${report.log.late}, lost ${report.log.lost}`,
  );
}

async function drained(server: BenchServer, maxMs: number): Promise<void> {
  const deadlineMs = Date.now() + maxMs;
  await delay(600);
  while (((await server.report()).report.drain?.lagClicks ?? 0) > 0 && Date.now() < deadlineMs) await delay(250);
}

interface Report {
  readonly report: LinksState;
  readonly memoryMb: number;
}

interface BenchServer {
  readonly port: number;
  report(): Promise<Report>;
  stop(): Promise<void>;
}

async function startServer(mode: BenchMode): Promise<BenchServer> {
  const path = fileURLToPath(new URL('./redirect-server.js', import.meta.url));
  const child: ChildProcess = fork(path, [mode, join(directory, 'waypost'), postgres.connectionString]);
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return {
    port,
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

function readOptions(words: readonly string[]) {
  const value = (name: string, fallback: string): string => {
    const index = words.indexOf(`--${name}`);
    return index < 0 ? fallback : (words[index + 1] ?? fallback);
  };
  return {
    seconds: Number(value('seconds', '10')),
    rounds: Number(value('rounds', '3')),
    connections: value('connections', '8,64,256').split(',').map(Number),
    modes: value('modes', 'bare,unrecorded,memory,durable').split(',') as BenchMode[],
    burst: Number(value('burst', '60')),
    sustained: Number(value('sustained', '120')),
  };
}
