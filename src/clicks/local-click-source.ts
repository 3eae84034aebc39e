import { mkdir, open, readdir, rename, rm, stat, unlink, writeFile, type FileHandle } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Backlog, ClickSource, SourceBatch, SourcePart } from './click-source.js';
import { preparingSuffix, readSegmentHeader, segmentHeaderBytes, segmentSuffix } from './segment-file.js';
import { SegmentReader, type Damage } from './segment-reader.js';

export interface LocalClickSourceOptions {
  readonly directory: string;
  /** How far the database has come in each of these segments. */
  readonly positions: (segments: readonly string[]) => Promise<ReadonlyMap<string, number>>;
  /** First part of the name of a segment: does its process still live? */
  readonly isWriterAlive: (writer: string) => boolean;
  /** Told in one sentence what was set aside, and where. */
  readonly onSetAside?: (sentence: string) => void;
  readonly now?: () => number;
}

interface Tail {
  readonly id: string;
  readonly path: string;
  readonly writer: string;
  readonly file: FileHandle;
  reader: SegmentReader;
  position: number;
  hasEnded: boolean;
}

const setAsideFolder = 'set-aside';
const typicalFrameBytes = 50;

/** Reads every segment in the log's folder, whoever writes it, and deletes those that are drained to their end. */
export class LocalClickSource implements ClickSource {
  /** Since the process started: parts of segments, and whole files, that could not be read. */
  setAside = 0;
  private readonly tails = new Map<string, Tail>();
  private isRewound = true;
  /** When the oldest click that waits was logged, as far as it has been read; 0 when none waits. */
  private waitingSinceMs = 0;

  constructor(private readonly options: LocalClickSourceOptions) {}

  async read(maxClicks: number): Promise<SourceBatch | undefined> {
    await this.findSegments();
    const parts: SourcePart[] = [];
    let missing = maxClicks;
    for (const tail of this.tails.values()) {
      if (missing <= 0) break;
      const part = await this.readPart(tail, missing);
      if (part === undefined) continue;
      parts.push(part);
      missing -= part.clicks.length;
    }
    await this.removeEmpty();
    return parts.length === 0 ? undefined : { parts };
  }

  async acknowledge(batch: SourceBatch): Promise<void> {
    for (const { source, to } of batch.parts) {
      const tail = this.tails.get(source);
      if (tail !== undefined && tail.hasEnded && tail.position === to) await this.remove(tail);
    }
  }

  async rewind(): Promise<void> {
    for (const tail of this.tails.values()) await tail.file.close();
    this.tails.clear();
    this.isRewound = true;
  }

  async backlog(): Promise<Backlog> {
    let bytes = 0;
    for (const tail of this.tails.values()) bytes += (await findWrittenEnd(tail.file)) - tail.position;
    const clicks = Math.max(0, Math.round(bytes / typicalFrameBytes));
    const nowMs = (this.options.now ?? Date.now)();
    if (clicks === 0) this.waitingSinceMs = nowMs;
    return { clicks, ageMs: clicks === 0 ? 0 : Math.max(0, nowMs - this.waitingSinceMs) };
  }

  async close(): Promise<void> {
    await this.rewind();
  }

  private async readPart(tail: Tail, maxClicks: number): Promise<SourcePart | undefined> {
    const from = tail.position;
    const read = await tail.reader.read(maxClicks, !this.options.isWriterAlive(tail.writer));
    for (const damage of read.damages) await this.setDamageAside(tail, damage);
    tail.position = read.position;
    tail.hasEnded = read.state === 'ended';
    const last = read.clicks.at(-1);
    if (last !== undefined) this.waitingSinceMs = last.id.timeMs;
    if (read.position === from) return undefined;
    return { source: tail.id, from, to: read.position, isMessage: false, clicks: read.clicks };
  }

  private async findSegments(): Promise<void> {
    const names = await readdir(this.options.directory).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    const known = new Set([...this.tails.values()].map((tail) => basename(tail.path)));
    const fresh = names.filter((name) => name.endsWith(segmentSuffix) && !known.has(name)).sort(byAge);
    if (this.isRewound) await this.removeUnfinished(names);
    this.isRewound = false;
    const opened: Tail[] = [];
    for (const name of fresh) {
      const tail = await this.openSegment(name);
      if (tail !== undefined) opened.push(tail);
    }
    if (opened.length === 0) return;
    const positions = await this.options.positions(opened.map((tail) => tail.id)).catch(async (error: unknown) => {
      for (const tail of opened) await tail.file.close();
      throw error;
    });
    for (const tail of opened) await this.beginAt(tail, positions.get(tail.id) ?? segmentHeaderBytes);
  }

