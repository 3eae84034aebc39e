import { write } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { noClicksCounted, type ClickLog, type ClickLogOutcome, type ClickReceipt } from './click-log.js';
import type { LoggedClick } from './logged-click.js';
import { RecordWriter } from './record-codec.js';
import { segmentHeaderBytes, type Segment } from './segment-file.js';
import { SegmentSupply } from './segment-supply.js';

export interface LocalClickLogOptions {
  readonly directory: string;
  /** `durable`: a receipt says `logged` when the disk has the click. `memory`: at once; a crash loses what was not flushed. */
  readonly durability: 'durable' | 'memory';
  /** First part of this process's segment names. Letters and digits. */
  readonly writer: string;
  /** A segment is closed after this many bytes. Default 8 MiB. */
  readonly segmentBytes?: number;
  /** A reader waits at most this long for the disk. Default 500. */
  readonly maxWaitMs?: number;
  /** What is kept in memory while the disk refuses to write. Default 16 MiB, some 300,000 clicks. */
  readonly maxUnwrittenBytes?: number;
  /** False while the log holds as much as it may; clicks are lost then. Default: the disk is the limit. */
  readonly hasRoom?: () => boolean;
  /** In `memory`, clicks are written this often. Default 50. */
  readonly memoryFlushMs?: number;
  /** After a failed write, the next attempt. Default 250. */
  readonly retryMs?: number;
  readonly onProblem?: (problem: string, error: unknown) => void;
  /** The disk, for tests that break it. */
  readonly writeAt?: (segment: Segment, bytes: Uint8Array, position: number) => Promise<void>;
}

const defaultSegmentBytes = 8 * 1024 * 1024;

/** What is written in one go. */
interface Group {
  readonly bytes: Uint8Array;
  readonly clicks: number;
  /** The clicks behind it begin a stream with codes of its own, in a segment of its own. */
  readonly endsSegment: boolean;
  receipts: ClickReceipt[];
}

/**
 * Group commit: while one group is being written, the next gathers, so that a click waits for two writes at most. Segments are opened with
 * O_DSYNC: a write and its sync are one trip to the thread pool and not two.
 *
 * A group goes only where space was written ahead. So a full disk can refuse a new segment but not the end of an old one, and what is drained
 * of the old ones makes room again.
 */
export class LocalClickLog implements ClickLog {
  readonly counters = noClicksCounted();
  problem: string | undefined;

  private readonly records = new RecordWriter();
  private pendingReceipts: ClickReceipt[] = [];
  private pendingClicks = 0;
  /** Bytes of the open stream that were taken to be written. */
  private streamBytes = 0;
  private streamLimit: number;
  /** Ended streams whose segments have still to be written. More than one only while the disk is behind. */
  private sealed: Group[] = [];
  private sealedBytes = 0;
  private group: Group | undefined;
  private segment: Segment | undefined;
  private position = segmentHeaderBytes;

  private writing: Promise<void> = Promise.resolve();
  private isWriting = false;
  private writingSinceMs = 0;
  private isScheduled = false;
  private isClosing = false;
  /** The disk is slow or refuses: no reader waits for it until a write has worked again. */
  private isBehind = false;

  private readonly maxWaitMs: number;
  private readonly maxUnwrittenBytes: number;
  private readonly timer: NodeJS.Timeout;

  static async open(options: LocalClickLogOptions): Promise<LocalClickLog> {
    await mkdir(options.directory, { recursive: true, mode: 0o700 });
    const { directory, writer, onProblem } = options;
    const segments = new SegmentSupply({
      directory,
      writer,
      isDurable: options.durability === 'durable',
      segmentBytes: options.segmentBytes ?? defaultSegmentBytes,
      ...(onProblem === undefined ? {} : { onProblem }),
    });
    const log = new LocalClickLog(options, segments, await segments.first());
    segments.prepare();
    return log;
  }

  private constructor(
    private readonly options: LocalClickLogOptions,
    private readonly segments: SegmentSupply,
    segment: Segment,
  ) {
    this.segment = segment;
    this.streamLimit = segment.capacityBytes;
    this.maxWaitMs = options.maxWaitMs ?? 500;
    this.maxUnwrittenBytes = options.maxUnwrittenBytes ?? 16 * 1024 * 1024;
    this.timer =
      options.durability === 'memory'
        ? setInterval(() => this.startWriting(), options.memoryFlushMs ?? 50)
        : setInterval(() => this.releaseLate(), Math.min(50, this.maxWaitMs));
    this.timer.unref();
  }

  append(click: LoggedClick, receipt: ClickReceipt): void {
    if (!this.canTake()) {
      this.counters.lost++;
      receipt.settle('lost');
      return;
    }
    this.records.writeClick(click);
    this.pendingClicks++;
    if (this.options.durability === 'memory') receipt.settle('logged');
    else if (this.isBehind) this.settleLate(receipt);
    else {
      this.pendingReceipts.push(receipt);
      this.schedule();
    }
    if (this.streamBytes + this.records.byteLength >= this.streamLimit || this.records.isFull) this.seal();
  }

  async close(): Promise<void> {
    this.isClosing = true;
    await this.writing;
    // Once more, for the end mark.
    this.startWriting();
    await this.writing;
    clearInterval(this.timer);
    await this.segment?.file.close();
    await this.segments.close();
  }

