import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Full-text search over title (weight A), description (B) and text (C), in the language of the article's locale.
 * In a table of its own: an index over it is not touched when an article moves a timestamp.
 */
export class IndexArticles1764000000213 implements MigrationInterface {
  readonly name = 'IndexArticles1764000000213';

  async up(runner: QueryRunner): Promise<void> {
    // "language" is the name of a text search configuration; as a regconfig it would stand in the way of pg_upgrade.
    // "indexed" is a hash of what "search" was made of.
    await runner.query(`
      CREATE TABLE waypost.article_texts (
        article_id uuid     PRIMARY KEY,
        text       text     NOT NULL,
        language   text     NOT NULL DEFAULT 'simple',
        search     tsvector NOT NULL DEFAULT '',
        indexed    text     NOT NULL DEFAULT ''
      )`);
    await runner.query(
      `COMMENT ON COLUMN waypost.article_texts.text IS 'What readers read, without markup; at most 200,000 characters.'`,
    );
    await runner.query(`CREATE INDEX article_texts_search ON waypost.article_texts USING gin (search)`);
    await runner.query(`CREATE INDEX article_texts_language ON waypost.article_texts (language)`);
    await runner.query(`
      CREATE FUNCTION waypost.search_language(locale text) RETURNS text
      LANGUAGE sql IMMUTABLE AS $$
        SELECT CASE split_part(locale, '-', 1)
          ${LANGUAGES.map(([code, name]) => `WHEN '${code}' THEN '${name}'`).join(' ')} ELSE 'simple' END
      $$`);
    // Only articles that were saved: their revision is not kept yet. A text that is too long for an index is cut; half a
    // megabyte of letters makes a vector of less than the megabyte that Postgres allows.
    await runner.query(`
      CREATE FUNCTION waypost.index_articles() RETURNS trigger
      LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
      SET plan_cache_mode = force_custom_plan SET enable_nestloop = off SET jit = off AS $$
      DECLARE
        noted uuid[] := waypost.noted_articles();
        gone  uuid[] := waypost.without_article(noted);
        saved uuid[] := ARRAY(
          SELECT article.id FROM waypost.articles article
           WHERE article.id = ANY (noted)
             AND (SELECT kept.revision FROM waypost.article_revisions kept
                   WHERE kept.article_id = article.id AND kept.revision = article.revision) IS NULL);
      BEGIN
        INSERT INTO waypost.article_texts (article_id, text) SELECT id, '' FROM unnest(saved) AS id
        ON CONFLICT DO NOTHING;
        PERFORM waypost.index_texts(saved);
        DELETE FROM waypost.article_texts WHERE article_id = ANY (gone);
        RETURN NULL;
      END $$`);
    await runner.query(`
      CREATE FUNCTION waypost.index_texts(ids uuid[]) RETURNS void
      LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan SET enable_nestloop = off SET jit = off AS $$
      BEGIN
        UPDATE waypost.article_texts written
           SET language = wanted.language, indexed = wanted.hash,
               search = setweight(to_tsvector(wanted.language::regconfig, wanted.title), 'A')
                     || setweight(to_tsvector(wanted.language::regconfig, wanted.description), 'B')
                     || setweight(to_tsvector(wanted.language::regconfig, left(wanted.text, 200000)), 'C')
          FROM (SELECT article.id, article.title, coalesce(article.description, '') AS description, source.text,
                       waypost.search_language(article.locale) AS language,
                       md5(concat_ws(E'\\x01', waypost.search_language(article.locale), article.title, article.description, source.text)) AS hash
                  FROM waypost.articles article JOIN waypost.article_texts source ON source.article_id = article.id
                 WHERE article.id = ANY (ids) AND source.article_id = ANY (ids)) AS wanted
         WHERE written.article_id = wanted.id AND written.article_id = ANY (ids) AND written.indexed <> wanted.hash;
      END $$`);
    await runner.query(`
      CREATE CONSTRAINT TRIGGER index_articles AFTER INSERT ON waypost.change_markers
      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION waypost.index_articles()`);
    // A query means another thing in each language: it is asked once for each that there is, found by skipping through
    // the index.
    await runner.query(`
      CREATE FUNCTION waypost.search_articles(query text) RETURNS TABLE (article_id uuid, rank double precision)
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
          JOIN waypost.article_texts written ON written.language = language.name AND written.search @@ asked.query
         WHERE language.name IS NOT NULL
      $$`);
    // What is there is searched by its source, until it is saved again.
    await runner.query(`
      INSERT INTO waypost.article_texts (article_id, text)
      SELECT id, left(regexp_replace(source, '<[^>]*>', ' ', 'g'), 200000) FROM waypost.articles`);
    await runner.query(`SELECT waypost.index_texts(ARRAY(SELECT id FROM waypost.articles))`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TRIGGER index_articles ON waypost.change_markers`);
    for (const name of ['index_articles()', 'index_texts(uuid[])', 'search_articles(text)', 'search_language(text)']) {
      await runner.query(`DROP FUNCTION waypost.${name}`);
    }
    await runner.query(`DROP TABLE waypost.article_texts`);
  }
}

/** Languages that Postgres 15 has a configuration for. Others are searched word by word, as written. */
const LANGUAGES = [
  ['ar', 'arabic'],
  ['hy', 'armenian'],
  ['eu', 'basque'],
  ['ca', 'catalan'],
  ['da', 'danish'],
  ['nl', 'dutch'],
  ['en', 'english'],
  ['fi', 'finnish'],
  ['fr', 'french'],
  ['de', 'german'],
  ['el', 'greek'],
  ['hi', 'hindi'],
  ['hu', 'hungarian'],
  ['id', 'indonesian'],
  ['ga', 'irish'],
  ['it', 'italian'],
  ['lt', 'lithuanian'],
  ['ne', 'nepali'],
  ['nb', 'norwegian'],
  ['nn', 'norwegian'],
  ['no', 'norwegian'],
  ['pt', 'portuguese'],
  ['ro', 'romanian'],
  ['ru', 'russian'],
  ['sr', 'serbian'],
  ['es', 'spanish'],
  ['sv', 'swedish'],
  ['ta', 'tamil'],
  ['tr', 'turkish'],
  ['yi', 'yiddish'],
] as const;
