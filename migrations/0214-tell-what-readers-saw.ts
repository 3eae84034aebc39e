import type { MigrationInterface, QueryRunner } from 'typeorm';
import { LOG, NOTES } from './0200-create-change-log.js';

/**
 * The functions of the change log again:
 *
 * 1. Their plans are right for any number of rows, whatever the statistics say, as those of the effects are.
 * 2. What readers see changes by dates, before the feed tells of it. An article that was deleted or moved in between, and
 *    its tags, were in the lists of readers who never heard of their end; and a tag of which somebody told meanwhile
 *    stayed as that one had found it. So the log keeps every article's tags, and what was due is looked at whole.
 */
export class TellWhatReadersSaw1764000000214 implements MigrationInterface {
  readonly name = 'TellWhatReadersSaw1764000000214';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE waypost.change_log ADD COLUMN tag_ids uuid[] NOT NULL DEFAULT '{}'`);
    await runner.query(
      `COMMENT ON COLUMN waypost.change_log.tag_ids IS 'Tags of the article, whether readers see it or not.'`,
    );
    await runner.query(`
      UPDATE waypost.change_log AS told
         SET tag_ids = ARRAY(SELECT tag_id FROM waypost.article_tags WHERE article_id = told.entity_id ORDER BY tag_id)
       WHERE entity_type = 'ARTICLE'`);
    await runner.query(`DROP FUNCTION waypost.stage_tags(uuid[], timestamptz)`);
    for (const statement of REPLACED) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP FUNCTION waypost.stage_tags(uuid[], uuid[], timestamptz)`);
    for (const statement of [...NOTES, ...LOG]) {
      const name = /^\s*CREATE FUNCTION waypost\.(\w+)\(/.exec(statement)?.[1] ?? '';
      if (!REPLACED.some((replacing) => replacing.includes(`FUNCTION waypost.${name}(`))) continue;
      await runner.query(statement.replace('CREATE FUNCTION', 'CREATE OR REPLACE FUNCTION'));
    }
    await runner.query(`ALTER TABLE waypost.change_log DROP COLUMN tag_ids`);
  }
}

const ANY_SIZE = 'SET plan_cache_mode = force_custom_plan SET enable_nestloop = off SET jit = off';