  private canTake(): boolean {
    const tried = this.isBehind ? (this.group?.bytes.length ?? 0) : 0;
    const unwritten = this.records.byteLength + this.sealedBytes + tried;
    return !this.isClosing && unwritten <= this.maxUnwrittenBytes && (this.options.hasRoom?.() ?? true);
  }

  /** The rest of this turn's requests join the group. */
  private schedule(): void {
    if (this.isScheduled || this.isWriting) return;
    this.isScheduled = true;
    setImmediate(this.startWriting);
  }

  private readonly startWriting = (): void => {
    this.isScheduled = false;
    if (!this.isWriting) this.writing = this.writeGroups();
  };

  private async writeGroups(): Promise<void> {
    this.isWriting = true;
    while (this.group !== undefined || this.hasMore()) {
      this.group ??= this.takeGroup();
      try {
        await this.writeGroup(this.group);
        this.finishGroup(this.group);
      } catch (error) {
        this.fallBehind(error);
        // The group stays: later clicks use the codes that stand in it. It is tried again at the same position.
        if (this.isClosing) this.giveUp(this.group);
        else await delay(this.options.retryMs ?? 250, undefined, { ref: false });
      }
    }
    this.isWriting = false;
  }

  private hasMore(): boolean {
    const needsEnd = this.isClosing && this.segment !== undefined;
    return this.sealed.length > 0 || this.records.byteLength > 0 || needsEnd;
  }

  private takeGroup(): Group {
    if (this.isClosing && this.sealed.length === 0) this.seal();
    const sealed = this.sealed.shift();
    if (sealed === undefined) return this.takePending(false);
    this.sealedBytes -= sealed.bytes.length;
    return sealed;
  }

  private takePending(endsSegment: boolean): Group {
    // What is not sealed stands in the record writer's own buffer, so that there is never a second one.
    const bytes = endsSegment ? this.records.seal() : this.records.take();
    const group = { bytes, clicks: this.pendingClicks, endsSegment, receipts: this.pendingReceipts };
    this.pendingReceipts = [];
    this.pendingClicks = 0;
    this.streamBytes += bytes.length;
    return group;
  }

  /** Ends the stream. The next may hold what any segment can, until it has one. */
  private seal(): void {
    const group = this.takePending(true);
    this.sealed.push(group);
    this.sealedBytes += group.bytes.length;
    this.streamBytes = 0;
    this.streamLimit = this.segments.leastBytes;
  }

  private async writeGroup(group: Group): Promise<void> {
    this.writingSinceMs = performance.now();
    this.segment ??= await this.beginSegment(group);
    await (this.options.writeAt ?? writeToFile)(this.segment, group.bytes, this.position);
  }

  private finishGroup(group: Group): void {
    this.group = undefined;
    this.position += group.bytes.length;
    this.counters.bytes += group.bytes.length;
    this.counters.groups++;
    this.counters.logged += group.clicks;
    this.isBehind = false;
    this.problem = undefined;
    if (group.endsSegment) this.leaveSegment();
    for (const receipt of group.receipts) receipt.settle('logged');
  }

  private leaveSegment(): void {
    void this.segment?.file
      .close()
      .catch((error: unknown) => this.options.onProblem?.('A segment did not close.', error));
    this.segment = undefined;
    this.position = segmentHeaderBytes;
  }

  private async beginSegment(group: Group): Promise<Segment> {
    const segment = await this.segments.next();
    this.segments.prepare();
    const isOfOpenStream = !group.endsSegment && this.sealed.length === 0;
    if (isOfOpenStream) this.streamLimit = segment.capacityBytes;
    return segment;
  }

  private fallBehind(error: unknown): void {
    const sentence = `The click log cannot be written: ${error instanceof Error ? error.message : String(error)}`;
    if (this.problem === undefined) this.options.onProblem?.(sentence, error);
    this.problem = sentence;
    this.releaseWaiting();
  }

  private releaseLate(): void {
    if (!this.isWriting || this.isBehind) return;
    if (performance.now() - this.writingSinceMs < this.maxWaitMs) return;
    this.problem = `The click log is slow: a write takes longer than ${this.maxWaitMs} ms.`;
    this.releaseWaiting();
  }

  private releaseWaiting(): void {
    this.isBehind = true;
    const groups = this.group === undefined ? this.sealed : [this.group, ...this.sealed];
    const waiting = [...groups.flatMap((group) => group.receipts), ...this.pendingReceipts];
    for (const group of groups) group.receipts = [];
    this.pendingReceipts = [];
    for (const receipt of waiting) this.settleLate(receipt);
  }

  private settleLate(receipt: ClickReceipt): void {
    this.counters.late++;
    receipt.settle('late' satisfies ClickLogOutcome);
  }

  private giveUp(group: Group): void {
    for (const { clicks } of [group, ...this.sealed]) this.counters.lost += clicks;
    this.counters.lost += this.pendingClicks;
    this.group = undefined;
    this.sealed = [];
    this.sealedBytes = 0;
    this.pendingClicks = 0;
    this.records.reset();
    void this.segment?.file.close().catch(() => undefined);
    this.segment = undefined;
  }
}

function writeToFile(segment: Segment, bytes: Uint8Array, position: number): Promise<void> {
  return new Promise((resolve, reject) => {
    write(segment.file.fd, bytes, 0, bytes.length, position, (error, written) => {
      if (error !== null) reject(error);
      // A full disk may take a part of a group. The rest would be torn, so that it is written whole again.
      else if (written < bytes.length) reject(new Error(`Only ${written} of ${bytes.length} bytes were written.`));
      else resolve();
    });
  });
}
