import { mkdtemp, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clickIdText, createClickId } from './click-id.js';
import type { ClickLogOutcome } from './click-log.js';
import { LocalClickLog, type LocalClickLogOptions } from './local-click-log.js';
import type { LoggedClick } from './logged-click.js';
import { readSegmentHeader, segmentHeaderBytes } from './segment-file.js';
import { SegmentReader, type ReadClicks } from './segment-reader.js';

let directory: string;
const opened: LocalClickLog[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'waypost-log-'));
});
afterEach(async () => {
  for (const log of opened.splice(0)) await log.close();
  await rm(directory, { recursive: true });
});

async function openLog(options: Partial<LocalClickLogOptions> = {}): Promise<LocalClickLog> {
  const log = await LocalClickLog.open({
    directory,
    durability: 'durable',
    writer: 'test',
    segmentBytes: 64 * 1024,
    // A busy disk may take longer than readers should wait.
    maxWaitMs: 60_000,
    ...options,
  });
  opened.push(log);
  return log;
}

const click = (number: number): LoggedClick => ({
  id: createClickId(1_763_950_000_000 + number),
  partnerKey: `partner_${number % 7}`,
  placementId: number.toString(16).padStart(12, '1'),
  targetKey: '',
  userAgent: `Agent ${number % 50}`,
  referrerHost: 'blog.example',
  country: '',
  visitorHigh: number,
  visitorLow: 1,
  marks: 1,
});

const append = (log: LocalClickLog, each: LoggedClick): Promise<ClickLogOutcome> =>
  new Promise((resolve) => log.append(each, { settle: resolve }));

const appendAll = (log: LocalClickLog, clicks: readonly LoggedClick[]): Promise<ClickLogOutcome[]> =>
  Promise.all(clicks.map((each) => append(log, each)));

const clicksOf = (count: number, from = 0): LoggedClick[] =>
  Array.from({ length: count }, (_, index) => click(from + index));

const segmentPaths = async (): Promise<string[]> =>
  (await readdir(directory))
    .filter((name) => name.endsWith('.log'))
    .sort()
    .map((name) => join(directory, name));

async function readSegment(path: string, isWriterGone = true): Promise<ReadClicks> {
  const file = await open(path);
  try {
    return await new SegmentReader(file).read(1_000_000, isWriterGone);
  } finally {
    await file.close();
  }
}

async function readLog(isWriterGone = true): Promise<ReadClicks[]> {
  return Promise.all((await segmentPaths()).map((path) => readSegment(path, isWriterGone)));
}

const idsOf = (clicks: readonly LoggedClick[]): string[] => clicks.map((each) => clickIdText(each.id)).sort();

