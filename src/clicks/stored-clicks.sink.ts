import type pg from 'pg';
import { clickIdText, writeClickId } from './click-id.js';
import { column, uuidBytes } from './columns.js';
import type { LoggedClick } from './logged-click.js';
import type { LateVisit, StoredClick, Visit } from './plan-batch.js';
import type { Device } from './user-agent.js';

interface NeighbourRecord {
  readonly number: number;
  readonly id: string;
  readonly at_ms: number;
  readonly target_key: string | null;
  readonly country: string | null;
  readonly device: Device;
  readonly referrer_host: string | null;
  readonly is_counted: boolean;
}

/** Stored clicks near to those that the batch brings late, duplicates too. */
export async function findNeighbours(
  client: pg.Client,
  late: readonly LateVisit[],
): Promise<(StoredClick & { readonly visit: Visit })[]> {
  const { rows } = await client.query<NeighbourRecord>(
    `SELECT wanted.number::integer, click.id, (extract(epoch FROM click.clicked_at) * 1000)::float8 AS at_ms, click.target_key, click.country, agent.device,
       click.referrer_host, click.is_counted
     FROM unnest($1::timestamptz[], $2::timestamptz[], $3::bigint[], $4::text[], $5::text[])
       WITH ORDINALITY AS wanted (from_at, to_at, visitor, partner_key, placement_id, number)
     JOIN waypost.clicks AS click ON click.clicked_at BETWEEN wanted.from_at AND wanted.to_at AND click.visitor = wanted.visitor
       AND click.partner_key = wanted.partner_key AND coalesce(click.placement_id, '') = wanted.placement_id
     JOIN waypost.click_agents AS agent ON agent.id = click.agent_id`,
    [
      column('timestamptz', late, (array, { fromMs }) => array.pushTimestamp(fromMs)),
      column('timestamptz', late, (array, { toMs }) => array.pushTimestamp(toMs)),
      column('int8', late, (array, { visit }) => array.pushInt8(visit.visitorHigh, visit.visitorLow)),
      column('text', late, (array, { visit }) => array.pushText(visit.partnerKey)),
      column('text', late, (array, { visit }) => array.pushText(visit.placementId)),
    ],
  );
  return rows.flatMap((row) => {
    const visit = late[row.number - 1]?.visit;
    if (visit === undefined) return [];
    return {
      visit,
      atMs: row.at_ms,
      idHex: row.id.replaceAll('-', ''),
      partnerKey: visit.partnerKey,
      placementId: visit.placementId,
      articleId: visit.articleId,
      targetKey: row.target_key ?? '',
      country: row.country ?? '',
      device: row.device,
      referrerHost: row.referrer_host ?? '',
      isPrivate: false,
      isCounted: row.is_counted,
    };
  });
}

export async function uncountClicks(client: pg.Client, clicks: readonly StoredClick[]): Promise<void> {
  if (clicks.length === 0) return;
  await client.query(
    `UPDATE waypost.clicks AS click SET is_counted = false
     FROM unnest($1::timestamptz[], $2::uuid[]) AS wrong (clicked_at, id)
     WHERE click.clicked_at = wrong.clicked_at AND click.id = wrong.id`,
    [
      column('timestamptz', clicks, (array, { atMs }) => array.pushTimestamp(atMs)),
      column('uuid', clicks, (array, { idHex }) => array.pushUuidBytes(uuidBytes(idHex))),
    ],
  );
}

/** The clicks that have no row yet, each once. */
export async function withoutStored(client: pg.Client, clicks: readonly LoggedClick[]): Promise<LoggedClick[]> {
  const { rows } = await client.query<{ number: number }>(
    `SELECT number::integer FROM unnest($1::timestamptz[], $2::uuid[]) WITH ORDINALITY AS wanted (clicked_at, id, number)
     JOIN waypost.clicks USING (clicked_at, id)`,
    [
      column('timestamptz', clicks, (array, { id }) => array.pushTimestamp(id.timeMs)),
      column('uuid', clicks, (array, { id }) => array.pushUuid((view, offset) => writeClickId(view, offset, id))),
    ],
  );
  const stored = new Set(rows.map((row) => row.number - 1));
  const ids = new Set<string>();
  return clicks.filter(({ id }, index) => {
    const text = clickIdText(id);
    if (stored.has(index) || ids.has(text)) return false;
    ids.add(text);
    return true;
  });
}
