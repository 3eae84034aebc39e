/** How long a message is tried before its webhook is given up. */
export const LONGEST_TRYING_MS = 24 * 3_600_000;
const FIRST_DELAY_MS = 5000;
const MOST_DELAY_MS = 4 * 3_600_000;
/** A webhook that fails is asked again at least this often, with one message. */
const MOST_PAUSE_MS = 60_000;

export interface Failure {
  /** Attempts made so far, this one included. */
  readonly attempts: number;
  readonly firstAttemptAt: Date;
  readonly at: Date;
  /** From 0 up to but not including 1. */
  readonly random: number;
  /** What the receiver asked for. */
  readonly retryAfterMs?: number | undefined;
}

/**
 * When a message is tried next: after 5 s, 10 s, 20 s ... at most 4 h, each 25 % more or less, so that those who failed together
 * do not come back together. The last attempt is 24 h after the first.
 * @returns undefined when that was the last.
 */
export function nextAttempt({ attempts, firstAttemptAt, at, random, retryAfterMs = 0 }: Failure): Date | undefined {
  const lastMs = firstAttemptAt.getTime() + LONGEST_TRYING_MS;
  if (at.getTime() >= lastMs) return undefined;
  const delayMs = jittered(backoff(attempts, MOST_DELAY_MS), random);
  return new Date(Math.min(at.getTime() + Math.max(delayMs, Math.min(retryAfterMs, MOST_DELAY_MS)), lastMs));
}

/** When a webhook of which nothing got through `failures` times in a row is tried next. */
export function nextRound(failures: number, at: Date, random: number): Date {
  return new Date(at.getTime() + jittered(backoff(failures, MOST_PAUSE_MS), random));
}

/**
 * Retry-After (RFC 9110, 10.2.3): seconds, or a date.
 * @returns undefined where it is neither.
 */
export function readRetryAfter(header: string | undefined, at: Date): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - at.getTime());
}

function backoff(count: number, most: number): number {
  return Math.min(FIRST_DELAY_MS * 2 ** (count - 1), most);
}

function jittered(ms: number, random: number): number {
  return Math.round(ms * (0.75 + random / 2));
}