describe('the local log', () => {
  it('has every click when it says so', async () => {
    const log = await openLog();
    const clicks = clicksOf(500);
    expect(new Set(await appendAll(log, clicks))).toEqual(new Set(['logged']));
    expect(idsOf((await readLog(false)).flatMap((part) => part.clicks))).toEqual(idsOf(clicks));
    expect(log.counters).toMatchObject({ logged: 500, late: 0, lost: 0 });
  });

  it('goes from segment to segment, and the next one is ready', async () => {
    const log = await openLog();
    const all: LoggedClick[] = [];
    for (let round = 0; round < 12; round++) {
      const clicks = clicksOf(400, round * 400);
      all.push(...clicks);
      await appendAll(log, clicks);
    }
    await log.close();
    const parts = await readLog();
    expect(parts.filter((part) => part.clicks.length > 0).length).toBeGreaterThan(1);
    expect(parts.flatMap((part) => part.damages)).toEqual([]);
    expect(idsOf(parts.flatMap((part) => part.clicks))).toEqual(idsOf(all));
  });

  it('can be read by its owner only', async () => {
    await openLog();
    const [path] = await segmentPaths();
    expect((await stat(path as string)).mode & 0o777).toBe(0o600);
  });

  it('loses nothing of what a full disk refused for a while, and makes nobody wait for it', async () => {
    let isFull = false;
    const problems: string[] = [];
    const log = await openLog({
      retryMs: 10,
      onProblem: (problem) => problems.push(problem),
      writeAt: async (segment, bytes, position) => {
        if (isFull) throw new Error('ENOSPC: no space left on device');
        await segment.file.write(bytes, 0, bytes.length, position);
      },
    });
    await appendAll(log, clicksOf(10));
    isFull = true;
    expect(new Set(await appendAll(log, clicksOf(10, 10)))).toEqual(new Set(['late']));
    expect(await append(log, click(20))).toBe('late');
    expect(log.problem).toContain('no space left');
    isFull = false;
    await expect.poll(() => log.problem, { timeout: 10_000 }).toBeUndefined();
    expect(await append(log, click(21))).toBe('logged');
    expect((await readLog(false)).flatMap((part) => part.clicks)).toHaveLength(22);
    expect(log.counters).toMatchObject({ logged: 22, late: 11, lost: 0 });
    expect(problems).toEqual([expect.stringContaining('no space left')]);
  });

  it('keeps several segments full in memory while the disk refuses, each with texts of its own', async () => {
    let isFull = true;
    const log = await openLog({
      segmentBytes: 4096,
      retryMs: 10,
      writeAt: async (segment, bytes, position) => {
        if (isFull) throw new Error('ENOSPC: no space left on device');
        await segment.file.write(bytes, 0, bytes.length, position);
      },
    });
    const clicks = clicksOf(1000);
    expect(new Set(await appendAll(log, clicks))).toEqual(new Set(['late']));
    isFull = false;
    await expect.poll(() => log.counters.logged, { timeout: 10_000 }).toBe(1000);
    const last = click(1000);
    expect(await append(log, last)).toBe('logged');
    await log.close();
    const parts = await readLog();
    expect(parts.length).toBeGreaterThan(10);
    expect(parts.flatMap((part) => part.damages)).toEqual([]);
    expect(idsOf(parts.flatMap((part) => part.clicks))).toEqual(idsOf([...clicks, last]));
  });

  it('never writes where no space was kept for it', async () => {
    const log = await openLog({ segmentBytes: 4096 });
    const sizes = await Promise.all((await segmentPaths()).map(sizeOf));
    await appendAll(log, clicksOf(70));
    for (const [path, size] of sizes) expect((await stat(path)).size).toBe(size);
  });

  const sizeOf = async (path: string): Promise<[string, number]> => [path, (await stat(path)).size];

  it('counts what it had to give up', async () => {
    const log = await openLog({
      retryMs: 5,
      maxUnwrittenBytes: 2000,
      writeAt: () => Promise.reject(new Error('ENOSPC')),
    });
    const outcomes = await appendAll(log, clicksOf(100));
    const more = await appendAll(log, clicksOf(100, 100));
    const lost = [...outcomes, ...more].filter((outcome) => outcome === 'lost').length;
    expect(lost).toBeGreaterThan(0);
    expect(log.counters.lost).toBe(lost);
    await log.close();
    expect(log.counters.lost).toBe(200);
    expect(await append(log, click(1))).toBe('lost');
  });

  it('lets a reader go when the disk takes too long, and keeps the click', async () => {
    let release: () => void = () => undefined;
    const log = await openLog({
      maxWaitMs: 30,
      writeAt: async (segment, bytes, position) => {
        await new Promise<void>((resolve) => {
          release = resolve;
        });
        await segment.file.write(bytes, 0, bytes.length, position);
      },
    });
    expect(await append(log, click(1))).toBe('late');
    expect(log.problem).toContain('slow');
    expect(await append(log, click(2))).toBe('late');
    const timer = setInterval(() => release(), 5);
    await expect.poll(() => log.counters.logged, { timeout: 10_000 }).toBe(2);
    expect(log.counters).toMatchObject({ late: 2, lost: 0 });
    expect(log.problem).toBeUndefined();
    await log.close();
    clearInterval(timer);
  });

  it('stops where it has no room', async () => {
    const log = await openLog({ hasRoom: () => false });
    expect(await append(log, click(1))).toBe('lost');
  });

  it('answers at once in memory mode, and writes soon', async () => {
    const log = await openLog({ durability: 'memory', memoryFlushMs: 5 });
    let outcome: ClickLogOutcome | undefined;
    log.append(click(1), { settle: (settled) => (outcome = settled) });
    expect(outcome).toBe('logged');
    await expect
      .poll(async () => (await readLog(false)).flatMap((part) => part.clicks), { timeout: 10_000 })
      .toHaveLength(1);
  });
});

