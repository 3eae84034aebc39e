import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { RUNS_BACKGROUND } from '../changes/background.options.js';
import { FeedRunner } from './feed-runner.service.js';
import { FeedEntity } from './feed.entity.js';

/** Intervals are minutes: nobody waits for a feed to the second. */
const LOOK_MS = 30_000;

/** Reads feeds when they are due, on whichever node looks first. */
@Injectable()
export class FeedSchedule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Feeds');
  private readonly stopping = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly dataSource: DataSource,
    private readonly runner: FeedRunner,
    @Inject(RUNS_BACKGROUND) private readonly runsBackground: boolean,
  ) {}

  onApplicationBootstrap(): void {
    if (this.runsBackground) this.lookLater();
  }

  /** Before the connections to Postgres end. A feed that is being read is read again at the next start. */
  async beforeApplicationShutdown(): Promise<void> {
    clearTimeout(this.timer);
    this.stopping.abort();
    await this.running;
  }

  /** Reads what is due, one after the other. */
  async runDue(): Promise<void> {
    for (;;) {
      const feed = await this.findDue();
      if (!feed || this.stopping.signal.aborted) return;
      const { outcome, error, items } = await this.runner.run(feed, { signal: this.stopping.signal });
      const place = placeOf(feed.url);
      if (error) this.logger.warn(`${place} cannot be read: ${error.message}`);
      for (const item of items) {
        if (item.error) this.logger.warn(`${place}: the item "${item.guid}" is left out: ${item.error.message}`);
      }
      // Another node was faster with this one; it will not be due next time.
      if (outcome === 'busy') return;
    }
  }

  private lookLater(): void {
    this.timer = setTimeout(() => {
      this.running = this.look();
    }, LOOK_MS);
    this.timer.unref();
  }

  private async look(): Promise<void> {
    try {
      await this.runDue();
    } catch (error) {
      if (!this.stopping.signal.aborted) this.logger.warn(`Feeds cannot be read at the moment: ${String(error)}`);
    }
    if (!this.stopping.signal.aborted) this.lookLater();
  }

  private async findDue(): Promise<FeedEntity | undefined> {
    const feed = await this.dataSource
      .createQueryBuilder(FeedEntity, 'feed')
      .where('feed.every_minutes > 0 AND feed.next_run_at <= now()')
      .andWhere('(feed.leased_until IS NULL OR feed.leased_until < now())')
      .orderBy('feed.next_run_at')
      .getOne();
    return feed ?? undefined;
  }
}

/** Without its query, in which people put secrets. */
function placeOf(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
