import type { MigrationInterface, QueryRunner } from 'typeorm';
import { CreateChangeLog1764000000200 } from './0200-create-change-log.js';
import { KeepEffectsAndRevisions1764000000210 } from './0210-keep-effects-and-revisions.js';
import { KeepFormerAddresses1764000000211 } from './0211-keep-former-addresses.js';
import { TellWhatReadersSaw1764000000214 } from './0214-tell-what-readers-saw.js';

/**
 * A commit that takes a coming moment away - withdraws, puts off, prolongs, untags - looks at the clock before it ends, and
 * nobody can tell how long it then takes to end. Where the moment lies in between, readers saw it come: their lists have
 * what the feed never told of, or lack it.
 *
 * So the commit keeps each moment that it takes away, as unsure. Whoever sees it there before the moment knows that the commit
 * ended before, too, and forgets it: nothing is told of what was withdrawn in time. One that is still there when
 * its moment comes is told of, as the article or partner is by then.
 *
 * Also: who looks at articles for a partner's date, and waits for one of them, no longer forgets a date that comes meanwhile;
 * and the feed has a lock of its own.
 */
export class TellOfUnsureMoments1764000000215 implements MigrationInterface {
  readonly name = 'TellOfUnsureMoments1764000000215';

  async up(runner: QueryRunner): Promise<void> {
    // Commits that are under way end under the former lock of the feed, and the next begin under the new one.
    await runner.query(`LOCK TABLE waypost.change_markers IN ACCESS EXCLUSIVE MODE`);
    await runner.query(`ALTER TABLE waypost.due_moments ADD COLUMN seen jsonb`);
    await runner.query(
      `COMMENT ON COLUMN waypost.due_moments.seen IS 'Of an unsure moment: path, locale, slug, url and tagIds with which readers may have seen the article.'`,
    );
    await runner.query(`ALTER TABLE waypost.due_moments DROP CONSTRAINT due_moments_kind_known`);
    await runner.query(
      `ALTER TABLE waypost.due_moments ADD CONSTRAINT due_moments_kind_known
         CHECK (kind IN ('ARTICLE', 'TAG', 'PARTNER', 'SHOWN_TAG', 'UNSURE_ARTICLE', 'UNSURE_PARTNER'))`,
    );
    await runner.query(`DROP FUNCTION waypost.stage_tags(uuid[], uuid[], timestamptz)`);
    for (const statement of [SETTLE, SET_MOMENTS, ...FUNCTIONS]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`LOCK TABLE waypost.change_markers IN ACCESS EXCLUSIVE MODE`);
    await runner.query(`DROP FUNCTION waypost.stage_tags(uuid[], uuid[], uuid[], timestamptz)`);
    for (const statement of await formerFunctions()) await runner.query(statement);
    await runner.query(`DROP FUNCTION waypost.settle_unsure_moments(uuid[], timestamptz)`);
    await runner.query(`DROP FUNCTION waypost.set_partner_moments_after(text[], timestamptz)`);
    await runner.query(`DELETE FROM waypost.due_moments WHERE kind LIKE 'UNSURE%'`);
    await runner.query(`ALTER TABLE waypost.due_moments DROP CONSTRAINT due_moments_kind_known`);
    await runner.query(
      `ALTER TABLE waypost.due_moments ADD CONSTRAINT due_moments_kind_known
         CHECK (kind IN ('ARTICLE', 'TAG', 'PARTNER', 'SHOWN_TAG'))`,
    );
    await runner.query(`ALTER TABLE waypost.due_moments DROP COLUMN seen`);
  }
}

