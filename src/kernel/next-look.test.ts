import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { NextLook } from './next-look.js';

beforeEach(() => void vi.useFakeTimers());

afterEach(() => void vi.useRealTimers());

describe('the next look', () => {
  it('is the soonest that was asked for, and the only one', async () => {
    const look = vi.fn<() => Promise<void>>(() => Promise.resolve());
    const next = new NextLook(look);
    next.after(1000);
    next.after(25);
    await vi.advanceTimersByTimeAsync(20);
    next.after(25);
    await vi.advanceTimersByTimeAsync(4);
    expect(look).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(2000);
    expect(look).toHaveBeenCalledTimes(1);
  });

  it('waits for the one before, and may be asked for by it', async () => {
    const looks: (() => void)[] = [];
    const next: NextLook = new NextLook(() => {
      next.after(10);
      return new Promise((resolve) => looks.push(resolve));
    });
    next.after(10);
    await vi.advanceTimersByTimeAsync(100);
    expect(looks).toHaveLength(1);
    looks[0]?.();
    await vi.advanceTimersByTimeAsync(1);
    expect(looks).toHaveLength(2);
  });

  it('does not come after the end, which waits for the last one', async () => {
    let isOver = false;
    const next = new NextLook(async () => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      isOver = true;
    });
    next.after(0);
    await vi.advanceTimersByTimeAsync(1);
    const stopped = next.stop();
    next.after(0);
    await vi.advanceTimersByTimeAsync(100);
    await stopped;
    expect([isOver, vi.getTimerCount()]).toEqual([true, 0]);
  });
});
