import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Content that came by a token or a feed nobody vouches for: its bytes are kept as they came, its HTML is sanitised. */
export class MarkUntrustedContent1764000000003 implements MigrationInterface {
  readonly name = 'MarkUntrustedContent1764000000003';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE waypost.articles ADD COLUMN is_trusted boolean NOT NULL DEFAULT true`);
    await runner.query(`ALTER TABLE waypost.api_tokens ADD COLUMN is_trusted boolean NOT NULL DEFAULT true`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE waypost.api_tokens DROP COLUMN is_trusted`);
    await runner.query(`ALTER TABLE waypost.articles DROP COLUMN is_trusted`);
  }
}
