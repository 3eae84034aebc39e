import type { OutgoingHttpHeaders } from 'node:http';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ArticlesService } from '../articles/articles.service.js';
import { expectedFailure } from '../database/postgres-failure.js';
import type { OutboundAnswer } from '../outbound/outbound-client.js';
import { OutboundClient } from '../outbound/outbound-client.js';
import { OutboundError } from '../outbound/outbound-error.js';
import { decodeFeed } from './decode-feed.js';
import { draftItem } from './draft-item.js';
import type { ItemResult } from './feed-articles.service.js';
import { FeedArticlesService } from './feed-articles.service.js';
import { FeedError } from './feed-error.js';
import type { FeedEntity } from './feed.entity.js';
import { nextRun } from './next-run.js';
import type { FeedItem } from './read-feed.js';
import { readFeed } from './read-feed.js';

/** What became of one reading of a feed. */
export interface FeedRun {
  readonly url: string;
  /** `unchanged`: the server says that nothing is new. `busy`: another process reads it at the moment. */
  readonly outcome: 'done' | 'unchanged' | 'failed' | 'busy';
  readonly items: readonly ItemResult[];
  readonly error?: { readonly code: string; readonly message: string };
  /** There are more items than are read of one feed. */
  readonly isCut: boolean;
}

export interface FeedRunOptions {
  /** Nothing is written, and the feed is read whole. Default false. */
  readonly dryRun?: boolean;
  /** Default: now. */
  readonly at?: Date;
  readonly signal?: AbortSignal;
}

const LIMITS = { mostBytes: 5 * 2 ** 20, totalMs: 60_000, headersMs: 20_000, mostRedirects: 5 } as const;
/** Longer than any reading; who still has the lease after it is dead. */
const LEASE = `interval '10 minutes'`;
const ACCEPT =
  'application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5';

/** Reads a feed and makes articles of what is new in it. */
@Injectable()
export class FeedRunner {
  constructor(
    private readonly dataSource: DataSource,
    private readonly outbound: OutboundClient,
    private readonly articles: ArticlesService,
    private readonly feedArticles: FeedArticlesService,
  ) {}

  /** Never throws for what a feed or its server does: that is a result, and the reason for a later attempt. */
  async run(feed: FeedEntity, options: FeedRunOptions = {}): Promise<FeedRun> {
    const { dryRun = false, at = new Date(), signal } = options;
    if (!dryRun && !(await this.lease(feed.id))) return { url: feed.url, outcome: 'busy', items: [], isCut: false };
    try {
      const answer = await this.ask(feed, dryRun, signal);
      const run = answer.status === 304 ? NOTHING_NEW : await this.take(feed, answer, at, dryRun);
      if (!dryRun) await this.recordSuccess(feed, answer, run.items, at);
      return { url: feed.url, ...run };
    } catch (error) {
      const problem = signal?.aborted === true ? undefined : problemOf(error);
      if (!dryRun) await (problem ? this.recordFailure(feed, problem, at) : this.release(feed.id));
      if (!problem) throw error;
      return { url: feed.url, outcome: 'failed', items: [], error: problem, isCut: false };
    }
  }

  private async lease(id: string): Promise<boolean> {
    const [, leased] = await this.dataSource.query<[unknown[], number]>(
      `UPDATE waypost.feeds SET leased_until = now() + ${LEASE}
        WHERE id = $1 AND (leased_until IS NULL OR leased_until < now())`,
      [id],
    );
    return leased > 0;
  }

  private async release(id: string): Promise<void> {
    await this.dataSource.query(`UPDATE waypost.feeds SET leased_until = NULL WHERE id = $1`, [id]);
  }

  private async ask(feed: FeedEntity, dryRun: boolean, signal: AbortSignal | undefined): Promise<OutboundAnswer> {
    const conditions = dryRun ? {} : conditionsOf(feed);
    const headers = { accept: ACCEPT, ...conditions };
    const answer = await this.outbound.send({ ...LIMITS, url: feed.url, headers, ...(signal && { signal }) });
    if (answer.status === 304 || (answer.status >= 200 && answer.status < 300)) return answer;
    throw new FeedError(`HTTP_${answer.status}`, `The server answered ${answer.status} instead of the feed.`);
  }

