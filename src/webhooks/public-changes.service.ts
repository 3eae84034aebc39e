import type { EntityManager } from 'typeorm';
import { atThisMoment, PUBLIC_SQL } from '../articles/article-query.js';
import type { PublicChange } from './webhook-events.js';

/** A change whose address is not known yet: that needs the origin of the public site. */
interface ChangeRow {
  readonly seq: string;
  readonly at: Date;
  readonly kind: 'ARTICLE' | 'TAG';
  readonly isThere: boolean;
  readonly id: string;
  readonly path: string | null;
  readonly locale: string | null;
  readonly slug: string | null;
  readonly url: string | null;
  readonly tagIds: readonly string[];
  readonly formerTagIds: readonly string[];
  readonly formerPaths: readonly string[];
  readonly article: Readonly<Record<string, unknown>> | null;
  readonly tag: Readonly<Record<string, unknown>> | null;
}

/**
 * The public changes after a place in the feed, oldest first, with what subscribers are told of each. Something is there where the
 * feed and the table both say so: the feed does not know what a TRUNCATE took away behind an older snapshot. An article by the
 * clock too; a tag not: the feed tells of it once when its first article comes and its last one goes, and of none between.
 */
export async function readPublicChanges(
  manager: EntityManager,
  position: string,
  limit: number,
  origin: string,
): Promise<PublicChange[]> {
  const rows = await manager.query<ChangeRow[]>(
    `SELECT change.public_seq AS seq, change.public_at AS at, change.entity_type AS kind, change.entity_id AS id,
            change.public_op = 'UPSERT' AND (article.id IS NOT NULL OR tag.id IS NOT NULL) AS "isThere",
            change.public_path AS path, change.public_locale AS locale, change.public_slug AS slug,
            change.public_url AS url, change.public_tag_ids AS "tagIds",
            ARRAY(SELECT key FROM jsonb_each_text(change.public_former_tags) WHERE value::bigint > $1) AS "formerTagIds",
            ARRAY(SELECT key FROM jsonb_each_text(change.public_former_paths) WHERE value::bigint > $1) AS "formerPaths",
            ${ARTICLE_SQL} AS article, ${TAG_SQL} AS tag
       FROM waypost.change_log change
       LEFT JOIN waypost.articles article
         ON change.entity_type = 'ARTICLE' AND article.id = change.entity_id AND ${atThisMoment(PUBLIC_SQL)}
       LEFT JOIN waypost.tags tag
         ON change.entity_type = 'TAG' AND tag.id = change.entity_id
      WHERE change.public_seq > $1 ORDER BY change.public_seq LIMIT $2`,
    [position, limit],
  );
  return rows.map((row) => changeOf(row, origin));
}

/** Times as JSON writes them in Postgres would have another form than everywhere else. */
const momentSql = (column: string): string => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

const ARTICLE_SQL = `CASE WHEN article.id IS NOT NULL AND change.public_op = 'UPSERT' THEN json_build_object(
  'title', article.title, 'description', article.description,
  'publishedAt', ${momentSql('article.published_at')}, 'contentUpdatedAt', ${momentSql('article.content_updated_at')},
  'contentChangeCause', json_build_object(
    'kind', article.content_change_cause_kind, 'key', article.content_change_cause_key),
  'tags', (SELECT coalesce(json_agg(json_build_object('id', one.id, 'slug', one.slug, 'name', one.name)
                                    ORDER BY link.position), '[]')
             FROM waypost.article_tags link JOIN waypost.tags one ON one.id = link.tag_id
            WHERE link.article_id = article.id)) END`;

const TAG_SQL = `CASE WHEN tag.id IS NOT NULL AND change.public_op = 'UPSERT' THEN json_build_object(
  'name', tag.name, 'description', tag.description) END`;

function changeOf(row: ChangeRow, origin: string): PublicChange {
  const { id, at, path, locale, slug, isThere } = row;
  const isArticle = row.kind === 'ARTICLE';
  const place = { path, locale, slug, url: row.url ?? origin + (path ?? '') };
  return {
    seq: BigInt(row.seq),
    at,
    kind: isArticle ? 'article' : 'tag',
    operation: isThere ? 'upserted' : 'deleted',
    id,
    details: isArticle ? { ...place, ...row.article } : { slug, ...row.tag },
    tagIds: [...new Set([...row.tagIds, ...row.formerTagIds])],
    paths: [...new Set([...(path === null ? [] : [path]), ...row.formerPaths])],
  };
}
