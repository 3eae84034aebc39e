import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { clickIdText } from './click-id.js';
import type { ClickSource, SourceBatch, SourcePart } from './click-source.js';
import { decidePace, type DrainPaceOptions } from './drain-pace.js';
import type { LoggedClick } from './logged-click.js';

/** What the drain brings its batches to. */
export interface BatchTarget {
  apply(parts: readonly SourcePart[]): Promise<{
    readonly clicks: number;
    readonly counted: number;
    readonly filtered: ReadonlyMap<string, number>;
    readonly isComplete: boolean;
  }>;
}

export interface ClickDrainOptions {
  readonly source: ClickSource;
  readonly target: BatchTarget;
  /** Where clicks go that the database refuses, each with its reason. */
  readonly setAsideFolder: string;
  /** How many clicks the redirecting processes log in a second at the moment. */
  readonly clicksPerSecond?: () => number;
  readonly pace?: DrainPaceOptions;
  /** Default 50,000. */
  readonly maxBatch?: number;
  readonly onProblem?: (sentence: string, error: unknown) => void;
  readonly isPoison?: (error: unknown) => boolean;
  readonly now?: () => number;
}

export interface DrainState {
  /** Since the process started. */
  counted: number;
  filtered: Record<string, number>;
  setAside: number;
  batches: number;
  /** How much waits. */
  lagClicks: number;
  lagMs: number;
  /** Undefined while all is well. */
  problem: string | undefined;
}

const longestBackoffMs = 5000;
/** A batch that the database is just committing may end. */
const abortMs = 1000;

/** Brings clicks from the log to the database, for as long as it runs. It never loses one and never gives up. */
export class ClickDrain {
  readonly state: DrainState = {
    counted: 0,
    filtered: {},
    setAside: 0,
    batches: 0,
    lagClicks: 0,
    lagMs: 0,
    problem: undefined,
  };
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;
  private isFinishing = false;
  private lastBatch: number | undefined;
  private batchSize: number;
  private failures = 0;
  /** Time of the newest click that is in the database, or when nothing waited. */
  private reachedMs: number;
  private readonly now: () => number;
  private readonly refused: Refused[] = [];

  constructor(private readonly options: ClickDrainOptions) {
    this.now = options.now ?? Date.now;
    this.batchSize = options.maxBatch ?? 50_000;
    this.reachedMs = this.now();
  }

  start(): void {
    this.running ??= this.run();
  }

  /** Drains what waits, for at most `maxMs`, and stops. What is under way then is left to itself: the log still has it. */
  async stop(maxMs: number): Promise<void> {
    this.isFinishing = true;
    const timeUp = delay(maxMs, undefined, { ref: false });
    await Promise.race([this.running, timeUp]);
    this.stopping.abort();
    await Promise.race([this.running, delay(abortMs, undefined, { ref: false })]);
  }

