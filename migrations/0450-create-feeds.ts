import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Feeds that become draft articles, and which of their items have. */
export class CreateFeeds1764000000450 implements MigrationInterface {
  readonly name = 'CreateFeeds1764000000450';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE waypost.feeds (
        id              uuid           PRIMARY KEY DEFAULT gen_random_uuid(),
        url             text           NOT NULL,
        template        jsonb          NOT NULL,
        every_minutes   integer        NOT NULL,
        etag            text,
        last_modified   text,
        failures        integer        NOT NULL DEFAULT 0,
        error_code      text,
        error_message   text,
        last_run_at     timestamptz(3),
        last_success_at timestamptz(3),
        next_run_at     timestamptz(3) NOT NULL DEFAULT now(),
        leased_until    timestamptz(3),
        created_at      timestamptz(3) NOT NULL DEFAULT now(),
        CONSTRAINT feeds_url_unique UNIQUE (url),
        CONSTRAINT feeds_every_minutes_known CHECK (every_minutes >= 0)
      )`);
    // An article that an editor deletes leaves its row behind, so that the feed does not bring it back.
    await runner.query(`
      CREATE TABLE waypost.feed_items (
        feed_id    uuid           NOT NULL REFERENCES waypost.feeds (id) ON DELETE CASCADE,
        guid       text           NOT NULL,
        article_id uuid,
        revision   integer        NOT NULL,
        hash       bytea          NOT NULL,
        taken_at   timestamptz(3) NOT NULL,
        PRIMARY KEY (feed_id, guid)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE waypost.feed_items`);
    await runner.query(`DROP TABLE waypost.feeds`);
  }
}
