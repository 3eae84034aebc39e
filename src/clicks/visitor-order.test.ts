import { describe, expect, it } from 'vitest';
import { createClickId } from './click-id.js';
import { sortByVisitor } from './visitor-order.js';

describe('sortByVisitor', () => {
  it('orders as Postgres orders numbers of 64 bits, and the clicks of one visitor by time', () => {
    const click = (visitorHigh: number, visitorLow: number, timeMs = 0) => ({
      id: createClickId(timeMs),
      visitorHigh,
      visitorLow,
    });
    const clicks = [click(7, 0xffff_ffff), click(0x8000_0000, 1), click(7, 3, 20), click(0, 0), click(7, 3, 10)];
    clicks.push(click(0xffff_ffff, 2), click(0x7fff_ffff, 0));
    expect(sortByVisitor(clicks)).toEqual([1, 5, 3, 4, 2, 0, 6].map((place) => clicks[place]));
  });

  it('loses none of many', () => {
    const clicks = Array.from({ length: 5000 }, (_, index) => ({
      id: createClickId(index),
      visitorHigh: Math.imul(index % 700, 2_654_435_761) >>> 0,
      visitorLow: index % 3,
    }));
    const sorted = sortByVisitor(clicks);
    expect(new Set(sorted)).toEqual(new Set(clicks));
    const numbers = sorted.map(({ visitorHigh, visitorLow }) => (visitorHigh | 0) * 4 + visitorLow);
    expect(numbers).toEqual(numbers.toSorted((one, other) => one - other));
  });
});
