import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A webhook's position means something in one feed only. When the feed begins anew - after a restore, or when nobody can say what
 * a TRUNCATE took away - everything is told anew.
 */
export class KnowTheFeedOfWebhooks1764000000402 implements MigrationInterface {
  readonly name = 'KnowTheFeedOfWebhooks1764000000402';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE waypost.webhooks ADD COLUMN generation text`);
    await runner.query(`
      UPDATE waypost.webhooks
         SET generation = (SELECT value #>> '{}' FROM waypost.settings WHERE key = 'changes.generation')`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE waypost.webhooks DROP COLUMN generation`);
  }
}
