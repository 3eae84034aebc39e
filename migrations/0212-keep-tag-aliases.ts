import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Slugs that tags had, or that tags had which were merged into them: files go on naming them. */
export class KeepTagAliases1764000000212 implements MigrationInterface {
  readonly name = 'KeepTagAliases1764000000212';

  async up(runner: QueryRunner): Promise<void> {
    // Without a foreign key: TRUNCATE of tags shall not need to name it. What leads to no tag is passed over.
    await runner.query(`CREATE TABLE waypost.tag_aliases (slug text PRIMARY KEY, tag_id uuid NOT NULL)`);
    await runner.query(`CREATE INDEX tag_aliases_tag ON waypost.tag_aliases (tag_id)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE waypost.tag_aliases`);
  }
}
