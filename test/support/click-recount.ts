const duplicates = `SELECT day, kind, key FROM raw, LATERAL (VALUES ('article', coalesce(article_id::text, '')), ('placement', placement),
  ('target', nullif(partner_key || '/' || target, partner_key || '/'))) AS kind (kind, key) WHERE NOT is_counted AND key IS NOT NULL`;

/**
 * Asks where the rollups of clicks differ from a recount of the clicks themselves, or from each other: no rows where they agree.
 * Clicks of readers who do not want to be followed have no row to be counted again; they are known by the hour.
 */
export const recountClicks = `
  WITH raw AS (
    SELECT click.*, date_trunc('hour', clicked_at) AS hour, (clicked_at AT TIME ZONE 'UTC')::date AS day, coalesce(placement_id, '') AS placement,
      coalesce(target_key, '') AS target, agent.device
    FROM waypost.clicks AS click JOIN waypost.click_agents AS agent ON agent.id = agent_id),
  hourly AS (SELECT *, (hour AT TIME ZONE 'UTC')::date AS day FROM waypost.click_counts_hourly WHERE clicks <> 0),
  filtered AS (SELECT hour, (hour AT TIME ZONE 'UTC')::date AS day, partner_key, reason, requests FROM waypost.click_filtered_hourly WHERE requests <> 0),
  expected (rollup, keys, figure) AS (
    SELECT 'hourly', jsonb_build_array(hour, partner_key, placement, target), count(*) FROM raw WHERE is_counted GROUP BY 2
    UNION ALL SELECT 'duplicates', jsonb_build_array(hour, partner_key), count(*) FROM raw WHERE NOT is_counted GROUP BY 2
    UNION ALL SELECT 'visitors', jsonb_build_array(day, kind, key), count(DISTINCT visitor) FROM raw, ${keysOf('raw', 'placement')} WHERE visitor IS NOT NULL GROUP BY 2
    UNION ALL SELECT 'dimensions', jsonb_build_array(day, partner, dimension, value), count(*)
      FROM raw, unnest(ARRAY[partner_key, '']) AS partner,
        LATERAL (VALUES ('country', coalesce(country, '')), ('device', device), ('referrer', coalesce(referrer_host, ''))) AS dimension (dimension, value)
      WHERE is_counted AND day NOT IN (SELECT day FROM hourly WHERE private_clicks <> 0) GROUP BY 2
    UNION ALL SELECT 'daily', jsonb_build_array(day, kind, key), sum(clicks) FROM hourly, ${keysOf('hourly', 'placement_id')} GROUP BY 2
    UNION ALL SELECT 'daily', jsonb_build_array(day, 'target', partner_key || '/' || target_key), sum(clicks) FROM hourly WHERE target_key <> '' GROUP BY 2
    UNION ALL SELECT 'daily filtered', jsonb_build_array(day, kind, key), sum(requests)
      FROM filtered, LATERAL (VALUES ('all', ''), ('partner', partner_key)) AS kind (kind, key) GROUP BY 2
    -- Of what is filtered, the hours know the partner alone: by article and by placement it is as much in all, and no less than the duplicates among the clicks.
    UNION ALL SELECT 'daily filtered of a kind', jsonb_build_array(day, kind), sum(requests) FROM filtered, unnest(ARRAY['article', 'placement']) AS kind GROUP BY 2
    UNION ALL SELECT 'daily duplicates', keys, duplicates
      FROM (SELECT jsonb_build_array(day, kind, key) AS keys, day, kind, key, count(*) AS duplicates FROM (${duplicates}) AS one GROUP BY 2, 3, 4) AS raw
      LEFT JOIN waypost.click_counts_daily AS daily USING (day, kind, key) WHERE coalesce(daily.filtered, 0) < duplicates
    UNION ALL SELECT 'links', jsonb_build_array(day, partner_key, placement_id, target_key), sum(clicks) FROM hourly GROUP BY 2
    UNION ALL SELECT 'reasons', jsonb_build_array(day, partner, reason), sum(requests) FROM filtered, unnest(ARRAY[partner_key, '']) AS partner GROUP BY 2
    UNION ALL SELECT 'totals', to_jsonb(hour), sum(clicks) FROM hourly GROUP BY 2
    UNION ALL SELECT 'totals filtered', to_jsonb(hour), sum(requests) FROM filtered GROUP BY 2
    ${spanSums('daily', 'day >= from_day AND day < to_day')}),
  stored (rollup, keys, figure) AS (
    SELECT 'hourly', jsonb_build_array(hour, partner_key, placement_id, target_key), clicks - private_clicks FROM hourly WHERE clicks <> private_clicks
    UNION ALL SELECT 'duplicates', jsonb_build_array(hour, partner_key), requests FROM filtered WHERE reason = 'duplicate'
    UNION ALL SELECT 'visitors', jsonb_build_array(day, kind, key), visitors FROM waypost.click_counts_daily WHERE visitors <> 0
    UNION ALL SELECT 'dimensions', jsonb_build_array(day, partner_key, dimension, value), clicks FROM waypost.click_dimensions_daily
      WHERE dimension <> 'reason' AND clicks <> 0 AND day NOT IN (SELECT day FROM hourly WHERE private_clicks <> 0)
    UNION ALL SELECT 'daily', jsonb_build_array(day, kind, key), clicks FROM waypost.click_counts_daily WHERE clicks <> 0
    UNION ALL SELECT 'daily filtered', jsonb_build_array(day, kind, key), filtered FROM waypost.click_counts_daily
      WHERE kind IN ('all', 'partner') AND filtered <> 0
    UNION ALL SELECT 'daily filtered of a kind', jsonb_build_array(day, kind), sum(filtered) FROM waypost.click_counts_daily
      WHERE kind IN ('article', 'placement') AND filtered <> 0 GROUP BY 2
    UNION ALL SELECT 'links', jsonb_build_array(day, partner_key, placement_id, target_key), clicks FROM waypost.click_links_daily WHERE clicks <> 0
    UNION ALL SELECT 'reasons', jsonb_build_array(day, partner_key, value), clicks FROM waypost.click_dimensions_daily WHERE dimension = 'reason' AND clicks <> 0
    UNION ALL SELECT 'totals', to_jsonb(hour), clicks FROM waypost.click_totals_hourly WHERE clicks <> 0
    UNION ALL SELECT 'totals filtered', to_jsonb(hour), filtered FROM waypost.click_totals_hourly WHERE filtered <> 0
    ${spanSums('spans', '(from_day, to_day) = (known_from, known_to)')})
  (SELECT 'counted again' AS what, * FROM (TABLE expected EXCEPT TABLE stored) AS one)
  UNION ALL (SELECT 'stored', * FROM (TABLE stored EXCEPT TABLE expected) AS one)`;