const REPLACED = [
  // "was_seen": told to readers, or seen by them since its moment came, of which the feed has not told yet. Of what is due
  // all tags are looked at: whoever looked at one since then took the article for what it was at that moment.
  `CREATE OR REPLACE FUNCTION waypost.stage_articles(as_of timestamptz)
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
       SELECT note.entity_id, note.is_tagged_anew, coalesce(note.is_due, false) AS is_due, coalesce(note.moment, as_of) AS at,
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
     ), tagged AS (
       SELECT *, CASE WHEN lives AND (is_tagged_anew OR (told).entity_id IS NULL)
                   THEN ARRAY(SELECT tag_id FROM waypost.article_tags link WHERE link.article_id = entity_id ORDER BY tag_id)
                   WHEN lives THEN (told).tag_ids ELSE '{}' END AS tag_ids
         FROM current WHERE lives OR (told).op = 'UPSERT'
     ), shown AS (
       SELECT *, CASE WHEN is_public THEN tag_ids ELSE '{}' END AS tags,
              CASE WHEN was_public THEN (told).public_tag_ids WHEN was_seen THEN (told).tag_ids ELSE '{}' END AS seen_tags
         FROM tagged
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
                   tags, coalesce((told).public_former_tags, '{}'), coalesce((told).public_former_paths, '{}'),
                   tag_ids)::waypost.change_log,
              true, is_public OR was_seen,
              CASE WHEN is_due THEN tags
                   WHEN tags <> seen_tags THEN ARRAY(SELECT tag FROM unnest(tags) AS tag WHERE tag <> ALL (seen_tags)) END,
              CASE WHEN tags <> seen_tags THEN ARRAY(SELECT tag FROM unnest(seen_tags) AS tag WHERE tag <> ALL (tags)) END,
              CASE WHEN is_public AND path <> (told).public_path THEN (told).public_path END
            )::waypost.staged_change ORDER BY lives, entity_id), '{}')
       FROM shown);
   END $$`,

  // "taken": tags of articles that readers saw, and do not see with them any more. An article of each tag is looked up until
  // one is public.
  `CREATE FUNCTION waypost.stage_tags(ids uuid[], taken uuid[], as_of timestamptz)
   RETURNS waypost.staged_change[]
   LANGUAGE plpgsql AS $$
   BEGIN
     RETURN (WITH current AS MATERIALIZED (
       SELECT wanted.id AS entity_id, note.entity_id IS NOT NULL AND note.moment IS NULL AS is_noted, as_of AS at,
              tag.id IS NOT NULL AS lives, tag.slug, told,
              coalesce(told.public_op, 'DELETE') = 'UPSERT' AS was_public,
              wanted.id = ANY (taken) AS was_taken,
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
                   CASE WHEN is_public THEN 'UPSERT' WHEN was_public OR was_taken THEN 'DELETE' ELSE (told).public_op END, NULL, NULL,
                   CASE WHEN is_public THEN slug
                        WHEN was_taken THEN coalesce((told).public_slug, slug, (told).slug) ELSE (told).public_slug END, NULL,
                   CASE WHEN (is_noted AND is_public) OR is_public <> was_public OR (was_taken AND NOT is_public) THEN at ELSE (told).public_at END,
                   '{}', '{}', '{}', '{}')::waypost.change_log,
              is_noted, (is_noted AND is_public) OR is_public <> was_public OR (was_taken AND NOT is_public), NULL, NULL, NULL
            )::waypost.staged_change ORDER BY lives, entity_id), '{}')
       FROM current
      WHERE (lives OR (told).op = 'UPSERT') AND (is_noted OR is_public <> was_public OR (was_taken AND NOT is_public)));
   END $$`,

  `CREATE OR REPLACE FUNCTION waypost.set_article_moments(staged waypost.staged_change[], as_of timestamptz) RETURNS void
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
              -- One that would end before it began is never seen.
              AND (article.expires_at > article.published_at) IS NOT FALSE
     ), past AS (
       DELETE FROM waypost.due_moments due USING next
        WHERE due.kind = 'ARTICLE' AND due.key = next.key AND due.key = ANY (keys) AND next.at IS NULL
     )
     INSERT INTO waypost.due_moments AS due (kind, key, at)
     SELECT 'ARTICLE', key, at FROM next WHERE at IS NOT NULL
     ON CONFLICT (kind, key) DO UPDATE SET at = excluded.at WHERE due.at <> excluded.at;
   END $$`,

  // Nothing to plan, and its time is time under the feed's lock.
  `CREATE OR REPLACE FUNCTION waypost.write_changes(staged waypost.staged_change[]) RETURNS void
   LANGUAGE plpgsql SET plan_cache_mode = auto AS $$
   BEGIN
     INSERT INTO waypost.change_log
     SELECT (log).entity_type, (log).entity_id, seq, (log).op, (log).path, (log).locale, (log).slug, (log).url, (log).at,
            public_seq,
            CASE WHEN (log).public_op = 'UPSERT' THEN coalesce((log).public_since_seq, public_seq) END,
            (log).public_op, (log).public_path, (log).public_locale, (log).public_slug, (log).public_url, (log).public_at,
            (log).public_tag_ids,
            CASE WHEN cardinality(removed_tags) > 0
              THEN (log).public_former_tags || (SELECT jsonb_object_agg(tag, public_seq) FROM unnest(removed_tags) AS tag)
              ELSE (log).public_former_tags END,
            CASE WHEN left_path IS NULL THEN (log).public_former_paths
              ELSE (log).public_former_paths || jsonb_build_object(left_path, public_seq) END, (log).tag_ids
       FROM (SELECT change.log, change.removed_tags, change.left_path,
                    CASE WHEN change.is_noted THEN nextval('waypost.change_seq') ELSE (change.log).seq END AS seq,
                    CASE WHEN change.is_public THEN nextval('waypost.public_change_seq')
                         ELSE (change.log).public_seq END AS public_seq
               FROM unnest(staged) WITH ORDINALITY
                    AS change (log, is_noted, is_public, added_tags, removed_tags, left_path, place)
              ORDER BY change.place) AS numbered
     ON CONFLICT (entity_type, entity_id) DO UPDATE SET
       seq = excluded.seq, op = excluded.op, path = excluded.path, locale = excluded.locale, slug = excluded.slug,
       url = excluded.url, at = excluded.at, public_seq = excluded.public_seq,
       public_since_seq = excluded.public_since_seq, public_op = excluded.public_op,
       public_path = excluded.public_path, public_locale = excluded.public_locale, public_slug = excluded.public_slug,
       public_url = excluded.public_url, public_at = excluded.public_at, public_tag_ids = excluded.public_tag_ids,
       public_former_tags = excluded.public_former_tags, public_former_paths = excluded.public_former_paths,
       tag_ids = excluded.tag_ids;
   END $$`,

  `CREATE OR REPLACE FUNCTION waypost.log_changes() RETURNS trigger
   LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp ${ANY_SIZE} AS $$
   DECLARE
     articles uuid[];
     tags     uuid[];
     taken    uuid[];
     staged   waypost.staged_change[];
     as_of    timestamptz;
   BEGIN
     SELECT coalesce(array_agg(entity_id) FILTER (WHERE entity_type = 'ARTICLE'), '{}'),
            coalesce(array_agg(entity_id) FILTER (WHERE entity_type = 'TAG'), '{}')
       INTO articles, tags FROM waypost.change_notes WHERE transaction_id = pg_current_xact_id();
     PERFORM waypost.lock_logged('ARTICLE', articles);
     as_of := clock_timestamp();
     staged := waypost.stage_articles(as_of);
     PERFORM waypost.set_article_moments(staged, as_of);

     taken := ARRAY(SELECT DISTINCT unnest(removed_tags) FROM unnest(staged) AS change);
     tags := ARRAY(SELECT unnest(tags || taken) UNION SELECT unnest(added_tags) FROM unnest(staged) AS change);
     IF cardinality(tags) > 0 THEN
       PERFORM waypost.lock_logged('TAG', tags);
       staged := staged || waypost.stage_tags(tags, taken, clock_timestamp());
       -- An older snapshot does not show what others did to articles with the same tags: look again in a new one. Each
       -- transaction has keys of its own, so that none meets a row that its snapshot does not show.
       IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
         INSERT INTO waypost.due_moments (kind, key, at)
         SELECT 'TAG', tag || ' ' || pg_current_xact_id(), as_of FROM unnest(tags) AS tag
         ON CONFLICT (kind, key) DO NOTHING;
       END IF;
     END IF;

     -- Deleted, so that whatever comes after this trigger, in the same transaction, is noted and logged again.
     DELETE FROM waypost.change_notes WHERE transaction_id = pg_current_xact_id();
     DELETE FROM waypost.change_markers WHERE transaction_id = pg_current_xact_id();
     DELETE FROM waypost.due_moments WHERE kind = 'TAG' AND at <= as_of
        AND current_setting('transaction_isolation') IN ('read committed', 'read uncommitted')
        AND split_part(key, ' ', 1) = ANY (tags::text[]);
     IF cardinality(staged) > 0 THEN
       PERFORM pg_advisory_xact_lock(8147203116);
       PERFORM waypost.open_change_epoch();
       PERFORM waypost.write_changes(staged);
       PERFORM pg_notify('waypost_changes', '');
     END IF;
     RETURN NULL;
   END $$`,

  `CREATE OR REPLACE FUNCTION waypost.note_tags_updated() RETURNS trigger
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
   END $$`,
];
