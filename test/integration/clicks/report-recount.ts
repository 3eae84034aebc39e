import type pg from 'pg';
import { ClickReportGroup } from '../../../src/reports/report.type.js';
import type { ReportsService } from '../../../src/reports/reports.service.js';

const { PARTNER, ARTICLE, PLACEMENT, TAG, DAY } = ClickReportGroup;

type ReportRows = Awaited<ReturnType<ReportsService['clickReport']>>['rows'];

/** Name of each group in a row of a report, and in SQL of the table of clicks. */
export const keyOf = {
  PARTNER: { row: 'partnerKey', sql: 'partner_key' },
  ARTICLE: { row: 'articleId', sql: 'article_id' },
  PLACEMENT: { row: 'placementId', sql: `coalesce(placement_id, '')` },
  TARGET: { row: 'targetKey', sql: `coalesce(target_key, '')` },
  TAG: { row: 'tag', sql: 'tag' },
  COUNTRY: { row: 'country', sql: `coalesce(country, '')` },
  DEVICE: { row: 'device', sql: 'device' },
  REFERRER: { row: 'referrer', sql: `coalesce(referrer_host, '')` },
  REASON: { row: 'reason', sql: 'NULL' },
  HOUR: { row: 'hour', sql: `date_trunc('hour', clicked_at)` },
  DAY: { row: 'day', sql: `((clicked_at AT TIME ZONE $3)::date)::text` },
} as const;

/** Clicks by key. Rows of filtered requests alone are left out. */
export const counted = (rows: ReportRows, groupBy: readonly ClickReportGroup[]): unknown =>
  Object.fromEntries(
    rows
      .filter(({ clicks }) => clicks > 0)
      .map((row) => [JSON.stringify(groupBy.map((group) => row[keyOf[group].row])), row.clicks]),
  );

/** A report that was asked for, with the period that was counted. */
interface Asked {
  readonly groupBy: readonly ClickReportGroup[];
  readonly from: Date;
  readonly to: Date;
  readonly timeZone: string;
  readonly filter: { partnerKeys?: string[]; articleIds?: string[]; placementIds?: string[] } | undefined;
}

/** Of the table of clicks, for the values of `valuesOf`. */
const isAsked = `clicked_at >= $1 AND clicked_at < $2 AND $3::text IS NOT NULL AND partner_key = coalesce($4, partner_key)
  AND ($5::uuid IS NULL OR article_id = $5) AND ($6::text IS NULL OR placement_id = $6)`;

const valuesOf = ({ from, to, timeZone, filter }: Asked): unknown[] =>
  [from, to, timeZone, filter?.partnerKeys?.[0], filter?.articleIds?.[0], filter?.placementIds?.[0]].map(
    (value) => value ?? null,
  );

export async function countedAgain(client: pg.Client, asked: Asked): Promise<unknown> {
  const { groupBy } = asked;
  const keys = groupBy.map((group, index) => `${keyOf[group].sql} AS key_${index}`);
  const tags = `JOIN waypost.article_tags USING (article_id) JOIN (SELECT id AS tag_id, slug AS tag FROM waypost.tags) AS tags USING (tag_id)`;
  const { rows } = await client.query<Record<string, unknown>>(
    `SELECT ${[...keys, 'count(*)::integer AS clicks'].join(', ')}
     FROM waypost.clicks JOIN waypost.click_agents AS agent ON agent.id = agent_id ${groupBy.includes(TAG) ? tags : ''}
     WHERE is_counted AND ${isAsked}
     ${keys.length > 0 ? `GROUP BY ${keys.map((_key, index) => index + 1).join(', ')}` : ''}`,
    valuesOf(asked),
  );
  return Object.fromEntries(
    rows.map((row) => [JSON.stringify(groupBy.map((_group, index) => row[`key_${index}`])), row['clicks']]),
  );
}

const sumOf = (figures: readonly (number | null)[]): number | null =>
  figures.reduce((sum, figure) => (sum === null || figure === null ? null : sum + figure), 0 as number | null);

/** What was filtered, of all rows together; null where it is not told. */
export const refused = (rows: ReportRows): number | null => sumOf(rows.map(({ filteredClicks }) => filteredClicks));

/** All that is filtered here are duplicates, and these have rows. */
export async function refusedAgain(client: pg.Client, asked: Asked, rows: ReportRows): Promise<number | null> {
  if (rows.some(({ filteredClicks }) => filteredClicks === null)) return null;
  const again = await client.query<{ requests: number }>(
    `SELECT count(*)::integer AS requests FROM waypost.clicks WHERE NOT is_counted AND ${isAsked}`,
    valuesOf(asked),
  );
  return again.rows[0]?.requests ?? 0;
}

/** The sum of the visitors of all rows; null where they are not told. */
export const visited = (rows: ReportRows): number | null => sumOf(rows.map(({ uniqueVisitors }) => uniqueVisitors));

export async function visitedAgain(client: pg.Client, asked: Asked): Promise<number | null> {
  const { groupBy, filter } = asked;
  const filtered = { partnerKeys: PARTNER, articleIds: ARTICLE, placementIds: PLACEMENT };
  const filters = Object.keys(filter ?? {}).map((name) => filtered[name as keyof typeof filtered]);
  const keys = [...new Set([...groupBy.filter((group) => group !== DAY), ...filters])];
  const [key] = keys;
  if (keys.length > 1 || (key !== undefined && ![PARTNER, ARTICLE, PLACEMENT].includes(key))) return null;
  const column = key === undefined ? `''::text` : `coalesce(${keyOf[key].sql}::text, '')`;
  const { rows } = await client.query<{ visitors: number }>(
    `SELECT count(DISTINCT ((clicked_at AT TIME ZONE 'UTC')::date, visitor, ${column}))::integer AS visitors FROM waypost.clicks WHERE ${isAsked}`,
    valuesOf(asked),
  );
  return rows[0]?.visitors ?? 0;
}
