import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Partners, tags, articles and their placements. */
export class CreateContent1764000000001 implements MigrationInterface {
  readonly name = 'CreateContent1764000000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE waypost.settings (
        key   text  PRIMARY KEY,
        value jsonb NOT NULL
      )`);

    await runner.query(`
      CREATE TABLE waypost.partners (
        id              uuid           PRIMARY KEY DEFAULT gen_random_uuid(),
        key             text           NOT NULL,
        name            text           NOT NULL,
        destination_url text           NOT NULL,
        network         text           NOT NULL,
        sub_id_template text,
        passthrough     text[]         NOT NULL DEFAULT '{}',
        default_text    text,
        disclosure      text,
        status          text           NOT NULL DEFAULT 'active',
        fallback_url    text,
        starts_at       timestamptz(3),
        expires_at      timestamptz(3),
        revision        integer        NOT NULL DEFAULT 1,
        created_at      timestamptz(3) NOT NULL DEFAULT now(),
        updated_at      timestamptz(3) NOT NULL DEFAULT now(),
        CONSTRAINT partners_key_unique UNIQUE (key),
        CONSTRAINT partners_status_known CHECK (status IN ('active', 'paused'))
      )`);

    await runner.query(`
      CREATE TABLE waypost.tags (
        id          uuid           PRIMARY KEY DEFAULT gen_random_uuid(),
        slug        text           NOT NULL,
        name        text           NOT NULL,
        description text,
        created_at  timestamptz(3) NOT NULL DEFAULT now(),
        updated_at  timestamptz(3) NOT NULL DEFAULT now(),
        CONSTRAINT tags_slug_unique UNIQUE (slug)
      )`);

    // A path is unique per locale, as in Hugo; a site with one language has every article in the default locale.
    await runner.query(`
      CREATE TABLE waypost.articles (
        id                         uuid           PRIMARY KEY DEFAULT gen_random_uuid(),
        path                       text           NOT NULL,
        locale                     text           NOT NULL DEFAULT 'en',
        slug                       text           NOT NULL,
        title                      text           NOT NULL,
        description                text,
        canonical_url              text,
        file                       bytea,
        file_hash                  bytea,
        source                     text           NOT NULL,
        source_line                integer        NOT NULL DEFAULT 1,
        compiled                   jsonb          NOT NULL,
        params                     jsonb          NOT NULL DEFAULT '{}',
        diagnostics                jsonb          NOT NULL DEFAULT '[]',
        status                     text           NOT NULL DEFAULT 'draft',
        revision                   integer        NOT NULL DEFAULT 1,
        content_hash               bytea          NOT NULL,
        content_change_cause_kind  text           NOT NULL DEFAULT 'ARTICLE',
        content_change_cause_key   text,
        created_at                 timestamptz(3) NOT NULL DEFAULT now(),
        updated_at                 timestamptz(3) NOT NULL DEFAULT now(),
        content_updated_at         timestamptz(3) NOT NULL DEFAULT now(),
        published_at               timestamptz(3),
        first_published_at         timestamptz(3),
        expires_at                 timestamptz(3),
        CONSTRAINT articles_path_unique UNIQUE (path, locale),
        CONSTRAINT articles_status_known CHECK (status IN ('draft', 'published', 'archived')),
        CONSTRAINT articles_published_has_date CHECK (status <> 'published' OR published_at IS NOT NULL)
      )`);
    await runner.query(`CREATE INDEX articles_slug ON waypost.articles (slug)`);
    await runner.query(
      `CREATE INDEX articles_published ON waypost.articles (published_at DESC, id DESC) WHERE status = 'published'`,
    );
    await runner.query(`CREATE INDEX articles_content_updated ON waypost.articles (content_updated_at DESC, id DESC)`);

    await runner.query(`
      CREATE TABLE waypost.article_tags (
        article_id uuid    NOT NULL,
        tag_id     uuid    NOT NULL,
        position   integer NOT NULL,
        PRIMARY KEY (article_id, tag_id),
        CONSTRAINT article_tags_article FOREIGN KEY (article_id) REFERENCES waypost.articles (id) ON DELETE CASCADE,
        CONSTRAINT article_tags_tag FOREIGN KEY (tag_id) REFERENCES waypost.tags (id) ON DELETE CASCADE
      )`);
    await runner.query(`CREATE INDEX article_tags_by_tag ON waypost.article_tags (tag_id, article_id)`);

    // A placement outlives its call and its article: links that readers saved keep their id, and an id never
    // changes owner. So there is no foreign key to articles, and a placement that is gone is retired, not deleted.
    // "partner_key" has none either: a call may name a partner that does not exist yet.
    await runner.query(`
      CREATE TABLE waypost.placements (
        id          text           PRIMARY KEY,
        article_id  uuid           NOT NULL,
        partner_key text           NOT NULL,
        label       text,
        ordinal     integer        NOT NULL,
        position    integer        NOT NULL,
        text        text           NOT NULL,
        line        integer        NOT NULL,
        "column"    integer        NOT NULL,
        created_at  timestamptz(3) NOT NULL DEFAULT now(),
        retired_at  timestamptz(3)
      )`);
    await runner.query(`CREATE INDEX placements_by_article ON waypost.placements (article_id, position)`);
    await runner.query(`CREATE INDEX placements_by_partner ON waypost.placements (partner_key, article_id)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['placements', 'article_tags', 'articles', 'tags', 'partners', 'settings']) {
      await runner.query(`DROP TABLE waypost.${table}`);
    }
  }
}
