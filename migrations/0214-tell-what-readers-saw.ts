import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The functions of the change log again:
 *
 * 1. Their plans are right for any number of rows, whatever the statistics say, as those of the effects are.
 * 2. An article that was published by its date, and deleted before the feed told of it, was in the lists of readers who
 *    never heard of its end.
 */
export class TellWhatReadersSaw1764000000214 implements MigrationInterface {
  readonly name = 'TellWhatReadersSaw1764000000214';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [STAGE_ARTICLES, STAGE_TAGS, SET_ARTICLE_MOMENTS, NOTE_TAGS_UPDATED])
      await runner.query(statement);
    await runner.query(`ALTER FUNCTION waypost.log_changes() ${ANY_SIZE}`);
    // Nothing to plan, and its time is time under the feed's lock.
    await runner.query(`ALTER FUNCTION waypost.write_changes(waypost.staged_change[]) SET plan_cache_mode = auto`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of FORMER) await runner.query(statement);
    for (const name of ['log_changes()', 'write_changes(waypost.staged_change[])']) {
      for (const setting of ['plan_cache_mode', 'enable_nestloop', 'jit']) {
        await runner.query(`ALTER FUNCTION waypost.${name} RESET ${setting}`);
      }
    }
  }
}

const ANY_SIZE = 'SET plan_cache_mode = force_custom_plan SET enable_nestloop = off SET jit = off';

// "was_seen": told to readers, or seen by them since its moment came, of which the feed has not told yet.
const STAGE_ARTICLES = `
   CREATE OR REPLACE FUNCTION waypost.stage_articles(as_of timestamptz)
   RETURNS waypost.staged_change[]
   LANGUAGE plpgsql AS $$
   DECLARE
     noted uuid[] := waypost.noted_articles();
   BEGIN
     RETURN (WITH note AS MATERIALIZED (
       SELECT entity_id, is_tagged_anew, moment,
              (SELECT due.at FROM waypost.due_moments due WHERE due.kind = 'ARTICLE' AND due.key = entity_id::text) <= as_of AS is_due
         FROM waypost.change_notes WHERE transaction_id = pg_current_xact_id() AND entity_type = 'ARTICLE'
     ), current AS MATERIALIZED (
       SELECT note.entity_id, note.is_tagged_anew, coalesce(note.moment, as_of) AS at,
              article.id IS NOT NULL AS lives, article.path,
              article.locale, article.slug, article.canonical_url AS url, told,
              coalesce(told.public_op, 'DELETE') = 'UPSERT' AS was_public,
              coalesce(told.public_op, 'DELETE') = 'UPSERT' OR coalesce(note.is_due, false) AS was_seen,
              coalesce(article.status = 'published' AND article.published_at <= as_of
                       AND (article.expires_at IS NULL OR article.expires_at > as_of), false) AS is_public
         FROM note
         LEFT JOIN waypost.articles article ON article.id = note.entity_id AND article.id = ANY (noted)
         LEFT JOIN waypost.change_log told
           ON told.entity_type = 'ARTICLE' AND told.entity_id = note.entity_id AND told.entity_id = ANY (noted)
        WHERE note.moment IS NULL OR note.is_due
     ), shown AS (
       SELECT *, CASE WHEN is_public AND was_public AND NOT is_tagged_anew THEN (told).public_tag_ids
                   WHEN is_public THEN ARRAY(SELECT tag_id FROM waypost.article_tags link WHERE link.article_id = entity_id ORDER BY tag_id)
                   ELSE '{}' END AS tags,
              coalesce((told).public_tag_ids, '{}') AS told_tags
         FROM current WHERE lives OR (told).op = 'UPSERT'
     )
     SELECT coalesce(array_agg(ROW (
              ROW ('ARTICLE', entity_id, 0, CASE WHEN lives THEN 'UPSERT' ELSE 'DELETE' END,
                   CASE WHEN lives THEN path ELSE (told).path END, CASE WHEN lives THEN locale ELSE (told).locale END,
                   CASE WHEN lives THEN slug ELSE (told).slug END, CASE WHEN lives THEN url ELSE (told).url END, at,
                   (told).public_seq, (told).public_since_seq,
                   CASE WHEN is_public THEN 'UPSERT' WHEN was_seen THEN 'DELETE' ELSE (told).public_op END,
                   CASE WHEN is_public THEN path WHEN was_seen AND NOT was_public THEN (told).path ELSE (told).public_path END,
                   CASE WHEN is_public THEN locale WHEN was_seen AND NOT was_public THEN (told).locale ELSE (told).public_locale END,
                   CASE WHEN is_public THEN slug WHEN was_seen AND NOT was_public THEN (told).slug ELSE (told).public_slug END,
                   CASE WHEN is_public THEN url WHEN was_seen AND NOT was_public THEN (told).url ELSE (told).public_url END,
                   CASE WHEN is_public OR was_seen THEN at ELSE (told).public_at END,
                   tags, coalesce((told).public_former_tags, '{}'), coalesce((told).public_former_paths, '{}'))::waypost.change_log,
              true, is_public OR was_seen,
              CASE WHEN tags <> told_tags THEN ARRAY(SELECT tag FROM unnest(tags) AS tag WHERE tag <> ALL (told_tags)) END,
              CASE WHEN tags <> told_tags THEN ARRAY(SELECT tag FROM unnest(told_tags) AS tag WHERE tag <> ALL (tags)) END,
              CASE WHEN is_public AND path <> (told).public_path THEN (told).public_path END
            )::waypost.staged_change ORDER BY lives, entity_id), '{}')
       FROM shown);
   END $$`;

