import type { DataSource } from 'typeorm';
import type { ReadingFloor } from '../database/replica.datasource.js';
import { answerTags } from './answer-tags.js';

/** What changed of what readers see, in the words of cache tags. */
export interface FeedNews {
  /** Where the public feed ends. */
  readonly position: bigint;
  /** From one start of Postgres to the next. */
  readonly epoch: string;
  /** Of Postgres, in which all of this was seen. */
  readonly snapshot: string;
  /** What whoever reads elsewhere has to have; undefined where that was not asked. */
  readonly primary: ReadingFloor | undefined;
  readonly tags: ReadonlySet<string>;
  /** More than is worth telling apart. */
  readonly isEverything: boolean;
  /** When something changes without anybody writing: milliseconds since 1970, by the database. */
  readonly nextMomentMs: number | undefined;
  /** Milliseconds from the moment of asking until then; negative where it is due and not in the feed yet. */
  readonly nextMomentInMs: number | undefined;
}

const MOST_CHANGES = 500;

interface ChangedRow {
  readonly kind: 'ARTICLE' | 'TAG';
  readonly id: string;
  readonly path: string | null;
  readonly slug: string | null;
  /** Where it stood before: it is found there too, unless something else stands there now. */
  readonly formerPaths: readonly string[];
  readonly formerSlugs: readonly string[];
  readonly tagIds: readonly string[];
  readonly formerTagIds: readonly string[];
}

interface NewsRow {
  readonly position: string;
  readonly epoch: string | null;
  readonly snapshot: string;
  readonly changes: readonly ChangedRow[];
  readonly partners: readonly (string | null)[];
  readonly nextMs: number | null;
  readonly nextInMs: number | null;
  readonly generation: string | null;
  readonly lsn: string | null;
  readonly clockMs: number;
}

/** From where on something is news. */
export interface FeedNewsQuestion {
  /** undefined: only where the feed is. */
  readonly position: bigint | undefined;
  readonly snapshot: string;
  /** Whether somebody reads from replicas. */
  readonly wantsPrimary: boolean;
}

/** One statement, so that the position and what lies before it are of one moment. */
export async function readFeedNews(
  dataSource: DataSource,
  { position, snapshot, wantsPrimary }: FeedNewsQuestion,
): Promise<FeedNews> {
  const [row] = await dataSource.query<NewsRow[]>(NEWS_SQL, [
    position === undefined ? null : position.toString(),
    position === undefined ? null : snapshot,
    MOST_CHANGES + 1,
    wantsPrimary,
  ]);
  if (!row) throw new Error('A SELECT without FROM answers one row.');
  return {
    position: BigInt(row.position),
    epoch: row.epoch ?? '',
    snapshot: row.snapshot,
    primary: primaryOf(row),
    tags: tagsOf(row),
    isEverything: row.changes.length > MOST_CHANGES || row.partners.includes(null),
    nextMomentMs: row.nextMs ?? undefined,
    nextMomentInMs: row.nextInMs ?? undefined,
  };
}

function primaryOf({ generation, lsn, clockMs }: NewsRow): ReadingFloor | undefined {
  return generation === null || lsn === null ? undefined : { generation, lsn: BigInt(lsn), clockMs };
}

function tagsOf({ changes, partners }: NewsRow): Set<string> {
  const tags = new Set<string>();
  for (const { kind, id, path, slug, formerPaths, formerSlugs, tagIds, formerTagIds } of changes) {
    if (kind === 'TAG') {
      tags.add(answerTags.tag(id)).add(answerTags.tagList);
      for (const one of [slug ?? '', ...formerSlugs]) tags.add(answerTags.tagSlug(one));
      continue;
    }
    tags.add(answerTags.article(id)).add(answerTags.articleList);
    if (path !== null) tags.add(answerTags.path(path));
    if (slug !== null) tags.add(answerTags.slug(slug));
    for (const one of formerPaths) tags.add(answerTags.path(one));
    for (const one of formerSlugs) tags.add(answerTags.slug(one));
    for (const tagId of [...tagIds, ...formerTagIds]) tags.add(answerTags.tagged(tagId));
  }
  for (const key of partners) if (key !== null) tags.add(answerTags.partner(key));
  return tags;
}

/**
 * Where everything that is visible stands in the WAL; also what a transaction with `synchronous_commit = off` has not
 * flushed. Postgres tells of the place of the next record. Where that is the first of a page or of a segment, the headers
 * lie between it and the last one, and a standby that has replayed everything is said to be before them.
 */
const WAL_END_SQL = `
  SELECT CASE WHEN lsn % pg_size_bytes(current_setting('wal_segment_size')) = 40 THEN lsn - 40
              WHEN lsn % current_setting('wal_block_size')::integer = 24 THEN lsn - 24 ELSE lsn END
    FROM (SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn AS lsn) AS wal`;

/**
 * A partner's changes stand in `link_changes`, whose reader compares snapshots: a row whose transaction was not visible
 * then and is now is news. A row without names says that everything may have changed.
 */
const NEWS_SQL = `
  SELECT (SELECT coalesce(max(public_seq), 0) FROM waypost.change_log)::text AS position,
         (SELECT id FROM waypost.change_epochs ORDER BY ordinal DESC LIMIT 1) AS epoch,
         pg_current_snapshot()::text AS snapshot,
         CASE WHEN $4 THEN waypost.feed_generation() END AS generation,
         CASE WHEN $4 THEN (${WAL_END_SQL})::text END AS lsn,
         extract(epoch FROM clock_timestamp())::float8 * 1000 AS "clockMs",
         coalesce((SELECT json_agg(json_build_object(
             'kind', entity_type, 'id', entity_id, 'path', public_path, 'slug', public_slug, 'tagIds', public_tag_ids,
             'formerTagIds', ARRAY(SELECT jsonb_object_keys(public_former_tags)),
             'formerPaths', ARRAY(SELECT former.path FROM waypost.former_addresses former
                                   WHERE former.article_id = change.entity_id),
             'formerSlugs', ARRAY(SELECT former.slug FROM waypost.former_addresses former
                                   WHERE former.article_id = change.entity_id
                                   UNION SELECT alias.slug FROM waypost.tag_aliases alias
                                   WHERE alias.tag_id = change.entity_id)))
           FROM (SELECT * FROM waypost.change_log WHERE public_seq > $1::bigint ORDER BY public_seq LIMIT $3) AS change
         ), '[]') AS changes,
         coalesce((SELECT json_agg(partner_key) FROM (
             SELECT DISTINCT partner_key FROM waypost.link_changes
              WHERE xid >= pg_snapshot_xmin($2::pg_snapshot) AND NOT pg_visible_in_snapshot(xid, $2::pg_snapshot)
                AND (partner_key IS NOT NULL OR placement_id IS NULL)) AS news
         ), '[]') AS partners,
         extract(epoch FROM moment.at)::float8 * 1000 AS "nextMs",
         extract(epoch FROM moment.at - clock_timestamp())::float8 * 1000 AS "nextInMs"
    FROM (SELECT least(
           (SELECT min(at) FROM waypost.due_moments),
           (SELECT min(starts_at) FROM waypost.partners WHERE starts_at > clock_timestamp()),
           (SELECT min(expires_at) FROM waypost.partners WHERE expires_at > clock_timestamp())) AS at) AS moment`;
