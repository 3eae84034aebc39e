import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Two statements of a commit's work that came out otherwise under another plan:
 *
 * 1. A key of `due_moments` was read as the id of a tag before it was known to be one. A plan made while there were no tags did
 *    so, and what was due of a partner was then settled no more on that connection.
 * 2. An article that shows two partners whose dates had come took the date of either, not the last one; and of two that one
 *    transaction changed it named either.
 */
export class DecideWhateverThePlan1764000000219 implements MigrationInterface {
  readonly name = 'DecideWhateverThePlan1764000000219';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(noteDue(`CASE WHEN kind = 'SHOWN_TAG' THEN split_part(due_moments.key, ' ', 1)::uuid END`));
    // What was written, which has no moment, is later than all that was due.
    await runner.query(findMoves('id, rank, moment DESC NULLS FIRST, key'));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(noteDue(`split_part(due_moments.key, ' ', 1)::uuid`));
    await runner.query(findMoves('id, rank'));
  }
}

const noteDue = (tagId: string): string => `
  CREATE OR REPLACE FUNCTION waypost.note_due_partners_and_tags() RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  BEGIN
    INSERT INTO waypost.content_causes (transaction_id, kind, key, slug, moment, is_awaited)
    SELECT pg_current_xact_id(), 'PARTNER', split_part(key, ' ', 1), NULL,
           max(at) FILTER (WHERE key NOT LIKE '% %'), true
      FROM waypost.due_moments WHERE kind = 'PARTNER' AND at <= clock_timestamp() GROUP BY split_part(key, ' ', 1)
    UNION ALL
    SELECT pg_current_xact_id(), 'TAG', id::text, slug, NULL::timestamptz, true
      FROM (SELECT due.id, (SELECT tag.slug FROM waypost.tags tag WHERE tag.id = due.id) AS slug
              FROM (SELECT DISTINCT split_part(key, ' ', 1)::uuid AS id FROM waypost.due_moments
                     WHERE kind = 'SHOWN_TAG' AND at <= clock_timestamp()) AS due) AS shown
     WHERE slug IS NOT NULL
    ON CONFLICT DO NOTHING;
    IF FOUND THEN
      INSERT INTO waypost.change_markers VALUES (pg_current_xact_id()) ON CONFLICT DO NOTHING;
    END IF;
    DELETE FROM waypost.due_moments WHERE kind = 'SHOWN_TAG' AND at <= clock_timestamp()
       AND (SELECT tag.id FROM waypost.tags tag WHERE tag.id = ${tagId}) IS NULL;
  END $$`;

const findMoves = (order: string): string => `
  CREATE OR REPLACE FUNCTION waypost.find_moves(noted uuid[], caused uuid[], as_of timestamptz)
  RETURNS waypost.content_move[] LANGUAGE plpgsql STABLE AS $$
  DECLARE
    ids          uuid[] := noted || caused;
    partner_keys text[] := waypost.cause_keys('PARTNER');
    tag_ids      uuid[] := waypost.cause_keys('TAG')::uuid[];
  BEGIN
    RETURN (WITH cause AS MATERIALIZED (
      SELECT kind, key, slug, moment FROM waypost.content_causes WHERE transaction_id = pg_current_xact_id()
    ), candidate AS (
      SELECT DISTINCT ON (id) id, kind, key, moment FROM (
        SELECT placement.article_id AS id, CASE WHEN cause.moment IS NULL THEN 'PARTNER' ELSE 'SCHEDULE' END AS kind,
               cause.key, cause.moment, 1 AS rank
          FROM cause JOIN waypost.placements placement ON placement.partner_key = cause.key
         WHERE cause.kind = 'PARTNER' AND placement.partner_key = ANY (partner_keys) AND placement.retired_at IS NULL
        UNION ALL
        SELECT link.article_id, 'TAG', cause.slug, NULL, 2
          FROM cause JOIN waypost.article_tags link
            ON link.tag_id = CASE WHEN cause.kind = 'TAG' THEN cause.key::uuid END
         WHERE link.tag_id = ANY (tag_ids)
        UNION ALL
        -- Of an article that lost its link to a tag that is gone only the loss is left.
        SELECT id, 'TAG', (SELECT min(slug) FROM cause WHERE kind = 'TAG'), NULL, 3
          FROM unnest(noted) AS id WHERE cardinality(tag_ids) > 0
        UNION ALL
        SELECT id, 'SETTINGS', cause.key, NULL, 4 FROM unnest(noted) AS id, cause WHERE cause.kind = 'SETTINGS'
        UNION ALL
        SELECT id, 'ARTICLE', NULL, NULL, 5 FROM unnest(noted) AS id) AS each
       ORDER BY ${order}
    ), moved AS MATERIALIZED (
      SELECT shown.article_id, shown.hash, before.hash IS NULL AS is_new, candidate.kind, candidate.key, candidate.moment,
             (SELECT kept.revision FROM waypost.article_revisions kept
               WHERE kept.article_id = article.id AND kept.revision = article.revision) IS NULL AS is_saved
        FROM waypost.hash_shown(ids, as_of) AS shown
        JOIN candidate ON candidate.id = shown.article_id
        JOIN waypost.articles article ON article.id = shown.article_id AND article.id = ANY (ids)
        LEFT JOIN waypost.shown_contents before ON before.article_id = shown.article_id AND before.article_id = ANY (ids)
       WHERE before.hash IS DISTINCT FROM shown.hash
    )
    SELECT coalesce(array_agg(ROW (
             article_id, hash, is_new, is_saved, CASE WHEN is_saved THEN 'ARTICLE' ELSE kind END,
             CASE WHEN NOT is_saved THEN key END, CASE WHEN NOT is_saved THEN moment END)::waypost.content_move
             ORDER BY article_id), '{}')
      FROM moved);
  END $$`;
