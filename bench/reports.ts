import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { maintainClicks } from '../src/clicks/click-maintenance.sink.js';
import { startEmbeddedPostgres } from '../src/database/embedded-postgres.js';
import { migrate } from '../src/database/migrate.js';
import { createDataSource } from '../src/database/waypost.datasource.js';
import { ClickReportGroup, type ClickReportInput } from '../src/reports/report.type.js';
import { ReportsService } from '../src/reports/reports.service.js';
import { readBenchOptions } from './bench-options.js';

/**
 * How long a report of a year takes. Only the rollups are filled, as the drain would have: reports read nothing else.
 *   npm run bench -- reports [--quick] [--clicks 10000000] [--partners 1000] [--runs 20]
 */
const { number } = readBenchOptions({
  clicks: { usual: '10000000', quick: '1000000' },
  partners: { usual: '1000' },
  runs: { usual: '20' },
});

const directory = await mkdtemp(join(tmpdir(), 'waypost-bench-'));
const postgres = await startEmbeddedPostgres({ dataDirectory: join(directory, 'data') });
const url = postgres.connectionString;
const client = new pg.Client({ connectionString: url });
const dataSource = createDataSource({ url }, [], () => undefined);
const firstDay = '2025-01-01';
const now = new Date('2026-01-15T12:00:00Z');
const year = { from: new Date('2025-01-01T00:00:00Z'), to: new Date('2026-01-01T00:00:00Z') };
try {
  await dataSource.initialize();
  await migrate(dataSource, { url });
  await client.connect();
  await fillRollups();
  await measureReports();
} finally {
  await client.end();
  await dataSource.destroy();
  await postgres.stop();
  await rm(directory, { recursive: true, force: true });
}

async function fillRollups(): Promise<void> {
  const startedMs = performance.now();
  await client.query(`SET work_mem = '256MB'`);
  // Each click in some hour of the year, of some partner, as random as it gets: hardly two share a row.
  await client.query(
    `INSERT INTO waypost.click_counts_hourly (hour, partner_key, placement_id, target_key, article_id, clicks, private_clicks)
     SELECT hour, 'partner_' || partner, lpad(to_hex(partner), 12, 'b'), '', md5((partner % 200)::text)::uuid, count(*), 0
     FROM (SELECT timestamptz '${firstDay} 00:00Z' + floor(random() * 8760)::integer * interval '1 hour' AS hour,
         floor(random() * $2)::integer AS partner FROM generate_series(1, $1)) AS clicks
     GROUP BY hour, partner`,
    [number('clicks'), number('partners')],
  );
  for (const [kind, key] of [
    ['all', `''`],
    ['partner', 'partner_key'],
    ['placement', 'placement_id'],
    ['article', 'article_id::text'],
  ]) {
    await client.query(
      `INSERT INTO waypost.click_counts_daily (day, kind, key, clicks, visitors, filtered)
       SELECT (hour AT TIME ZONE 'UTC')::date, '${kind}', ${key}, sum(clicks), sum(clicks), 0 FROM waypost.click_counts_hourly GROUP BY 1, 3`,
    );
  }
  await client.query(
    `INSERT INTO waypost.click_links_daily (day, partner_key, placement_id, target_key, article_id, clicks)
     SELECT (hour AT TIME ZONE 'UTC')::date AS day, partner_key, placement_id, target_key, (array_agg(article_id))[1], sum(clicks)
     FROM waypost.click_counts_hourly GROUP BY day, partner_key, placement_id, target_key`,
  );
  await client.query(
    `INSERT INTO waypost.click_totals_hourly (hour, clicks, filtered) SELECT hour, sum(clicks), 0 FROM waypost.click_counts_hourly GROUP BY hour`,
  );
  await fillDimensions();
  await maintainClicks(client, { retentionDays: 90, nowMs: now.getTime() });
  await client.query('VACUUM ANALYZE');
  console.log(`rollups of ${number('clicks')} clicks in ${((performance.now() - startedMs) / 1000).toFixed(0)} s`);
}