  private async take(
    feed: FeedEntity,
    answer: OutboundAnswer,
    at: Date,
    dryRun: boolean,
  ): Promise<Omit<FeedRun, 'url'>> {
    const text = decodeFeed(answer.body, answer.headers['content-type']);
    const { items, isCut } = readFeed(text, answer.url);
    const takenAt = await this.findTakenAt(feed.id, items);
    const results: ItemResult[] = [];
    // Oldest first, so that of two with one title the older one has the shorter address, today and tomorrow.
    for (const item of [...items].reverse()) {
      results.push(await this.takeItem(feed, item, { at, firstTakenAt: takenAt.get(item.guid) ?? at }, dryRun));
    }
    return { outcome: 'done', items: results, isCut };
  }

  private async takeItem(
    { id: feedId, template }: FeedEntity,
    item: FeedItem,
    moments: { readonly at: Date; readonly firstTakenAt: Date },
    dryRun: boolean,
  ): Promise<ItemResult> {
    const { guid } = item;
    try {
      const draft = draftItem(item, { template, defaultLocale: this.articles.defaultLocale, ...moments });
      return await this.feedArticles.save({ feedId, guid, draft, at: moments.at }, dryRun);
    } catch (error) {
      const problem = problemOf(error);
      if (!problem) throw error;
      return { guid, title: item.title.slice(0, 200), outcome: 'failed', error: problem };
    }
  }

  private async findTakenAt(feedId: string, items: readonly FeedItem[]): Promise<ReadonlyMap<string, Date>> {
    const rows = await this.dataSource.query<{ guid: string; at: Date }[]>(
      `SELECT guid, taken_at AS at FROM waypost.feed_items WHERE feed_id = $1 AND guid = ANY($2)`,
      [feedId, items.map(({ guid }) => guid)],
    );
    return new Map(rows.map(({ guid, at }) => [guid, at]));
  }

  /** The validators of an answer stand for all that it brought: they are kept once all of that is saved. */
  private async recordSuccess(
    feed: FeedEntity,
    { status, headers }: OutboundAnswer,
    items: readonly ItemResult[],
    at: Date,
  ): Promise<void> {
    const isWhole = items.every(({ outcome }) => outcome !== 'failed');
    await this.dataSource.query(
      `UPDATE waypost.feeds
          SET etag = CASE WHEN $2 THEN etag ELSE $3 END, last_modified = CASE WHEN $2 THEN last_modified ELSE $4 END,
              failures = 0, error_code = NULL, error_message = NULL, last_run_at = $5, last_success_at = $5,
              next_run_at = $6, leased_until = NULL
        WHERE id = $1`,
      [
        feed.id,
        status === 304,
        isWhole ? validator(headers.etag) : null,
        isWhole ? validator(headers['last-modified']) : null,
        at,
        nextRun({ failures: 0, everyMinutes: feed.everyMinutes, at, random: Math.random() }),
      ],
    );
  }

  private async recordFailure(feed: FeedEntity, problem: { code: string; message: string }, at: Date): Promise<void> {
    const failures = feed.failures + 1;
    await this.dataSource.query(
      `UPDATE waypost.feeds
          SET failures = $2, error_code = $3, error_message = $4, last_run_at = $5, next_run_at = $6, leased_until = NULL
        WHERE id = $1`,
      [
        feed.id,
        failures,
        problem.code,
        problem.message,
        at,
        nextRun({ failures, everyMinutes: feed.everyMinutes, at, random: Math.random() }),
      ],
    );
  }
}

const NOTHING_NEW = { outcome: 'unchanged', items: [], isCut: false } as const;

function conditionsOf({ etag, lastModified }: FeedEntity): Record<string, string> {
  return {
    ...(etag !== null && { 'if-none-match': etag }),
    ...(lastModified !== null && { 'if-modified-since': lastModified }),
  };
}

/** What a server sent is sent back to it; not more of it than a validator can be. */
function validator(header: OutgoingHttpHeaders[string]): string | null {
  return typeof header === 'string' && header.length <= 500 && /^[\x20-\x7E]+$/.test(header) ? header : null;
}

/** SQLSTATE */
const UNIQUE_VIOLATION = '23505';
const PATH_TAKEN = {
  code: 'PATH_TAKEN',
  message: 'Another article came to stand at its place at the same moment. The next run finds another place.',
};

/** undefined: a bug of ours. */
function problemOf(error: unknown): { code: string; message: string } | undefined {
  if ((error as { code?: unknown }).code === UNIQUE_VIOLATION) return PATH_TAKEN;
  const expected = error instanceof FeedError || error instanceof OutboundError ? error : expectedFailure(error);
  return expected && { code: expected.code, message: expected.message };
}
