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
    `TRUNCATE waypost.clicks, waypost.click_visits, waypost.click_counts_daily, waypost.click_counts_hourly, waypost.click_filtered_hourly,
       waypost.click_counts_monthly, waypost.click_months, waypost.click_dimensions_daily, waypost.click_log_positions`,
  );
});

let visitors = 0;
/** A click at each of these moments, each of another visitor. */
async function clickAt(moments: readonly string[], changes: Partial<LoggedClick> = {}): Promise<void> {
  const clicks = moments.map((moment): LoggedClick => ({
    id: createClickId(Date.parse(moment)),
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
  }));
  const store = new ClickStore({ connect: () => database.connect(), now: () => now.getTime() });
  await store.apply([{ source: randomUUID(), from: 64, to: 65, isMessage: false, clicks }]);
  await store.close();
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

  it('are refused where clocks are put forward by half an hour somewhere between, not only at the ends', async () => {
    const input = { from: new Date('2026-01-01T00:00:00Z'), to: new Date('2027-01-01T00:00:00Z') };
    await expect(
      report({ ...input, timeZone: 'Australia/Lord_Howe', groupBy: [ClickReportGroup.DAY] }),
    ).rejects.toThrow('differs from UTC by a part of an hour');
  });
});

describe('a report', () => {
  it('of a year is the same before and after its months are added up', async () => {
    await clickAt(Array.from({ length: 300 }, (_, day) => new Date(Date.UTC(2026, 0, 1 + day, 7)).toISOString()));
    await clickAt(['2026-05-05T05:05:05Z'], { partnerKey: 'vpn_vendor' });
    const input = { from: new Date('2026-01-01T00:00:00Z'), to: new Date('2027-01-01T00:00:00Z') };
    const byPartner = { ...input, groupBy: [ClickReportGroup.PARTNER] };
    const before = [await report(byPartner), await report(input)];
    expect(before[0]).toMatchObject([
      { partnerKey: 'training_partner', clicks: 300, uniqueVisitors: 300, filteredClicks: 0 },
      { partnerKey: 'vpn_vendor', clicks: 1, uniqueVisitors: 1 },
    ]);
    await maintainClicks(database.client, { retentionDays: 400, nowMs: now.getTime() });
    expect([await report(byPartner), await report(input)]).toEqual(before);
    expect((await database.client.query(`SELECT month FROM waypost.click_months`)).rows).toHaveLength(10);
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
});