// An article of each tag is looked up until one is public.
const STAGE_TAGS = `
   CREATE OR REPLACE FUNCTION waypost.stage_tags(ids uuid[], as_of timestamptz)
   RETURNS waypost.staged_change[]
   LANGUAGE plpgsql AS $$
   BEGIN
     RETURN (WITH current AS MATERIALIZED (
       SELECT wanted.id AS entity_id, note.entity_id IS NOT NULL AND note.moment IS NULL AS is_noted, as_of AS at,
              tag.id IS NOT NULL AS lives, tag.slug, told,
              coalesce(told.public_op, 'DELETE') = 'UPSERT' AS was_public,
              tag.id IS NOT NULL AND EXISTS (
                SELECT FROM waypost.article_tags link
                 WHERE link.tag_id = tag.id
                   AND (SELECT article.status = 'published' AND article.published_at <= as_of
                               AND (article.expires_at IS NULL OR article.expires_at > as_of)
                          FROM waypost.articles article WHERE article.id = link.article_id)) AS is_public
         FROM unnest(ids) AS wanted (id)
         LEFT JOIN waypost.change_notes note
           ON note.transaction_id = pg_current_xact_id() AND note.entity_type = 'TAG' AND note.entity_id = wanted.id
          AND note.entity_id = ANY (ids)
         LEFT JOIN waypost.tags tag ON tag.id = wanted.id AND tag.id = ANY (ids)
         LEFT JOIN waypost.change_log told
           ON told.entity_type = 'TAG' AND told.entity_id = wanted.id AND told.entity_id = ANY (ids)
     )
     SELECT coalesce(array_agg(ROW (
              ROW ('TAG', entity_id, coalesce((told).seq, 0), CASE WHEN lives THEN 'UPSERT' ELSE 'DELETE' END, NULL, NULL,
                   CASE WHEN lives THEN slug ELSE (told).slug END, NULL,
                   CASE WHEN is_noted OR told IS NULL THEN at ELSE (told).at END,
                   (told).public_seq, (told).public_since_seq,
                   CASE WHEN is_public THEN 'UPSERT' WHEN was_public THEN 'DELETE' ELSE (told).public_op END, NULL, NULL,
                   CASE WHEN is_public THEN slug ELSE (told).public_slug END, NULL,
                   CASE WHEN (is_noted AND is_public) OR is_public <> was_public THEN at ELSE (told).public_at END,
                   '{}', '{}', '{}')::waypost.change_log,
              is_noted, (is_noted AND is_public) OR is_public <> was_public, NULL, NULL, NULL
            )::waypost.staged_change ORDER BY lives, entity_id), '{}')
       FROM current
      WHERE (lives OR (told).op = 'UPSERT') AND (is_noted OR is_public <> was_public));
   END $$`;

