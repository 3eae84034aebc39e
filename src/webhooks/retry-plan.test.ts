import { describe, expect, it } from 'vitest';
import { nextAttempt, nextRound, readRetryAfter } from './retry-plan.js';

const start = new Date('2026-01-01T00:00:00Z');
const after = (seconds: number): Date => new Date(start.getTime() + seconds * 1000);
const hours = 3600;

describe('the next attempt', () => {
  it.each([
    ['the first failure', 1, 0, 5],
    ['the second', 2, 5, 10],
    ['the third', 3, 15, 20],
    ['the eighth', 8, 700, 640],
    ['many', 20, 10 * hours, 4 * hours],
  ])('after %s comes later and later', (_name, attempts, seconds, delay) => {
    const next = nextAttempt({ attempts, firstAttemptAt: start, at: after(seconds), random: 0.5 });
    expect(next).toEqual(after(seconds + delay));
  });

  it('is spread by a quarter to both sides', () => {
    const failure = { attempts: 1, firstAttemptAt: start, at: start };
    expect(nextAttempt({ ...failure, random: 0 })).toEqual(after(3.75));
    expect(nextAttempt({ ...failure, random: 1 })).toEqual(after(6.25));
  });

  it('is no later than 24 hours after the first, and none follows that', () => {
    const failure = { attempts: 18, firstAttemptAt: start, random: 0.5 };
    expect(nextAttempt({ ...failure, at: after(23 * hours) })).toEqual(after(24 * hours));
    expect(nextAttempt({ ...failure, at: after(24 * hours) })).toBeUndefined();
  });

  it('waits as long as the receiver asks, within reason', () => {
    const failure = { attempts: 1, firstAttemptAt: start, at: start, random: 0.5 };
    expect(nextAttempt({ ...failure, retryAfterMs: 90_000 })).toEqual(after(90));
    expect(nextAttempt({ ...failure, retryAfterMs: 1000 })).toEqual(after(5));
    expect(nextAttempt({ ...failure, retryAfterMs: 9 ** 15 })).toEqual(after(4 * hours));
  });

  it('of a webhook that fails comes within a minute or so', () => {
    expect(nextRound(1, start, 0.5)).toEqual(after(5));
    expect(nextRound(50, start, 0.5)).toEqual(after(60));
  });
});

describe('Retry-After', () => {
  it.each([
    ['120', 120_000],
    ['Thu, 01 Jan 2026 00:01:00 GMT', 60_000],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['soon', undefined],
    [undefined, undefined],
  ])('%s is read as %s ms', (header, ms) => {
    expect(readRetryAfter(header, start)).toBe(ms);
  });
});
