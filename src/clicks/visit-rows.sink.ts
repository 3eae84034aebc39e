import type pg from 'pg';
import { BinaryRows } from './binary-rows.js';
import { dayOf } from './click-counts.js';
import { column, pushArticle } from './columns.js';
import { copyRows } from './copy-rows.sink.js';
import { isSameVisitor, type BatchPlan, type ClickRow, type StoredVisit, type Visit } from './plan-batch.js';

interface VisitRecord {
  readonly place: string;
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
export async function findVisits(client: pg.Client, clicks: readonly ClickRow[]): Promise<StoredVisit[]> {
  const found: StoredVisit[][] = [];
  for (const [day, ofDay] of groupByDay(clicks, ({ atMs }) => dayOf(atMs))) {
    const visitors = ofDay.filter((row, index) => index === 0 || !isSameVisitor(row, ofDay[index - 1] as ClickRow));
    const { rows } = await client.query<VisitRecord>(
      `SELECT ctid::text AS place, (visitor >> 32)::integer AS high, ((visitor << 32) >> 32)::integer AS low, partner_key, placement_id, article_id,
         (extract(epoch FROM first_at) * 1000)::float8 AS first_ms, (extract(epoch FROM last_at) * 1000)::float8 AS last_ms
       FROM waypost.click_visits WHERE day = DATE '1970-01-01' + $1::integer AND visitor = ANY ($2::bigint[])`,
      [day, column('int8', visitors, (array, row) => array.pushInt8(row.visitorHigh, row.visitorLow))],
    );
    found.push(rows.map((row) => visitOf(day, row)));
  }
  return found.flat();
}

const visitOf = (day: number, row: VisitRecord): StoredVisit => ({
  place: row.place,
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

/**
 * By place: a reader of ten thousand links has as many visits under the one key of the index. Places stay what they are while the transaction lasts,
 * since it holds the lock of drains and has locked the table by reading it.
 */
async function growVisits(client: pg.Client, day: number, visits: readonly StoredVisit[]): Promise<void> {
  await client.query(
    `UPDATE waypost.click_visits AS visit SET first_at = grown.first_at, last_at = grown.last_at
     FROM unnest($2::text[]::tid[], $3::bigint[], $4::timestamptz[], $5::timestamptz[]) AS grown (place, visitor, first_at, last_at)
     WHERE visit.day = DATE '1970-01-01' + $1::integer AND visit.ctid = grown.place AND visit.visitor = grown.visitor`,
    [
      day,
      column('text', visits, (array, visit) => array.pushText(visit.place)),
      column('int8', visits, (array, visit) => array.pushInt8(visit.visitorHigh, visit.visitorLow)),
      column('timestamptz', visits, (array, visit) => array.pushTimestamp(visit.firstMs)),
      column('timestamptz', visits, (array, visit) => array.pushTimestamp(visit.lastMs)),
    ],
  );
}