/** 3 devices, 40 countries and 200 referrers, the first of them the most frequent, as they are. */
async function fillDimensions(): Promise<void> {
  for (const [dimension, values] of [
    ['device', 3],
    ['country', 40],
    ['referrer', 200],
  ] as const) {
    await client.query(
      `INSERT INTO waypost.click_dimensions_daily (dimension, day, partner_key, value, clicks)
       SELECT '${dimension}', day, key, 'value ' || floor(power(random(), 3) * ${values}), count(*)
       FROM waypost.click_counts_daily, generate_series(1, clicks) WHERE kind = 'partner' GROUP BY 2, 3, 4`,
    );
  }
  await client.query(
    `INSERT INTO waypost.click_dimensions_daily (dimension, day, partner_key, value, clicks)
     SELECT dimension, day, '', value, sum(clicks) FROM waypost.click_dimensions_daily GROUP BY dimension, day, value`,
  );
}

async function measureReports(): Promise<void> {
  const reports = new ReportsService(dataSource);
  const { PARTNER, ARTICLE, PLACEMENT, TARGET, TAG, DAY, COUNTRY, DEVICE, REFERRER, HOUR } = ClickReportGroup;
  const onePartner = { partnerKeys: ['partner_7'] };
  // Days of a year that ends today, as most people ask: its first and last month are no whole months.
  const lastYear = { from: new Date('2025-01-14T23:00:00Z'), to: new Date('2026-01-14T23:00:00Z') };
  const berlin = { ...lastYear, timeZone: 'Europe/Berlin' };
  const cases: Readonly<Record<string, Partial<ClickReportInput>>> = {
    'a year': year,
    'a year by partner': { ...year, groupBy: [PARTNER] },
    'a year by article': { ...year, groupBy: [ARTICLE] },
    'a year by placement': { ...year, groupBy: [PLACEMENT] },
    'a year by target': { ...year, groupBy: [TARGET, PARTNER] },
    'a year by tag': { ...year, groupBy: [TAG] },
    'a year by partner, article': { ...year, groupBy: [PARTNER, ARTICLE] },
    'a year by country': { ...year, groupBy: [COUNTRY] },
    'a year by device': { ...year, groupBy: [DEVICE] },
    'a year by referrer': { ...year, groupBy: [REFERRER] },
    'a year by country, partner': { ...year, groupBy: [COUNTRY, PARTNER] },
    'a year of one by country': { ...year, groupBy: [COUNTRY], filter: onePartner },
    'a year by day': { ...year, groupBy: [DAY], first: 400 },
    'a year by day, partner': { ...year, groupBy: [DAY, PARTNER] },
    'a year by day, country': { ...year, groupBy: [DAY, COUNTRY] },
    'a year by day, partner, article': { ...year, groupBy: [DAY, PARTNER, ARTICLE] },
    'a year by hour': { ...year, groupBy: [HOUR], first: 10_000 },
    'a year by hour, partner': { ...year, groupBy: [HOUR, PARTNER] },
    'a year of one by day': { ...year, groupBy: [DAY], filter: onePartner, first: 400 },
    'Berlin, a year by partner': { ...berlin, groupBy: [PARTNER] },
    'Berlin, a year by day': { ...berlin, groupBy: [DAY], first: 400 },
    'Berlin, a year by day, partner': { ...berlin, groupBy: [DAY, PARTNER] },
    'Berlin, a year of one by day': { ...berlin, groupBy: [DAY], filter: onePartner, first: 400 },
  };
  for (const [name, input] of Object.entries(cases)) {
    const tookMs: number[] = [];
    let rows = 0;
    for (let run = 0; run < number('runs'); run++) {
      const startedMs = performance.now();
      rows = (await reports.clickReport(input, now)).rows.length;
      tookMs.push(performance.now() - startedMs);
    }
    const sorted = tookMs.toSorted((one, other) => one - other);
    const median = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
    console.log(
      `${name.padEnd(32)} ${median.toFixed(1).padStart(7)} ms median, ${(sorted.at(-1) ?? 0).toFixed(1)} ms most, ${rows} rows`,
    );
  }
}
