import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who added, changed or removed a feed. How its runs go is no change of anybody's. */
export class AuditFeeds1764000000604 implements MigrationInterface {
  readonly name = 'AuditFeeds1764000000604';

  async up(runner: QueryRunner): Promise<void> {
    const untold = [
      'etag',
      'last_modified',
      'failures',
      'error_code',
      'error_message',
      'last_run_at',
      'last_success_at',
      'next_run_at',
      'leased_until',
    ];
    await runner.query(`
      CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON waypost.feeds
      FOR EACH ROW EXECUTE FUNCTION waypost.audit_change('feed', 'url', ${untold.map((one) => `'${one}'`).join(', ')})`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TRIGGER audit ON waypost.feeds`);
  }
}
