import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Sums of longer and shorter spans than months, of what was filtered by reason, and indexes for the reports of single articles and placements. */
export class AddUpSpans1764000000103 implements MigrationInterface {
  readonly name = 'AddUpSpans1764000000103';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `DROP TABLE waypost.click_counts_monthly, waypost.click_links_monthly, waypost.click_dimensions_monthly, waypost.click_months`,
    );
    // Thirds of months, months, quarters and years whose days are over and added up. "to_day" is the first day after a span. A click that comes in later
    // takes the spans of its day out again. Maintenance names them here once it has made their sums; it makes all of them at its next run.
    await runner.query(`
      CREATE TABLE waypost.click_spans (
        from_day date NOT NULL,
        to_day   date NOT NULL,
        PRIMARY KEY (from_day, to_day),
        CONSTRAINT click_spans_days CHECK (from_day < to_day)
      )`);
    // The three tables of days once more, by span. A row is only believed while click_spans names its span.
    await runner.query(`
      CREATE TABLE waypost.click_counts_spans (
        kind     text   NOT NULL,
        from_day date   NOT NULL,
        to_day   date   NOT NULL,
        key      text   NOT NULL,
        clicks   bigint NOT NULL,
        visitors bigint NOT NULL,
        filtered bigint NOT NULL,
        PRIMARY KEY (from_day, to_day, kind, key)
      )`);
    // The clicks of a placement, all time.
    await runner.query(`CREATE INDEX click_counts_spans_key ON waypost.click_counts_spans (kind, key)`);
    await runner.query(`
      CREATE TABLE waypost.click_links_spans (
        from_day     date   NOT NULL,
        to_day       date   NOT NULL,
        partner_key  text   NOT NULL,
        placement_id text   NOT NULL,
        target_key   text   NOT NULL,
        article_id   uuid,
        clicks       bigint NOT NULL,
        PRIMARY KEY (from_day, to_day, partner_key, placement_id, target_key)
      )`);
    await runner.query(`
      CREATE TABLE waypost.click_dimensions_spans (
        dimension   text   NOT NULL,
        from_day    date   NOT NULL,
        to_day      date   NOT NULL,
        partner_key text   NOT NULL,
        value       text   NOT NULL,
        clicks      bigint NOT NULL,
        PRIMARY KEY (from_day, to_day, dimension, partner_key, value)
      )`);
    // What was filtered, by day, partner and reason: it stands beside the dimensions of the clicks, in requests.
    await runner.query(dimensionsKnown(`'country', 'device', 'referrer', 'reason'`));
    await runner.query(`
      INSERT INTO waypost.click_dimensions_daily (dimension, day, partner_key, value, clicks)
      SELECT 'reason', (hour AT TIME ZONE 'UTC')::date AS day, partner, reason, sum(requests)
      FROM waypost.click_filtered_hourly, unnest(ARRAY[partner_key, '']) AS partner GROUP BY day, partner, reason`);
    // One article's or placement's days without those of all others. A link has one row a day, so that these cost the drain next to nothing.
    await runner.query(`CREATE INDEX click_links_daily_article ON waypost.click_links_daily (article_id, day)`);
    await runner.query(`CREATE INDEX click_links_daily_placement ON waypost.click_links_daily (placement_id, day)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DELETE FROM waypost.click_dimensions_daily WHERE dimension = 'reason'`);
    await runner.query(dimensionsKnown(`'country', 'device', 'referrer'`));
    await runner.query(`DROP INDEX waypost.click_links_daily_article, waypost.click_links_daily_placement`);
    await runner.query(
      `DROP TABLE waypost.click_counts_spans, waypost.click_links_spans, waypost.click_dimensions_spans, waypost.click_spans`,
    );
    await runner.query(`CREATE TABLE waypost.click_months (month date PRIMARY KEY)`);
    await runner.query(`
      CREATE TABLE waypost.click_counts_monthly (
        kind text NOT NULL, month date NOT NULL, key text NOT NULL, clicks bigint NOT NULL, visitors bigint NOT NULL, filtered bigint NOT NULL,
        PRIMARY KEY (kind, month, key)
      )`);
    await runner.query(`CREATE INDEX click_counts_monthly_key ON waypost.click_counts_monthly (kind, key)`);
    await runner.query(`
      CREATE TABLE waypost.click_links_monthly (
        month date NOT NULL, partner_key text NOT NULL, placement_id text NOT NULL, target_key text NOT NULL, article_id uuid, clicks bigint NOT NULL,
        PRIMARY KEY (month, partner_key, placement_id, target_key)
      )`);
    await runner.query(`
      CREATE TABLE waypost.click_dimensions_monthly (
        dimension text NOT NULL, month date NOT NULL, partner_key text NOT NULL, value text NOT NULL, clicks bigint NOT NULL,
        PRIMARY KEY (dimension, month, partner_key, value)
      )`);
  }
}

const dimensionsKnown = (names: string): string =>
  `ALTER TABLE waypost.click_dimensions_daily DROP CONSTRAINT click_dimensions_daily_known,
     ADD CONSTRAINT click_dimensions_daily_known CHECK (dimension IN (${names}))`;
