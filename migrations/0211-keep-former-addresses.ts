import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Where articles stood before. Kept at the commit, before `log_changes` forgets the address that it knew last; so an
 * address is kept whoever moves the article.
 */
export class KeepFormerAddresses1764000000211 implements MigrationInterface {
  readonly name = 'KeepFormerAddresses1764000000211';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE waypost.former_addresses (
        article_id uuid           NOT NULL,
        path       text           NOT NULL,
        locale     text           NOT NULL,
        slug       text           NOT NULL,
        was_public boolean        NOT NULL,
        left_at    timestamptz(3) NOT NULL,
        PRIMARY KEY (article_id, path, locale, slug)
      )`);
    await runner.query(
      `COMMENT ON COLUMN waypost.former_addresses.was_public IS 'Readers found it there: a draft that moves tells nothing.'`,
    );
    await runner.query(`CREATE INDEX former_addresses_path ON waypost.former_addresses (path, locale)`);
    await runner.query(`CREATE INDEX former_addresses_slug ON waypost.former_addresses (slug)`);
    await runner.query(`
      CREATE FUNCTION waypost.keep_addresses() RETURNS trigger
      LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
      SET plan_cache_mode = force_custom_plan SET enable_nestloop = off SET jit = off AS $$
      DECLARE
        noted uuid[] := waypost.noted_articles();
      BEGIN
        INSERT INTO waypost.former_addresses AS former (article_id, path, locale, slug, was_public, left_at)
        SELECT article.id, told.path, told.locale, told.slug,
               (told.public_path, told.public_locale, told.public_slug) IS NOT DISTINCT FROM (told.path, told.locale, told.slug),
               clock_timestamp()
          FROM waypost.articles article
          JOIN waypost.change_log told
            ON told.entity_type = 'ARTICLE' AND told.entity_id = article.id AND told.entity_id = ANY (noted)
         WHERE article.id = ANY (noted)
           AND (told.path, told.locale, told.slug) IS DISTINCT FROM (article.path, article.locale, article.slug)
        ON CONFLICT (article_id, path, locale, slug) DO UPDATE
          SET was_public = former.was_public OR excluded.was_public, left_at = excluded.left_at;
        -- Of an article that is gone, or that stands there again.
        DELETE FROM waypost.former_addresses former
         WHERE former.article_id = ANY (noted)
           AND (SELECT (former.path, former.locale, former.slug) = (article.path, article.locale, article.slug)
                  FROM waypost.articles article WHERE article.id = former.article_id) IS NOT FALSE;
        RETURN NULL;
      END $$`);
    await runner.query(`
      CREATE CONSTRAINT TRIGGER keep_addresses AFTER INSERT ON waypost.change_markers
      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION waypost.keep_addresses()`);
    // The feed knew the paths, without slugs.
    await runner.query(`
      INSERT INTO waypost.former_addresses (article_id, path, locale, slug, was_public, left_at)
      SELECT article.id, former.path, article.locale, regexp_replace(former.path, '^.*/', ''), true, now()
        FROM waypost.change_log told JOIN waypost.articles article ON article.id = told.entity_id,
             jsonb_object_keys(told.public_former_paths) AS former (path)
       WHERE told.entity_type = 'ARTICLE' AND former.path <> article.path
      ON CONFLICT DO NOTHING`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TRIGGER keep_addresses ON waypost.change_markers`);
    await runner.query(`DROP FUNCTION waypost.keep_addresses()`);
    await runner.query(`DROP TABLE waypost.former_addresses`);
  }
}
