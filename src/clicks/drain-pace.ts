/** What the drain knows when it decides how to go on. */
export interface DrainSituation {
  /** How many clicks the redirecting processes log in a second at the moment. */
  readonly clicksPerSecond: number;
  /** Age of the oldest click that waits, as far as it is known. */
  readonly lagMs: number;
  /** What the last batch brought; 0 when nothing waited. Undefined: the drain has rested since, or has just begun. */
  readonly lastBatch: number | undefined;
  /** Somebody wants to stop and waits for the drain. */
  readonly isFinishing: boolean;
}

export interface DrainPaceOptions {
  /** While redirects need the processor, clicks wait this long. Default 60,000. */
  readonly maxYieldMs?: number;
  /** From this rate on redirects need the processor. Default 3,000. */
  readonly busyClicksPerSecond?: number;
  /** How long it rests. Default 200. */
  readonly restMs?: number;
}

/** `rest`: look again after so long. `drain`: the next batch, now. */
export type DrainPace = { readonly kind: 'rest'; readonly ms: number } | { readonly kind: 'drain' };

/** A smaller batch than this costs a transaction more than its clicks. */
const worthwhileBatch = 5000;

/**
 * Redirects come first, reports second. Where clicks come fast, the drain steps aside as long as the log is young, so that a burst is answered with the whole
 * machine and stored after it. A log that is older is drained in large batches, beside the redirects, until it is young enough again: so under lasting
 * load its age stays where the drain begins. Where clicks come slowly, it gathers for a moment, since every batch is a transaction.
 */
export function decidePace(situation: DrainSituation, options: DrainPaceOptions = {}): DrainPace {
  const { maxYieldMs = 60_000, busyClicksPerSecond = 3000, restMs = 200 } = options;
  if (situation.isFinishing) return { kind: 'drain' };
  const isBusy = situation.clicksPerSecond >= busyClicksPerSecond;
  if (isBusy && situation.lagMs < maxYieldMs) return { kind: 'rest', ms: restMs };
  const hasGathered = situation.lastBatch === undefined || situation.lastBatch >= worthwhileBatch;
  return hasGathered ? { kind: 'drain' } : { kind: 'rest', ms: restMs };
}
