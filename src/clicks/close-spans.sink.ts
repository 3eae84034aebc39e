import type pg from 'pg';
import { drainLock } from './click-store.sink.js';
import { dayMs, utcDay } from './daily-salts.js';
import { spansOver, type DaySpan, type SpanToClose } from './day-spans.js';

interface SummedTable {
  /** Name of its tables without `_daily` and `_spans`. */
  readonly table: string;
  readonly keys: string;
  readonly figures: string;
  readonly sums: string;
  /** Always true: where the index of the days begins with another column, it is only of use to who names that. */
  readonly everything: string;
}

const summedTables: readonly SummedTable[] = [
  {
    table: 'click_counts',
    keys: 'kind, key',
    figures: 'clicks, visitors, filtered',
    sums: 'sum(clicks), sum(visitors), sum(filtered)',
    everything: `kind IN ('all', 'partner', 'article', 'placement', 'target')`,
  },
  {
    table: 'click_links',
    keys: 'partner_key, placement_id, target_key',
    figures: 'article_id, clicks',
    sums: '(array_agg(article_id))[1], sum(clicks)',
    everything: 'true',
  },
  {
    table: 'click_dimensions',
    keys: 'dimension, partner_key, value',
    figures: 'clicks',
    sums: 'sum(clicks)',
    everything: `dimension IN ('country', 'device', 'referrer', 'reason')`,
  },
];

/**
 * Adds up spans of days that are over, so that a report of a year reads a few rows of each key where it would read 365. The longer are made of the
 * shorter, so that a late click costs little.
 * @param today days since 1970-01-01, UTC.
 */
export async function closeSpans(client: pg.ClientBase, today: number): Promise<void> {
  const days = await client.query<{ day: number }>(
    `SELECT day - DATE '1970-01-01' AS day FROM waypost.click_counts_daily WHERE kind = 'all'`,
  );
  const closed = await client.query<DaySpan>(
    `SELECT from_day - DATE '1970-01-01' AS from, to_day - DATE '1970-01-01' AS to FROM waypost.click_spans`,
  );
  const isClosed = new Set(closed.rows.map(nameOf));
  const wanted = spansOver(
    days.rows.map(({ day }) => day),
    today,
  ).filter((span) => !isClosed.has(nameOf(span)));
  for (const span of wanted) await closeSpan(client, span);
}

const nameOf = ({ from, to }: DaySpan): string => `${from}-${to}`;

async function closeSpan(client: pg.ClientBase, span: SpanToClose): Promise<void> {
  await client.query('BEGIN');
  try {
    // No drain meanwhile: what it adds to the days would be in neither sum.
    await client.query(`SELECT pg_advisory_xact_lock(${drainLock})`);
    if (await hasAllParts(client, span)) await addUp(client, span);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}

/** A drain may have taken out one of them since: then the longer span has to wait for it. */
async function hasAllParts(client: pg.ClientBase, span: SpanToClose): Promise<boolean> {
  if (span.parts.length === 0) return true;
  const { rows } = await client.query(
    `SELECT FROM waypost.click_counts_daily AS known
     WHERE kind = 'all' AND day >= $1::date AND day < $2::date AND NOT EXISTS (
       SELECT FROM waypost.click_spans JOIN unnest($3::date[], $4::date[]) AS part (from_day, to_day) USING (from_day, to_day)
       WHERE from_day <= known.day AND to_day > known.day)
     LIMIT 1`,
    [...datesOf(span), ...partDates(span)],
  );
  return rows.length === 0;
}

async function addUp(client: pg.ClientBase, span: SpanToClose): Promise<void> {
  const [from, to] = datesOf(span);
  await client.query(`INSERT INTO waypost.click_spans VALUES ($1::date, $2::date) ON CONFLICT DO NOTHING`, [from, to]);
  const isOfDays = span.parts.length === 0;
  for (const { table, keys, figures, sums, everything } of summedTables) {
    await client.query(`DELETE FROM waypost.${table}_spans WHERE from_day = $1::date AND to_day = $2::date`, [
      from,
      to,
    ]);
    const source = isOfDays
      ? `${table}_daily WHERE day >= $1::date AND day < $2::date AND ${everything}`
      : `${table}_spans JOIN unnest($3::date[], $4::date[]) AS part (from_day, to_day) USING (from_day, to_day)
         JOIN waypost.click_spans USING (from_day, to_day)`;
    await client.query(
      `INSERT INTO waypost.${table}_spans (from_day, to_day, ${keys}, ${figures})
       SELECT $1::date, $2::date, ${keys}, ${sums} FROM waypost.${source} GROUP BY ${keys} ORDER BY ${keys}`,
      isOfDays ? [from, to] : [from, to, ...partDates(span)],
    );
  }
}

const dateOf = (day: number): string => utcDay(day * dayMs);

const datesOf = ({ from, to }: DaySpan): [from: string, to: string] => [dateOf(from), dateOf(to)];

const partDates = ({ parts }: SpanToClose): [from: string[], to: string[]] => [
  parts.map(({ from }) => dateOf(from)),
  parts.map(({ to }) => dateOf(to)),
];
