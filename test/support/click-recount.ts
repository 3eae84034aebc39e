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
    UNION ALL SELECT 'daily filtered', jsonb_build_array(day, kind, key), sum(requests)
      FROM filtered, LATERAL (VALUES ('all', ''), ('partner', partner_key)) AS kind (kind, key) GROUP BY 2
    UNION ALL SELECT 'links', jsonb_build_array(day, partner_key, placement_id, target_key), sum(clicks) FROM hourly GROUP BY 2
    UNION ALL SELECT 'totals', to_jsonb(hour), sum(clicks) FROM hourly GROUP BY 2
    UNION ALL SELECT 'totals filtered', to_jsonb(hour), sum(requests) FROM filtered GROUP BY 2),
  stored (rollup, keys, figure) AS (
    SELECT 'hourly', jsonb_build_array(hour, partner_key, placement_id, target_key), clicks - private_clicks FROM hourly WHERE clicks <> private_clicks
    UNION ALL SELECT 'duplicates', jsonb_build_array(hour, partner_key), requests FROM filtered WHERE reason = 'duplicate'
    UNION ALL SELECT 'visitors', jsonb_build_array(day, kind, key), visitors FROM waypost.click_counts_daily WHERE visitors <> 0
    UNION ALL SELECT 'dimensions', jsonb_build_array(day, partner_key, dimension, value), clicks FROM waypost.click_dimensions_daily
      WHERE clicks <> 0 AND day NOT IN (SELECT day FROM hourly WHERE private_clicks <> 0)
    UNION ALL SELECT 'daily', jsonb_build_array(day, kind, key), clicks FROM waypost.click_counts_daily WHERE kind <> 'target' AND clicks <> 0
    UNION ALL SELECT 'daily filtered', jsonb_build_array(day, kind, key), filtered FROM waypost.click_counts_daily
      WHERE kind IN ('all', 'partner') AND filtered <> 0
    UNION ALL SELECT 'links', jsonb_build_array(day, partner_key, placement_id, target_key), clicks FROM waypost.click_links_daily WHERE clicks <> 0
    UNION ALL SELECT 'totals', to_jsonb(hour), clicks FROM waypost.click_totals_hourly WHERE clicks <> 0
    UNION ALL SELECT 'totals filtered', to_jsonb(hour), filtered FROM waypost.click_totals_hourly WHERE filtered <> 0)
  (SELECT 'counted again' AS what, * FROM (TABLE expected EXCEPT TABLE stored) AS one)
  UNION ALL (SELECT 'stored', * FROM (TABLE stored EXCEPT TABLE expected) AS one)`;

function keysOf(from: string, placement: string): string {
  return `LATERAL (VALUES ('all', ''), ('partner', ${from}.partner_key), ('article', coalesce(${from}.article_id::text, '')), ('placement', ${from}.${placement}))
    AS kind (kind, key)`;
}
