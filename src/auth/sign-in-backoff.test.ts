import { describe, expect, it } from 'vitest';
import { AddressFailures, waitSecondsAfter } from './sign-in-backoff.js';

describe('after wrong passwords', () => {
  it.each([
    [0, 0],
    [2, 0],
    [3, 1],
    [5, 4],
    [8, 32],
    [9, 60],
    [1000, 60],
  ])('%i in a row, one waits %i seconds', (failures, seconds) => {
    expect(waitSecondsAfter(failures)).toBe(seconds);
  });

  it('an address waits, and no other', () => {
    const failures = new AddressFailures();
    for (let count = 0; count < 5; count += 1) failures.note('a', 0);
    expect(failures.waitSeconds('a', 0)).toBe(4);
    expect(failures.waitSeconds('a', 3999)).toBe(1);
    expect(failures.waitSeconds('a', 4000)).toBe(0);
    expect(failures.waitSeconds('b', 0)).toBe(0);
  });

  it('all is forgotten after an hour, or by signing in', () => {
    const failures = new AddressFailures();
    for (let count = 0; count < 9; count += 1) failures.note('a', 0);
    expect(failures.countOf('a', 3_600_001)).toBe(0);
    expect(failures.countOf('a', 1)).toBe(9);
    failures.forget('a');
    expect(failures.countOf('a', 1)).toBe(0);
  });
});
