import type { MigrationInterface, QueryRunner } from 'typeorm';
import { KeepEffectsAndRevisions1764000000210 } from './0210-keep-effects-and-revisions.js';
import { TellOfUnsureMoments1764000000215 } from './0215-tell-of-unsure-moments.js';
import { restoreFunctions } from './former-functions.js';

/**
 * Who saves an article looks at the clock before its commit ends, and holds the partners that it shows, shared. Who applied a
 * partner's date held them shared, too: so, between that look and the end of the commit, the date was applied to the articles
 * that were there, and forgotten; and the article that was being saved showed, without a word in the feed, what it
 * showed before the date.
 *
 * A date that comes is a change of the partner like any other. Who applies it now waits for those who are saving, and has
 * those look again who save meanwhile. Who only looks again still keeps nobody waiting, and leaves dates alone.
 *
 * Also: two links at one position had no order, so that the hash of what readers see was another one with another plan.
 */
export class WaitForSaversAtMoments1764000000220 implements MigrationInterface {
  readonly name = 'WaitForSaversAtMoments1764000000220';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(HASH_SHOWN);
    await runner.query(APPLY_CONTENTS);
    // These had no order that anybody could have been told of.
    await runner.query(`
      UPDATE waypost.shown_contents AS told SET hash = shown.hash
        FROM waypost.hash_shown(ARRAY(SELECT article_id FROM waypost.placements WHERE retired_at IS NULL
                                       GROUP BY article_id, position HAVING count(*) > 1), clock_timestamp()) AS shown
       WHERE told.article_id = shown.article_id`);
    // What was missed is told of once.
    await runner.query(
      `INSERT INTO waypost.due_moments (kind, key, at)
       SELECT 'CONTENTS', pg_current_xact_id()::text, clock_timestamp() WHERE EXISTS (SELECT FROM waypost.articles)`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    const former = [new KeepEffectsAndRevisions1764000000210(), new TellOfUnsureMoments1764000000215()];
    await restoreFunctions(runner, ['apply_contents(', 'hash_shown('], former);
  }
}

/** Of migration 0210: who changes a partner or tag, against who saves an article that shows it. */
const PARTNER_LOCK = 814_720_317;
const TAG_LOCK = 814_720_318;

const ANY_SIZE = 'SET plan_cache_mode = force_custom_plan SET enable_nestloop = off SET jit = off';

// Same rules as articles/article-view.ts.
const HASH_SHOWN = `
  CREATE OR REPLACE FUNCTION waypost.hash_shown(ids uuid[], as_of timestamptz) RETURNS TABLE (article_id uuid, hash bytea)
  LANGUAGE plpgsql STABLE ${ANY_SIZE} AS $$
  #variable_conflict use_column
  DECLARE
    partner_keys text[] := ARRAY(SELECT DISTINCT placement.partner_key FROM waypost.placements placement
                                  WHERE placement.article_id = ANY (ids) AND placement.retired_at IS NULL);
    tag_ids      uuid[] := ARRAY(SELECT DISTINCT link.tag_id FROM waypost.article_tags link
                                  WHERE link.article_id = ANY (ids));
  BEGIN
    RETURN QUERY WITH link AS MATERIALIZED (
      SELECT placement.article_id, placement.id, placement.position,
             coalesce(nullif(placement.text, ''), nullif(partner.default_text, ''), nullif(partner.name, ''), placement.partner_key) AS text,
             partner.id IS NOT NULL AND (
               partner.fallback_url IS NOT NULL
               OR (partner.status <> 'paused' AND (partner.starts_at > as_of) IS NOT TRUE
                   AND (partner.expires_at <= as_of) IS NOT TRUE)) AS is_linked,
             nullif(partner.disclosure, '') AS disclosure
        FROM waypost.placements placement
        LEFT JOIN waypost.partners partner ON partner.key = placement.partner_key AND partner.key = ANY (partner_keys)
       WHERE placement.article_id = ANY (ids) AND placement.retired_at IS NULL
    ), links AS (
      SELECT link.article_id, jsonb_agg(jsonb_build_array(link.id, link.text, link.is_linked) ORDER BY link.position, link.id) AS shown
        FROM link GROUP BY link.article_id
    ), told AS (
      SELECT link.article_id, link.disclosure, min(link.position) AS first
        FROM link WHERE link.is_linked AND link.disclosure IS NOT NULL GROUP BY link.article_id, link.disclosure
    ), disclosures AS (
      SELECT told.article_id, jsonb_agg(told.disclosure ORDER BY told.first, told.disclosure) AS shown FROM told GROUP BY told.article_id
    ), tags AS (
      SELECT tagged.article_id, jsonb_agg(jsonb_build_array(tag.slug, tag.name) ORDER BY tagged.position, tag.slug) AS shown
        FROM waypost.article_tags tagged JOIN waypost.tags tag ON tag.id = tagged.tag_id AND tag.id = ANY (tag_ids)
       WHERE tagged.article_id = ANY (ids) GROUP BY tagged.article_id
    )
    SELECT article.id, sha256(convert_to(jsonb_build_array(
             article.title, article.description, article.canonical_url, encode(article.content_hash, 'hex'),
             links.shown, disclosures.shown, tags.shown)::text, 'UTF8'))
      FROM waypost.articles article
      LEFT JOIN links ON links.article_id = article.id
      LEFT JOIN disclosures ON disclosures.article_id = article.id
      LEFT JOIN tags ON tags.article_id = article.id
     WHERE article.id = ANY (ids);
  END $$`;

const APPLY_CONTENTS = `
  CREATE OR REPLACE FUNCTION waypost.apply_contents() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  ${ANY_SIZE} AS $$
  DECLARE
    as_of   timestamptz;
    awaited text[];
    dated   text[];
    noted   uuid[];
    caused  uuid[];
    gone    uuid[];
  BEGIN
    -- Only a date of a partner has a moment. Who saves an article that shows it waits for none of these.
    PERFORM CASE
              WHEN moment IS NOT NULL THEN pg_advisory_xact_lock(${PARTNER_LOCK}, hashtext(key))
              WHEN kind = 'PARTNER' THEN pg_advisory_xact_lock_shared(${PARTNER_LOCK}, hashtext(key))
              ELSE pg_advisory_xact_lock_shared(${TAG_LOCK}, hashtext(key))
            END
       FROM (SELECT * FROM waypost.content_causes WHERE transaction_id = pg_current_xact_id() AND is_awaited
              ORDER BY kind, key) AS cause;
    as_of := clock_timestamp();
    awaited := ARRAY(SELECT CASE kind WHEN 'PARTNER' THEN 'PARTNER ' ELSE 'SHOWN_TAG ' END || key FROM waypost.content_causes
                      WHERE transaction_id = pg_current_xact_id() AND is_awaited);
    dated := ARRAY(SELECT key FROM waypost.content_causes
                    WHERE transaction_id = pg_current_xact_id() AND is_awaited AND moment IS NOT NULL);
    -- Before anything is looked at: a wish that comes later stays for the next one. So does a date that came since,
    -- for which nobody waited.
    DELETE FROM waypost.due_moments
     WHERE kind IN ('PARTNER', 'SHOWN_TAG') AND at <= as_of AND kind || ' ' || split_part(key, ' ', 1) = ANY (awaited)
       AND (key LIKE '% %' OR key = ANY (dated));
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
    PERFORM waypost.set_partner_moments_after(dated, as_of);
    DELETE FROM waypost.content_causes WHERE transaction_id = pg_current_xact_id();
    RETURN NULL;
  END $$`;
