const MINUTE_MS = 60_000;
const FIRST_RETRY_MS = 5 * MINUTE_MS;
const MOST_RETRY_MS = 24 * 60 * MINUTE_MS;

export interface RunState {
  /** In a row, the last one included. */
  readonly failures: number;
  readonly everyMinutes: number;
  readonly at: Date;
  /** From 0 up to but not including 1. */
  readonly random: number;
}

/**
 * When a feed is read next: after its interval; after a failure 5, 10, 20 ... minutes later, at most a day, and never sooner than
 * it would have been. A quarter more or less, so that feeds do not all come at once.
 */
export function nextRun({ failures, everyMinutes, at, random }: RunState): Date {
  const retryMs = failures === 0 ? 0 : Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), MOST_RETRY_MS);
  const ms = Math.max(retryMs, everyMinutes * MINUTE_MS);
  return new Date(at.getTime() + Math.round(ms * (0.75 + random / 2)));
}
