import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createClickId } from '../../../src/clicks/click-id.js';
import { maintainClicks } from '../../../src/clicks/click-maintenance.sink.js';
import { ClickStore } from '../../../src/clicks/click-store.sink.js';
import { clickMarks, type LoggedClick } from '../../../src/clicks/logged-click.js';
import { createDataSource } from '../../../src/database/waypost.datasource.js';
import type { ClickReportInput } from '../../../src/reports/report.type.js';
import { ClickReportGroup } from '../../../src/reports/report.type.js';
import { ReportsService } from '../../../src/reports/reports.service.js';
import { AddUpClicks1764000000102 } from '../../../migrations/0102-add-up-clicks.js';
import { AddUpSpans1764000000103 } from '../../../migrations/0103-add-up-spans.js';
import { recountClicks } from '../../support/click-recount.js';
import { counted, countedAgain, keyOf, refused, refusedAgain, visited, visitedAgain } from './report-recount.js';
import { createTestDatabase, type TestDatabase } from './test-database.js';

const now = new Date('2026-11-24T12:00:00Z');

let database: TestDatabase;
let dataSource: DataSource;
let reports: ReportsService;

beforeAll(async () => {
  database = await createTestDatabase();
  dataSource = createDataSource({ url: database.url }, [], () => undefined);
  await dataSource.initialize();
  reports = new ReportsService(dataSource);
});
afterAll(async () => {
  await dataSource.destroy();
  await database.drop();
});
beforeEach(async () => {
  await database.client.query(
    `TRUNCATE waypost.clicks, waypost.click_visits, waypost.click_counts_daily, waypost.click_counts_hourly,
       waypost.click_spans, waypost.click_dimensions_daily, waypost.click_links_daily, waypost.click_totals_hourly,
       waypost.click_filtered_hourly, waypost.click_log_positions`,
  );
});

let visitors = 0;
const clickOf = (moment: number | string, changes: Partial<LoggedClick> = {}): LoggedClick => ({
  id: createClickId(new Date(moment).getTime()),
  partnerKey: 'training_partner',
  placementId: '',
  targetKey: '',
  userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0',
  referrerHost: '',
  country: '',
  visitorHigh: 1,
  visitorLow: ++visitors,
  marks: clickMarks.hasVisitor,
  ...changes,
});

/** A click at each of these moments, each of another visitor. */
const clickAt = (moments: readonly string[], changes: Partial<LoggedClick> = {}): Promise<void> =>
  store(moments.map((moment) => clickOf(moment, changes)));

async function store(...batches: readonly (readonly LoggedClick[])[]): Promise<void> {
  const target = new ClickStore({ connect: () => database.connect(), now: () => now.getTime() });
  for (const clicks of batches) {
    await target.apply([{ source: randomUUID(), from: 64, to: 65, isMessage: false, clicks }]);
  }
  await target.close();
}

const report = async (input: Partial<ClickReportInput>) => (await reports.clickReport({ ...input }, now)).rows;

const days = async (from: string, to: string, timeZone: string): Promise<Record<string, number>> => {
  const input = { from: new Date(from), to: new Date(to), timeZone, groupBy: [ClickReportGroup.DAY] };
  return Object.fromEntries((await report(input)).map(({ day, clicks }) => [day, clicks]));
};