  private async openSegment(name: string): Promise<Tail | undefined> {
    const path = join(this.options.directory, name);
    const file = await open(path, 'r');
    const bytes = new Uint8Array(segmentHeaderBytes);
    const { bytesRead } = await file.read(bytes, 0, segmentHeaderBytes, 0);
    const header = readSegmentHeader(bytes.subarray(0, bytesRead));
    if (header.id === undefined) {
      await file.close();
      await this.setFileAside(name, header.problem);
      return undefined;
    }
    const writer = name.slice(0, name.indexOf('-'));
    return {
      id: header.id,
      path,
      writer,
      file,
      reader: new SegmentReader(file),
      position: segmentHeaderBytes,
      hasEnded: false,
    };
  }

  private async beginAt(tail: Tail, position: number): Promise<void> {
    try {
      await tail.reader.skipTo(position);
      tail.position = position;
      this.tails.set(tail.id, tail);
    } catch (error) {
      // It is shorter than what was drained of it: somebody cut it, or put an old copy in its place.
      await tail.file.close();
      await this.setFileAside(basename(tail.path), error instanceof Error ? error.message : String(error));
    }
  }

  private async setFileAside(name: string, problem: string): Promise<void> {
    const folder = await this.setAsidePath();
    await rename(join(this.options.directory, name), join(folder, name));
    this.setAside++;
    this.options.onSetAside?.(`The click log's file ${name} was set aside in ${folder}: ${problem}.`);
  }

  private async setDamageAside(tail: Tail, damage: Damage): Promise<void> {
    const folder = await this.setAsidePath();
    const name = `${basename(tail.path, segmentSuffix)}-${damage.from}.bytes`;
    await writeFile(join(folder, name), damage.bytes, { mode: 0o600 });
    this.setAside++;
    this.options.onSetAside?.(
      `Bytes ${damage.from} to ${damage.to} of the click log's file ${basename(tail.path)} were set aside as ${join(folder, name)}: ${damage.reason}.`,
    );
  }

  private async setAsidePath(): Promise<string> {
    const folder = join(this.options.directory, setAsideFolder);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return folder;
  }

  /** What a dead writer had been preparing holds nothing. */
  private async removeUnfinished(names: readonly string[]): Promise<void> {
    for (const name of names) {
      const isDead = name.endsWith(preparingSuffix) && !this.options.isWriterAlive(name.slice(0, name.indexOf('-')));
      if (isDead) await rm(join(this.options.directory, name), { force: true });
    }
  }

  /** Segments in which their writer died before its first click: nothing of them needs to be committed. */
  private async removeEmpty(): Promise<void> {
    for (const tail of this.tails.values()) {
      if (tail.position === segmentHeaderBytes && (await this.isEmptyAndDead(tail))) await this.remove(tail);
    }
  }

  private async isEmptyAndDead(tail: Tail): Promise<boolean> {
    return !this.options.isWriterAlive(tail.writer) && (await findWrittenEnd(tail.file)) === segmentHeaderBytes;
  }

  private async remove(tail: Tail): Promise<void> {
    this.tails.delete(tail.id);
    await tail.file.close();
    await unlink(tail.path);
  }
}

/** `writer-time-id.log`: the time is of one length until the year 2059. */
const byAge = (one: string, other: string): number => {
  const ageOf = (name: string): string => name.split('-')[1] ?? '';
  return ageOf(one) < ageOf(other) ? -1 : 1;
};

const probeBytes = 64;

/**
 * About where the written part of a preallocated file ends, without reading it: no frame holds 64 zero bytes in a row, so that the border can be
 * found by halving.
 */
async function findWrittenEnd(file: FileHandle): Promise<number> {
  const probe = new Uint8Array(probeBytes);
  let low = segmentHeaderBytes;
  let high = (await file.stat()).size;
  while (high - low > probeBytes) {
    const middle = low + Math.floor((high - low) / 2 / probeBytes) * probeBytes;
    const { bytesRead } = await file.read(probe, 0, probeBytes, middle);
    if (probe.subarray(0, bytesRead).some((byte) => byte !== 0)) low = middle + probeBytes;
    else high = middle;
  }
  // The border lies in the last block that was not empty.
  const start = Math.max(segmentHeaderBytes, low - probeBytes);
  const { bytesRead } = await file.read(probe, 0, probeBytes, start);
  return start + probe.subarray(0, bytesRead).findLastIndex((byte) => byte !== 0) + 1;
}

/** Bytes of all files of a click log, as it counts against a limit. */
export async function measureLog(directory: string): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(directory).catch(() => [])) {
    if (name.endsWith(segmentSuffix)) bytes += (await stat(join(directory, name)).catch(() => ({ size: 0 }))).size;
  }
  return bytes;
}
