import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { dayOf } from '../../../src/clicks/click-counts.js';
import { createClickId } from '../../../src/clicks/click-id.js';
import { keepSalts, maintainClicks } from '../../../src/clicks/click-maintenance.sink.js';
import { ClickStore, drainLock, makeDayPartitions } from '../../../src/clicks/click-store.sink.js';
import { DailySalts, dayMs } from '../../../src/clicks/daily-salts.js';
import { clickMarks, type LoggedClick } from '../../../src/clicks/logged-click.js';
import { recountClicks } from '../../support/click-recount.js';
import { until } from '../../support/until.js';
import { createTestDatabase, type TestDatabase } from './test-database.js';

const nowMs = Date.UTC(2026, 10, 24, 12);
const agent = 'Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  await database.client.query(
    `TRUNCATE waypost.clicks, waypost.click_visits, waypost.click_salts, waypost.click_counts_daily, waypost.click_counts_hourly,
       waypost.click_spans, waypost.click_dimensions_daily, waypost.click_links_daily, waypost.click_totals_hourly,
       waypost.click_filtered_hourly, waypost.click_log_positions`,
  );
});

const rows = async <Row>(sql: string): Promise<Row[]> => (await database.client.query(sql)).rows as Row[];

const click = (atMs: number, changes: Partial<LoggedClick> = {}): LoggedClick => ({
  id: createClickId(atMs),
  partnerKey: 'training_partner',
  placementId: '',
  targetKey: '',
  userAgent: agent,
  referrerHost: '',
  country: '',
  visitorHigh: 1,
  visitorLow: 1,
  marks: clickMarks.hasVisitor,
  ...changes,
});

async function store(clicks: readonly LoggedClick[], atMs = nowMs): Promise<void> {
  const target = new ClickStore({ connect: () => database.connect(), now: () => atMs });
  await target.apply([{ source: randomUUID(), from: 64, to: 65, isMessage: false, clicks }]);
  await target.close();
}

describe('the salts of the days', () => {
  const days = async (atMs: number): Promise<string[]> => (await keepSalts(database.client, atMs)).map(([day]) => day);

  it('are made a day ahead, and are the same for every node', async () => {
    const [one, other] = await Promise.all([
      database.connect().then(async (client) => ({ salts: await keepSalts(client, nowMs), client })),
      database.connect().then(async (client) => ({ salts: await keepSalts(client, nowMs), client })),
    ]);
    await Promise.all([one.client.end(), other.client.end()]);
    expect(one.salts.map(([day]) => day)).toEqual(['2026-11-24', '2026-11-25']);
    expect(await keepSalts(database.client, nowMs)).toEqual(one.salts);
    expect(other.salts).toEqual(one.salts);
  });

  it('are gone from the table 48 hours after their day began, and not before', async () => {
    await days(nowMs);
    const startMs = Date.UTC(2026, 10, 24);
    expect(await days(startMs + 2 * dayMs - 1)).toContain('2026-11-24');
    expect(await days(startMs + 2 * dayMs)).not.toContain('2026-11-24');
    expect(await rows(`SELECT day::text FROM waypost.click_salts ORDER BY day`)).toEqual([
      { day: '2026-11-25' },
      { day: '2026-11-26' },
      { day: '2026-11-27' },
    ]);
  });

  it('take with them what it needs to compute a stored hash again', async () => {
    const salts = new DailySalts();
    salts.set(await keepSalts(database.client, nowMs), nowMs);
    const visitor = salts.hash('192.0.2.1', agent, nowMs);
    expect(visitor).toBeDefined();
    await store([click(nowMs, { visitorHigh: visitor?.high ?? 0, visitorLow: visitor?.low ?? 0 })]);
    const storedHash = (await rows<{ visitor: string }>(`SELECT visitor FROM waypost.clicks`))[0]?.visitor;

    // Two days later: everything that any node or a thief of the database still has.
    const laterMs = nowMs + 2 * dayMs;
    const left = await keepSalts(database.client, laterMs);
    salts.set(left, laterMs);
    expect(salts.hash('192.0.2.1', agent, nowMs)).toBeUndefined();
    const recomputed = left.map(([day, salt]) => {
      const thief = new DailySalts();
      thief.set([[day, salt]], laterMs);
      const hash = thief.hash('192.0.2.1', agent, Date.parse(`${day}T12:00:00Z`));
      return BigInt.asIntN(64, (BigInt(hash?.high ?? 0) << 32n) | BigInt(hash?.low ?? 0)).toString();
    });
    expect(recomputed).toHaveLength(3);
    expect(recomputed).not.toContain(storedHash);
    expect(await rows(`SELECT visitor FROM waypost.clicks`)).toEqual([{ visitor: storedHash }]);
  });
});

