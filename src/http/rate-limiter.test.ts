import { describe, expect, it } from 'vitest';
import { RateLimiter } from './rate-limiter.js';

describe('a rate limiter', () => {
  it('admits a minute of requests at once, then one at a time', () => {
    const limiter = new RateLimiter(60);
    const admitted = Array.from({ length: 60 }, () => limiter.take('a', 1_000_000));
    expect(new Set(admitted)).toEqual(new Set([0]));
    expect(limiter.take('a', 1_000_000)).toBe(1);
    expect(limiter.take('a', 1_000_999)).toBe(1);
    expect(limiter.take('a', 1_001_000)).toBe(0);
    expect(limiter.take('a', 1_001_000)).toBe(1);
  });

  it('counts each caller apart', () => {
    const limiter = new RateLimiter(1);
    expect(limiter.take('a', 0)).toBe(0);
    expect(limiter.take('a', 0)).toBe(60);
    expect(limiter.take('b', 0)).toBe(0);
  });

  it('does not count what it refuses', () => {
    const limiter = new RateLimiter(1);
    limiter.take('a', 0);
    for (let asked = 0; asked < 1000; asked += 1) expect(limiter.take('a', 0)).toBe(60);
    expect(limiter.take('a', 60_000)).toBe(0);
  });

  it('keeps a bounded number of callers', () => {
    const limiter = new RateLimiter(1);
    limiter.take('first', 0);
    for (let other = 0; other < 100_000; other += 1) limiter.take(`other ${other}`, 0);
    expect(limiter.take('first', 0)).toBe(0);
    expect(limiter.take('other 99999', 0)).toBe(60);
  });
});
