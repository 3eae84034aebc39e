import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who is told of changes, how far in the feed each has been told, and what is on its way. */
export class CreateWebhooks1764000000400 implements MigrationInterface {
  readonly name = 'CreateWebhooks1764000000400';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE waypost.webhooks (
        id                    uuid           PRIMARY KEY DEFAULT gen_random_uuid(),
        url                   text           NOT NULL,
        description           text,
        events                text[]         NOT NULL,
        secret                text           NOT NULL,
        previous_secret       text,
        previous_secret_until timestamptz(3),
        enabled               boolean        NOT NULL DEFAULT true,
        disabled_reason       text,
        disabled_at           timestamptz(3),
        position              bigint         NOT NULL,
        failures              integer        NOT NULL DEFAULT 0,
        failing_since         timestamptz(3),
        retry_at              timestamptz(3),
        last_success_at       timestamptz(3),
        leased_by             uuid,
        leased_until          timestamptz(3),
        revision              integer        NOT NULL DEFAULT 1,
        created_at            timestamptz(3) NOT NULL DEFAULT now(),
        updated_at            timestamptz(3) NOT NULL DEFAULT now()
      )`);

    await runner.query(`
      CREATE TABLE waypost.webhook_deliveries (
        id               uuid           PRIMARY KEY DEFAULT gen_random_uuid(),
        webhook_id       uuid           NOT NULL REFERENCES waypost.webhooks (id) ON DELETE CASCADE,
        event            text           NOT NULL,
        subject          text,
        seq              bigint         NOT NULL,
        payload          text           NOT NULL,
        status           text           NOT NULL DEFAULT 'pending',
        attempts         integer        NOT NULL DEFAULT 0,
        first_attempt_at timestamptz(3),
        last_attempt_at  timestamptz(3),
        next_attempt_at  timestamptz(3) NOT NULL,
        response_status  integer,
        error_code       text,
        error_message    text,
        created_at       timestamptz(3) NOT NULL DEFAULT now(),
        finished_at      timestamptz(3),
        CONSTRAINT webhook_deliveries_status_known
          CHECK (status IN ('pending', 'delivered', 'failed', 'superseded')),
        CONSTRAINT webhook_deliveries_finished CHECK ((status = 'pending') = (finished_at IS NULL))
      )`);
    await runner.query(`
      CREATE INDEX webhook_deliveries_due ON waypost.webhook_deliveries (webhook_id, next_attempt_at)
       WHERE status = 'pending'`);
    await runner.query(`
      CREATE INDEX webhook_deliveries_purges ON waypost.webhook_deliveries (next_attempt_at)
       WHERE status = 'pending' AND event = 'cache.purge' AND attempts = 0`);
    await runner.query(`
      CREATE INDEX webhook_deliveries_subject ON waypost.webhook_deliveries (webhook_id, subject, seq)`);
    await runner.query(`
      CREATE INDEX webhook_deliveries_log ON waypost.webhook_deliveries (created_at DESC, id DESC)`);
    await runner.query(`
      CREATE INDEX webhook_deliveries_finished ON waypost.webhook_deliveries (finished_at)
       WHERE status <> 'pending'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE waypost.webhook_deliveries`);
    await runner.query(`DROP TABLE waypost.webhooks`);
  }
}
