import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createClickId, type ClickId } from '../../../src/clicks/click-id.js';
import { ClickStore } from '../../../src/clicks/click-store.sink.js';
import type { SourcePart } from '../../../src/clicks/click-source.js';
import { clickMarks, type LoggedClick } from '../../../src/clicks/logged-click.js';
import { recountClicks } from '../../support/click-recount.js';
import { createTestDatabase, type TestDatabase } from './test-database.js';

const chrome =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36';
const article = '018f3f7c-0000-7000-8000-000000000001';
const noonMs = Date.UTC(2026, 10, 24, 12, 0, 0);

let database: TestDatabase;
let store: ClickStore;

beforeAll(async () => {
  database = await createTestDatabase();
  await database.client.query(
    `INSERT INTO waypost.placements (id, article_id, partner_key, ordinal, position, text, line, "column")
     VALUES ('3f9a0c1be27d', $1, 'training_partner', 1, 0, 'x', 1, 1), ('aaaaaaaaaaaa', $1, 'vpn_vendor', 1, 1, 'x', 2, 1)`,
    [article],
  );
});
afterAll(() => database.drop());

beforeEach(async () => {
  await emptyTables();
  store = new ClickStore({ connect: () => database.connect(), now: () => noonMs + 3_600_000 });
  return () => store.close();
});

const rollups = [
  'click_counts_hourly',
  'click_totals_hourly',
  'click_filtered_hourly',
  'click_counts_daily',
  'click_links_daily',
  'click_dimensions_daily',
];
const emptyTables = async (): Promise<void> => {
  const tables = ['clicks', 'click_visits', ...rollups, 'click_log_positions', 'click_spans'];
  await database.client.query(`TRUNCATE ${tables.map((table) => `waypost.${table}`).join(', ')}`);
};

let visitors = 0;
function click(changes: Partial<LoggedClick> & { readonly afterMs?: number } = {}): LoggedClick {
  const { afterMs = 0, ...rest } = changes;
  return {
    id: createClickId(noonMs + afterMs),
    partnerKey: 'training_partner',
    placementId: '3f9a0c1be27d',
    targetKey: '',
    userAgent: chrome,
    referrerHost: 'blog.example',
    country: 'DE',
    visitorHigh: 0x8000_0000,
    visitorLow: ++visitors,
    marks: clickMarks.hasVisitor,
    ...rest,
  };
}

const part = (clicks: readonly LoggedClick[], changes: Partial<SourcePart> = {}): SourcePart => ({
  source: randomUUID(),
  from: 64,
  to: 64 + clicks.length * 50,
  isMessage: false,
  clicks,
  ...changes,
});

const rows = async <Row>(sql: string): Promise<Row[]> => (await database.client.query(sql)).rows as Row[];

const disagreements = (): Promise<unknown[]> => rows(recountClicks);

