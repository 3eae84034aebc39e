import type { MigrationInterface, QueryRunner } from 'typeorm';

/** API tokens. Only a SHA-256 of the token is kept: it is 256 random bits, so that no slow hash is needed. */
export class CreateApiTokens1764000000002 implements MigrationInterface {
  readonly name = 'CreateApiTokens1764000000002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE waypost.api_tokens (
        id           uuid           PRIMARY KEY DEFAULT gen_random_uuid(),
        name         text           NOT NULL,
        prefix       text           NOT NULL,
        hash         bytea          NOT NULL,
        scopes       text[]         NOT NULL,
        created_at   timestamptz(3) NOT NULL DEFAULT now(),
        expires_at   timestamptz(3),
        last_used_at timestamptz(3),
        revoked_at   timestamptz(3),
        CONSTRAINT api_tokens_hash_unique UNIQUE (hash)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE waypost.api_tokens`);
  }
}
