import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Changes to webhooks, and deliveries that somebody sends again. How sending goes is no change of anybody's. */
export class AuditWebhooks1764000000603 implements MigrationInterface {
  readonly name = 'AuditWebhooks1764000000603';

  async up(runner: QueryRunner): Promise<void> {
    const untold = [
      'secret',
      'previous_secret',
      'position',
      'generation',
      'failures',
      'failing_since',
      'retry_at',
      'last_success_at',
      'leased_by',
      'leased_until',
      'updated_at',
    ];
    await runner.query(`
      CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON waypost.webhooks
      FOR EACH ROW EXECUTE FUNCTION waypost.audit_change('webhook', 'url', ${untold.map((one) => `'${one}'`).join(', ')})`);
    await runner.query(`
      CREATE TRIGGER audit AFTER UPDATE ON waypost.webhook_deliveries
      FOR EACH ROW WHEN (OLD.status <> 'pending' AND NEW.status = 'pending')
      EXECUTE FUNCTION waypost.audit_change('webhookDelivery', 'subject', 'payload')`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TRIGGER audit ON waypost.webhook_deliveries`);
    await runner.query(`DROP TRIGGER audit ON waypost.webhooks`);
  }
}