describe('a segment after an accident', () => {
  async function writtenSegment(count: number): Promise<{ path: string; bytes: Buffer; end: number }> {
    const log = await openLog();
    for (let index = 0; index < count; index++) await append(log, click(index));
    const path = (await segmentPaths())[0] as string;
    const { position } = await readSegment(path, false);
    return { path, bytes: await readFile(path), end: position };
  }

  it('whose last record is torn gives all the others, at every place of the tear', async () => {
    const { path, bytes, end } = await writtenSegment(3);
    // The last byte of a click is zero, so that a tear begins to show at the one before.
    for (let cut = 2; cut < 50; cut++) {
      const torn = Buffer.from(bytes);
      torn.fill(0, end - cut);
      await writeFile(path, torn);
      const read = await readSegment(path);
      expect(read.clicks.map((each) => each.visitorHigh)).toEqual([0, 1]);
      expect(read.state).toBe('ended');
      expect(read.damages.map((damage) => damage.reason)).toEqual(['no record can be read in it']);
    }
  });

  it('whose file is cut short ends there', async () => {
    const { path, bytes, end } = await writtenSegment(3);
    await writeFile(path, bytes.subarray(0, end));
    expect(await readSegment(path)).toMatchObject({ clicks: [{}, {}, {}], damages: [], state: 'ended' });
    await writeFile(path, bytes.subarray(0, end - 20));
    expect(await readSegment(path)).toMatchObject({ clicks: [{}, {}], damages: [{}], state: 'ended' });
  });

  it('with a damaged record in the middle gives the others, and names what it set aside', async () => {
    const { path, bytes } = await writtenSegment(20);
    const damaged = Buffer.from(bytes);
    // The last click's frame but nine.
    const { end } = await writtenSegmentEnd(path);
    const from = end - 10 * 50;
    damaged.fill(0xff, from + 20, from + 25);
    await writeFile(path, damaged);
    const read = await readSegment(path);
    const seen = read.clicks.map((each) => each.visitorHigh);
    expect(seen).toEqual(Array.from({ length: 20 }, (_, index) => index).filter((index) => seen.includes(index)));
    expect(seen.length).toBeGreaterThanOrEqual(18);
    expect(read.damages[0]).toMatchObject({
      from: expect.any(Number) as number,
      reason: 'no record can be read in it',
    });
  });

  async function writtenSegmentEnd(path: string): Promise<{ end: number }> {
    return { end: (await readSegment(path, false)).position };
  }

  it('whose texts were damaged sets the clicks aside that need them', async () => {
    const { path, bytes } = await writtenSegment(3);
    const damaged = Buffer.from(bytes);
    // The first frame is the first partner's key.
    damaged[segmentHeaderBytes + 12] = 0xff;
    await writeFile(path, damaged);
    const read = await readSegment(path);
    expect(read.clicks.map((each) => each.visitorHigh)).toEqual([1, 2]);
    expect(read.damages.map((damage) => damage.reason)).toEqual([
      'no record can be read in it',
      'it refers to a text that stood in a damaged part',
    ]);
  });

  it('is never judged while its writer may be at work, unless it looks the same twice', async () => {
    const { path, bytes, end } = await writtenSegment(5);
    const damaged = Buffer.from(bytes);
    damaged.fill(0xee, end - 140, end - 130);
    await writeFile(path, damaged);
    const file = await open(path);
    const reader = new SegmentReader(file);
    const first = await reader.read(100, false);
    expect(first).toMatchObject({ state: 'waiting', damages: [] });
    const second = await reader.read(100, false);
    expect(second.damages).toHaveLength(1);
    expect(first.clicks.length + second.clicks.length).toBe(4);
    await file.close();
  });

  it('with whatever bytes is read to its end without an error', async () => {
    const { path, bytes } = await writtenSegment(40);
    let seed = 1;
    const random = (): number => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31;
    for (let round = 0; round < 30; round++) {
      const damaged = Buffer.from(bytes);
      for (let hit = 0; hit < 20; hit++) {
        const at = segmentHeaderBytes + Math.floor(random() * 5000);
        damaged.fill(Math.floor(random() * 256), at, at + Math.floor(random() * 40));
      }
      await writeFile(path, damaged);
      const read = await readSegment(path);
      expect(read.state).toBe('ended');
      expect(new Set(idsOf(read.clicks)).size).toBe(read.clicks.length);
    }
  });

  it('can be entered at any position that was committed', async () => {
    const { path } = await writtenSegment(30);
    const file = await open(path);
    const whole = await new SegmentReader(file).read(100, true);
    for (const first of [1, 7, 29]) {
      const { position } = await new SegmentReader(file).read(first, true);
      const reader = new SegmentReader(file);
      await reader.skipTo(position);
      expect((await reader.read(100, true)).clicks).toEqual(whole.clicks.slice(first));
    }
    await file.close();
  });

  it('of another format, or of none, says so', async () => {
    const { bytes } = await writtenSegment(1);
    expect(readSegmentHeader(bytes.subarray(0, segmentHeaderBytes)).id).toMatch(/^[0-9a-f-]{36}$/);
    const older = Buffer.from(bytes);
    older.writeUInt16LE(0, 8);
    expect(readSegmentHeader(older).problem).toContain('format 0');
    const other = Buffer.from(bytes);
    other[20] = (other[20] as number) ^ 1;
    expect(readSegmentHeader(other).problem).toContain('header is damaged');
    expect(readSegmentHeader(Buffer.alloc(100)).problem).toContain('no segment');
    expect(readSegmentHeader(Buffer.alloc(10)).problem).toContain('10 bytes');
  });
});
