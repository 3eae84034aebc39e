import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { RUNS_BACKGROUND } from '../changes/background.options.js';
import { FeedListener } from '../changes/feed-listener.service.js';
import { Replicas } from '../database/replicas.service.js';
import { NextLook } from '../kernel/next-look.js';
import type { FeedNews } from './feed-news.service.js';
import { readFeedNews } from './feed-news.service.js';
import { maxLagMsOf, GRAPHQL_OPTIONS, type GraphqlOptions } from './graphql.options.js';

/** Who keeps answers, and is told which of them are no longer true. */
export interface FeedFollower {
  drop(tags: Iterable<string>): void;
  clear(): void;
}

/** An announcement is followed by others of the same moment. */
const GATHER_MS = 2;
const MOMENT_RETRY_MS = 50;
/** Rows that tell of partners are deleted after some time; who did not look for this long knows nothing any more. */
const FORGETFUL_MS = 10 * 60_000;

/** A moment by both clocks that answers are made by: the database's, and this machine's. */
interface Moment {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

/**
 * Knows how far this node has followed the public change feed, and when it was last sure of it.
 *
 * The promise rests on one rule: an answer may be taken from what was kept only while `isSure`, and that is so for
 * `maxLagMs` after a look at the database *began* that told everything up to it. Announcements only make the next look
 * come sooner; one that is lost, or a connection that hangs, ends in not being sure.
 */
@Injectable()
export class FeedWatch implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('GraphQL');
  private readonly followers = new Set<FeedFollower>();
  private readonly maxLagMs: number;
  private position: bigint | undefined;
  private snapshot = '';
  private epoch = '';
  private sureSinceMs = -Infinity;
  private knownAtMs = -Infinity;
  private nextMoment: Moment | undefined;
  private current: Promise<void> | undefined;
  private following: Promise<void> | undefined;
  private unsubscribe: (() => void) | undefined;
  private readonly next = new NextLook(() => this.catchUp());
  private isAsked = false;
  private isStopped = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly listener: FeedListener,
    private readonly replicas: Replicas,
    @Inject(RUNS_BACKGROUND) private readonly runsBackground: boolean,
    @Inject(GRAPHQL_OPTIONS) options: GraphqlOptions,
  ) {
    this.maxLagMs = maxLagMsOf(options, replicas.areConfigured);
  }

  /** Without background work nothing is heard, nothing is kept, and nothing is read from replicas. */
  onApplicationBootstrap(): void {
    if (!this.runsBackground || this.maxLagMs === 0) return;
    this.unsubscribe = this.listener.subscribe(() => this.next.after(GATHER_MS));
  }

  async onApplicationShutdown(): Promise<void> {
    this.isStopped = true;
    this.unsubscribe?.();
    await this.next.stop();
    await this.following?.catch(() => undefined);
    await this.current?.catch(() => undefined);
  }

  follow(follower: FeedFollower): void {
    this.followers.add(follower);
  }

  /** Whether announcements are heard; while they are not, nothing is kept and nothing is served. */
  get isListening(): boolean {
    return this.unsubscribe !== undefined && this.listener.isListening && !this.isStopped;
  }

  /** Whether what was kept is known to lag behind the database by `maxLagMs` at most. Keeps it so while somebody asks. */
  isSure(): boolean {
    this.isAsked = true;
    const isRecent = performance.now() - this.sureSinceMs <= this.maxLagMs;
    return isRecent && this.isListening && !this.hasMomentCome;
  }

  /** Becomes sure where a look can make it so. */
  async beSure(): Promise<boolean> {
    if (this.isSure()) return true;
    if (!this.isListening) return false;
    // What changes with its moment is put into the feed by a job of its own; until then everything is asked for anew.
    if (this.hasMomentCome) this.next.after(MOMENT_RETRY_MS);
    else await this.catchUp();
    return this.isSure();
  }

  /** When it returns, followers were told of everything that was committed when it was called. It never throws. */
  catchUp(): Promise<void> {
    if (this.unsubscribe === undefined) return Promise.resolve();
    // One that runs already may have begun before the commit that this caller knows of.
    this.following ??= (this.current ?? Promise.resolve()).then(() => {
      this.following = undefined;
      this.current = this.look().finally(() => {
        this.current = undefined;
      });
      return this.current;
    });
    return this.following;
  }

  private get hasMomentCome(): boolean {
    const moment = this.nextMoment;
    return moment !== undefined && (performance.now() >= moment.monotonicMs || Date.now() >= moment.wallMs);
  }

  private async look(): Promise<void> {
    if (this.isStopped) return;
    const beganMs = performance.now();
    try {
      if (beganMs - this.knownAtMs > FORGETFUL_MS) this.position = undefined;
      const { position, snapshot } = this;
      const news = await readFeedNews(this.dataSource, {
        position,
        snapshot,
        wantsPrimary: this.replicas.areConfigured,
      });
      this.take(news, beganMs);
      this.sureSinceMs = beganMs;
      this.knownAtMs = beganMs;
    } catch (error) {
      // What this node itself has told as done may lie behind the last look.
      this.sureSinceMs = -Infinity;
      this.logger.warn(`Where the change feed stands cannot be asked at the moment: ${String(error)}`);
    }
    // Somebody asked since the last look: being sure is kept up for them. A node that nobody asks rests.
    if (this.isAsked && this.isListening) this.next.after(this.maxLagMs / 2);
    this.isAsked = false;
  }

  private take(news: FeedNews, beganMs: number): void {
    // Another epoch: Postgres was started anew, perhaps with less than it had.
    const isOtherPast = news.epoch !== this.epoch || news.position < (this.position ?? 0n);
    const isForgotten = this.position === undefined || news.isEverything || isOtherPast;
    this.position = news.position;
    this.epoch = news.epoch;
    this.snapshot = news.snapshot;
    const hadMoment = this.hasMomentCome;
    if (isForgotten || hadMoment) for (const follower of this.followers) follower.clear();
    else if (news.tags.size > 0) for (const follower of this.followers) follower.drop(news.tags);
    this.takeMoment(news, hadMoment, beganMs);
    const isNews = isForgotten || hadMoment || news.tags.size > 0;
    if (news.primary) this.replicas.follow(news.primary, isNews, this.nextMoment?.wallMs);
  }

  private takeMoment(news: FeedNews, hadMoment: boolean, beganMs: number): void {
    // Until a moment has come by both clocks, an answer may still be made by the one that lags.
    if (hadMoment && !hasPassed(this.nextMoment)) return;
    this.nextMoment =
      news.nextMomentInMs === undefined
        ? undefined
        : { wallMs: news.nextMomentMs ?? 0, monotonicMs: beganMs + news.nextMomentInMs };
  }
}

function hasPassed(moment: Moment | undefined): boolean {
  return !moment || (performance.now() >= moment.monotonicMs && Date.now() >= moment.wallMs);
}
