import type pg from 'pg';
import type { ClickCounts } from './click-counts.js';
import { column, pushArticle } from './columns.js';

/** Adds what a batch counts to the rollups. */
export async function addCounts(client: pg.Client, counts: ClickCounts): Promise<void> {
  await addHourly(client, counts.hourly);
  await addFiltered(client, counts.filtered);
  await addDaily(client, counts.daily);
  await addDimensions(client, counts.dimensions);
}

async function addHourly(client: pg.Client, rows: ClickCounts['hourly']): Promise<void> {
  if (rows.length === 0) return;
  await client.query(
    `WITH batch AS (
       SELECT * FROM unnest($1::timestamptz[], $2::text[], $3::text[], $4::text[], $5::uuid[], $6::integer[], $7::integer[])
         AS batch (hour, partner_key, placement_id, target_key, article_id, clicks, private_clicks)
     ), hourly AS (
       INSERT INTO waypost.click_counts_hourly AS counts (hour, partner_key, placement_id, target_key, article_id, clicks, private_clicks)
       TABLE batch
       ON CONFLICT (hour, partner_key, placement_id, target_key) DO UPDATE
         SET clicks = counts.clicks + excluded.clicks, private_clicks = counts.private_clicks + excluded.private_clicks
     ), links AS (
       INSERT INTO waypost.click_links_daily AS counts (day, partner_key, placement_id, target_key, article_id, clicks)
       SELECT (hour AT TIME ZONE 'UTC')::date AS day, partner_key, placement_id, target_key, (array_agg(article_id))[1], sum(clicks)
       FROM batch GROUP BY day, partner_key, placement_id, target_key
       ON CONFLICT (day, partner_key, placement_id, target_key) DO UPDATE SET clicks = counts.clicks + excluded.clicks
     )
     INSERT INTO waypost.click_totals_hourly AS counts (hour, clicks, filtered)
     SELECT hour, sum(clicks), 0 FROM batch GROUP BY hour
     ON CONFLICT (hour) DO UPDATE SET clicks = counts.clicks + excluded.clicks`,
    [
      column('timestamptz', rows, (array, row) => array.pushTimestamp(row.hourMs)),
      column('text', rows, (array, row) => array.pushText(row.partnerKey)),
      column('text', rows, (array, row) => array.pushText(row.placementId)),
      column('text', rows, (array, row) => array.pushText(row.targetKey)),
      column('uuid', rows, pushArticle),
      column('int4', rows, (array, row) => array.pushInt4(row.clicks)),
      column('int4', rows, (array, row) => array.pushInt4(row.privateClicks)),
    ],
  );
}

async function addFiltered(client: pg.Client, rows: ClickCounts['filtered']): Promise<void> {
  if (rows.length === 0) return;
  await client.query(
    `WITH batch AS (
       SELECT * FROM unnest($1::timestamptz[], $2::text[], $3::text[], $4::integer[]) AS batch (hour, partner_key, reason, requests)
     ), hourly AS (
       INSERT INTO waypost.click_filtered_hourly AS counts (hour, partner_key, reason, requests)
       TABLE batch
       ON CONFLICT (hour, partner_key, reason) DO UPDATE SET requests = counts.requests + excluded.requests
     )
     INSERT INTO waypost.click_totals_hourly AS counts (hour, clicks, filtered)
     SELECT hour, 0, sum(requests) FROM batch GROUP BY hour
     ON CONFLICT (hour) DO UPDATE SET filtered = counts.filtered + excluded.filtered`,
    [
      column('timestamptz', rows, (array, row) => array.pushTimestamp(row.hourMs)),
      column('text', rows, (array, row) => array.pushText(row.partnerKey)),
      column('text', rows, (array, row) => array.pushText(row.reason)),
      column('int4', rows, (array, row) => array.pushInt4(row.requests)),
    ],
  );
}

/** What was thought to be over, and is not, is added up again by the next maintenance. */
async function addDaily(client: pg.Client, rows: ClickCounts['daily']): Promise<void> {
  if (rows.length === 0) return;
  await client.query(
    `WITH added AS (
       INSERT INTO waypost.click_counts_daily AS counts (day, kind, key, clicks, visitors, filtered)
       SELECT * FROM unnest($1::date[], $2::text[], $3::text[], $4::integer[], $5::integer[], $6::integer[])
       ON CONFLICT (kind, day, key) DO UPDATE SET clicks = counts.clicks + excluded.clicks,
         visitors = counts.visitors + excluded.visitors, filtered = counts.filtered + excluded.filtered
     )
     DELETE FROM waypost.click_spans WHERE EXISTS
       (SELECT FROM (SELECT DISTINCT unnest($1::date[]) AS day) AS days WHERE days.day >= from_day AND days.day < to_day)`,
    [
      column('date', rows, (array, row) => array.pushDate(row.day)),
      column('text', rows, (array, row) => array.pushText(row.kind)),
      column('text', rows, (array, row) => array.pushText(row.key)),
      column('int4', rows, (array, row) => array.pushInt4(row.clicks)),
      column('int4', rows, (array, row) => array.pushInt4(row.visitors)),
      column('int4', rows, (array, row) => array.pushInt4(row.filtered)),
    ],
  );
}

/** By partner, and under an empty key for all of them. */
async function addDimensions(client: pg.Client, rows: ClickCounts['dimensions']): Promise<void> {
  if (rows.length === 0) return;
  await client.query(
    `WITH batch AS (
       SELECT * FROM unnest($1::date[], $2::text[], $3::text[], $4::text[], $5::integer[]) AS batch (day, partner_key, dimension, value, clicks)
     )
     INSERT INTO waypost.click_dimensions_daily AS counts (day, partner_key, dimension, value, clicks)
     TABLE batch UNION ALL SELECT day, '', dimension, value, sum(clicks) FROM batch GROUP BY day, dimension, value
     ON CONFLICT (dimension, day, partner_key, value) DO UPDATE SET clicks = counts.clicks + excluded.clicks`,
    [
      column('date', rows, (array, row) => array.pushDate(row.day)),
      column('text', rows, (array, row) => array.pushText(row.partnerKey)),
      column('text', rows, (array, row) => array.pushText(row.dimension)),
      column('text', rows, (array, row) => array.pushText(row.value)),
      column('int4', rows, (array, row) => array.pushInt4(row.clicks)),
    ],
  );
}
