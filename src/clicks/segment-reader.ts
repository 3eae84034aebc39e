import type { FileHandle } from 'node:fs/promises';
import type { LoggedClick } from './logged-click.js';
import { findFrameEnd, maxFrameBytes, RecordReader } from './record-codec.js';
import { segmentHeaderBytes } from './segment-file.js';

export interface ReadClicks {
  readonly clicks: LoggedClick[];
  readonly damages: Damage[];
  /** Where the next read begins; committed with the clicks. */
  readonly position: number;
  /** `ended`: nothing will follow. `waiting`: nothing follows yet. */
  readonly state: ReadState;
}

type ReadState = 'more' | 'waiting' | 'ended';

/** A part of a segment that cannot be read as clicks. It is set aside, and what stands behind it is read. */
export interface Damage {
  readonly from: number;
  readonly to: number;
  readonly reason: string;
  readonly bytes: Uint8Array;
}

const chunkBytes = 256 * 1024;

/**
 * Reads one segment from front to back, while its writer may still append to it.
 * Where no frame begins, `isWriterGone` makes the difference. Behind a dead writer it is the end, or damage when frames follow. Before a living one it is
 * where the next frame will be, and damage only if frames follow at a second look: the first may have seen a write under way.
 */
export class SegmentReader {
  private readonly records = new RecordReader();
  private readonly bytes = new Uint8Array(chunkBytes);
  private readonly view = new DataView(this.bytes.buffer);
  private position = segmentHeaderBytes;
  private suspectedAt = -1;

  constructor(private readonly file: FileHandle) {}

  /** Learns the texts in front of `position`, from which on clicks are wanted. */
  async skipTo(position: number): Promise<void> {
    while (this.position < position) {
      const before = this.position;
      await this.readChunk(position - before, true, { take: () => true, damages: [] });
      if (this.position === before) throw new Error(`The segment ends at ${before}, before position ${position}.`);
    }
  }

  /** At most `maxClicks` clicks from where the last read ended. */
  async read(maxClicks: number, isWriterGone: boolean): Promise<ReadClicks> {
    const clicks: LoggedClick[] = [];
    const damages: Damage[] = [];
    const take = (click: LoggedClick): boolean => clicks.push(click) < maxClicks;
    let state: ReadState = 'more';
    while (state === 'more' && clicks.length < maxClicks) {
      state = await this.readChunk(chunkBytes, isWriterGone, { take, damages });
    }
    return { clicks, damages, position: this.position, state };
  }

  private async readChunk(limit: number, isWriterGone: boolean, sink: Sink): Promise<ReadState> {
    const { bytesRead } = await this.file.read(this.bytes, 0, Math.min(limit, chunkBytes), this.position);
    const { offset, stopped } = this.readFrames(bytesRead, sink);
    this.position += offset;
    if (stopped !== undefined) return stopped;
    // What is left may be the beginning of a frame that goes on behind this chunk: the next read begins with it.
    if (offset > 0) return 'more';
    return isWriterGone ? this.judgeDeadRest(bytesRead, sink) : this.judgeLivingRest(bytesRead, sink);
  }

  private readFrames(end: number, sink: Sink): { offset: number; stopped?: ReadState } {
    let offset = 0;
    for (;;) {
      const frame = this.records.readFrame(this.bytes, this.view, offset, end);
      if (frame.kind === 'nothing') return { offset };
      const start = offset;
      offset = frame.next;
      if (frame.kind === 'end') return { offset, stopped: 'ended' };
      if (frame.kind === 'unreadable') {
        this.setAside(sink, start, offset, 'it refers to a text that stood in a damaged part');
      } else if (frame.kind === 'click' && !sink.take(frame.click)) return { offset, stopped: 'more' };
    }
  }

  private judgeLivingRest(end: number, sink: Sink): ReadState {
    const isUnused = this.bytes.subarray(0, Math.min(end, 8)).every((byte) => byte === 0);
    const next = isUnused ? undefined : this.findNextFrame(end);
    if (next === undefined) return 'waiting';
    if (this.suspectedAt !== this.position) {
      this.suspectedAt = this.position;
      return 'waiting';
    }
    return this.skipDamage(next, sink);
  }

  private judgeDeadRest(end: number, sink: Sink): ReadState {
    const next = this.findNextFrame(end);
    if (next !== undefined) return this.skipDamage(next, sink);
    if (end === chunkBytes) return this.skipDamage(end - maxFrameBytes, sink);
    this.skipDamage(end, sink);
    return 'ended';
  }

  /** Zeros are space that was never written to; anything else was to be a record. */
  private skipDamage(to: number, sink: Sink): ReadState {
    const last = this.bytes.subarray(0, to).findLastIndex((byte) => byte !== 0);
    if (last >= 0) this.setAside(sink, 0, last + 1, 'no record can be read in it');
    this.position += to;
    return 'more';
  }

  private setAside(sink: Sink, from: number, to: number, reason: string): void {
    const bytes = this.bytes.slice(from, to);
    sink.damages.push({ from: this.position + from, to: this.position + to, reason, bytes });
  }

  private findNextFrame(end: number): number | undefined {
    for (let offset = 1; offset < end; offset++) {
      if (this.bytes[offset] !== 0 && findFrameEnd(this.bytes, this.view, offset, end) !== undefined) return offset;
    }
    return undefined;
  }
}

interface Sink {
  /** False when it wants no more. */
  readonly take: (click: LoggedClick) => boolean;
  readonly damages: Damage[];
}
