import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Markdown files that are resources of a page bundle and no articles: kept as they are, for the way back. */
export class KeepBundleFiles1764000000301 implements MigrationInterface {
  readonly name = 'KeepBundleFiles1764000000301';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE waypost.bundle_files (
        name      text  COLLATE "C" PRIMARY KEY,
        bundle    text  NOT NULL,
        file      bytea NOT NULL,
        file_hash bytea NOT NULL
      )`);
    await runner.query(
      `COMMENT ON COLUMN waypost.bundle_files.bundle IS 'Folder of the page that the file belongs to, below the content folder.'`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE waypost.bundle_files`);
  }
}
