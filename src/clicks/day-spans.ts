import { dayMs } from './daily-salts.js';

/** Whole UTC days in a row, numbered from 1970-01-01. */
export interface DaySpan {
  readonly from: number;
  /** First day after it. */
  readonly to: number;
}

interface SpanLevel {
  /** The span of this level that contains a day. */
  readonly around: (day: number) => DaySpan;
  /** The level whose spans make up one of this; none: its days do. */
  readonly parts: SpanLevel | undefined;
}

/** Days 1 to 10, 11 to 20 and the rest of a month: a period that begins anywhere touches at most nine single days at each end. */
const thirds: SpanLevel = {
  parts: undefined,
  around(day) {
    const { year, month, dayOfMonth } = partsOfDate(day);
    const index = Math.min(2, Math.floor((dayOfMonth - 1) / 10));
    const to = index === 2 ? dayOf(year, month + 1, 1) : dayOf(year, month, index * 10 + 11);
    return { from: dayOf(year, month, index * 10 + 1), to };
  },
};
const months: SpanLevel = { parts: thirds, around: (day) => monthsAround(day, 1) };
const quarters: SpanLevel = { parts: months, around: (day) => monthsAround(day, 3) };
const years: SpanLevel = { parts: quarters, around: (day) => monthsAround(day, 12) };

/** The shorter first, since the longer are made of them. */
const levels = [thirds, months, quarters, years];

export interface SpanToClose extends DaySpan {
  /** Spans that make it up; empty: its days do. */
  readonly parts: readonly DaySpan[];
}

/**
 * Every third of a month, month, quarter and year that contains one of the days and is over.
 * @param today the first day that is not over.
 */
export function spansOver(days: Iterable<number>, today: number): SpanToClose[] {
  const known = [...days];
  return levels.flatMap((level) => {
    const spans = new Map(known.map((day) => level.around(day)).map((span) => [span.from, span]));
    return [...spans.values()]
      .filter(({ to }) => to <= today)
      .map((span) => ({ ...span, parts: level.parts === undefined ? [] : spansWithin(span, level.parts) }));
  });
}

function spansWithin({ from, to }: DaySpan, level: SpanLevel): DaySpan[] {
  const spans: DaySpan[] = [];
  for (let day = from; day < to; day = level.around(day).to) spans.push(level.around(day));
  return spans;
}

function monthsAround(day: number, count: number): DaySpan {
  const { year, month } = partsOfDate(day);
  const first = month - (month % count);
  return { from: dayOf(year, first, 1), to: dayOf(year, first + count, 1) };
}

function partsOfDate(day: number): { year: number; month: number; dayOfMonth: number } {
  const date = new Date(day * dayMs);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth(), dayOfMonth: date.getUTCDate() };
}

const dayOf = (year: number, month: number, dayOfMonth: number): number => Date.UTC(year, month, dayOfMonth) / dayMs;