const SET_ARTICLE_MOMENTS = `
   CREATE OR REPLACE FUNCTION waypost.set_article_moments(staged waypost.staged_change[], as_of timestamptz) RETURNS void
   LANGUAGE plpgsql AS $$
   DECLARE
     ids  uuid[] := ARRAY(SELECT (change.log).entity_id FROM unnest(staged) AS change);
     keys text[] := ids::text[];
   BEGIN
     WITH next AS MATERIALIZED (
       SELECT (change.log).entity_id::text AS key,
              least(CASE WHEN article.published_at > as_of THEN article.published_at END,
                    CASE WHEN article.expires_at > as_of THEN article.expires_at END) AS at
         FROM unnest(staged) AS change
         LEFT JOIN waypost.articles article ON article.id = (change.log).entity_id AND article.status = 'published'
              AND article.id = ANY (ids)
     ), past AS (
       DELETE FROM waypost.due_moments due USING next
        WHERE due.kind = 'ARTICLE' AND due.key = next.key AND due.key = ANY (keys) AND next.at IS NULL
     )
     INSERT INTO waypost.due_moments AS due (kind, key, at)
     SELECT 'ARTICLE', key, at FROM next WHERE at IS NOT NULL
     ON CONFLICT (kind, key) DO UPDATE SET at = excluded.at WHERE due.at <> excluded.at;
   END $$`;

const NOTE_TAGS_UPDATED = `
   CREATE OR REPLACE FUNCTION waypost.note_tags_updated() RETURNS trigger
   LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp ${ANY_SIZE} AS $$
   DECLARE
     changed uuid[] := ARRAY(
       SELECT id FROM (SELECT * FROM rows_before EXCEPT ALL SELECT * FROM rows_after) AS gone
        UNION SELECT id FROM (SELECT * FROM rows_after EXCEPT ALL SELECT * FROM rows_before) AS came);
     renamed uuid[] := ARRAY(
       SELECT id FROM rows_before AS was JOIN rows_after AS became USING (id)
        WHERE (was.slug, was.name) IS DISTINCT FROM (became.slug, became.name));
   BEGIN
     INSERT INTO waypost.change_notes AS note (transaction_id, entity_type, entity_id)
     SELECT pg_current_xact_id(), 'TAG', id FROM unnest(changed) AS id
      UNION ALL
     SELECT DISTINCT pg_current_xact_id(), 'ARTICLE', article_id FROM waypost.article_tags WHERE tag_id = ANY (renamed)
     ON CONFLICT (transaction_id, entity_type, entity_id) DO UPDATE SET moment = NULL WHERE note.moment IS NOT NULL;
     IF FOUND THEN
       INSERT INTO waypost.change_markers VALUES (pg_current_xact_id()) ON CONFLICT DO NOTHING;
     END IF;
     RETURN NULL;
   END $$`;