describe('the days of a report', () => {
  it('have 23 hours where clocks are put forward in its time zone', async () => {
    // In Berlin, 2026-03-29 is from 23:00 UTC of the day before to 22:00 UTC.
    await clickAt([
      '2026-03-28T22:59:59.999Z',
      '2026-03-28T23:00:00.000Z',
      '2026-03-29T00:59:59.999Z',
      '2026-03-29T01:00:00.000Z',
      '2026-03-29T21:59:59.999Z',
      '2026-03-29T22:00:00.000Z',
    ]);
    expect(await days('2026-03-27T23:00:00Z', '2026-03-30T22:00:00Z', 'Europe/Berlin')).toEqual({
      '2026-03-28': 1,
      '2026-03-29': 4,
      '2026-03-30': 1,
    });
    expect(await days('2026-03-28T00:00:00Z', '2026-03-30T00:00:00Z', 'UTC')).toEqual({
      '2026-03-28': 2,
      '2026-03-29': 4,
    });
  });

  it('have 25 hours where clocks are put back', async () => {
    // In New York, 2026-11-01 is from 04:00 UTC to 05:00 UTC of the next day.
    await clickAt([
      '2026-11-01T03:59:59.999Z',
      '2026-11-01T04:00:00.000Z',
      '2026-11-01T05:30:00.000Z',
      '2026-11-01T06:30:00.000Z',
      '2026-11-02T04:59:59.999Z',
      '2026-11-02T05:00:00.000Z',
    ]);
    expect(await days('2026-10-31T04:00:00Z', '2026-11-03T05:00:00Z', 'America/New_York')).toEqual({
      '2026-10-31': 1,
      '2026-11-01': 4,
      '2026-11-02': 1,
    });
  });

  it('begin at the first of two midnights where clocks are put back over one', async () => {
    // In Havana, 2026-11-01 is from 04:00 UTC to 05:00 UTC of the next day, and midnight is at 04:00 and at 05:00.
    await clickAt(['2026-11-01T03:59:59.999Z', '2026-11-01T04:00:00Z', '2026-11-01T05:00:00Z', '2026-11-02T05:00:00Z']);
    expect(await days('2026-10-31T04:00:00Z', '2026-11-03T05:00:00Z', 'America/Havana')).toEqual({
      '2026-10-31': 1,
      '2026-11-01': 2,
      '2026-11-02': 1,
    });
  });

  it('are refused where clocks are put forward by half an hour somewhere between, not only at the ends', async () => {
    const input = { from: new Date('2026-01-01T00:00:00Z'), to: new Date('2027-01-01T00:00:00Z') };
    await expect(
      report({ ...input, timeZone: 'Australia/Lord_Howe', groupBy: [ClickReportGroup.DAY] }),
    ).rejects.toThrow('differs from UTC by a part of an hour');
  });
});

