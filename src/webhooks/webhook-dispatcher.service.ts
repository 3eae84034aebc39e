import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { RUNS_BACKGROUND } from '../changes/background.options.js';
import { FeedListener } from '../changes/feed-listener.service.js';
import { NextLook } from '../kernel/next-look.js';
import { WebhookDeliveriesService } from './webhook-deliveries.service.js';
import { WebhookPlanner } from './webhook-planner.service.js';
import { WebhookSender } from './webhook-sender.service.js';
import type { WebhooksOptions } from './webhooks.options.js';
import { WEBHOOKS_OPTIONS } from './webhooks.options.js';

/** Webhooks served by one node at once: one that hangs holds up no other. */
const MOST_WEBHOOKS_AT_ONCE = 16;
/** Announcements within this time are answered by one look. */
const GATHER_MS = 25;
const SHORTEST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 30_000;
const RETRY_MS = 1000;
const CLEANING_MS = 3_600_000;
const DEFAULT_LOG_DAYS = 30;

/** Keeps webhooks going on this node: looks whenever the feed moves, and when something waits for its next attempt. */
@Injectable()
export class WebhookDispatcher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Webhooks');
  private readonly stopping = new AbortController();
  private readonly rounds = new Set<Promise<void>>();
  private readonly next = new NextLook(() => this.look());
  private unsubscribe: (() => void) | undefined;
  private cleanedAtMs = -Infinity;

  constructor(
    private readonly deliveries: WebhookDeliveriesService,
    private readonly listener: FeedListener,
    private readonly planner: WebhookPlanner,
    private readonly sender: WebhookSender,
    @Inject(RUNS_BACKGROUND) private readonly runsBackground: boolean,
    @Inject(WEBHOOKS_OPTIONS) private readonly options: WebhooksOptions,
  ) {}

  onApplicationBootstrap(): void {
    if (!this.runsBackground) return;
    this.unsubscribe = this.listener.subscribe(() => this.next.after(GATHER_MS));
    this.next.after(GATHER_MS);
  }

  /**
   * Before the connections to Postgres end. Requests on their way are given up: the same messages are sent again by the next
   * node, or at the next start.
   */
  async beforeApplicationShutdown(): Promise<void> {
    this.unsubscribe?.();
    const stopped = this.next.stop();
    this.stopping.abort();
    await stopped;
    await Promise.all(this.rounds);
  }

  private async look(): Promise<void> {
    let waitMs = RETRY_MS;
    try {
      await this.planner.plan();
      await this.startRounds();
      const nextMs = (await this.sender.msToNext()) ?? LONGEST_WAIT_MS;
      waitMs = Math.min(Math.max(nextMs, SHORTEST_WAIT_MS), LONGEST_WAIT_MS);
      await this.cleanUp();
    } catch (error) {
      if (!this.stopping.signal.aborted) this.logger.warn(`Webhooks cannot be served at the moment: ${String(error)}`);
    }
    this.next.after(waitMs);
  }

  private async startRounds(): Promise<void> {
    while (this.rounds.size < MOST_WEBHOOKS_AT_ONCE && !this.stopping.signal.aborted) {
      const send = await this.sender.claim();
      if (!send) return;
      const round: Promise<void> = send(this.stopping.signal)
        .catch((error: unknown) => this.logger.warn(`A webhook could not be served: ${String(error)}`))
        .finally(() => {
          this.rounds.delete(round);
          this.next.after(0);
        });
      this.rounds.add(round);
    }
  }

  private async cleanUp(): Promise<void> {
    if (performance.now() - this.cleanedAtMs < CLEANING_MS) return;
    const isDone = await this.deliveries.forgetFinished(this.options.logDays ?? DEFAULT_LOG_DAYS);
    if (isDone) this.cleanedAtMs = performance.now();
  }
}
