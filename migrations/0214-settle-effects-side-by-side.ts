import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Four gaps between transactions that commit at the same moment, each found by followers under random writers:
 *
 * 1. Who changes a partner or tag with an older snapshot (REPEATABLE READ and above) does not see the articles that were
 *    saved since. They are looked at again in a new one.
 * 2. Whoever logged an article first took its moment away, and who had moved its date then had nothing to tell. So the
 *    row of the log is locked before the date is moved.
 * 3. A wish to look again that came after the look was taken for answered; and two who wrote links of one article by hand
 *    each hashed it without the other's.
 * 4. An article that was published by its date, and deleted before the feed told of it, was in the lists of readers who
 *    never heard of its end.
 */
export class SettleEffectsSideBySide1764000000214 implements MigrationInterface {
  readonly name = 'SettleEffectsSideBySide1764000000214';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [HOLD_SHOWN, MOVE_SCHEDULED, STAGE_ARTICLES, APPLY_MOVES, APPLY_CONTENTS])
      await runner.query(statement);
  }

  /** The functions stay as they are: what they replaced had the same names and a gap. */
  async down(): Promise<void> {}
}

const PARTNER_LOCK = 814_720_317;
const TAG_LOCK = 814_720_318;

const HOLD_SHOWN = `
  CREATE OR REPLACE FUNCTION waypost.hold_shown(ids uuid[], as_of timestamptz) RETURNS void
  LANGUAGE plpgsql AS $$
  BEGIN
    INSERT INTO waypost.due_moments (kind, key, at)
    SELECT kind, key || ' ' || pg_current_xact_id(), as_of FROM (
      SELECT DISTINCT 'PARTNER' AS kind, partner_key AS key, ${PARTNER_LOCK} AS lock FROM waypost.placements
       WHERE article_id = ANY (ids) AND retired_at IS NULL
      UNION ALL
      SELECT DISTINCT 'SHOWN_TAG', tag_id::text, ${TAG_LOCK} FROM waypost.article_tags WHERE article_id = ANY (ids)) AS shown
     WHERE NOT pg_try_advisory_xact_lock_shared(lock, hashtext(key))
        -- An older snapshot does not show what others committed meanwhile.
        OR current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted')
    ON CONFLICT DO NOTHING;
    IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
      INSERT INTO waypost.due_moments (kind, key, at)
      SELECT CASE kind WHEN 'PARTNER' THEN 'PARTNER' ELSE 'SHOWN_TAG' END, key || ' ' || pg_current_xact_id(), as_of
        FROM waypost.content_causes WHERE transaction_id = pg_current_xact_id()
      ON CONFLICT DO NOTHING;
    END IF;
  END $$`;

// Each step is a statement of its own, because it has to see what others committed while the one before it waited.
const MOVE_SCHEDULED = `
  CREATE OR REPLACE FUNCTION waypost.move_scheduled(as_of timestamptz) RETURNS void
  LANGUAGE plpgsql AS $$
  DECLARE
    ids     uuid[];
    moments timestamptz[];
  BEGIN
    SELECT array_agg(entity_id), array_agg(moment) INTO ids, moments FROM waypost.change_notes
     WHERE transaction_id = pg_current_xact_id() AND entity_type = 'ARTICLE' AND moment IS NOT NULL;
    IF ids IS NULL THEN RETURN; END IF;
    PERFORM FROM waypost.articles WHERE id = ANY (ids) ORDER BY id FOR NO KEY UPDATE;
    PERFORM waypost.lock_logged('ARTICLE', ids);
    UPDATE waypost.articles AS article
       SET content_updated_at = came.moment, content_change_cause_kind = 'SCHEDULE', content_change_cause_key = NULL
      FROM (SELECT id, greatest(CASE WHEN published_at <= as_of THEN published_at END,
                                CASE WHEN expires_at <= as_of THEN expires_at END) AS moment
              FROM waypost.articles WHERE id = ANY (ids) AND status = 'published') AS came
     WHERE article.id = came.id AND article.content_updated_at < came.moment
       AND EXISTS (SELECT FROM waypost.due_moments due
                    WHERE due.kind = 'ARTICLE' AND due.key = article.id::text AND due.at <= as_of);
    -- The feed's notes keep the moment, which the write took away.
    UPDATE waypost.change_notes AS note SET moment = due.moment
      FROM unnest(ids, moments) AS due (id, moment)
     WHERE note.transaction_id = pg_current_xact_id() AND note.entity_type = 'ARTICLE' AND note.entity_id = due.id
       AND note.moment IS NULL;
  END $$`;

