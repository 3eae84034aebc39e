import type pg from 'pg';
import { BinaryRows } from './binary-rows.js';
import { dayOf } from './click-counts.js';
import { column, pushArticle } from './columns.js';
import { copyRows } from './copy-rows.sink.js';
import type { BatchPlan, ClickRow, Visit } from './plan-batch.js';

interface VisitRecord {
  readonly high: number;
  readonly low: number;
  readonly partner_key: string;
  readonly placement_id: string;
  readonly article_id: string | null;
  readonly first_ms: number;
  readonly last_ms: number;
}

/**
 * Stored visits of the visitors of some clicks. Sixty-four bits come as halves: the driver would make a text of them, and BigInt is slow.
 * @param clicks in the order of visitors, so that neighbours in the index are looked up one behind the other.
 */
export async function findVisits(client: pg.Client, clicks: readonly ClickRow[]): Promise<Visit[]> {
  const found: Visit[][] = [];
  for (const [day, ofDay] of groupByDay(clicks, ({ atMs }) => dayOf(atMs))) {
    const { rows } = await client.query<VisitRecord>(
      `SELECT (visitor >> 32)::integer AS high, ((visitor << 32) >> 32)::integer AS low, partner_key, placement_id, article_id,
         (extract(epoch FROM first_at) * 1000)::float8 AS first_ms, (extract(epoch FROM last_at) * 1000)::float8 AS last_ms
       FROM waypost.click_visits WHERE day = DATE '1970-01-01' + $1::integer AND visitor = ANY ($2::bigint[])`,
      [day, column('int8', ofDay, (array, row) => array.pushInt8(row.visitorHigh, row.visitorLow))],
    );
    found.push(rows.map((row) => visitOf(day, row)));
  }
  return found.flat();
}

const visitOf = (day: number, row: VisitRecord): Visit => ({
  day,
  visitorHigh: row.high >>> 0,
  visitorLow: row.low >>> 0,
  partnerKey: row.partner_key,
  placementId: row.placement_id,
  articleId: row.article_id ?? '',
  firstMs: row.first_ms,
  lastMs: row.last_ms,
});

/** A day has a partition of its own: so Postgres looks into no other. */
function groupByDay<Row>(rows: readonly Row[], dayOfRow: (row: Row) => number): Map<number, Row[]> {
  const days = new Map<number, Row[]>();
  for (const row of rows) {
    const day = dayOfRow(row);
    const known = days.get(day);
    if (known === undefined) days.set(day, [row]);
    else known.push(row);
  }
  return days;
}

/**
 * Nobody else adds visits meanwhile: whoever drains holds the lock of drains. So the table needs no unique index, whose keys would be four times as long and
 * lie in places as random as their visitors.
 */
export async function saveVisits(client: pg.Client, { newVisits, grownVisits }: BatchPlan): Promise<void> {
  if (newVisits.length > 0) await copyVisits(client, newVisits);
  for (const [day, visits] of groupByDay(grownVisits, (visit) => visit.day)) await growVisits(client, day, visits);
}

async function copyVisits(client: pg.Client, visits: readonly Visit[]): Promise<void> {
  const rows = new BinaryRows(7, visits.length);
  for (const visit of visits) {
    rows.beginRow();
    rows.pushDate(visit.day);
    rows.pushInt8(visit.visitorHigh, visit.visitorLow);
    rows.pushText(visit.partnerKey);
    rows.pushText(visit.placementId);
    pushArticle(rows, visit);
    rows.pushTimestamp(visit.firstMs);
    rows.pushTimestamp(visit.lastMs);
  }
  const columns = 'day, visitor, partner_key, placement_id, article_id, first_at, last_at';
  await copyRows(client, `waypost.click_visits (${columns})`, rows);
}

async function growVisits(client: pg.Client, day: number, visits: readonly Visit[]): Promise<void> {
  await client.query(
    `UPDATE waypost.click_visits AS visit SET first_at = grown.first_at, last_at = grown.last_at
     FROM unnest($2::bigint[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[])
       AS grown (visitor, partner_key, placement_id, first_at, last_at)
     WHERE visit.day = DATE '1970-01-01' + $1::integer AND visit.visitor = grown.visitor AND visit.partner_key = grown.partner_key
       AND visit.placement_id = grown.placement_id`,
    [
      day,
      column('int8', visits, (array, visit) => array.pushInt8(visit.visitorHigh, visit.visitorLow)),
      column('text', visits, (array, visit) => array.pushText(visit.partnerKey)),
      column('text', visits, (array, visit) => array.pushText(visit.placementId)),
      column('timestamptz', visits, (array, visit) => array.pushTimestamp(visit.firstMs)),
      column('timestamptz', visits, (array, visit) => array.pushTimestamp(visit.lastMs)),
    ],
  );
}
