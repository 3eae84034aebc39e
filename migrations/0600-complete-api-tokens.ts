import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Rotation: a token gets a new secret under its id, and the old one may go on for a while. */
export class CompleteApiTokens1764000000600 implements MigrationInterface {
  readonly name = 'CompleteApiTokens1764000000600';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE waypost.api_tokens
        ADD COLUMN previous_hash    bytea,
        ADD COLUMN previous_ends_at timestamptz(3),
        ADD COLUMN rotated_at       timestamptz(3),
        ADD CONSTRAINT api_tokens_previous_hash_unique UNIQUE (previous_hash)`);
    await runner.query(`CREATE INDEX api_tokens_in_order ON waypost.api_tokens (created_at DESC, id DESC)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX waypost.api_tokens_in_order`);
    await runner.query(`
      ALTER TABLE waypost.api_tokens
        DROP COLUMN previous_hash, DROP COLUMN previous_ends_at, DROP COLUMN rotated_at`);
  }
}
