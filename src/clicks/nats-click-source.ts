import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { jetstream, type Consumer, type ConsumerMessages, type JsMsg } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { clickIdBytes, writeClickId, type ClickId } from './click-id.js';
import type { Backlog, ClickSource, SourceBatch, SourcePart } from './click-source.js';
import type { LoggedClick } from './logged-click.js';
import { clickConsumer, clickStream, connectNats, ensureClickStream, wantedReplicas } from './nats-stream.js';
import { RecordReader } from './record-codec.js';

export interface NatsClickSourceOptions {
  readonly url: string;
  readonly setAsideFolder: string;
  readonly onSetAside?: (sentence: string) => void;
}

/** Messages asked for ahead. */
const maxWaitingMessages = 2000;
/** How long one request for messages stands. Of one that a broker lost with its leader nothing is heard, and after as long another is made. */
const requestMs = 5000;
const gatherMs = 20;
/** While the stream has too few replicas: a cluster whose nodes start together is asked before its third one is there. */
const replicasMs = 5000;

/**
 * Takes messages from the stream that all Waypost nodes share. A message is confirmed when the database has it; a message that comes again is known by its
 * id.
 */
export class NatsClickSource implements ClickSource {
  setAside = 0;
  private connection: NatsConnection | undefined;
  private consumer: Consumer | undefined;
  private subscription: ConsumerMessages | undefined;
  private readonly waiting: JsMsg[] = [];
  private readonly unconfirmed = new Map<string, JsMsg>();
  private clicksPerMessage = 1;
  private replicas = 0;
  private replicasAskedMs = 0;
  private failure: Error | undefined;

  constructor(private readonly options: NatsClickSourceOptions) {}

  async read(maxClicks: number): Promise<SourceBatch | undefined> {
    await this.subscribe();
    if (this.waiting.length === 0) return undefined;
    // The broker hands messages over one by one.
    await delay(gatherMs);
    const parts: SourcePart[] = [];
    let missing = maxClicks;
    while (missing > 0) {
      const message = this.waiting.shift();
      if (message === undefined) break;
      const part = await this.readMessage(message);
      if (part === undefined) continue;
      parts.push(part);
      missing -= part.clicks.length;
    }
    if (parts.length === 0) return undefined;
    this.clicksPerMessage = (maxClicks - missing) / parts.length;
    return { parts };
  }

  async acknowledge(batch: SourceBatch): Promise<void> {
    for (const { source } of batch.parts) {
      this.unconfirmed.get(source)?.ack();
      this.unconfirmed.delete(source);
    }
    await this.connection?.flush();
  }

  async rewind(): Promise<void> {
    for (const message of this.unconfirmed.values()) message.nak();
    this.unconfirmed.clear();
  }

  async backlog(): Promise<Backlog> {
    if (this.consumer === undefined) return { clicks: 0, ageMs: 0 };
    const info = await this.consumer.info();
    return { clicks: Math.round((info.num_pending + info.num_ack_pending) * this.clicksPerMessage), ageMs: 0 };
  }

  async close(): Promise<void> {
    for (const message of [...this.waiting.splice(0), ...this.unconfirmed.values()]) message.nak();
    this.unconfirmed.clear();
    await this.subscription?.close();
    await this.connection?.close();
  }

  private async subscribe(): Promise<void> {
    if (this.failure !== undefined) {
      const { failure } = this;
      this.failure = undefined;
      this.subscription = undefined;
      throw failure;
    }
    if (this.subscription !== undefined) return this.wantReplicas();
    this.connection ??= await connectNats(this.options.url, 'drain');
    this.replicas = await ensureClickStream(this.connection);
    this.replicasAskedMs = performance.now();
    this.consumer = await jetstream(this.connection).consumers.get(clickStream, clickConsumer);
    this.subscription = await this.consumer.consume({ max_messages: maxWaitingMessages, expires: requestMs });
    void this.gather(this.subscription);
  }

  private async wantReplicas(): Promise<void> {
    const nowMs = performance.now();
    if (this.replicas >= wantedReplicas || this.connection === undefined || nowMs - this.replicasAskedMs < replicasMs) {
      return;
    }
    this.replicasAskedMs = nowMs;
    this.replicas = await ensureClickStream(this.connection).catch(() => this.replicas);
  }

  private async gather(messages: ConsumerMessages): Promise<void> {
    try {
      for await (const message of messages) this.waiting.push(message);
      this.failure = new Error('NATS hands over no more clicks.');
    } catch (error) {
      this.failure = error instanceof Error ? error : new Error(String(error));
    }
  }

  private async readMessage(message: JsMsg): Promise<SourcePart | undefined> {
    const clicks = readClicks(message.data);
    const first = clicks?.[0];
    if (clicks === undefined || first === undefined) {
      await this.setMessageAside(message);
      return undefined;
    }
    const source = clickUuid(first.id);
    const earlier = this.unconfirmed.get(source);
    // Delivered twice to this node: one confirmation each.
    if (earlier !== undefined) earlier.ack();
    this.unconfirmed.set(source, message);
    return { source, from: 0, to: 1, isMessage: true, clicks };
  }

  private async setMessageAside(message: JsMsg): Promise<void> {
    await mkdir(this.options.setAsideFolder, { recursive: true, mode: 0o700 });
    const path = join(this.options.setAsideFolder, `message-${message.seq}.bytes`);
    await writeFile(path, message.data, { mode: 0o600 });
    this.setAside++;
    this.options.onSetAside?.(
      `Message ${message.seq} of the stream ${clickStream} cannot be read and was set aside as ${path}.`,
    );
    message.term('unreadable');
  }
}

/** Undefined where the message is not whole. */
function readClicks(bytes: Uint8Array): LoggedClick[] | undefined {
  const reader = new RecordReader();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const clicks: LoggedClick[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    const frame = reader.readFrame(bytes, view, offset, bytes.length);
    if (frame.kind === 'nothing' || frame.kind === 'unreadable') return undefined;
    if (frame.kind === 'click') clicks.push(frame.click);
    offset = frame.next;
  }
  return clicks;
}

const idView = new DataView(new ArrayBuffer(clickIdBytes));

function clickUuid(id: ClickId): string {
  writeClickId(idView, 0, id);
  return Buffer.from(idView.buffer)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
