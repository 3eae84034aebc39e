import { describe, expect, it } from 'vitest';
import { spansOver, type DaySpan } from './day-spans.js';

const dayMs = 86_400_000;
const day = (date: string): number => Date.parse(date) / dayMs;
const dateOf = (number: number): string => new Date(number * dayMs).toISOString().slice(0, 10);
const text = ({ from, to }: DaySpan): string => `${dateOf(from)} ${dateOf(to)}`;

describe('the spans that are over', () => {
  it('are thirds of months first, then months, quarters and years', () => {
    expect(spansOver([day('2024-02-29')], day('2026-01-01')).map(text)).toEqual([
      '2024-02-21 2024-03-01',
      '2024-02-01 2024-03-01',
      '2024-01-01 2024-04-01',
      '2024-01-01 2025-01-01',
    ]);
  });

  it.each([
    ['2025-12-31', ['2025-12-11 2025-12-21']],
    [
      '2026-01-01',
      ['2025-12-11 2025-12-21', '2025-12-01 2026-01-01', '2025-10-01 2026-01-01', '2025-01-01 2026-01-01'],
    ],
  ])('on %s end no later than that day', (today, expected) => {
    expect(spansOver([day('2025-12-15')], day(today)).map(text)).toEqual(expected);
  });

  it('are named once, however many days they have', () => {
    const days = Array.from({ length: 365 }, (_, index) => day('2025-01-01') + index);
    expect(spansOver(days, day('2026-01-01'))).toHaveLength(36 + 12 + 4 + 1);
  });

  it('are made up by their parts without a gap', () => {
    for (const { from, to, parts } of spansOver([day('2024-02-10'), day('2025-12-31')], day('2026-01-01'))) {
      if (parts.length === 0) continue;
      expect([parts[0]?.from, parts.at(-1)?.to]).toEqual([from, to]);
      for (const [index, part] of parts.entries()) if (index > 0) expect(part.from).toBe(parts[index - 1]?.to);
    }
  });
});
