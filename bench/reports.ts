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
 *   npm run bench -- reports [--quick] [--clicks 10000000] [--partners 1000] [--runs 10]
 */
const { number } = readBenchOptions({
  clicks: { usual: '10000000', quick: '1000000' },
  partners: { usual: '1000' },
  runs: { usual: '10' },
});

const directory = await mkdtemp(join(tmpdir(), 'waypost-bench-'));
const postgres = await startEmbeddedPostgres({ dataDirectory: join(directory, 'data') });
const url = postgres.connectionString;
const client = new pg.Client({ connectionString: url });
const dataSource = createDataSource({ url }, [], () => undefined);
const aimMs = 50;
const firstDay = '2025-01-01';
const days = 380;
const now = new Date('2026-01-15T12:00:00Z');
const year = { from: new Date('2025-01-01T00:00:00Z'), to: new Date('2026-01-01T00:00:00Z') };
/** A year that ends today, as most people ask: it begins within a month, and ends in one that is not over. */
const lastYear = { from: new Date('2025-01-16T00:00:00Z'), to: new Date('2026-01-16T00:00:00Z') };
const berlin = {
  from: new Date('2025-01-14T23:00:00Z'),
  to: new Date('2026-01-14T23:00:00Z'),
  timeZone: 'Europe/Berlin',
};
const newYork = {
  from: new Date('2025-01-14T05:00:00Z'),
  to: new Date('2026-01-14T05:00:00Z'),
  timeZone: 'America/New_York',
};
type Asked = Partial<ClickReportInput>;

const { PARTNER, ARTICLE, PLACEMENT, TARGET, TAG, DAY, COUNTRY, DEVICE, REFERRER, HOUR } = ClickReportGroup;

const periodGroupings = [
  ...[[], [PARTNER], [ARTICLE], [PLACEMENT], [TARGET], [TAG], [COUNTRY], [DEVICE], [REFERRER]],
  ...[
    [PARTNER, ARTICLE],
    [PARTNER, TARGET],
    [TAG, PARTNER],
    [PARTNER, ARTICLE, PLACEMENT, TARGET, TAG],
  ],
  ...[
    [COUNTRY, PARTNER],
    [DEVICE, PARTNER],
    [REFERRER, PARTNER],
  ],
];
const timeGroupings = [
  ...[
    [DAY],
    [HOUR],
    [DAY, PARTNER],
    [HOUR, PARTNER],
    [DAY, ARTICLE],
    [DAY, TAG],
    [DAY, COUNTRY],
    [DAY, PARTNER, ARTICLE],
  ],
];
const filters = {
  'one partner': { partnerKeys: ['partner_7'] },
  'one article': { articleIds: ['a87ff679-a2f3-e71d-9181-a67b7542122c'] },
  'one placement': { placementIds: ['bbbbbbbbbbb7'] },
};

const nameOf = (period: string, groupBy: readonly ClickReportGroup[]): string =>
  `${period} by ${groupBy.length === 0 ? 'nothing' : groupBy.join(', ').toLowerCase()}`;

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
  // Each click in some hour, of some partner, as random as it gets: hardly two share a row. A quarter of the partners has another target.
  await client.query(
    `INSERT INTO waypost.click_counts_hourly (hour, partner_key, placement_id, target_key, article_id, clicks, private_clicks)
     SELECT hour, 'partner_' || partner, lpad(to_hex(partner), 12, 'b'), target, md5((partner % 200)::text)::uuid, count(*), 0
     FROM (SELECT timestamptz '${firstDay} 00:00Z' + floor(random() * ${days * 24})::integer * interval '1 hour' AS hour,
         partner, CASE WHEN partner % 4 = 0 AND random() < 0.3 THEN 'germany' ELSE '' END AS target
       FROM (SELECT floor(random() * $2)::integer AS partner FROM generate_series(1, $1)) AS partners) AS clicks
     GROUP BY hour, partner, target`,
    [Math.round((number('clicks') * days) / 365), number('partners')],
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
  await fillTags();
  const summedMs = performance.now();
  await maintainClicks(client, { retentionDays: 90, nowMs: now.getTime() });
  await client.query('VACUUM ANALYZE');
  const seconds = (fromMs: number): string => ((performance.now() - fromMs) / 1000).toFixed(0);
  console.log(
    `rollups of a year with ${number('clicks')} clicks in ${seconds(startedMs)} s, ${seconds(summedMs)} s of these for the sums of whole spans`,
  );
}