describe('a report', () => {
  it('of a year is the same before and after its months are added up', async () => {
    await clickAt(
      Array.from({ length: 30 }, (_, number) => new Date(Date.UTC(2026, 0, 1 + 10 * number, 7)).toISOString()),
    );
    await clickAt(['2026-05-05T05:05:05Z'], { partnerKey: 'vpn_vendor' });
    const input = { from: new Date('2026-01-01T00:00:00Z'), to: new Date('2027-01-01T00:00:00Z') };
    const byPartner = { ...input, groupBy: [ClickReportGroup.PARTNER] };
    const before = [await report(byPartner), await report(input)];
    expect(before[0]).toMatchObject([
      { partnerKey: 'training_partner', clicks: 30, uniqueVisitors: 30, filteredClicks: 0 },
      { partnerKey: 'vpn_vendor', clicks: 1, uniqueVisitors: 1 },
    ]);
    await maintainClicks(database.client, { retentionDays: 400, nowMs: now.getTime() });
    expect([await report(byPartner), await report(input)]).toEqual(before);
    expect(
      (await database.client.query(`SELECT FROM waypost.click_spans WHERE to_day - from_day BETWEEN 28 AND 31`)).rows,
    ).toHaveLength(10);
  });

  it('tells what was filtered beside what was counted', async () => {
    await clickAt(['2026-11-20T10:00:00Z']);
    await clickAt(['2026-11-20T10:00:00Z', '2026-11-20T11:00:00Z'], { userAgent: 'Googlebot/2.1' });
    expect(await report({ groupBy: [ClickReportGroup.PARTNER] })).toMatchObject([{ clicks: 1, filteredClicks: 2 }]);
    expect(await report({ groupBy: [ClickReportGroup.HOUR] })).toMatchObject([
      { hour: new Date('2026-11-20T10:00:00Z'), clicks: 1, filteredClicks: 1 },
      { hour: new Date('2026-11-20T11:00:00Z'), clicks: 0, filteredClicks: 1 },
    ]);
  });

  it('tells why requests were filtered, by partner, day and hour, before and after sums are closed', async () => {
    const bot = { userAgent: 'Googlebot/2.1' };
    await clickAt(['2026-10-20T10:00:00Z', '2026-10-20T23:30:00Z', '2026-10-21T08:00:00Z'], bot);
    await clickAt(['2026-10-20T10:00:00Z'], { ...bot, partnerKey: 'vpn_vendor' });
    await clickAt(['2026-10-20T10:00:00Z'], { marks: clickMarks.isHead });
    await clickAt(['2026-10-20T10:00:00Z', '2026-10-20T10:00:01Z'], { visitorLow: 7 });
    const october = { from: new Date('2026-10-01T00:00:00Z'), to: new Date('2026-11-01T00:00:00Z') };
    const requests = async (groupBy: ClickReportGroup[], more: Partial<ClickReportInput> = {}): Promise<string[]> =>
      (await report({ ...october, groupBy, ...more })).map((row) =>
        [...groupBy.map((group) => row[keyOf[group].row]), row.clicks, row.filteredClicks, row.uniqueVisitors].join(
          ' ',
        ),
      );
    for (const isClosed of [false, true]) {
      if (isClosed) await maintainClicks(database.client, { retentionDays: 400, nowMs: now.getTime() });
      expect(await requests([REASON])).toEqual(['bot 0 4 ', 'duplicate 0 1 ', 'head 0 1 ']);
      expect(await requests([REASON], { filter: { partnerKeys: ['vpn_vendor'] } })).toEqual(['bot 0 1 ']);
      expect(await requests([PARTNER, REASON])).toEqual([
        'training_partner bot 0 3 ',
        'training_partner duplicate 0 1 ',
        'training_partner head 0 1 ',
        'vpn_vendor bot 0 1 ',
      ]);
      const inBerlin = { ...october, timeZone: 'Europe/Berlin' };
      expect(await requests([DAY, REASON], inBerlin)).toEqual([
        '2026-10-20 bot 0 2 ',
        '2026-10-20 duplicate 0 1 ',
        '2026-10-20 head 0 1 ',
        '2026-10-21 bot 0 2 ',
      ]);
      const morning = { from: new Date('2026-10-20T09:00:00Z'), to: new Date('2026-10-20T11:00:00Z') };
      expect(await requests([REASON], morning)).toEqual(['bot 0 2 ', 'duplicate 0 1 ', 'head 0 1 ']);
      expect(await report({ ...morning, groupBy: [HOUR, REASON] })).toMatchObject([
        { hour: new Date('2026-10-20T10:00:00Z'), reason: 'bot', filteredClicks: 2 },
        { reason: 'duplicate' },
        { reason: 'head' },
      ]);
    }
  });

  it('of every grouping equals a count of the single clicks, before and after months are added up', async () => {
    await clickAtRandom();
    const checks = [
      ...groupings.map((groupBy) => ({ groupBy, filter: undefined })),
      ...[[DAY], [], [COUNTRY], [PLACEMENT], [HOUR]].map((groupBy) => ({
        groupBy,
        filter: { partnerKeys: ['vpn_vendor'] },
      })),
      ...[[DAY], [PARTNER], [DAY, TARGET], [HOUR]].flatMap((groupBy) => [
        { groupBy, filter: { articleIds: [article] } },
        { groupBy, filter: { placementIds: ['3f9a0c1be27d'] } },
      ]),
    ];
    for (const isClosed of [false, true]) {
      if (isClosed) await maintainClicks(database.client, { retentionDays: 400, nowMs: now.getTime() });
      for (const { groupBy, filter } of checks) {
        for (const period of [wholeDays, partsOfDays, mostOfDays, inNewYork]) {
          const isDimension = groupBy.some((group) => [COUNTRY, DEVICE, REFERRER].includes(group));
          if (period === inNewYork && isDimension && groupBy.includes(DAY)) continue;
          const input = { ...period, groupBy, first: 10_000, ...(filter === undefined ? {} : { filter }) };
          const { from, to, rows } = await reports.clickReport(input, now);
          const asked = { groupBy, from, to, timeZone: period.timeZone, filter };
          expect({ asked, clicks: counted(rows, groupBy) }).toEqual({
            asked,
            clicks: await countedAgain(database.client, asked),
          });
          expect(refused(rows)).toEqual(await refusedAgain(database.client, asked, rows));
          if (period === wholeDays) expect(visited(rows)).toEqual(await visitedAgain(database.client, asked));
        }
      }
    }
    const input = { ...wholeDays, groupBy: [ClickReportGroup.HOUR, ClickReportGroup.PARTNER], first: 10_000 };
    const all = await report(input);
    const moments = all.map(({ hour }) => hour?.getTime() ?? 0);
    expect(moments).toEqual(moments.toSorted((one, other) => one - other));
    expect(await reports.clickReport({ ...input, first: 5 }, now)).toMatchObject({
      rows: all.slice(0, 5),
      hasMore: true,
    });
  });

  it('has the same sums when they are made of a database without them', async () => {
    await clickAtRandom();
    await clickAt(['2026-09-20T10:00:00Z'], { userAgent: 'Googlebot/2.1' });
    await clickAt(['2026-09-20T10:00:00Z'], { marks: clickMarks.isPrivate });
    const sums = async (): Promise<unknown> =>
      Promise.all(
        ['click_links_daily', 'click_totals_hourly', 'click_dimensions_daily', 'click_counts_daily'].map(
          async (table) =>
            (await database.client.query(`SELECT * FROM waypost.${table} AS one ORDER BY one::text`)).rows as unknown,
        ),
      );
    const before = await sums();
    const runner = dataSource.createQueryRunner();
    await new AddUpSpans1764000000103().down(runner);
    await new AddUpClicks1764000000102().down(runner);
    await new AddUpClicks1764000000102().up(runner);
    await new AddUpSpans1764000000103().up(runner);
    await runner.release();
    expect(await sums()).toEqual(before);
    expect((await database.client.query(recountClicks)).rows).toEqual([]);
  });
});

