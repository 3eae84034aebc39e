import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A smaller index of the visits: with millions of them a day, its pages no longer found room in Postgres's memory. */
export class FindVisitsByVisitor1764000000104 implements MigrationInterface {
  readonly name = 'FindVisitsByVisitor1764000000104';

  async up(runner: QueryRunner): Promise<void> {
    // Visitors are random, so that every click goes to another page. Their number alone takes a fourth of what the whole key took, and each drain
    // holds the lock of drains while it looks up and adds.
    await runner.query(`ALTER TABLE waypost.click_visits DROP CONSTRAINT click_visits_pkey`);
    await runner.query(`CREATE INDEX click_visits_visitor ON waypost.click_visits (visitor)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX waypost.click_visits_visitor`);
    await runner.query(`ALTER TABLE waypost.click_visits ADD PRIMARY KEY (day, visitor, partner_key, placement_id)`);
  }
}
