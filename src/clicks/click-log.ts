import type { LoggedClick } from './logged-click.js';

/**
 * Takes clicks so that a crash cannot lose them, before the reader gets the redirect.
 * Adapters: the local log (a file in the data directory) and NATS JetStream.
 */
export interface ClickLog {
  /** Calls `receipt.settle` once, also when the click could not be kept: a redirect never fails because of its click. */
  append(click: LoggedClick, receipt: ClickReceipt): void;
  readonly counters: ClickLogCounters;
  /** Undefined while the log takes clicks; else a sentence for readiness. */
  readonly problem: string | undefined;
  /** Writes what is pending and closes. Every receipt is settled when the promise fulfils. */
  close(): Promise<void>;
}

export interface ClickReceipt {
  settle(outcome: ClickLogOutcome): void;
}

/** `late`: not confirmed within the bound, may yet be kept. `lost`: the log could not take it. */
export type ClickLogOutcome = 'logged' | 'late' | 'lost';

/** Since the process started. */
export interface ClickLogCounters {
  logged: number;
  late: number;
  lost: number;
  bytes: number;
  groups: number;
}

export const noClicksCounted = (): ClickLogCounters => ({ logged: 0, late: 0, lost: 0, bytes: 0, groups: 0 });