/** 200 articles, each with 3 of 30 tags. */
async function fillTags(): Promise<void> {
  await client.query(
    `INSERT INTO waypost.articles (id, path, slug, title, source, compiled, content_hash)
     SELECT md5(number::text)::uuid, 'article-' || number, 'article-' || number, 'Article', '', '{}', '\\x00' FROM generate_series(0, 199) AS number`,
  );
  await client.query(
    `INSERT INTO waypost.tags (slug, name) SELECT 'tag-' || number, 'Tag ' || number FROM generate_series(0, 29) AS number`,
  );
  await client.query(
    `INSERT INTO waypost.article_tags (article_id, tag_id, position)
     SELECT md5(number::text)::uuid, tags.id, place FROM generate_series(0, 199) AS number CROSS JOIN generate_series(0, 2) AS place
     JOIN waypost.tags ON slug = 'tag-' || (number * 7 + place * 11) % 30`,
  );
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

/** What rollups can answer, as far as it differs in what has to be read. */
function* cases(): Generator<[name: string, input: Asked]> {
  for (const [name, period] of Object.entries({ '2025': year, 'last year': lastYear })) {
    for (const groupBy of periodGroupings) yield [nameOf(name, groupBy), { ...period, groupBy }];
  }
  for (const [name, period] of Object.entries({ Berlin: berlin, 'New York': newYork })) {
    for (const groupBy of [[], [PARTNER], [ARTICLE], [TAG], [PARTNER, ARTICLE]])
      yield [nameOf(name, groupBy), { ...period, groupBy }];
    for (const groupBy of [[DAY], [DAY, PARTNER], [DAY, ARTICLE], [HOUR]])
      yield [nameOf(name, groupBy), { ...period, groupBy }];
  }
  for (const groupBy of timeGroupings) yield [nameOf('last year', groupBy), { ...lastYear, groupBy }];
  for (const [filterName, filter] of Object.entries(filters)) {
    for (const groupBy of [[], [PARTNER, TARGET], [DAY], [DAY, TARGET], [HOUR]]) {
      yield [nameOf(`last year, ${filterName}`, groupBy), { ...lastYear, groupBy, filter, first: 400 }];
      if (groupBy.length > 0)
        yield [nameOf(`Berlin, ${filterName}`, groupBy), { ...berlin, groupBy, filter, first: 400 }];
    }
  }
  yield [
    nameOf('last year, one partner', [COUNTRY]),
    { ...lastYear, groupBy: [COUNTRY], filter: filters['one partner'] },
  ];
  for (const groupBy of [[DAY], [HOUR], [PARTNER], [DAY, PARTNER], [HOUR, PARTNER]]) {
    yield [`${nameOf('last year', groupBy)}, 10,000 rows`, { ...lastYear, groupBy, first: 10_000 }];
    yield [`${nameOf('Berlin', groupBy)}, 10,000 rows`, { ...berlin, groupBy, first: 10_000 }];
  }
  for (const [filterName, filter] of Object.entries(filters)) {
    yield [
      `${nameOf(`Berlin, ${filterName}`, [HOUR])}, 10,000 rows`,
      { ...berlin, groupBy: [HOUR], filter, first: 10_000 },
    ];
  }
}

async function measureReports(): Promise<void> {
  const reports = new ReportsService(dataSource);
  const medians: number[] = [];
  for (const [name, input] of cases()) {
    const tookMs: number[] = [];
    let rows = 0;
    for (let run = 0; run < number('runs'); run++) {
      const startedMs = performance.now();
      rows = (await reports.clickReport(input, now)).rows.length;
      tookMs.push(performance.now() - startedMs);
    }
    const sorted = tookMs.toSorted((one, other) => one - other);
    const median = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
    medians.push(median);
    const mark = median > aimMs ? `  above ${aimMs} ms` : '';
    console.log(
      `${name.padEnd(58)} ${median.toFixed(1).padStart(7)} ms median, ${(sorted.at(-1) ?? 0).toFixed(1).padStart(7)} ms most, ${rows} rows${mark}`,
    );
  }
  console.log(`${medians.filter((median) => median <= aimMs).length} of ${medians.length} within ${aimMs} ms`);
}
