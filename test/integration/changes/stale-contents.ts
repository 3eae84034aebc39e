/** What runs a statement: a `DataSource`, or the rows of a `pg.Client`. */
type Query = (sql: string) => Promise<unknown[]>;

/**
 * Articles of which readers see something else than what the last commit that told of them found, with everything of
 * them that may say why: when they were told of last, and what they show. There must be none.
 */
export function findStale(query: Query): Promise<unknown[]> {
  return query(
    `SELECT coalesce(told.article_id, shown.article_id) AS id, told.hash IS NULL AS "isUntold", shown.hash IS NULL AS "isGone",
            article.path, article.revision, article.updated_at AS "updatedAt", article.content_updated_at AS "contentUpdatedAt",
            concat_ws(' ', article.content_change_cause_kind, article.content_change_cause_key) AS cause,
            (SELECT log.at FROM waypost.change_log log WHERE log.entity_id = article.id) AS "toldAt",
            (SELECT jsonb_agg(jsonb_build_array(placement, partner) ORDER BY placement.position)
               FROM waypost.placements placement LEFT JOIN waypost.partners partner ON partner.key = placement.partner_key
              WHERE placement.article_id = article.id) AS partners,
            (SELECT jsonb_agg(jsonb_build_array(link, tag) ORDER BY link.position)
               FROM waypost.article_tags link JOIN waypost.tags tag ON tag.id = link.tag_id
              WHERE link.article_id = article.id) AS tags,
            (SELECT jsonb_agg(due) FROM waypost.due_moments due) AS due, clock_timestamp() AS now
       FROM waypost.shown_contents told
       FULL JOIN waypost.hash_shown(ARRAY(SELECT id FROM waypost.articles), clock_timestamp()) shown USING (article_id)
       LEFT JOIN waypost.articles article ON article.id = article_id
      WHERE told.hash IS DISTINCT FROM shown.hash`,
  );
}
