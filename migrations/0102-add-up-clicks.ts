import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Sums for the reports that had to add up too much: over all partners, by link, and of what stands outside of articles. */
export class AddUpClicks1764000000102 implements MigrationInterface {
  readonly name = 'AddUpClicks1764000000102';

  async up(runner: QueryRunner): Promise<void> {
    // A link is a partner with a placement and a target, each perhaps empty. Whatever combines partner, article, placement, target and tag is made of these.
    await runner.query(`
      CREATE TABLE waypost.click_links_daily (
        day          date   NOT NULL,
        partner_key  text   NOT NULL,
        placement_id text   NOT NULL,
        target_key   text   NOT NULL,
        article_id   uuid,
        clicks       bigint NOT NULL,
        PRIMARY KEY (day, partner_key, placement_id, target_key)
      ) WITH (fillfactor = 80)`);

    // All partners together, by hour: days of any zone, and the hours of a year.
    await runner.query(`
      CREATE TABLE waypost.click_totals_hourly (
        hour     timestamptz(3) PRIMARY KEY,
        clicks   bigint NOT NULL,
        filtered bigint NOT NULL
      ) WITH (fillfactor = 50)`);

    // As click_counts_monthly: made of whole months by maintenance, and only believed while click_months names the month.
    await runner.query(`
      CREATE TABLE waypost.click_links_monthly (
        month        date   NOT NULL,
        partner_key  text   NOT NULL,
        placement_id text   NOT NULL,
        target_key   text   NOT NULL,
        article_id   uuid,
        clicks       bigint NOT NULL,
        PRIMARY KEY (month, partner_key, placement_id, target_key)
      )`);
    await runner.query(`
      CREATE TABLE waypost.click_dimensions_monthly (
        dimension   text   NOT NULL,
        month       date   NOT NULL,
        partner_key text   NOT NULL,
        value       text   NOT NULL,
        clicks      bigint NOT NULL,
        PRIMARY KEY (dimension, month, partner_key, value)
      )`);

    // One partner's hours of a year, without those of all others. The figures are in no index, so that adding to them stays cheap.
    await runner.query(`CREATE INDEX click_counts_hourly_partner ON waypost.click_counts_hourly (partner_key, hour)`);
    await runner.query(
      `CREATE INDEX click_filtered_hourly_partner ON waypost.click_filtered_hourly (partner_key, hour)`,
    );
    // The clicks of a placement, all time.
    await runner.query(`CREATE INDEX click_counts_monthly_key ON waypost.click_counts_monthly (kind, key)`);
    await this.addUpWhatIsThere(runner);
  }

  private async addUpWhatIsThere(runner: QueryRunner): Promise<void> {
    await runner.query(`
      INSERT INTO waypost.click_links_daily (day, partner_key, placement_id, target_key, article_id, clicks)
      SELECT (hour AT TIME ZONE 'UTC')::date AS day, partner_key, placement_id, target_key, (array_agg(article_id))[1], sum(clicks)
      FROM waypost.click_counts_hourly GROUP BY day, partner_key, placement_id, target_key`);
    await runner.query(`
      INSERT INTO waypost.click_totals_hourly (hour, clicks, filtered)
      SELECT hour, sum(clicks), sum(filtered) FROM (
        SELECT hour, clicks, 0 AS filtered FROM waypost.click_counts_hourly
        UNION ALL SELECT hour, 0, requests FROM waypost.click_filtered_hourly) AS counts
      GROUP BY hour`);
    // No partner has an empty key: it stands for all of them.
    await runner.query(`
      INSERT INTO waypost.click_dimensions_daily (dimension, day, partner_key, value, clicks)
      SELECT dimension, day, '', value, sum(clicks) FROM waypost.click_dimensions_daily GROUP BY dimension, day, value`);
    // Links outside of articles and without a placement, under the empty key: what all have, less what those with one have.
    for (const [kind, ofNone] of [
      ['article', 'article_id IS NULL'],
      ['placement', `placement_id = ''`],
    ]) {
      await runner.query(`
        INSERT INTO waypost.click_counts_daily (kind, day, key, clicks, visitors, filtered)
        SELECT '${kind}', all_of.day, '', all_of.clicks - coalesce(known.clicks, 0),
          (SELECT count(DISTINCT visitor) FROM waypost.click_visits AS visit WHERE visit.day = all_of.day AND ${ofNone}),
          all_of.filtered - coalesce(known.filtered, 0)
        FROM waypost.click_counts_daily AS all_of
        LEFT JOIN (SELECT day, sum(clicks) AS clicks, sum(filtered) AS filtered FROM waypost.click_counts_daily
          WHERE kind = '${kind}' GROUP BY day) AS known USING (day)
        WHERE all_of.kind = 'all'
          AND (all_of.clicks > coalesce(known.clicks, 0) OR all_of.filtered > coalesce(known.filtered, 0))`);
    }
    // Maintenance closes them anew, with all of their sums.
    await runner.query(`DELETE FROM waypost.click_months`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DELETE FROM waypost.click_months`);
    await runner.query(`DELETE FROM waypost.click_counts_daily WHERE kind IN ('article', 'placement') AND key = ''`);
    await runner.query(`DELETE FROM waypost.click_dimensions_daily WHERE partner_key = ''`);
    await runner.query(
      `DROP INDEX waypost.click_counts_hourly_partner, waypost.click_filtered_hourly_partner, waypost.click_counts_monthly_key`,
    );
    await runner.query(
      `DROP TABLE waypost.click_links_daily, waypost.click_links_monthly, waypost.click_dimensions_monthly, waypost.click_totals_hourly`,
    );
  }
}