// "was_seen": told to readers, or seen by them since its moment came, of which the feed has not told yet.
const STAGE_ARTICLES = `
   CREATE OR REPLACE FUNCTION waypost.stage_articles(as_of timestamptz)
   RETURNS waypost.staged_change[]
   LANGUAGE plpgsql AS $$
   BEGIN
     RETURN (WITH current AS MATERIALIZED (
       SELECT note.entity_id, note.is_tagged_anew, coalesce(note.moment, as_of) AS at,
              article.id IS NOT NULL AS lives, article.path,
              article.locale, article.slug, article.canonical_url AS url, told,
              coalesce(told.public_op, 'DELETE') = 'UPSERT' AS was_public,
              coalesce(told.public_op, 'DELETE') = 'UPSERT' OR EXISTS (
                SELECT FROM waypost.due_moments due
                 WHERE due.kind = 'ARTICLE' AND due.key = note.entity_id::text AND due.at <= as_of) AS was_seen,
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

// What follows from a change that the audit log tells is not told again for each article, nor looked at: that alone would
// take seconds for 10,000 of them.
const APPLY_MOVES = `
  CREATE OR REPLACE FUNCTION waypost.apply_moves(moves waypost.content_move[], as_of timestamptz) RETURNS void
  LANGUAGE plpgsql AS $$
  DECLARE
    origin text := coalesce(current_setting('waypost.origin', true), '');
  BEGIN
    PERFORM set_config('waypost.origin',
                       (coalesce(nullif(origin, ''), '{}')::jsonb || '{"isSummarised": true}')::text, true);
    UPDATE waypost.articles AS article
       SET content_updated_at = CASE WHEN move.is_saved THEN article.updated_at
                                     WHEN move.moment IS NULL THEN as_of
                                     ELSE greatest(move.moment, article.content_updated_at) END,
           content_change_cause_kind = move.cause_kind, content_change_cause_key = move.cause_key,
           updated_at = CASE WHEN NOT move.is_saved AND move.cause_kind IN ('TAG', 'ARTICLE') THEN as_of
                             ELSE article.updated_at END,
           revision = article.revision + CASE WHEN NOT move.is_saved AND move.cause_kind = 'ARTICLE' THEN 1 ELSE 0 END
      FROM unnest(moves) AS move
     WHERE article.id = move.article_id AND NOT move.is_new;
    PERFORM set_config('waypost.origin', origin, true);
    INSERT INTO waypost.shown_contents AS told (article_id, hash) SELECT article_id, hash FROM unnest(moves)
    ON CONFLICT (article_id) DO UPDATE SET hash = excluded.hash;
  END $$`;

const APPLY_CONTENTS = `
  CREATE OR REPLACE FUNCTION waypost.apply_contents() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  SET plan_cache_mode = force_custom_plan SET jit = off AS $$
  DECLARE
    as_of  timestamptz;
    noted  uuid[];
    caused uuid[];
  BEGIN
    PERFORM pg_advisory_xact_lock_shared(CASE kind WHEN 'PARTNER' THEN ${PARTNER_LOCK} ELSE ${TAG_LOCK} END, hashtext(key))
       FROM (SELECT * FROM waypost.content_causes WHERE transaction_id = pg_current_xact_id() AND is_awaited
              ORDER BY kind, key) AS cause;
    as_of := clock_timestamp();
    -- Before anything is looked at: a wish that comes later stays for the next one.
    DELETE FROM waypost.due_moments due USING waypost.content_causes cause
     WHERE cause.transaction_id = pg_current_xact_id() AND cause.is_awaited AND due.at <= as_of
       AND due.kind = CASE cause.kind WHEN 'PARTNER' THEN 'PARTNER' ELSE 'SHOWN_TAG' END
       AND split_part(due.key, ' ', 1) = cause.key;
    PERFORM waypost.move_scheduled(as_of);
    noted := ARRAY(SELECT entity_id FROM waypost.change_notes
                    WHERE transaction_id = pg_current_xact_id() AND entity_type = 'ARTICLE' AND moment IS NULL);
    caused := ARRAY(SELECT placement.article_id
                      FROM waypost.content_causes cause JOIN waypost.placements placement
                        ON placement.partner_key = cause.key AND placement.retired_at IS NULL
                     WHERE cause.transaction_id = pg_current_xact_id() AND cause.kind = 'PARTNER'
                     UNION SELECT link.article_id
                      FROM waypost.content_causes cause JOIN waypost.article_tags link
                        ON link.tag_id = CASE WHEN cause.kind = 'TAG' THEN cause.key::uuid END
                     WHERE cause.transaction_id = pg_current_xact_id());
    PERFORM waypost.hold_shown(noted, as_of);
    -- In the order of ids, so that two of these cannot deadlock; and before they are looked at: who is saving one of them
    -- commits first, and the next statement sees it. Those that this transaction saved it has locked already.
    PERFORM FROM waypost.articles WHERE id = ANY (noted || caused) ORDER BY id FOR NO KEY UPDATE;
    PERFORM waypost.apply_moves(waypost.find_moves(noted, caused, as_of), as_of);
    DELETE FROM waypost.shown_contents WHERE article_id = ANY (noted)
       AND NOT EXISTS (SELECT FROM waypost.articles WHERE id = shown_contents.article_id);
    PERFORM waypost.set_partner_moments(ARRAY(SELECT key FROM waypost.content_causes
      WHERE transaction_id = pg_current_xact_id() AND kind = 'PARTNER' AND is_awaited));
    DELETE FROM waypost.content_causes WHERE transaction_id = pg_current_xact_id();
    RETURN NULL;
  END $$`;
