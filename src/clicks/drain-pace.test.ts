import { describe, expect, it } from 'vitest';
import { decidePace, type DrainSituation } from './drain-pace.js';

const calm: DrainSituation = { clicksPerSecond: 20, lagMs: 500, lastBatch: undefined, isFinishing: false };
const drain = { kind: 'drain' };
const rest = { kind: 'rest', ms: 200 };

describe('the drain', () => {
  it.each<[string, Partial<DrainSituation>, object]>([
    ['drains at once where clicks come slowly', {}, drain],
    ['gathers for a moment after a small batch', { lastBatch: 10 }, rest],
    ['gathers for a moment when nothing waited', { lastBatch: 0 }, rest],
    ['goes straight on after a large batch', { lastBatch: 50_000 }, drain],
    ['steps aside while clicks come fast and the log is young', { clicksPerSecond: 20_000, lagMs: 59_999 }, rest],
    ['steps aside also between large batches', { clicksPerSecond: 20_000, lastBatch: 50_000 }, rest],
    ['keeps pace once the log has grown old', { clicksPerSecond: 20_000, lagMs: 60_000, lastBatch: 50_000 }, drain],
    ['catches up as soon as the burst is over', { clicksPerSecond: 2999, lagMs: 30_000, lastBatch: 50_000 }, drain],
    ['rests for nobody who waits for it', { clicksPerSecond: 20_000, lastBatch: 1, isFinishing: true }, drain],
  ])('%s', (_name, change, pace) => {
    expect(decidePace({ ...calm, ...change })).toEqual(pace);
  });

  it('takes its limits from whoever runs it', () => {
    const busy = { ...calm, clicksPerSecond: 50, lagMs: 10 };
    expect(decidePace(busy, { busyClicksPerSecond: 50, restMs: 7 })).toEqual({ kind: 'rest', ms: 7 });
    expect(decidePace(busy, { busyClicksPerSecond: 50, maxYieldMs: 0 })).toEqual(drain);
  });
});