/** The functions as the migrations before made them. */
async function formerFunctions(): Promise<string[]> {
  const made: string[] = [];
  const collector = { query: (statement: string) => Promise.resolve(made.push(statement)) } as unknown as QueryRunner;
  for (const migration of [
    new CreateChangeLog1764000000200(),
    new KeepEffectsAndRevisions1764000000210(),
    new KeepFormerAddresses1764000000211(),
    new TellWhatReadersSaw1764000000214(),
  ]) {
    await migration.up(collector);
  }
  return FUNCTIONS.map((statement) => {
    const name = /FUNCTION (waypost\.\w+\()/.exec(statement)?.[1] ?? '';
    const former = made.findLast(
      (one) => /CREATE (OR REPLACE )?FUNCTION/.test(one) && one.includes(`FUNCTION ${name}`),
    );
    if (former === undefined) throw new Error(`No migration before makes ${name}).`);
    return former.replace(/CREATE FUNCTION/, 'CREATE OR REPLACE FUNCTION');
  });
}

/** A number of its own: under the one before, those who wrote clicks and articles waited for each other. */
const FEED_LOCK = 8_147_203_120;

/** Of migration 0210: who changes a partner or tag, against who saves an article that shows it. */
const PARTNER_LOCK = 814_720_317;
const TAG_LOCK = 814_720_318;

const ANY_SIZE = 'SET plan_cache_mode = force_custom_plan SET enable_nestloop = off SET jit = off';

const MARK = `
     IF FOUND THEN
       INSERT INTO waypost.change_markers VALUES (pg_current_xact_id()) ON CONFLICT DO NOTHING;
     END IF;`;

// Returns the tags that readers may have seen on the articles, or missed. What they may have found at an address that was left since is found from there.
const SETTLE = `
  CREATE FUNCTION waypost.settle_unsure_moments(articles uuid[], as_of timestamptz) RETURNS uuid[]
  LANGUAGE plpgsql AS $$
  DECLARE
    tags uuid[];
  BEGIN
    WITH settled AS (
      DELETE FROM waypost.due_moments
       WHERE kind = 'UNSURE_ARTICLE' AND at <= as_of AND split_part(key, ' ', 1) = ANY (articles::text[])
      RETURNING split_part(key, ' ', 1)::uuid AS article_id, seen
    ), found AS (
      UPDATE waypost.former_addresses former SET was_public = true FROM settled
       WHERE former.article_id = settled.article_id AND former.article_id = ANY (articles)
         AND (former.path, former.locale, former.slug) = (seen ->> 'path', seen ->> 'locale', seen ->> 'slug')
    )
    SELECT array_agg(DISTINCT tag.id::uuid) INTO tags
      FROM settled CROSS JOIN LATERAL jsonb_array_elements_text(seen -> 'tagIds') AS tag (id);
    RETURN coalesce(tags, '{}');
  END $$`;

// Unsure also where the moment stays: paused before its start a partner is not linked then, and nothing else would tell.
const SET_MOMENTS = `
  CREATE FUNCTION waypost.set_partner_moments_after(keys text[], as_of timestamptz) RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  BEGIN
    INSERT INTO waypost.due_moments (kind, key, at)
    SELECT 'UNSURE_PARTNER', key || ' ' || pg_current_xact_id(), at FROM waypost.due_moments
     WHERE kind = 'PARTNER' AND key = ANY (keys)
    ON CONFLICT DO NOTHING;
    IF FOUND THEN
      PERFORM pg_notify('waypost_changes', '');
    END IF;
    DELETE FROM waypost.due_moments WHERE kind = 'PARTNER' AND key = ANY (keys);
    INSERT INTO waypost.due_moments (kind, key, at)
    SELECT 'PARTNER', key, least(CASE WHEN starts_at > as_of THEN starts_at END, CASE WHEN expires_at > as_of THEN expires_at END)
      FROM waypost.partners
     WHERE key = ANY (keys) AND (starts_at > as_of OR expires_at > as_of)
    ON CONFLICT (kind, key) DO UPDATE SET at = excluded.at;
  END $$`;

const FUNCTIONS = [
  // What this sees was committed, and what was committed before a moment nobody can read otherwise after it.
  // A note with a moment and its tags anew: told whatever is due.
  `CREATE OR REPLACE FUNCTION waypost.note_due_moments() RETURNS void
   LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp ${ANY_SIZE} AS $$
   DECLARE
     partner_keys text[];
     since        timestamptz;
   BEGIN
     -- Nobody waits here for somebody who does the same.
     DELETE FROM waypost.due_moments WHERE (kind, key) IN (
       SELECT kind, key FROM waypost.due_moments
        WHERE kind IN ('UNSURE_ARTICLE', 'UNSURE_PARTNER') AND at > clock_timestamp() FOR UPDATE SKIP LOCKED);
     INSERT INTO waypost.change_notes (transaction_id, entity_type, entity_id, moment)
     SELECT pg_current_xact_id(), CASE kind WHEN 'TAG' THEN 'TAG' ELSE 'ARTICLE' END, split_part(key, ' ', 1)::uuid, min(at)
       FROM waypost.due_moments
      WHERE kind IN ('ARTICLE', 'TAG', 'UNSURE_ARTICLE') AND at <= clock_timestamp() GROUP BY 1, 2, 3
     ON CONFLICT DO NOTHING;
     ${MARK}
     -- Pages may have been seen with or without the partner's links. As they are now they are told, and nobody wrote them.
     WITH settled AS (
       DELETE FROM waypost.due_moments WHERE kind = 'UNSURE_PARTNER' AND at <= clock_timestamp()
       RETURNING split_part(key, ' ', 1) AS key, at
     ) SELECT array_agg(key), min(at) INTO partner_keys, since FROM settled;
     IF partner_keys IS NULL THEN RETURN; END IF;
     INSERT INTO waypost.change_notes (transaction_id, entity_type, entity_id, moment, is_tagged_anew)
     SELECT pg_current_xact_id(), 'ARTICLE', id, since, true FROM unnest(waypost.articles_that_show(partner_keys, '{}')) AS id
     ON CONFLICT (transaction_id, entity_type, entity_id) DO UPDATE SET is_tagged_anew = true;
     ${MARK}
   END $$`,

  // Later moments are those after the one for which somebody looks at the articles: one that comes meanwhile is due then.
  `CREATE OR REPLACE FUNCTION waypost.set_partner_moments(keys text[]) RETURNS void
   LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
   BEGIN
     PERFORM waypost.set_partner_moments_after(keys, clock_timestamp());
   END $$`,

  `CREATE OR REPLACE FUNCTION waypost.apply_contents() RETURNS trigger
   LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp ${ANY_SIZE} AS $$
   DECLARE
     as_of   timestamptz;
     awaited text[];
     noted   uuid[];
     caused  uuid[];
     gone    uuid[];
   BEGIN
     PERFORM pg_advisory_xact_lock_shared(CASE kind WHEN 'PARTNER' THEN ${PARTNER_LOCK} ELSE ${TAG_LOCK} END,
                                          hashtext(key))
        FROM (SELECT * FROM waypost.content_causes WHERE transaction_id = pg_current_xact_id() AND is_awaited
               ORDER BY kind, key) AS cause;
     as_of := clock_timestamp();
     awaited := ARRAY(SELECT CASE kind WHEN 'PARTNER' THEN 'PARTNER ' ELSE 'SHOWN_TAG ' END || key FROM waypost.content_causes
                       WHERE transaction_id = pg_current_xact_id() AND is_awaited);
     -- Before anything is looked at: a wish that comes later stays for the next one.
     DELETE FROM waypost.due_moments
      WHERE kind IN ('PARTNER', 'SHOWN_TAG') AND at <= as_of AND kind || ' ' || split_part(key, ' ', 1) = ANY (awaited);
     PERFORM waypost.move_scheduled(as_of);
     noted := ARRAY(SELECT entity_id FROM waypost.change_notes
                     WHERE transaction_id = pg_current_xact_id() AND entity_type = 'ARTICLE' AND moment IS NULL);
     caused := waypost.articles_that_show(waypost.cause_keys('PARTNER'), waypost.cause_keys('TAG')::uuid[]);
     PERFORM waypost.hold_shown(noted, as_of);
     -- In the order of ids, so that two of these cannot deadlock; and before they are looked at: who is saving one of them
     -- commits first, and the next statement sees it. Those that this transaction saved it has locked already.
     PERFORM FROM waypost.articles WHERE id = ANY (noted || caused) ORDER BY id FOR NO KEY UPDATE;
     -- By the clock after the wait: what partners are by now was looked at by nobody before.
     PERFORM waypost.apply_moves(waypost.find_moves(noted, caused, clock_timestamp()), clock_timestamp());
     gone := waypost.without_article(noted);
     DELETE FROM waypost.shown_contents WHERE article_id = ANY (gone);
     PERFORM waypost.set_partner_moments_after(ARRAY(SELECT key FROM waypost.content_causes
       WHERE transaction_id = pg_current_xact_id() AND kind = 'PARTNER' AND is_awaited), as_of);
     DELETE FROM waypost.content_causes WHERE transaction_id = pg_current_xact_id();
     RETURN NULL;
   END $$`,

  // Readers found it there also where its moment has come and the feed has not told yet.
  `CREATE OR REPLACE FUNCTION waypost.keep_addresses() RETURNS trigger
   LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp ${ANY_SIZE} AS $$
   DECLARE
     noted uuid[] := waypost.noted_articles();
   BEGIN
     INSERT INTO waypost.former_addresses AS former (article_id, path, locale, slug, was_public, left_at)
     SELECT article.id, told.path, told.locale, told.slug,
            (told.public_path, told.public_locale, told.public_slug) IS NOT DISTINCT FROM (told.path, told.locale, told.slug)
              OR coalesce((SELECT due.at FROM waypost.due_moments due WHERE due.kind = 'ARTICLE' AND due.key = article.id::text)
                          <= clock_timestamp(), false),
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
   END $$`,

  // "was_seen": told to readers, or perhaps seen by them since its moment came, of which the feed has not told yet. Of what is
  // due all tags are looked at: whoever looked at one since then took the article for what it was at that moment.
  `CREATE OR REPLACE FUNCTION waypost.stage_articles(as_of timestamptz)
   RETURNS waypost.staged_change[]
   LANGUAGE plpgsql AS $$
   DECLARE
     noted uuid[] := waypost.noted_articles();
   BEGIN
     RETURN (WITH unsure AS MATERIALIZED (
       SELECT DISTINCT ON (key) key, seen
         FROM (SELECT split_part(key, ' ', 1) AS key, at, seen FROM waypost.due_moments
                WHERE kind = 'UNSURE_ARTICLE' AND at <= as_of) AS each
        WHERE key = ANY (noted::text[]) ORDER BY key, at
     ), note AS MATERIALIZED (
       SELECT entity_id, is_tagged_anew, moment, unsure.seen,
              coalesce((SELECT due.at FROM waypost.due_moments due WHERE due.kind = 'ARTICLE' AND due.key = entity_id::text)
                       <= as_of, false) AS is_due
         FROM waypost.change_notes LEFT JOIN unsure ON unsure.key = entity_id::text
        WHERE transaction_id = pg_current_xact_id() AND entity_type = 'ARTICLE'
     ), current AS MATERIALIZED (
       SELECT note.entity_id, note.is_tagged_anew, note.is_due, note.seen, coalesce(note.moment, as_of) AS at,
              article.id IS NOT NULL AS lives, article.path,
              article.locale, article.slug, article.canonical_url AS url, told,
              coalesce(told.public_op, 'DELETE') = 'UPSERT' AS was_public,
              coalesce(told.public_op, 'DELETE') = 'UPSERT' OR note.is_due OR note.seen IS NOT NULL AS was_seen,
              coalesce(article.status = 'published' AND article.published_at <= as_of
                       AND (article.expires_at IS NULL OR article.expires_at > as_of), false) AS is_public
         FROM note
         LEFT JOIN waypost.articles article ON article.id = note.entity_id AND article.id = ANY (noted)
         LEFT JOIN waypost.change_log told
           ON told.entity_type = 'ARTICLE' AND told.entity_id = note.entity_id AND told.entity_id = ANY (noted)
        WHERE note.moment IS NULL OR note.is_due OR note.seen IS NOT NULL OR note.is_tagged_anew
     ), tagged AS (
       SELECT *, CASE WHEN lives AND (is_tagged_anew OR (told).entity_id IS NULL)
                   THEN ARRAY(SELECT tag_id FROM waypost.article_tags link WHERE link.article_id = entity_id ORDER BY tag_id)
                   WHEN lives THEN (told).tag_ids ELSE '{}' END AS tag_ids,
              -- Where readers saw what they were not told of.
              CASE WHEN was_seen AND NOT was_public
                THEN coalesce(seen, jsonb_build_object('path', (told).path, 'locale', (told).locale, 'slug', (told).slug,
                                                       'url', (told).url)) END AS place
         FROM current WHERE lives OR (told).op = 'UPSERT' OR (seen IS NOT NULL AND (told).entity_id IS NOT NULL)
     ), shown AS (
       SELECT *, CASE WHEN is_public THEN tag_ids ELSE '{}' END AS tags,
              CASE WHEN was_public THEN (told).public_tag_ids WHEN is_due THEN (told).tag_ids ELSE '{}' END
                || CASE WHEN seen IS NULL THEN '{}'
                     ELSE ARRAY(SELECT tag::uuid FROM jsonb_array_elements_text(seen -> 'tagIds') AS tag) END AS seen_tags,
              coalesce(seen ->> 'path', place ->> 'path', (told).public_path) AS seen_path
         FROM tagged
     )
     SELECT coalesce(array_agg(ROW (
              ROW ('ARTICLE', entity_id, 0, CASE WHEN lives THEN 'UPSERT' ELSE 'DELETE' END,
                   CASE WHEN lives THEN path ELSE (told).path END, CASE WHEN lives THEN locale ELSE (told).locale END,
                   CASE WHEN lives THEN slug ELSE (told).slug END, CASE WHEN lives THEN url ELSE (told).url END, at,
                   (told).public_seq, (told).public_since_seq,
                   CASE WHEN is_public THEN 'UPSERT' WHEN was_seen THEN 'DELETE' ELSE (told).public_op END,
                   CASE WHEN is_public THEN path WHEN place IS NOT NULL THEN place ->> 'path' ELSE (told).public_path END,
                   CASE WHEN is_public THEN locale WHEN place IS NOT NULL THEN place ->> 'locale' ELSE (told).public_locale END,
                   CASE WHEN is_public THEN slug WHEN place IS NOT NULL THEN place ->> 'slug' ELSE (told).public_slug END,
                   CASE WHEN is_public THEN url WHEN place IS NOT NULL THEN place ->> 'url' ELSE (told).public_url END,
                   CASE WHEN is_public OR was_seen THEN at ELSE (told).public_at END,
                   tags, coalesce((told).public_former_tags, '{}'), coalesce((told).public_former_paths, '{}'),
                   tag_ids)::waypost.change_log,
              true, is_public OR was_seen,
              CASE WHEN is_due THEN tags
                   WHEN tags <> seen_tags THEN ARRAY(SELECT tag FROM unnest(tags) AS tag WHERE tag <> ALL (seen_tags)) END,
              CASE WHEN tags <> seen_tags THEN ARRAY(SELECT tag FROM unnest(seen_tags) AS tag WHERE tag <> ALL (tags)) END,
              CASE WHEN is_public AND path <> seen_path THEN seen_path END
            )::waypost.staged_change ORDER BY lives, entity_id), '{}')
       FROM shown);
   END $$`,

  // "taken": tags of articles that readers saw, and do not see with them any more. "unsure": tags of articles of which nobody
  // knows what readers saw; these are told in any case. An article of each tag is looked up until one is public.
  `CREATE FUNCTION waypost.stage_tags(ids uuid[], taken uuid[], unsure uuid[], as_of timestamptz)
   RETURNS waypost.staged_change[]
   LANGUAGE plpgsql AS $$
   BEGIN
     RETURN (WITH current AS MATERIALIZED (
       SELECT wanted.id AS entity_id, note.entity_id IS NOT NULL AND note.moment IS NULL AS is_noted, as_of AS at,
              tag.id IS NOT NULL AS lives, tag.slug, told,
              coalesce(told.public_op, 'DELETE') = 'UPSERT' AS was_public,
              wanted.id = ANY (taken) OR wanted.id = ANY (unsure) AS was_taken,
              wanted.id = ANY (unsure) AND told.entity_id IS NOT NULL AS is_unsure,
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
     ), news AS (
       SELECT *, (is_noted AND is_public) OR is_public <> was_public OR (was_taken AND NOT is_public) OR is_unsure AS is_news
         FROM current WHERE lives OR (told).op = 'UPSERT' OR is_unsure
     )
     SELECT coalesce(array_agg(ROW (
              ROW ('TAG', entity_id, coalesce((told).seq, 0), CASE WHEN lives THEN 'UPSERT' ELSE 'DELETE' END, NULL, NULL,
                   CASE WHEN lives THEN slug ELSE (told).slug END, NULL,
                   CASE WHEN is_noted OR told IS NULL THEN at ELSE (told).at END,
                   (told).public_seq, (told).public_since_seq,
                   CASE WHEN is_public THEN 'UPSERT' WHEN was_public OR was_taken THEN 'DELETE' ELSE (told).public_op END, NULL, NULL,
                   CASE WHEN is_public THEN slug
                        WHEN was_taken THEN coalesce((told).public_slug, slug, (told).slug) ELSE (told).public_slug END, NULL,
                   CASE WHEN is_news THEN at ELSE (told).public_at END,
                   '{}', '{}', '{}', '{}')::waypost.change_log,
              is_noted, is_news, NULL, NULL, NULL
            )::waypost.staged_change ORDER BY lives, entity_id), '{}')
       FROM news WHERE is_noted OR is_news);
   END $$`,

  // Where a moment had come untold, what comes after it was not known here, and is unsure as well.
  `CREATE OR REPLACE FUNCTION waypost.set_article_moments(staged waypost.staged_change[], as_of timestamptz) RETURNS void
   LANGUAGE plpgsql AS $$
   DECLARE
     ids  uuid[] := ARRAY(SELECT (change.log).entity_id FROM unnest(staged) AS change);
     keys text[] := ids::text[];
   BEGIN
     WITH next AS MATERIALIZED (
       SELECT (change.log).entity_id AS id, (change.log).entity_id::text AS key, change.log,
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
     ), unsure AS (
       INSERT INTO waypost.due_moments (kind, key, at, seen)
       SELECT 'UNSURE_ARTICLE', next.key || ' ' || pg_current_xact_id(), due.at,
              jsonb_build_object('path', told.path, 'locale', told.locale, 'slug', told.slug, 'url', told.url,
                                 'tagIds', told.tag_ids)
         FROM next
         JOIN waypost.due_moments due ON due.kind = 'ARTICLE' AND due.key = next.key AND due.key = ANY (keys)
         JOIN waypost.change_log told ON told.entity_type = 'ARTICLE' AND told.entity_id = next.id AND told.entity_id = ANY (ids)
         JOIN waypost.change_notes note ON note.transaction_id = pg_current_xact_id() AND note.entity_type = 'ARTICLE'
              AND note.entity_id = next.id AND note.entity_id = ANY (ids) AND note.moment IS NULL
        WHERE due.at <= as_of
           OR (due.at, told.path, told.locale, told.slug, told.tag_ids) IS DISTINCT FROM
              (next.at, (next.log).path, (next.log).locale, (next.log).slug, (next.log).tag_ids)
       -- Of an earlier statement of this transaction, which knew what readers see until the commit.
       ON CONFLICT DO NOTHING
     )
     INSERT INTO waypost.due_moments AS due (kind, key, at)
     SELECT 'ARTICLE', key, at FROM next WHERE at IS NOT NULL
     ON CONFLICT (kind, key) DO UPDATE SET at = excluded.at WHERE due.at <> excluded.at;
   END $$`,

  `CREATE OR REPLACE FUNCTION waypost.log_changes() RETURNS trigger
   LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp ${ANY_SIZE} AS $$
   DECLARE
     articles uuid[];
     tags     uuid[];
     taken    uuid[];
     unsure   uuid[];
     staged   waypost.staged_change[];
     as_of    timestamptz;
   BEGIN
     SELECT coalesce(array_agg(entity_id) FILTER (WHERE entity_type = 'ARTICLE'), '{}'),
            coalesce(array_agg(entity_id) FILTER (WHERE entity_type = 'TAG'), '{}')
       INTO articles, tags FROM waypost.change_notes WHERE transaction_id = pg_current_xact_id();
     PERFORM waypost.lock_logged('ARTICLE', articles);
     as_of := clock_timestamp();
     staged := waypost.stage_articles(as_of);
     unsure := waypost.settle_unsure_moments(articles, as_of);
     PERFORM waypost.set_article_moments(staged, as_of);

     taken := ARRAY(SELECT DISTINCT unnest(removed_tags) FROM unnest(staged) AS change);
     tags := ARRAY(SELECT unnest(tags || taken || unsure) UNION SELECT unnest(added_tags) FROM unnest(staged) AS change);
     IF cardinality(tags) > 0 THEN
       PERFORM waypost.lock_logged('TAG', tags);
       staged := staged || waypost.stage_tags(tags, taken, unsure, clock_timestamp());
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
       PERFORM pg_advisory_xact_lock(${FEED_LOCK});
       PERFORM waypost.open_change_epoch();
       PERFORM waypost.write_changes(staged);
       PERFORM pg_notify('waypost_changes', '');
     END IF;
     RETURN NULL;
   END $$`,
];
