import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { RUNS_BACKGROUND } from '../changes/background.options.js';
import { FeedListener } from '../changes/feed-listener.service.js';
import { TransactionsService } from '../database/transactions.service.js';
import { NextLook } from '../kernel/next-look.js';

/** Milliseconds after which the next moment is asked for again at the latest, should an announcement be missed. */
const LONGEST_WAIT_MS = 30_000;
/** Announcements within this time are answered by one look. */
const GATHER_MS = 25;
const RETRY_MS = 1000;

/**
 * Puts into the feed what changes because its moment comes - an article's or a partner's - on whichever node is first. Readers do not
 * wait for it: what they see follows from the dates at the moment of asking, and `changes` settles what is due itself.
 */
@Injectable()
export class DueMomentsService implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('Changes');
  private readonly next = new NextLook(() => this.look());
  private unsubscribe: (() => void) | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: TransactionsService,
    private readonly listener: FeedListener,
    @Inject(RUNS_BACKGROUND) private readonly runsBackground: boolean,
  ) {}

  onApplicationBootstrap(): void {
    if (this.runsBackground) this.unsubscribe = this.listener.subscribe(() => this.next.after(GATHER_MS));
  }

  async onApplicationShutdown(): Promise<void> {
    this.unsubscribe?.();
    await this.next.stop();
  }

  /** When it returns, everything that was due when it was called stands in the feed. */
  async settle(): Promise<void> {
    await this.transactions.run((manager) =>
      manager.query('SELECT waypost.note_due_moments(), waypost.note_due_causes()'),
    );
  }

  private async look(): Promise<void> {
    let waitMs = RETRY_MS;
    try {
      waitMs = await this.settleAndAsk();
    } catch (error) {
      this.logger.warn(`What is due cannot be settled at the moment: ${String(error)}`);
    }
    this.next.after(Math.min(waitMs, LONGEST_WAIT_MS));
  }

  /** @returns milliseconds to the next moment, by the clock of the database. */
  private async settleAndAsk(): Promise<number> {
    const waitMs = await this.askForNext();
    if (waitMs > 0) return waitMs;
    await this.settle();
    return Math.max(await this.askForNext(), 0) || RETRY_MS;
  }

  private async askForNext(): Promise<number> {
    const [next] = await this.dataSource.query<{ ms: number | null }[]>(
      // What is unsure is looked at at once: seen before its moment, it was taken away in time.
      `SELECT CASE WHEN EXISTS (SELECT FROM waypost.due_moments WHERE kind IN ('UNSURE_ARTICLE', 'UNSURE_PARTNER')) THEN 0
                   ELSE extract(epoch FROM min(at) - clock_timestamp())::float8 * 1000 END AS ms FROM waypost.due_moments`,
    );
    return Math.ceil(next?.ms ?? LONGEST_WAIT_MS);
  }
}
