import { setTimeout as delay } from 'node:timers/promises';
import { jetstream, type JetStreamClient } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { clickIdText, type ClickId } from './click-id.js';
import { noClicksCounted, type ClickLog, type ClickReceipt } from './click-log.js';
import type { LoggedClick } from './logged-click.js';
import { clickSubject, connectNats, ensureClickStream } from './nats-stream.js';
import { RecordWriter } from './record-codec.js';

export interface NatsClickLogOptions {
  readonly url: string;
  /** A reader waits at most this long for the broker. Default 500. */
  readonly maxWaitMs?: number;
  /** What is kept in memory while the broker is away. Default 16 MiB, some 100,000 clicks. */
  readonly maxUnsentBytes?: number;
  readonly onProblem?: (sentence: string) => void;
}

/** One message. Its id is the first click's, so that the broker knows it when it is sent again. */
interface Group {
  readonly id: ClickId;
  readonly bytes: Uint8Array;
  readonly clicks: number;
  readonly openedMs: number;
  receipts: ClickReceipt[];
}

/** Far below the broker's limit of 1 MiB for a message. */
const maxMessageBytes = 256 * 1024;
/** Enough to be never idle between two answers; more would only make smaller messages. */
const maxInFlight = 8;
const publishTimeoutMs = 2000;
const retryMs = 250;

/** Clicks go to a replicated stream, one message per group: a message per click would be ten times slower. */
export class NatsClickLog implements ClickLog {
  readonly counters = noClicksCounted();
  problem: string | undefined = 'NATS has not been reached yet.';
  private readonly records = new RecordWriter();
  private firstId: ClickId | undefined;
  private receipts: ClickReceipt[] = [];
  private clicks = 0;
  private readonly queue: Group[] = [];
  private readonly inFlight = new Set<Group>();
  private unsentBytes = 0;
  private isScheduled = false;
  private isClosing = false;
  private isBehind = false;
  private connection: NatsConnection | undefined;
  private client: JetStreamClient | undefined;
  private readonly connecting: Promise<void>;
  private readonly timer: NodeJS.Timeout;
  private readonly maxWaitMs: number;

  constructor(private readonly options: NatsClickLogOptions) {
    this.maxWaitMs = options.maxWaitMs ?? 500;
    this.timer = setInterval(() => this.releaseLate(), 50).unref();
    this.connecting = this.connect();
  }

  append(click: LoggedClick, receipt: ClickReceipt): void {
    const isFull = this.unsentBytes + this.records.byteLength > (this.options.maxUnsentBytes ?? 16 * 1024 * 1024);
    if (this.isClosing || isFull) {
      this.counters.lost++;
      receipt.settle('lost');
      return;
    }
    this.firstId ??= click.id;
    this.records.writeClick(click);
    this.clicks++;
    if (this.isBehind) this.settleLate(receipt);
    else this.receipts.push(receipt);
    if (this.records.byteLength > maxMessageBytes || this.records.isFull) this.closeGroup();
    this.schedule();
  }

  async close(): Promise<void> {
    this.isClosing = true;
    this.send();
    const deadlineMs = performance.now() + publishTimeoutMs;
    while (this.inFlight.size + this.queue.length > 0 && performance.now() < deadlineMs) await delay(10);
    for (const group of [...this.inFlight, ...this.queue]) this.giveUp(group);
    clearInterval(this.timer);
    await this.connection?.close();
  }

  /** Goes on until it has a stream. Clicks gather meanwhile. */
  private async connect(): Promise<void> {
    while (!this.isClosing) {
      try {
        this.connection ??= await connectNats(this.options.url, 'click log');
        await ensureClickStream(this.connection);
        this.client = jetstream(this.connection);
        this.problem = undefined;
        this.schedule();
        return;
      } catch (error) {
        this.fallBehind(error);
        await delay(retryMs, undefined, { ref: false });
      }
    }
  }

  /** Fulfils when the broker takes clicks. */
  async ready(): Promise<void> {
    await this.connecting;
  }

  private schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      this.send();
    });
  }

  private send(): void {
    const { client } = this;
    if (client === undefined) return;
    while (this.inFlight.size < maxInFlight) {
      if (this.queue.length === 0) this.closeGroup();
      const group = this.queue.shift();
      if (group === undefined) return;
      this.inFlight.add(group);
      void this.publish(client, group);
    }
  }

  private closeGroup(): void {
    if (this.firstId === undefined) return;
    const bytes = this.records.take().slice();
    this.records.reset();
    this.queue.push({
      id: this.firstId,
      bytes,
      clicks: this.clicks,
      openedMs: performance.now(),
      receipts: this.receipts,
    });
    this.unsentBytes += bytes.length;
    this.firstId = undefined;
    this.receipts = [];
    this.clicks = 0;
  }

  private async publish(client: JetStreamClient, group: Group): Promise<void> {
    while (this.inFlight.has(group)) {
      try {
        await client.publish(clickSubject, group.bytes, { msgID: clickIdText(group.id), timeout: publishTimeoutMs });
        this.finish(group);
      } catch (error) {
        this.fallBehind(error);
        if (this.isClosing) return;
        await delay(retryMs, undefined, { ref: false });
      }
    }
  }

  private finish(group: Group): void {
    if (!this.inFlight.delete(group)) return;
    this.unsentBytes -= group.bytes.length;
    this.counters.logged += group.clicks;
    this.counters.bytes += group.bytes.length;
    this.counters.groups++;
    this.isBehind = false;
    this.problem = undefined;
    for (const receipt of group.receipts) receipt.settle('logged');
    this.schedule();
  }

  private giveUp(group: Group): void {
    this.inFlight.delete(group);
    this.counters.lost += group.clicks;
    for (const receipt of group.receipts.splice(0)) receipt.settle('lost');
  }

  private fallBehind(error: unknown): void {
    const sentence = `NATS does not take clicks: ${error instanceof Error ? error.message : String(error)}`;
    if (!this.isBehind) this.options.onProblem?.(sentence);
    this.isBehind = true;
    this.problem = sentence;
    this.releaseAll();
  }

  private releaseLate(): void {
    const limitMs = performance.now() - this.maxWaitMs;
    const isLate = [...this.inFlight, ...this.queue].some(
      (group) => group.receipts.length > 0 && group.openedMs < limitMs,
    );
    if (!isLate) return;
    this.isBehind = true;
    this.problem = `NATS is slow: a message takes longer than ${this.maxWaitMs} ms.`;
    this.releaseAll();
  }

  private releaseAll(): void {
    const groups = [...this.inFlight, ...this.queue];
    for (const receipts of [...groups.map((group) => group.receipts), this.receipts]) {
      for (const receipt of receipts.splice(0)) this.settleLate(receipt);
    }
  }

  private settleLate(receipt: ClickReceipt): void {
    this.counters.late++;
    receipt.settle('late');
  }
}
