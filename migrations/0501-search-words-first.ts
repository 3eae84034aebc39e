import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A search looks for its words first, and at the language of what it found afterwards. What a query means in a language is
 * known only when it runs, so that Postgres takes it for a condition that many texts meet; among 100,000 articles it looked
 * through all of a language instead of asking the index of words.
 */
export class SearchWordsFirst1764000000501 implements MigrationInterface {
  readonly name = 'SearchWordsFirst1764000000501';

  async up(runner: QueryRunner): Promise<void> {
    // OFFSET 0 keeps the look for words apart: joined by language, all texts of a language would be compared.
    await runner.query(
      searchFunction(`
        CROSS JOIN LATERAL (
          SELECT * FROM waypost.article_texts WHERE search @@ asked.query OFFSET 0) AS written
       WHERE written.language = language.name`),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      searchFunction(`
        JOIN waypost.article_texts written ON written.language = language.name AND written.search @@ asked.query
       WHERE language.name IS NOT NULL`),
    );
  }
}

const searchFunction = (found: string): string => `
  CREATE OR REPLACE FUNCTION waypost.search_articles(query text) RETURNS TABLE (article_id uuid, rank double precision)
  LANGUAGE sql STABLE AS $$
    WITH RECURSIVE language AS (
      (SELECT written.language AS name FROM waypost.article_texts written ORDER BY written.language LIMIT 1)
      UNION ALL
      SELECT (SELECT written.language FROM waypost.article_texts written
               WHERE written.language > language.name ORDER BY written.language LIMIT 1)
        FROM language WHERE language.name IS NOT NULL
    )
    SELECT written.article_id, ts_rank_cd(written.search, asked.query)::double precision
      FROM language
      CROSS JOIN LATERAL (SELECT websearch_to_tsquery(('pg_catalog.' || language.name)::regconfig, $1) AS query) AS asked
      ${found}
  $$`;