  /** One batch. @returns how many clicks it brought. */
  private async drainOnce(): Promise<number> {
    const batch = await this.options.source.read(this.batchSize);
    if (batch === undefined) {
      this.reachedMs = this.now();
      return 0;
    }
    const applied = await this.options.target.apply(batch.parts.map(withoutImpossible(this.refused)));
    await this.setRefusedAside();
    if (applied.isComplete || batch.parts.every((part) => part.isMessage)) await this.options.source.acknowledge(batch);
    else await this.options.source.rewind();
    this.note(batch, applied);
    return batch.parts.reduce((sum, part) => sum + part.clicks.length, 0);
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        const pace = decidePace(this.situation(), this.options.pace);
        if (pace.kind === 'rest') await this.rest(pace.ms);
        else {
          this.lastBatch = await this.drainOnce();
          this.recover();
          if (this.lastBatch === 0 && this.isFinishing) return;
        }
      } catch (error) {
        await this.takeFailure(error);
      }
      await this.look();
    }
  }

  private situation() {
    return {
      clicksPerSecond: this.options.clicksPerSecond?.() ?? 0,
      lagMs: this.now() - this.reachedMs,
      lastBatch: this.lastBatch,
      isFinishing: this.isFinishing,
    };
  }

  private async rest(ms: number): Promise<void> {
    this.lastBatch = undefined;
    await this.sleep(ms);
  }

  private async look(): Promise<void> {
    const { clicks } = await this.options.source.backlog().catch(() => ({ clicks: this.state.lagClicks }));
    if (clicks === 0 && this.state.problem === undefined) this.reachedMs = this.now();
    this.state.lagClicks = clicks;
    this.state.lagMs = clicks === 0 ? 0 : Math.max(0, this.now() - this.reachedMs);
  }

  private note(batch: SourceBatch, applied: Awaited<ReturnType<BatchTarget['apply']>>): void {
    this.state.batches++;
    this.state.counted += applied.counted;
    for (const [reason, requests] of applied.filtered) {
      this.state.filtered[reason] = (this.state.filtered[reason] ?? 0) + requests;
    }
    const lastMs = batch.parts.flatMap(({ clicks }) => clicks.at(-1)?.id.timeMs ?? []);
    if (lastMs.length > 0) this.reachedMs = Math.min(...lastMs, this.now());
  }

  private recover(): void {
    this.failures = 0;
    this.state.problem = undefined;
    this.batchSize = Math.min(this.options.maxBatch ?? 50_000, this.batchSize * 2);
  }

  private async takeFailure(cause: unknown): Promise<void> {
    const sentence = `Clicks wait in the log: ${cause instanceof Error ? cause.message : String(cause)}`;
    if (this.state.problem === undefined) this.options.onProblem?.(sentence, cause);
    this.state.problem = sentence;
    this.failures++;
    this.refused.length = 0;
    await this.options.source.rewind().catch(() => undefined);
    if (this.options.isPoison?.(cause) === true) await this.isolate(cause);
    else await this.sleep(Math.min(longestBackoffMs, 100 * 2 ** Math.min(this.failures, 10)));
  }

  /** The database takes the batch's neighbours but not the batch: halve until one click is left, and set that one aside. */
  private async isolate(cause: unknown): Promise<void> {
    if (this.batchSize > 1) {
      this.batchSize = Math.max(1, Math.floor(this.batchSize / 4));
      return;
    }
    const batch = await this.options.source.read(1);
    if (batch === undefined) return;
    const reason = cause instanceof Error ? cause.message : String(cause);
    for (const { clicks } of batch.parts) for (const click of clicks) this.refused.push({ click, reason });
    await this.options.target.apply(batch.parts.map((part) => ({ ...part, clicks: [] })));
    await this.setRefusedAside();
    await this.options.source.acknowledge(batch);
  }

  private async setRefusedAside(): Promise<void> {
    if (this.refused.length === 0) return;
    await mkdir(this.options.setAsideFolder, { recursive: true, mode: 0o700 });
    for (const { click, reason } of this.refused.splice(0)) {
      const id = clickIdText(click.id);
      const path = join(this.options.setAsideFolder, `click-${id}.json`);
      await writeFile(path, `${JSON.stringify({ reason, ...click, id })}\n`, { mode: 0o600 });
      this.state.setAside++;
      this.options.onProblem?.(`A click was set aside as ${path}: ${reason}`, undefined);
    }
  }

  private sleep(ms: number): Promise<void> {
    return delay(ms, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }
}

interface Refused {
  readonly click: LoggedClick;
  readonly reason: string;
}

/** Years that a clock may show; what Postgres cannot store must not hold up the clicks behind it. */
const earliestMs = Date.UTC(1970, 0, 1);
const latestMs = Date.UTC(2200, 0, 1);

const withoutImpossible =
  (refused: Refused[]) =>
  (part: SourcePart): SourcePart => {
    if (part.clicks.every((click) => problemOf(click) === undefined)) return part;
    const clicks = part.clicks.filter((click) => {
      const reason = problemOf(click);
      if (reason !== undefined) refused.push({ click, reason });
      return reason === undefined;
    });
    return { ...part, clicks };
  };

function problemOf(click: LoggedClick): string | undefined {
  if (click.id.timeMs < earliestMs || click.id.timeMs >= latestMs)
    return 'Its time is in no year that a clock may show.';
  const { partnerKey, placementId, targetKey, referrerHost, country } = click;
  const hasZero =
    partnerKey.includes('\0') ||
    placementId.includes('\0') ||
    targetKey.includes('\0') ||
    referrerHost.includes('\0') ||
    country.includes('\0');
  return hasZero ? 'One of its texts holds a zero byte.' : undefined;
}
