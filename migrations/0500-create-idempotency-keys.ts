import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Answers to mutations that were sent with an `Idempotency-Key`, so that sending one again does nothing twice. */
export class CreateIdempotencyKeys1764000000500 implements MigrationInterface {
  readonly name = 'CreateIdempotencyKeys1764000000500';

  async up(runner: QueryRunner): Promise<void> {
    // "answer" is null while the first request with the key is under way.
    await runner.query(`
      CREATE TABLE waypost.idempotency_keys (
        actor        text        NOT NULL,
        key          text        NOT NULL,
        body_hash    bytea       NOT NULL,
        claimed_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
        content_type text,
        answer       text,
        PRIMARY KEY (actor, key)
      )`);
    await runner.query(`CREATE INDEX idempotency_keys_claimed ON waypost.idempotency_keys (claimed_at)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE waypost.idempotency_keys`);
  }
}
