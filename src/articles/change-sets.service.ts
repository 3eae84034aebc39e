import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { FeedPlace } from '../changes/feed.service.js';
import { FeedService, SEQ_COLUMNS } from '../changes/feed.service.js';
import type { FeedAudience } from '../changes/sync-token.js';
import { WaypostError } from '../kernel/errors.js';
import type { LinksOptions } from '../partners/links.options.js';
import { LINKS_OPTIONS, linkOrigin } from '../partners/links.options.js';
import type { TagEntity } from '../tags/tag.entity.js';
import { atThisMoment, PUBLIC_SQL } from './article-query.js';
import type { ArticleSummary, SummaryReader } from './article-summary.service.js';
import { summaryReader } from './article-summary.service.js';
import { DueMomentsService } from './due-moments.service.js';

export interface FeedChange {
  readonly operation: 'UPSERT' | 'DELETE';
  readonly kind: 'ARTICLE' | 'TAG';
  readonly id: string;
  readonly path: string | null;
  readonly slug: string | null;
  readonly locale: string | null;
  readonly url: string | null;
  readonly at: Date;
  /** There for an UPSERT of an article, and for nothing else. */
  readonly article: ArticleSummary | null;
  /** There for an UPSERT of a tag, and for nothing else. */
  readonly tag: TagEntity | null;
}

export interface FeedChanges {
  readonly nodes: readonly FeedChange[];
  readonly syncToken: string;
  readonly hasMore: boolean;
}

const DEFAULT_CHANGES = 100;
const MOST_CHANGES = 1000;

type ChangeRow = Readonly<Record<string, unknown>> &
  Omit<FeedChange, 'article' | 'tag' | 'operation' | 'url'> & {
    readonly seq: string;
    readonly operation: 'UPSERT' | 'DELETE';
    readonly canonicalUrl: string | null;
    readonly tagId: string | null;
    readonly tagName: string;
    readonly tagSlug: string;
    readonly tagDescription: string | null;
    readonly tagCreatedAt: Date;
    readonly tagUpdatedAt: Date;
  };

/** Reads on from a place in the change feed, together with what changed, as it is at that moment. */
@Injectable()
export class ChangeSetsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly feed: FeedService,
    private readonly dueMoments: DueMomentsService,
    @Inject(LINKS_OPTIONS) private readonly links: LinksOptions,
  ) {}

  takeToken(): Promise<string> {
    return this.feed.takeToken();
  }

  /**
   * The changes since the token was taken, oldest first.
   * @throws WaypostError BAD_ARGUMENT, SYNC_TOKEN_INVALID or RESYNC_REQUIRED.
   */
  async readChanges(since: string, audience: FeedAudience, first: number = DEFAULT_CHANGES): Promise<FeedChanges> {
    if (first < 1 || first > MOST_CHANGES) {
      throw new WaypostError('BAD_ARGUMENT', [`"first" is ${first}. Write a number from 1 to ${MOST_CHANGES}.`]);
    }
    const place = await this.feed.findPlace(since);
    // Before they are read: a moment that has come is a change like any other.
    if (place.isDue) await this.dueMoments.settle();
    const reader = summaryReader(this.dataSource);
    const rows = await this.readRows(place.positions[audience], audience, first + 1, reader);
    const taken = rows.slice(0, first);
    const hasMore = rows.length > taken.length;
    return {
      nodes: taken.map((row) => this.changeOf(row, reader)),
      syncToken: tokenAfter(place, audience, taken, hasMore),
      hasMore,
    };
  }

  /** One statement, so that a change and what it is about are of one moment. */
  private readRows(
    position: bigint,
    audience: FeedAudience,
    limit: number,
    reader: SummaryReader,
  ): Promise<ChangeRow[]> {
    const isPublic = audience === 'public';
    const seq = SEQ_COLUMNS[audience];
    const column = (name: string): string => `change.${isPublic ? 'public_' : ''}${name}`;
    // Something is there where the feed and the table both say so. An article by the clock too; a tag not: the feed tells of
    // it once when its first article comes and its last one goes, and of none between.
    const isThere = `AND ${column('op')} = 'UPSERT'`;
    const isShown = isPublic ? `AND ${atThisMoment(PUBLIC_SQL)}` : '';
    return this.dataSource.query<ChangeRow[]>(
      `SELECT change.${seq} AS seq, change.entity_type AS kind, change.entity_id AS id, ${column('path')} AS path,
              ${column('slug')} AS slug, ${column('locale')} AS locale, ${column('url')} AS "canonicalUrl",
              ${column('at')} AS at,
              CASE WHEN article.id IS NULL AND tag.id IS NULL THEN 'DELETE' ELSE 'UPSERT' END AS operation,
              tag.id AS "tagId", tag.name AS "tagName", tag.slug AS "tagSlug", tag.description AS "tagDescription",
              tag.created_at AS "tagCreatedAt", tag.updated_at AS "tagUpdatedAt", ${reader.sql}
         FROM waypost.change_log change
         LEFT JOIN waypost.articles article
           ON change.entity_type = 'ARTICLE' AND article.id = change.entity_id ${isThere} ${isShown}
         LEFT JOIN waypost.tags tag
           ON change.entity_type = 'TAG' AND tag.id = change.entity_id ${isThere}
        WHERE change.${seq} > $1 ORDER BY change.${seq} LIMIT $2`,
      [position.toString(), limit],
    );
  }

  private changeOf(row: ChangeRow, reader: SummaryReader): FeedChange {
    const { operation, kind, id, path, slug, locale, at } = row;
    const url = row.canonicalUrl ?? (path === null ? null : linkOrigin(this.links) + path);
    return { operation, kind, id, path, slug, locale, url, at, article: reader.read(row) ?? null, tag: tagOf(row) };
  }
}

/** Who has seen all of one audience has, for the other one too, seen the feed up to where it then ended. */
function tokenAfter(
  { positions, head, tokenAt }: FeedPlace,
  audience: FeedAudience,
  taken: readonly ChangeRow[],
  hasMore: boolean,
): string {
  const last = taken.at(-1);
  const reached = hasMore
    ? positions
    : { public: later(positions.public, head.public), all: later(positions.all, head.all) };
  return tokenAt({ ...reached, [audience]: last ? BigInt(last.seq) : positions[audience] });
}

function later(left: bigint, right: bigint): bigint {
  return left > right ? left : right;
}

function tagOf(row: ChangeRow): TagEntity | null {
  if (row.tagId === null) return null;
  const { tagId: id, tagName: name, tagSlug: slug, tagDescription: description } = row;
  return { id, name, slug, description, createdAt: row.tagCreatedAt, updatedAt: row.tagUpdatedAt };
}
