import { compareClickIds, type ClickId } from './click-id.js';

interface VisitorsClick {
  readonly id: ClickId;
  readonly visitorHigh: number;
  readonly visitorLow: number;
}

/** A click's place in its batch is written behind 32 bits of the visitor: 53 bits are what a double holds exactly. */
const placesPerBatch = 2 ** 21;

/**
 * Clicks in the order that Postgres gives to visitors (signed numbers of 64 bits), and those of one visitor by id. An array of doubles is sorted five times as fast
 * as objects are by a function; only clicks that agree in the first half of their visitors are compared.
 */
export function sortByVisitor<Click extends VisitorsClick>(clicks: readonly Click[]): Click[] {
  if (clicks.length > placesPerBatch) return clicks.toSorted(compareVisitors);
  const keys = Float64Array.from(clicks, (click, place) => (click.visitorHigh | 0) * placesPerBatch + place).sort();
  const sorted = Array.from(keys, (key) => clicks[key & (placesPerBatch - 1)] as Click);
  sortTies(sorted);
  return sorted;
}

function sortTies(sorted: VisitorsClick[]): void {
  let start = 0;
  for (let end = 1; end <= sorted.length; end++) {
    if (end < sorted.length && sorted[end]?.visitorHigh === sorted[start]?.visitorHigh) continue;
    if (end - start > 1) {
      const ties = sorted.slice(start, end).sort(compareVisitors);
      for (const [index, click] of ties.entries()) sorted[start + index] = click;
    }
    start = end;
  }
}

const compareVisitors = (one: VisitorsClick, other: VisitorsClick): number =>
  (one.visitorHigh | 0) - (other.visitorHigh | 0) ||
  one.visitorLow - other.visitorLow ||
  compareClickIds(one.id, other.id);
