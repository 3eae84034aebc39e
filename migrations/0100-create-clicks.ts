import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Clicks, their rollups, and what the drain of the click log needs to know. */
export class CreateClicks1764000000100 implements MigrationInterface {
  readonly name = 'CreateClicks1764000000100';

  async up(runner: QueryRunner): Promise<void> {
    // Device, browser and system, once per combination: a few hundred rows in place of three texts in every click.
    await runner.query(`
      CREATE TABLE waypost.click_agents (
        id      integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        device  text NOT NULL,
        browser text NOT NULL,
        os      text NOT NULL,
        CONSTRAINT click_agents_unique UNIQUE (device, browser, os)
      )`);

    // One partition per UTC day, made ahead and dropped whole. A duplicate (is_counted false) is kept, because an older click that comes in later is judged
    // by it. "visitor" is a hash of the day; readers who do not want to be followed have no row at all. No foreign keys: a click outlives everything.
    await runner.query(`
      CREATE TABLE waypost.clicks (
        clicked_at    timestamptz(3) NOT NULL,
        id            uuid           NOT NULL,
        partner_key   text           NOT NULL,
        placement_id  text,
        article_id    uuid,
        target_key    text,
        visitor       bigint,
        country       text,
        agent_id      integer        NOT NULL,
        referrer_host text,
        is_fallback   boolean        NOT NULL,
        is_counted    boolean        NOT NULL,
        PRIMARY KEY (clicked_at, id)
      ) PARTITION BY RANGE (clicked_at)`);

    // A visitor's clicks on one link on one day: what tells duplicates, and makes unique visitors exact. Kept as long as the clicks.
    await runner.query(`
      CREATE TABLE waypost.click_visits (
        day          date           NOT NULL,
        visitor      bigint         NOT NULL,
        partner_key  text           NOT NULL,
        placement_id text           NOT NULL,
        article_id   uuid,
        first_at     timestamptz(3) NOT NULL,
        last_at      timestamptz(3) NOT NULL,
        PRIMARY KEY (day, visitor, partner_key, placement_id)
      ) PARTITION BY RANGE (day)`);

    // Rollups change with the clicks, in one transaction, so that they never disagree. Empty texts stand for "none", so that they can be part of the key.
    await runner.query(`
      CREATE TABLE waypost.click_counts_hourly (
        hour           timestamptz(3) NOT NULL,
        partner_key    text           NOT NULL,
        placement_id   text           NOT NULL,
        target_key     text           NOT NULL,
        article_id     uuid,
        clicks         bigint         NOT NULL,
        private_clicks bigint         NOT NULL,
        PRIMARY KEY (hour, partner_key, placement_id, target_key)
      ) WITH (fillfactor = 80)`);

    await runner.query(`
      CREATE TABLE waypost.click_filtered_hourly (
        hour        timestamptz(3) NOT NULL,
        partner_key text           NOT NULL,
        reason      text           NOT NULL,
        requests    bigint         NOT NULL,
        PRIMARY KEY (hour, partner_key, reason)
      ) WITH (fillfactor = 80)`);

    await runner.query(`
      CREATE TABLE waypost.click_counts_daily (
        kind     text   NOT NULL,
        day      date   NOT NULL,
        key      text   NOT NULL,
        clicks   bigint NOT NULL,
        visitors bigint NOT NULL,
        filtered bigint NOT NULL,
        PRIMARY KEY (kind, day, key),
        CONSTRAINT click_counts_daily_kind_known CHECK (kind IN ('all', 'partner', 'article', 'placement', 'target'))
      ) WITH (fillfactor = 80)`);

    // Whole months of the table above, made by maintenance once a month is over. A click that comes in later takes its month out again.
    await runner.query(`
      CREATE TABLE waypost.click_counts_monthly (
        kind     text   NOT NULL,
        month    date   NOT NULL,
        key      text   NOT NULL,
        clicks   bigint NOT NULL,
        visitors bigint NOT NULL,
        filtered bigint NOT NULL,
        PRIMARY KEY (kind, month, key)
      )`);
    await runner.query(`CREATE TABLE waypost.click_months (month date PRIMARY KEY)`);

    await runner.query(`
      CREATE TABLE waypost.click_dimensions_daily (
        dimension   text   NOT NULL,
        day         date   NOT NULL,
        partner_key text   NOT NULL,
        value       text   NOT NULL,
        clicks      bigint NOT NULL,
        PRIMARY KEY (dimension, day, partner_key, value),
        CONSTRAINT click_dimensions_daily_known CHECK (dimension IN ('country', 'device', 'referrer'))
      ) WITH (fillfactor = 80)`);

    // How far a log has been drained, committed with what was drained. A source is a segment of a local log, or one message of a broker.
    await runner.query(`
      CREATE TABLE waypost.click_log_positions (
        source     uuid           PRIMARY KEY,
        position   bigint         NOT NULL,
        previous   bigint         NOT NULL,
        is_message boolean        NOT NULL,
        updated_at timestamptz(3) NOT NULL DEFAULT now()
      ) WITH (fillfactor = 50)`);
    await runner.query(`CREATE INDEX click_log_positions_old ON waypost.click_log_positions (updated_at)`);

    // Random, for one day each, deleted after 48 hours. Never part of a backup.
    await runner.query(`
      CREATE TABLE waypost.click_salts (
        day  date  PRIMARY KEY,
        salt bytea NOT NULL,
        CONSTRAINT click_salts_length CHECK (octet_length(salt) = 16)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    const tables = ['clicks', 'click_visits', 'click_agents', 'click_counts_hourly', 'click_filtered_hourly'];
    const more = ['click_counts_daily', 'click_counts_monthly', 'click_months', 'click_dimensions_daily'];
    for (const table of [...tables, ...more, 'click_log_positions', 'click_salts']) {
      await runner.query(`DROP TABLE waypost.${table}`);
    }
  }
}