describe('ClickStore', () => {
  it('keeps a click with all that is known of it, and counts it everywhere', async () => {
    const one = click();
    expect(await store.apply([part([one])])).toMatchObject({ clicks: 1, counted: 1, isComplete: true });
    expect(
      await rows(`SELECT clicked_at, partner_key, placement_id, article_id, visitor, country, device, browser, os, referrer_host, is_counted
        FROM waypost.clicks JOIN waypost.click_agents agent ON agent.id = agent_id`),
    ).toEqual([
      {
        clicked_at: new Date(noonMs),
        partner_key: 'training_partner',
        placement_id: '3f9a0c1be27d',
        article_id: article,
        visitor: String(-(2n ** 63n) + BigInt(one.visitorLow)),
        country: 'DE',
        device: 'desktop',
        browser: 'Chrome',
        os: 'Windows',
        referrer_host: 'blog.example',
        is_counted: true,
      },
    ]);
    expect(
      await rows(`SELECT kind, key, clicks, visitors, filtered FROM waypost.click_counts_daily ORDER BY kind`),
    ).toEqual([
      { kind: 'all', key: '', clicks: '1', visitors: '1', filtered: '0' },
      { kind: 'article', key: article, clicks: '1', visitors: '1', filtered: '0' },
      { kind: 'partner', key: 'training_partner', clicks: '1', visitors: '1', filtered: '0' },
      { kind: 'placement', key: '3f9a0c1be27d', clicks: '1', visitors: '1', filtered: '0' },
    ]);
    expect(
      await rows(
        `SELECT dimension, value, clicks FROM waypost.click_dimensions_daily WHERE partner_key = 'training_partner' ORDER BY 1`,
      ),
    ).toEqual([
      { dimension: 'country', value: 'DE', clicks: '1' },
      { dimension: 'device', value: 'desktop', clicks: '1' },
      { dimension: 'referrer', value: 'blog.example', clicks: '1' },
    ]);
    expect(await disagreements()).toEqual([]);
  });

  it('changes nothing when a batch comes again, filtered requests included', async () => {
    const segment = part([click(), click({ userAgent: 'Googlebot/2.1' }), click({ marks: clickMarks.isPrivate })]);
    await store.apply([segment]);
    const before = await everything();
    expect(await store.apply([segment])).toMatchObject({ clicks: 0, isComplete: false });
    const message = part([click(), click({ marks: clickMarks.isHead })], { isMessage: true, from: 0, to: 1 });
    await store.apply([message]);
    const after = await everything();
    expect(after).not.toEqual(before);
    expect(await store.apply([message, part([], { from: 64, to: 70 })])).toMatchObject({
      clicks: 0,
      isComplete: false,
    });
    expect(await everything()).toEqual(after);
  });

  async function everything(): Promise<unknown> {
    return Promise.all(
      ['clicks', 'click_visits', ...rollups].map((table) => rows(`SELECT * FROM waypost.${table} ORDER BY 1, 2, 3`)),
    );
  }

  it('counts a click once that comes again where no position tells of it', async () => {
    const again = click({ afterMs: 5000 });
    await store.apply([part([click(), again])]);
    expect(await store.apply([part([again, click({ afterMs: 9000 }), again])])).toMatchObject({
      clicks: 1,
      counted: 1,
    });
    expect(await rows(`SELECT count(*)::int AS clicks FROM waypost.clicks`)).toEqual([{ clicks: 3 }]);
    expect(await disagreements()).toEqual([]);
  });

  it('takes a part only where the database stands', async () => {
    const source = randomUUID();
    expect(await store.apply([part([click()], { source, from: 64, to: 100 })])).toMatchObject({ clicks: 1 });
    expect(await store.apply([part([click()], { source, from: 64, to: 200 })])).toMatchObject({
      clicks: 0,
      isComplete: false,
    });
    expect(await store.apply([part([click()], { source, from: 100, to: 200 })])).toMatchObject({
      clicks: 1,
      isComplete: true,
    });
    expect(await store.positions([source])).toEqual(new Map([[source, 200]]));
  });

  it('counts what it filters, by reason, partner and hour', async () => {
    await store.apply([
      part([
        click({ userAgent: 'Googlebot/2.1' }),
        click({ userAgent: 'Googlebot/2.1' }),
        click({ marks: clickMarks.isHead, partnerKey: 'vpn_vendor', placementId: '' }),
        click({ marks: clickMarks.isPrefetch, afterMs: 3_600_000, targetKey: 'germany' }),
      ]),
    ]);
    expect(
      await rows(
        `SELECT extract(hour FROM hour AT TIME ZONE 'UTC')::int AS hour, partner_key, reason, requests FROM waypost.click_filtered_hourly ORDER BY reason`,
      ),
    ).toEqual([
      { hour: 12, partner_key: 'training_partner', reason: 'bot', requests: '2' },
      { hour: 12, partner_key: 'vpn_vendor', reason: 'head', requests: '1' },
      { hour: 13, partner_key: 'training_partner', reason: 'prefetch', requests: '1' },
    ]);
    expect(await rows(`SELECT count(*)::int AS count FROM waypost.clicks`)).toEqual([{ count: 0 }]);
    expect(await rows(`SELECT kind, key, filtered FROM waypost.click_counts_daily ORDER BY kind, key`)).toEqual([
      { kind: 'all', key: '', filtered: '4' },
      { kind: 'article', key: '', filtered: '1' },
      { kind: 'article', key: article, filtered: '3' },
      { kind: 'partner', key: 'training_partner', filtered: '3' },
      { kind: 'partner', key: 'vpn_vendor', filtered: '1' },
      { kind: 'placement', key: '', filtered: '1' },
      { kind: 'placement', key: '3f9a0c1be27d', filtered: '3' },
      { kind: 'target', key: 'training_partner/germany', filtered: '1' },
    ]);
    expect(await disagreements()).toEqual([]);
  });

  it('keeps nothing but a count of a reader who does not want to be followed', async () => {
    await store.apply([part([click({ marks: clickMarks.isPrivate, visitorHigh: 0, visitorLow: 0 })])]);
    expect(
      await rows(
        `SELECT (SELECT count(*)::int FROM waypost.clicks) AS clicks, (SELECT count(*)::int FROM waypost.click_visits) AS visits`,
      ),
    ).toEqual([{ clicks: 0, visits: 0 }]);
    expect(await rows(`SELECT clicks, private_clicks FROM waypost.click_counts_hourly`)).toEqual([
      { clicks: '1', private_clicks: '1' },
    ]);
  });

  it('knows unique visitors exactly, per partner, article and day', async () => {
    const reader = { visitorHigh: 7, visitorLow: 9 };
    const other = { partnerKey: 'vpn_vendor', placementId: 'aaaaaaaaaaaa' };
    for (const clicks of [
      [click(reader), click({ ...reader, afterMs: 60_000 })],
      [click({ ...reader, ...other, afterMs: 120_000 }), click({ ...reader, placementId: '', afterMs: 130_000 })],
      [click({ ...reader, afterMs: 86_400_000 }), click({ ...reader, afterMs: 180_000 }), click()],
    ]) {
      await store.apply([part(clicks)]);
    }
    expect(
      await rows(
        `SELECT day::text, kind, key, clicks::int, visitors::int FROM waypost.click_counts_daily WHERE kind <> 'placement' ORDER BY 1, 2, 3`,
      ),
    ).toEqual([
      { day: '2026-11-24', kind: 'all', key: '', clicks: 6, visitors: 2 },
      { day: '2026-11-24', kind: 'article', key: '', clicks: 1, visitors: 1 },
      { day: '2026-11-24', kind: 'article', key: article, clicks: 5, visitors: 2 },
      { day: '2026-11-24', kind: 'partner', key: 'training_partner', clicks: 5, visitors: 2 },
      { day: '2026-11-24', kind: 'partner', key: 'vpn_vendor', clicks: 1, visitors: 1 },
      { day: '2026-11-25', kind: 'all', key: '', clicks: 1, visitors: 1 },
      { day: '2026-11-25', kind: 'article', key: article, clicks: 1, visitors: 1 },
      { day: '2026-11-25', kind: 'partner', key: 'training_partner', clicks: 1, visitors: 1 },
    ]);
    expect(await disagreements()).toEqual([]);
  });

  it('keeps one visit for a reader, link and day, from his first click to his last', async () => {
    const reader = { visitorHigh: 0xffff_ffff, visitorLow: 4 };
    const sameHalf = { visitorHigh: 0xffff_ffff, visitorLow: 3 };
    await store.apply([part([click({ ...reader, afterMs: 50_000 }), click(sameHalf), click(reader)])]);
    await store.apply([part([click({ ...reader, afterMs: -60_000 }), click({ ...reader, afterMs: 90_000 })])]);
    expect(
      await rows(
        `SELECT visitor, first_at - to_timestamp(${noonMs / 1000}) AS first, last_at - to_timestamp(${noonMs / 1000}) AS last FROM waypost.click_visits ORDER BY visitor`,
      ),
    ).toMatchObject([
      { visitor: '-4294967293', first: {}, last: {} },
      { visitor: '-4294967292', first: { minutes: -1 }, last: { minutes: 1, seconds: 30 } },
    ]);
    expect(await disagreements()).toEqual([]);
  });

  it('drops a repeat within the window, and counts one later', async () => {
    const reader = { visitorHigh: 1, visitorLow: 1 };
    const at = (afterMs: number): LoggedClick => click({ ...reader, afterMs });
    await store.apply([part([at(0), at(500), at(1999), at(3999), at(10_000)])]);
    await store.apply([part([at(11_000), at(12_000), at(14_000)])]);
    expect(await countedTimes()).toEqual([0, 3999, 10_000, 14_000]);
    expect(await rows(`SELECT requests::int FROM waypost.click_filtered_hourly WHERE reason = 'duplicate'`)).toEqual([
      { requests: 4 },
    ]);
    expect(await disagreements()).toEqual([]);
  });

  it('takes the same placement by two readers, and two placements by one, for different clicks', async () => {
    await store.apply([part([click(), click(), click({ visitorLow: 5 }), click({ visitorLow: 5, placementId: '' })])]);
    expect(await rows(`SELECT count(*)::int AS count FROM waypost.clicks WHERE is_counted`)).toEqual([{ count: 4 }]);
  });

  it('decides alike whatever the order in which the clicks come in', async () => {
    const reader = { visitorHigh: 3, visitorLow: 3 };
    const clicks = [0, 0, 1500, 3000, 6000, 7900, 9899, 20_000, 22_000, 23_999].map((afterMs) =>
      click({ ...reader, afterMs }),
    );
    const expected = await countedAfter([clicks]);
    expect(expected).toEqual([0, 6000, 20_000, 22_000]);
    let seed = 7;
    for (let round = 0; round < 25; round++) {
      const shuffled = clicks
        .map((each) => ({ each, key: (seed = (seed * 16_807) % 2_147_483_647) }))
        .sort((one, two) => one.key - two.key)
        .map(({ each }) => each);
      const cut = (seed % 9) + 1;
      const middle = cut + Math.ceil((10 - cut) / 2);
      expect(await countedAfter([shuffled.slice(0, cut), shuffled.slice(cut, middle), shuffled.slice(middle)])).toEqual(
        expected,
      );
      expect(await disagreements()).toEqual([]);
    }
  });

  async function countedAfter(batches: readonly LoggedClick[][]): Promise<number[]> {
    await emptyTables();
    for (const batch of batches) await store.apply([part(batch)]);
    return countedTimes();
  }

  const countedTimes = async (): Promise<number[]> =>
    (await rows<{ at: Date }>(`SELECT clicked_at AS at FROM waypost.clicks WHERE is_counted ORDER BY clicked_at`)).map(
      ({ at }) => at.getTime() - noonMs,
    );

  it('lets several drains work on the same readers at once', async () => {
    const stores = Array.from(
      { length: 4 },
      () => new ClickStore({ connect: () => database.connect(), now: () => noonMs }),
    );
    const batches = Array.from({ length: 20 }, (_, number) =>
      Array.from({ length: 50 }, (_, index) =>
        click({ visitorHigh: 0, visitorLow: index % 10, afterMs: (number * 50 + index) * 137 }),
      ),
    );
    await Promise.all(batches.map((batch, index) => (stores[index % 4] as ClickStore).apply([part(batch)])));
    await Promise.all(stores.map((each) => each.close()));
    const many = await rows(`SELECT visitor, clicked_at, is_counted FROM waypost.clicks ORDER BY 1, 2`);
    expect(many).toHaveLength(1000);
    expect(await disagreements()).toEqual([]);
    const concurrent = await countedTimes();
    await emptyTables();
    await store.apply([part(batches.flat())]);
    expect(await countedTimes()).toEqual(concurrent);
  });

  it('makes the partition of any day, and gives clicks beyond the retention no row', async () => {
    const old = click({ afterMs: -200 * 86_400_000 });
    const ahead = click({ afterMs: 40 * 86_400_000 });
    await store.apply([part([old, ahead])]);
    expect(await rows(`SELECT count(*)::int AS count FROM waypost.clicks`)).toEqual([{ count: 1 }]);
    expect(await rows(`SELECT sum(clicks)::int AS clicks FROM waypost.click_counts_hourly`)).toEqual([{ clicks: 2 }]);
  });

  it('leaves nothing behind of a batch that fails', async () => {
    const bad: LoggedClick = { ...click(), referrerHost: 'zero\0byte' };
    await expect(store.apply([part([click(), bad])])).rejects.toThrow('invalid byte sequence');
    expect(await rows(`SELECT count(*)::int AS count FROM waypost.click_log_positions`)).toEqual([{ count: 0 }]);
    expect(await store.apply([part([click()])])).toMatchObject({ counted: 1 });
    expect(await disagreements()).toEqual([]);
  });

  it('keeps every id of a thousand clicks', async () => {
    const clicks = Array.from({ length: 1000 }, () => click());
    await store.apply([part(clicks)]);
    const stored = await rows<{ id: string }>(`SELECT replace(id::text, '-', '') AS id FROM waypost.clicks ORDER BY 1`);
    expect(stored.map(({ id }) => id)).toEqual(clicks.map(({ id }) => hexOf(id)).sort());
  });
});

function hexOf(id: ClickId): string {
  const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
  return hex(id.timeMs, 12) + hex(id.random16, 4) + hex(id.random32a, 8) + hex(id.random32b, 8);
}