/** As 0200-create-change-log.ts made them. */
const FORMER = [
  `CREATE OR REPLACE FUNCTION waypost.stage_articles(as_of timestamptz)
   RETURNS waypost.staged_change[]
   LANGUAGE plpgsql AS $$
   BEGIN
     RETURN (WITH current AS MATERIALIZED (
       SELECT note.entity_id, note.is_tagged_anew, coalesce(note.moment, as_of) AS at,
              article.id IS NOT NULL AS lives, article.path,
              article.locale, article.slug, article.canonical_url AS url, told,
              coalesce(told.public_op, 'DELETE') = 'UPSERT' AS was_public,
              coalesce(article.status = 'published' AND article.published_at <= as_of
                       AND (article.expires_at IS NULL OR article.expires_at > as_of), false) AS is_public
         FROM waypost.change_notes note
         LEFT JOIN waypost.articles article ON article.id = note.entity_id
         LEFT JOIN waypost.change_log told ON told.entity_type = 'ARTICLE' AND told.entity_id = note.entity_id
        WHERE note.transaction_id = pg_current_xact_id() AND note.entity_type = 'ARTICLE'
          AND (note.moment IS NULL OR EXISTS (
            SELECT FROM waypost.due_moments due
             WHERE due.kind = 'ARTICLE' AND due.key = note.entity_id::text AND due.at <= as_of))
     ), shown AS (
       SELECT *, CASE WHEN is_public AND was_public AND NOT is_tagged_anew THEN (told).public_tag_ids
                   WHEN is_public THEN ARRAY(SELECT tag_id FROM waypost.article_tags link WHERE link.article_id = entity_id ORDER BY tag_id)
                   ELSE '{}' END AS tags,
              coalesce((told).public_tag_ids, '{}') AS told_tags
         FROM current WHERE lives OR (told).op = 'UPSERT'
     )
     SELECT coalesce(array_agg(ROW (
              ROW ('ARTICLE', entity_id, 0, CASE WHEN lives THEN 'UPSERT' ELSE 'DELETE' END,
                   CASE WHEN lives THEN path ELSE (told).path END, CASE WHEN lives THEN locale ELSE (told).locale END,
                   CASE WHEN lives THEN slug ELSE (told).slug END, CASE WHEN lives THEN url ELSE (told).url END, at,
                   (told).public_seq, (told).public_since_seq,
                   CASE WHEN is_public THEN 'UPSERT' WHEN was_public THEN 'DELETE' ELSE (told).public_op END,
                   CASE WHEN is_public THEN path ELSE (told).public_path END,
                   CASE WHEN is_public THEN locale ELSE (told).public_locale END,
                   CASE WHEN is_public THEN slug ELSE (told).public_slug END,
                   CASE WHEN is_public THEN url ELSE (told).public_url END,
                   CASE WHEN is_public OR was_public THEN at ELSE (told).public_at END,
                   tags, coalesce((told).public_former_tags, '{}'), coalesce((told).public_former_paths, '{}'))::waypost.change_log,
              true, is_public OR was_public,
              CASE WHEN tags <> told_tags THEN ARRAY(SELECT tag FROM unnest(tags) AS tag WHERE tag <> ALL (told_tags)) END,
              CASE WHEN tags <> told_tags THEN ARRAY(SELECT tag FROM unnest(told_tags) AS tag WHERE tag <> ALL (tags)) END,
              CASE WHEN is_public AND path <> (told).public_path THEN (told).public_path END
            )::waypost.staged_change ORDER BY lives, entity_id), '{}')
       FROM shown);
   END $$`,
  `CREATE OR REPLACE FUNCTION waypost.stage_tags(ids uuid[], as_of timestamptz)
   RETURNS waypost.staged_change[]
   LANGUAGE plpgsql AS $$
   BEGIN
     RETURN (WITH current AS MATERIALIZED (
       SELECT wanted.id AS entity_id, note.entity_id IS NOT NULL AND note.moment IS NULL AS is_noted, as_of AS at,
              tag.id IS NOT NULL AS lives, tag.slug, told,
              coalesce(told.public_op, 'DELETE') = 'UPSERT' AS was_public,
              tag.id IS NOT NULL AND EXISTS (
                SELECT FROM waypost.article_tags link JOIN waypost.articles article ON article.id = link.article_id
                 WHERE link.tag_id = tag.id AND article.status = 'published' AND article.published_at <= as_of
                   AND (article.expires_at IS NULL OR article.expires_at > as_of)) AS is_public
         FROM unnest(ids) AS wanted (id)
         LEFT JOIN waypost.change_notes note
           ON note.transaction_id = pg_current_xact_id() AND note.entity_type = 'TAG' AND note.entity_id = wanted.id
         LEFT JOIN waypost.tags tag ON tag.id = wanted.id
         LEFT JOIN waypost.change_log told ON told.entity_type = 'TAG' AND told.entity_id = wanted.id
     )
     SELECT coalesce(array_agg(ROW (
              ROW ('TAG', entity_id, coalesce((told).seq, 0), CASE WHEN lives THEN 'UPSERT' ELSE 'DELETE' END, NULL, NULL,
                   CASE WHEN lives THEN slug ELSE (told).slug END, NULL,
                   CASE WHEN is_noted OR told IS NULL THEN at ELSE (told).at END,
                   (told).public_seq, (told).public_since_seq,
                   CASE WHEN is_public THEN 'UPSERT' WHEN was_public THEN 'DELETE' ELSE (told).public_op END, NULL, NULL,
                   CASE WHEN is_public THEN slug ELSE (told).public_slug END, NULL,
                   CASE WHEN (is_noted AND is_public) OR is_public <> was_public THEN at ELSE (told).public_at END,
                   '{}', '{}', '{}')::waypost.change_log,
              is_noted, (is_noted AND is_public) OR is_public <> was_public, NULL, NULL, NULL
            )::waypost.staged_change ORDER BY lives, entity_id), '{}')
       FROM current
      WHERE (lives OR (told).op = 'UPSERT') AND (is_noted OR is_public <> was_public));
   END $$`,
  `CREATE OR REPLACE FUNCTION waypost.set_article_moments(staged waypost.staged_change[], as_of timestamptz) RETURNS void
   LANGUAGE plpgsql AS $$
   BEGIN
     WITH next AS MATERIALIZED (
       SELECT (change.log).entity_id::text AS key,
              least(CASE WHEN article.published_at > as_of THEN article.published_at END,
                    CASE WHEN article.expires_at > as_of THEN article.expires_at END) AS at
         FROM unnest(staged) AS change
         LEFT JOIN waypost.articles article ON article.id = (change.log).entity_id AND article.status = 'published'
     ), past AS (
       DELETE FROM waypost.due_moments due USING next
        WHERE due.kind = 'ARTICLE' AND due.key = next.key AND next.at IS NULL
     )
     INSERT INTO waypost.due_moments AS due (kind, key, at)
     SELECT 'ARTICLE', key, at FROM next WHERE at IS NOT NULL
     ON CONFLICT (kind, key) DO UPDATE SET at = excluded.at WHERE due.at <> excluded.at;
   END $$`,
  `CREATE OR REPLACE FUNCTION waypost.note_tags_updated() RETURNS trigger
   LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
   BEGIN
     INSERT INTO waypost.change_notes AS note (transaction_id, entity_type, entity_id)
     SELECT pg_current_xact_id(), 'TAG', changed.id FROM (SELECT DISTINCT id FROM (
       SELECT id FROM (SELECT * FROM rows_before EXCEPT ALL SELECT * FROM rows_after) AS gone
       UNION ALL
       SELECT id FROM (SELECT * FROM rows_after EXCEPT ALL SELECT * FROM rows_before) AS came) AS changed) AS changed (id)
     ON CONFLICT (transaction_id, entity_type, entity_id) DO UPDATE SET moment = NULL WHERE note.moment IS NOT NULL;
     IF FOUND THEN
       INSERT INTO waypost.change_markers VALUES (pg_current_xact_id()) ON CONFLICT DO NOTHING;
     END IF;
     INSERT INTO waypost.change_notes AS note (transaction_id, entity_type, entity_id)
     SELECT DISTINCT pg_current_xact_id(), 'ARTICLE', link.article_id FROM rows_before AS was JOIN rows_after AS became USING (id)
       JOIN waypost.article_tags link ON link.tag_id = was.id
      WHERE (was.slug, was.name) IS DISTINCT FROM (became.slug, became.name)
     ON CONFLICT (transaction_id, entity_type, entity_id) DO UPDATE SET moment = NULL WHERE note.moment IS NOT NULL;
     IF FOUND THEN
       INSERT INTO waypost.change_markers VALUES (pg_current_xact_id()) ON CONFLICT DO NOTHING;
     END IF;
     RETURN NULL;
   END $$`,
];
