import { LRUCache } from 'lru-cache';

/** More callers than these at once push out those that were seen the longest ago. */
const MOST_KEYS = 100_000;

/**
 * Lets every caller have so many requests a minute, evenly, and as many at once after a pause (GCRA: per caller one
 * number, the time at which their allowance is whole again).
 */
export class RateLimiter {
  private readonly wholeAtMs = new LRUCache<string, number>({ max: MOST_KEYS });
  private readonly intervalMs: number;

  constructor(perMinute: number) {
    this.intervalMs = 60_000 / perMinute;
  }

  /** @returns 0, or after how many seconds to ask again. */
  take(key: string, nowMs: number): number {
    const wholeAtMs = Math.max(this.wholeAtMs.get(key) ?? 0, nowMs) + this.intervalMs;
    const waitMs = wholeAtMs - 60_000 - nowMs;
    if (waitMs > 0) return Math.ceil(waitMs / 1000);
    this.wholeAtMs.set(key, wholeAtMs);
    return 0;
  }
}
