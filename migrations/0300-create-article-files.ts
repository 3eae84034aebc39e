import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which file an article came from: its name for the way back, and its bytes' hash to tell an edit here from one there. */
export class CreateArticleFiles1764000000300 implements MigrationInterface {
  readonly name = 'CreateArticleFiles1764000000300';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE waypost.article_files (
        article_id uuid  PRIMARY KEY,
        name       text  NOT NULL,
        path       text  NOT NULL,
        locale     text  NOT NULL,
        file_hash  bytea NOT NULL,
        CONSTRAINT article_files_article FOREIGN KEY (article_id) REFERENCES waypost.articles (id) ON DELETE CASCADE
      )`);
    await runner.query(`CREATE INDEX article_files_place ON waypost.article_files (path, locale)`);
    await runner.query(
      `COMMENT ON COLUMN waypost.article_files.path IS 'Where the file stood for when it was imported; the article may have moved since.'`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE waypost.article_files`);
  }
}
