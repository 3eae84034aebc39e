import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { makeDayPartitions } from './click-store.sink.js';
import { dayOf } from './click-counts.js';
import { closeSpans } from './close-spans.sink.js';
import { dayMs, utcDay } from './daily-salts.js';

/** One node at a time; who does not get it leaves it to the other. */
const maintenanceLock = 8_147_203_118;
const daysAhead = 7;
/** A message may be delivered again for as long as its stream keeps it unacknowledged. */
const messagePositionsKept = '2 days';
const segmentPositionsKept = '400 days';
const linkChangesKept = '1 day';

/** Today's and tomorrow's salt, made where they are missing: all nodes get the same. Those of 48 hours ago are deleted. */
export async function keepSalts(client: pg.ClientBase, nowMs: number): Promise<[day: string, salt: Uint8Array][]> {
  const days = [utcDay(nowMs), utcDay(nowMs + dayMs)];
  await client.query(`DELETE FROM waypost.click_salts WHERE day < $1::date`, [utcDay(nowMs - dayMs)]);
  await client.query(
    `INSERT INTO waypost.click_salts (day, salt) SELECT * FROM unnest($1::date[], $2::bytea[]) ON CONFLICT DO NOTHING`,
    [days, days.map(() => randomBytes(16))],
  );
  const { rows } = await client.query<{ day: string; salt: Buffer }>(
    `SELECT day::text, salt FROM waypost.click_salts ORDER BY day`,
  );
  return rows.map((row) => [row.day, new Uint8Array(row.salt)]);
}

export interface MaintenanceOptions {
  readonly retentionDays: number;
  readonly nowMs: number;
}

/** What has to be done now and then, by one node. Safe to call at any time, from any number. */
export async function maintainClicks(client: pg.ClientBase, options: MaintenanceOptions): Promise<void> {
  const { rows } = await client.query<{ locked: boolean }>(`SELECT pg_try_advisory_lock(${maintenanceLock}) AS locked`);
  if (rows[0]?.locked !== true) return;
  try {
    await makeDayPartitions(client, dayOf(options.nowMs) - 1, daysAhead + 1);
    await dropOldPartitions(client, dayOf(options.nowMs) - options.retentionDays);
    await closeSpans(client, dayOf(options.nowMs));
    await forgetOldPositions(client);
  } finally {
    await client.query(`SELECT pg_advisory_unlock(${maintenanceLock})`);
  }
}

/** Whole days of clicks and visits before `firstDay`. Dropping a table takes no longer for many rows than for few. */
async function dropOldPartitions(client: pg.ClientBase, firstDay: number): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT child.relname AS name FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid
     WHERE inhparent IN ('waypost.clicks'::regclass, 'waypost.click_visits'::regclass) AND right(child.relname, 8) < $1`,
    [utcDay(firstDay * dayMs).replaceAll('-', '')],
  );
  for (const { name } of rows) {
    if (!/^click(?:s|_visits)_\d{8}$/.test(name)) continue;
    // A long query on the clicks must not hold up every other one behind this: better the next time.
    await client.query(`SET lock_timeout = '2s'`);
    try {
      await client.query(`DROP TABLE IF EXISTS waypost.${name}`);
    } finally {
      await client.query(`RESET lock_timeout`);
    }
  }
}

async function forgetOldPositions(client: pg.ClientBase): Promise<void> {
  await client.query(
    `DELETE FROM waypost.click_log_positions
     WHERE updated_at < now() - CASE WHEN is_message THEN interval '${messagePositionsKept}' ELSE interval '${segmentPositionsKept}' END`,
  );
  await client.query(`DELETE FROM waypost.link_changes WHERE at < now() - interval '${linkChangesKept}'`);
}