/** What the closed spans hold, by table; the same from the days and from the spans. */
function spanSums(unit: 'daily' | 'spans', condition: string): string {
  const known =
    unit === 'daily'
      ? 'waypost.click_spans'
      : '(SELECT from_day AS known_from, to_day AS known_to FROM waypost.click_spans)';
  const [from, to] = unit === 'daily' ? ['from_day', 'to_day'] : ['known_from', 'known_to'];
  const tables = [
    ['click_counts', 'kind, key', 'array[clicks, visitors, filtered]'],
    ['click_links', 'partner_key, placement_id, target_key, article_id', 'array[clicks]'],
    ['click_dimensions', 'dimension, partner_key, value', 'array[clicks]'],
  ] as const;
  return tables
    .map(
      ([
        table,
        keys,
        figures,
      ]) => `UNION ALL SELECT '${table} of spans', jsonb_build_array(${from}, ${to}, ${keys}, figure), sum(amount)
        FROM ${known} AS span JOIN waypost.${table}_${unit} ON ${condition}, unnest(${figures}) WITH ORDINALITY AS sums (amount, figure)
        GROUP BY 2 HAVING sum(amount) <> 0`,
    )
    .join('\n');
}

function keysOf(from: string, placement: string): string {
  return `LATERAL (VALUES ('all', ''), ('partner', ${from}.partner_key), ('article', coalesce(${from}.article_id::text, '')), ('placement', ${from}.${placement}))
    AS kind (kind, key)`;
}