describe('the maintenance of clicks', () => {
  const partitions = async (): Promise<string[]> =>
    (
      await rows<{ name: string }>(
        `SELECT child.relname AS name FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid
         WHERE inhparent IN ('waypost.clicks'::regclass, 'waypost.click_visits'::regclass) ORDER BY 1`,
      )
    ).map(({ name }) => name);

  it('makes the partitions of the next days ahead', async () => {
    await maintainClicks(database.client, { retentionDays: 90, nowMs });
    const made = await partitions();
    for (const day of ['20261123', '20261124', '20261130']) {
      expect(made).toContain(`clicks_${day}`);
      expect(made).toContain(`click_visits_${day}`);
    }
  });

  it.each([
    // It looks for what is stored already before it looks at visits, where clicks come a second time.
    ['a drain', `SELECT pg_advisory_xact_lock(${drainLock}); SELECT FROM waypost.clicks`, 'click_visits', 100],
    ['a backup', 'SELECT FROM waypost.click_visits', 'clicks', 101],
  ])('makes partitions beside %s, without either being ended for a deadlock', async (_what, first, then, days) => {
    const [other, maker] = await Promise.all([database.connect(), database.connect()]);
    await other.query(`BEGIN; ${first}`);
    const { rows: pids } = await maker.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const made = makeDayPartitions(maker, dayOf(nowMs) + days, 1);
    const waiting = `SELECT FROM pg_stat_activity WHERE pid = ${pids[0]?.pid} AND wait_event_type = 'Lock'`;
    await until(async () => (await rows(waiting)).length > 0);
    await other.query(`SELECT FROM waypost.${then}; COMMIT`);
    await made;
    await Promise.all([other.end(), maker.end()]);
    const suffix = new Date(nowMs + days * dayMs).toISOString().slice(0, 10).replaceAll('-', '');
    expect(await partitions()).toEqual(expect.arrayContaining([`clicks_${suffix}`, `click_visits_${suffix}`]));
  });

  it('drops whole days beyond the retention, and keeps their sums', async () => {
    const oldMs = nowMs - 30 * dayMs;
    await store([click(oldMs), click(oldMs + dayMs), click(nowMs)]);
    await maintainClicks(database.client, { retentionDays: 29, nowMs });
    const left = await partitions();
    expect(left).not.toContain('clicks_20261025');
    expect(left).not.toContain('click_visits_20261025');
    expect(left).toContain('clicks_20261026');
    expect(await rows(`SELECT count(*)::int AS clicks FROM waypost.clicks`)).toEqual([{ clicks: 2 }]);
    expect(await rows(`SELECT sum(clicks)::int AS clicks FROM waypost.click_counts_hourly`)).toEqual([{ clicks: 3 }]);
  });

  it('is done by one node where several begin at once', async () => {
    const clients = await Promise.all(Array.from({ length: 4 }, () => database.connect()));
    await Promise.all(clients.map((client) => maintainClicks(client, { retentionDays: 90, nowMs: nowMs + dayMs })));
    await Promise.all(clients.map((client) => client.end()));
    expect(await partitions()).toContain('clicks_20261201');
  });

  it('adds up thirds of months, months, quarters and years that are over, and again those into which a late click comes', async () => {
    const octoberMs = Date.UTC(2026, 9, 3, 12);
    await store([click(Date.UTC(2026, 8, 30, 12)), click(octoberMs), click(octoberMs + dayMs)]);
    await store([click(Date.UTC(2026, 10, 2)), click(nowMs)]);
    const options = { retentionDays: 90, nowMs };
    const spans = async (): Promise<string[]> =>
      (
        await rows<{ text: string }>(
          `SELECT concat_ws(' ', from_day, to_day, clicks, visitors) AS text FROM waypost.click_spans JOIN waypost.click_counts_spans USING (from_day, to_day)
           WHERE kind = 'partner' ORDER BY from_day, to_day`,
        )
      ).map(({ text }) => text);
    await maintainClicks(database.client, options);
    expect(await spans()).toEqual([
      '2026-07-01 2026-10-01 1 1',
      '2026-09-01 2026-10-01 1 1',
      '2026-09-21 2026-10-01 1 1',
      '2026-10-01 2026-10-11 2 2',
      '2026-10-01 2026-11-01 2 2',
      '2026-11-01 2026-11-11 1 1',
    ]);
    await store([click(octoberMs + 2 * dayMs)]);
    // Until they are added up again, reports read the days.
    expect(await spans()).not.toContainEqual(expect.stringMatching(/^2026-10/));
    await maintainClicks(database.client, options);
    expect(await spans()).toContain('2026-10-01 2026-11-01 3 3');
    expect(await rows(recountClicks)).toEqual([]);
  });
});
