import type { OnApplicationShutdown } from '@nestjs/common';
import { Inject, Injectable, Logger } from '@nestjs/common';
import pg from 'pg';
import { DATABASE_OPTIONS, type DatabaseOptions } from '../database/database.options.js';

/** Channel on which every commit that changed the feed is announced. The payload means nothing. */
const CHANNEL = 'waypost_changes';

/** Milliseconds between questions whether the connection still lives: a peer that vanished does not say so. */
const CHECK_MS = 5000;
const FIRST_RETRY_MS = 100;
const MOST_RETRY_MS = 5000;

/**
 * Hears of every change of the feed, on whichever node it is made. An announcement is only a hint to look: also after the
 * connection was lost, when nobody knows what was announced meanwhile. Connects with the first listener.
 */
@Injectable()
export class FeedListener implements OnApplicationShutdown {
  private readonly logger = new Logger('Changes');
  private readonly listeners = new Set<() => void>();
  private client: pg.Client | undefined;
  private isStarted = false;
  private isStopped = false;
  private wake: (() => void) | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(@Inject(DATABASE_OPTIONS) private readonly options: DatabaseOptions) {}

  /** False while an announcement could be missed. */
  get isListening(): boolean {
    return this.client !== undefined;
  }

  /** `onChange` is called once at the start of each connection, and with every announcement. It must not throw. */
  subscribe(onChange: () => void): () => void {
    this.listeners.add(onChange);
    if (!this.isStarted) {
      this.isStarted = true;
      this.running = this.keepListening();
    } else if (this.isListening) onChange();
    return () => this.listeners.delete(onChange);
  }

  async onApplicationShutdown(): Promise<void> {
    this.isStopped = true;
    this.wake?.();
    await this.running;
  }

  private async keepListening(): Promise<void> {
    let failures = 0;
    while (!this.isStopped) {
      try {
        await this.listen(() => (failures = 0));
      } catch (error) {
        failures += 1;
        if (failures === 1) this.logger.warn(`The change feed cannot be heard at the moment: ${messageOf(error)}`);
      }
      if (!this.isStopped) await this.pause(Math.min(FIRST_RETRY_MS * 2 ** failures, MOST_RETRY_MS));
    }
  }

  /** Returns when it is stopped, throws when the connection is lost. */
  private async listen(onConnected: () => void): Promise<void> {
    const client = new pg.Client({
      connectionString: this.options.directUrl ?? this.options.url,
      application_name: 'waypost changes',
      connectionTimeoutMillis: CHECK_MS,
      query_timeout: CHECK_MS,
      keepAlive: true,
    });
    let failure: Error | undefined;
    client.on('error', (error) => {
      failure = error;
      this.wake?.();
    });
    client.on('notification', () => this.tell());
    try {
      await client.connect();
      await client.query(`LISTEN ${CHANNEL}`);
      this.client = client;
      onConnected();
      this.tell();
      while (!this.isStopped) {
        await this.pause(CHECK_MS);
        if (failure) throw failure;
        if (!this.isStopped) await client.query('SELECT 1');
      }
    } finally {
      this.client = undefined;
      await client.end().catch(() => undefined);
    }
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, ms);
      timer.unref();
      this.wake = done;
      function done(): void {
        clearTimeout(timer);
        resolve();
      }
    });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
