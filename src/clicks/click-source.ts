import type { LoggedClick } from './logged-click.js';

/** Where a drain gets clicks from that a log has acknowledged: the segments of the local log, or a broker's stream. */
export interface ClickSource {
  /** What comes next, up to about `maxClicks`; undefined when nothing waits. Not given again before `rewind`. */
  read(maxClicks: number): Promise<SourceBatch | undefined>;
  /** The database has these parts, or had them before. What is behind them may be deleted. */
  acknowledge(batch: SourceBatch): Promise<void>;
  /** The database has not taken the last batch, or not all of it: the next read begins where the database says. */
  rewind(): Promise<void>;
  /** How much waits, as far as it can be known cheaply. */
  backlog(): Promise<Backlog>;
  close(): Promise<void>;
}

export interface SourceBatch {
  readonly parts: readonly SourcePart[];
}

/** Clicks between two positions of one source. Empty where only damage was passed. */
export interface SourcePart {
  readonly source: string;
  readonly from: number;
  readonly to: number;
  /** A message is delivered once more when its acknowledgement is lost; a segment has a position that only grows. */
  readonly isMessage: boolean;
  readonly clicks: readonly LoggedClick[];
}

export interface Backlog {
  readonly clicks: number;
  /** Age of the oldest waiting click; 0 when none waits. */
  readonly ageMs: number;
}
