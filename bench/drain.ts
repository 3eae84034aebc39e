import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { createClickId } from '../src/clicks/click-id.js';
import { LocalClickLog } from '../src/clicks/local-click-log.js';
import { clickMarks, type LoggedClick } from '../src/clicks/logged-click.js';
import { startDrainThread } from '../src/clicks/running-drain.sink.js';
import { startEmbeddedPostgres } from '../src/database/embedded-postgres.js';
import { migrate } from '../src/database/migrate.js';
import { createDataSource } from '../src/database/waypost.datasource.js';
import { readBenchOptions } from './bench-options.js';
import { describePerClick, readPostgresTimes, readThreadTimes, type ProcessorTimes } from './processor-time.js';
import { benchPartners, benchUserAgents } from './redirect-load.js';

/**
 * How fast a log that has filled up is drained into Postgres, rollups included, when nothing else is to be done.
 *   npm run bench -- drain [--quick] [--clicks 1000000]
 */
const { number } = readBenchOptions({ clicks: { usual: '1000000', quick: '200000' } });

const partners = benchPartners();
const directory = await mkdtemp(join(tmpdir(), 'waypost-bench-'));
const postgres = await startEmbeddedPostgres({ dataDirectory: join(directory, 'data') });
const url = postgres.connectionString;
try {
  const dataSource = createDataSource({ url }, [], () => undefined);
  await dataSource.initialize();
  await migrate(dataSource, { url });
  await dataSource.destroy();
  await fillLog(join(directory, 'clicks'), number('clicks'));
  await drainLog(join(directory, 'clicks'));
} finally {
  await postgres.stop();
  await rm(directory, { recursive: true, force: true });
}

async function fillLog(folder: string, clicks: number): Promise<void> {
  const log = await LocalClickLog.open({ directory: folder, durability: 'durable', writer: 'bench' });
  const startMs = Date.now() - clicks / 20;
  for (let index = 0; index < clicks; index++) {
    const settled = new Promise((settle) => {
      log.append(clickOf(index, startMs + index / 20), { settle });
    });
    // Faster than the disk, what is not written yet would outgrow its bound and be lost.
    if (index % 10_000 === 0) await settled;
  }
  await log.close();
  if (log.counters.lost > 0) throw new Error(`The log lost ${log.counters.lost} clicks: there is nothing to measure.`);
  console.log(`${log.counters.logged} clicks wait in ${(log.counters.bytes / 1e6).toFixed(0)} MB`);
}

function clickOf(index: number, atMs: number): LoggedClick {
  const partner = partners[(index * 7919) % partners.length];
  return {
    id: createClickId(Math.floor(atMs)),
    partnerKey: partner?.key ?? '',
    placementId: partner?.placementId ?? '',
    targetKey: '',
    userAgent: benchUserAgents[index % benchUserAgents.length] ?? '',
    referrerHost: 'blog.example.org',
    country: 'DE',
    visitorHigh: Math.imul(index, 2_654_435_761) >>> 0,
    visitorLow: index,
    marks: clickMarks.hasVisitor,
  };
}

async function drainLog(folder: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const before = await readTimes(client);
  const startedMs = performance.now();
  const settings = { databaseUrl: url, directory: folder, retentionDays: 90, duplicateWindowMs: 2000 };
  const drain = startDrainThread({ ...settings, livingWriters: [] }, console.error);
  while (drain.state.counted < number('clicks')) await delay(20);
  const seconds = (performance.now() - startedMs) / 1000;
  const after = await readTimes(client);
  await drain.stop(5000);
  const { rows } = await client.query<{ stored: string; counted: string }>(
    `SELECT (SELECT count(*) FROM waypost.clicks) AS stored, (SELECT sum(clicks) FROM waypost.click_counts_hourly) AS counted`,
  );
  await client.end();
  console.log(
    `drained in ${seconds.toFixed(1)} s: ${(number('clicks') / seconds).toFixed(0)} clicks/s in ${drain.state.batches} batches; ${rows[0]?.stored} stored, ${rows[0]?.counted} counted`,
  );
  console.log(describePerClick(before, after, number('clicks')));
}

async function readTimes(client: pg.Client): Promise<ProcessorTimes> {
  return { ...readThreadTimes(process.pid), ...(await readPostgresTimes(client)) };
}