const { PARTNER, ARTICLE, PLACEMENT, TARGET, TAG, REASON, COUNTRY, DEVICE, REFERRER, HOUR, DAY } = ClickReportGroup;
const groupings = [
  [],
  ...[[PARTNER], [ARTICLE], [PLACEMENT], [TARGET], [TAG], [COUNTRY], [DEVICE], [REFERRER], [HOUR], [DAY]],
  ...[
    [PARTNER, ARTICLE],
    [TARGET, PARTNER],
    [PLACEMENT, ARTICLE, TARGET],
    [COUNTRY, PARTNER],
    [TAG, PARTNER],
    [REFERRER, DAY],
  ],
  ...[
    [DAY, PARTNER],
    [DAY, TARGET],
    [DAY, TAG],
    [DAY, ARTICLE],
    [HOUR, PARTNER],
    [HOUR, PLACEMENT],
    [DAY, HOUR],
    [DEVICE, PARTNER, DAY],
  ],
];
const wholeDays = { from: new Date('2026-09-18T00:00:00Z'), to: new Date('2026-10-04T00:00:00Z'), timeZone: 'UTC' };
const partsOfDays = { from: new Date('2026-09-18T19:00:00Z'), to: new Date('2026-10-03T05:00:00Z'), timeZone: 'UTC' };
/** With an end that is most of a day. */
const mostOfDays = { from: new Date('2026-09-18T05:00:00Z'), to: new Date('2026-10-03T17:00:00Z'), timeZone: 'UTC' };
const inNewYork = { ...mostOfDays, timeZone: 'America/New_York' };

const article = '018f3f7c-0000-7000-8000-000000000001';

/** 300 clicks of 40 readers within 20 days of September and October. */
async function clickAtRandom(): Promise<void> {
  await database.client.query(
    `INSERT INTO waypost.placements (id, article_id, partner_key, ordinal, position, text, line, "column")
     VALUES ('3f9a0c1be27d', $1, 'training_partner', 1, 0, 'x', 1, 1) ON CONFLICT DO NOTHING`,
    [article],
  );
  await database.client.query(
    `INSERT INTO waypost.articles (id, path, slug, title, source, compiled, content_hash) VALUES ($1, 'a', 'a', 'A', '', '{}', '\\x00') ON CONFLICT DO NOTHING`,
    [article],
  );
  await database.client.query(
    `WITH made AS (INSERT INTO waypost.tags (slug, name) VALUES ('fitness', 'Fitness'), ('health', 'Health') ON CONFLICT DO NOTHING RETURNING id)
     INSERT INTO waypost.article_tags (article_id, tag_id, position) SELECT $1, id, row_number() OVER () FROM made`,
    [article],
  );
  let seed = 11;
  const pick = <Value>(...of: readonly Value[]): Value => {
    seed = (seed * 16_807) % 2_147_483_647;
    return of[seed % of.length] as Value;
  };
  const numbers = (count: number): number[] => Array.from({ length: count }, (_, number) => number);
  const clicks = numbers(300).map(() => {
    const partnerKey = pick('training_partner', 'vpn_vendor');
    return clickOf(wholeDays.from.getTime() - 3 * 86_400_000 + pick(...numbers(480)) * 3_600_000 + pick(0, 1, 5000), {
      partnerKey,
      placementId: partnerKey === 'vpn_vendor' ? '' : pick('3f9a0c1be27d', ''),
      targetKey: pick('', 'germany'),
      country: pick('DE', 'FR', ''),
      referrerHost: pick('', 'blog.example'),
      visitorLow: pick(...numbers(40)),
    });
  });
  await store(clicks.slice(0, 100), clicks.slice(100));
}
