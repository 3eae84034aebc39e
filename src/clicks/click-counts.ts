import type { DropReason } from './click-steps.js';
import { dayMs } from './daily-salts.js';
import type { Device } from './user-agent.js';

/** What is counted of a click. Empty where the click has none. */
export interface CountedFacts {
  readonly atMs: number;
  readonly partnerKey: string;
  readonly placementId: string;
  readonly articleId: string;
  readonly targetKey: string;
  readonly country: string;
  readonly device: Device;
  readonly referrerHost: string;
  /** It has no row of its own: its reader does not want to be followed. */
  readonly isPrivate: boolean;
}

export interface HourlyCount {
  readonly hourMs: number;
  readonly partnerKey: string;
  readonly placementId: string;
  readonly articleId: string;
  readonly targetKey: string;
  clicks: number;
  /** Those among the clicks that have no row of their own. */
  privateClicks: number;
}

export interface FilteredCount {
  readonly hourMs: number;
  readonly partnerKey: string;
  readonly reason: DropReason;
  requests: number;
}

export type DailyKind = 'all' | 'partner' | 'article' | 'placement' | 'target';

export interface DailyCount {
  /** Days since 1970-01-01, UTC. */
  readonly day: number;
  readonly kind: DailyKind;
  readonly key: string;
  clicks: number;
  visitors: number;
  filtered: number;
}

/** A reason counts requests that were filtered; the others count clicks. */
export type Dimension = 'country' | 'device' | 'referrer' | 'reason';

const dimensionNames = ['country', 'device', 'referrer', 'reason'] as const satisfies readonly Dimension[];

export interface DimensionCount {
  readonly day: number;
  readonly partnerKey: string;
  readonly dimension: Dimension;
  readonly value: string;
  clicks: number;
}

const hourMs = 3_600_000;

export const dayOf = (timeMs: number): number => Math.floor(timeMs / dayMs);

/**
 * Adds up one batch. Maps stand inside maps, since joining strings to keys would cost more than all the counting: this runs for every click
 * while redirects want the same processor.
 */
export class ClickCounts {
  private readonly hours = new Map<number, HourCounts>();
  private readonly days = new Map<number, DayCounts>();
  private hour = new HourCounts(Number.NaN);
  private day = new DayCounts(Number.NaN);

  /** @param step 1 for a click, -1 for one that was counted and should not have been. */
  addClick(click: CountedFacts, step: 1 | -1 = 1): void {
    this.enter(click.atMs);
    const count = this.hour.clicksOf(click);
    count.clicks += step;
    if (click.isPrivate) count.privateClicks += step;
    this.day.addClick(click, step);
  }

  addFiltered(
    click: Omit<CountedFacts, 'country' | 'device' | 'referrerHost' | 'isPrivate'>,
    reason: DropReason,
  ): void {
    this.enter(click.atMs);
    this.hour.addFiltered(click.partnerKey, reason);
    this.day.addFiltered(click, reason);
  }

  addVisitor(day: number, kind: DailyKind, key: string): void {
    this.dayCounts(day).count(kind, key).visitors++;
  }

  get hourly(): HourlyCount[] {
    return [...this.hours.values()].flatMap((hour) => hour.clicks());
  }

  get filtered(): FilteredCount[] {
    return [...this.hours.values()].flatMap((hour) => hour.filtered());
  }

  get daily(): DailyCount[] {
    return [...this.days.values()].flatMap((day) => day.counts());
  }

  get dimensions(): DimensionCount[] {
    return [...this.days.values()].flatMap((day) => day.dimensions());
  }

  private enter(atMs: number): void {
    const start = atMs - (atMs % hourMs);
    if (this.hour.hourMs === start) return;
    this.hour = this.hours.get(start) ?? new HourCounts(start);
    this.hours.set(start, this.hour);
    this.day = this.dayCounts(dayOf(start));
  }

  private dayCounts(number: number): DayCounts {
    const known = this.days.get(number);
    if (known !== undefined) return known;
    const day = new DayCounts(number);
    this.days.set(number, day);
    return day;
  }
}

class HourCounts {
  private readonly byPartner = new Map<string, Map<string, HourlyCount[]>>();
  private readonly reasons = new Map<string, Map<DropReason, number>>();

  constructor(readonly hourMs: number) {}

  clicksOf(click: CountedFacts): HourlyCount {
    const byPlacement = entry(this.byPartner, click.partnerKey, newMap<HourlyCount[]>);
    const counts = entry(byPlacement, click.placementId, () => []);
    let count = counts.find(({ targetKey }) => targetKey === click.targetKey);
    if (count === undefined) {
      const { partnerKey, placementId, articleId, targetKey } = click;
      count = { hourMs: this.hourMs, partnerKey, placementId, articleId, targetKey, clicks: 0, privateClicks: 0 };
      counts.push(count);
    }
    return count;
  }

  addFiltered(partnerKey: string, reason: DropReason): void {
    const reasons = entry(this.reasons, partnerKey, newMap<number, DropReason>);
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }

  clicks(): HourlyCount[] {
    return [...this.byPartner.values()].flatMap((byPlacement) => [...byPlacement.values()].flat());
  }

  filtered(): FilteredCount[] {
    return [...this.reasons].flatMap(([partnerKey, reasons]) =>
      [...reasons].map(([reason, requests]) => ({ hourMs: this.hourMs, partnerKey, reason, requests })),
    );
  }
}

type CountedKeys = Pick<CountedFacts, 'partnerKey' | 'placementId' | 'articleId' | 'targetKey'>;

class DayCounts {
  private readonly byKind = {
    all: new Map<string, DailyCount>(),
    partner: new Map<string, DailyCount>(),
    article: new Map<string, DailyCount>(),
    placement: new Map<string, DailyCount>(),
    target: new Map<string, DailyCount>(),
  } satisfies Record<DailyKind, Map<string, DailyCount>>;
  private readonly byPartner = new Map<string, Record<Dimension, Map<string, number>>>();

  constructor(readonly day: number) {}

  addClick(click: CountedFacts, step: 1 | -1): void {
    for (const count of this.countsOf(click)) count.clicks += step;
    const dimensions = entry(this.byPartner, click.partnerKey, newDimensions);
    add(dimensions.country, click.country, step);
    add(dimensions.device, click.device, step);
    add(dimensions.referrer, click.referrerHost, step);
  }

  addFiltered(click: CountedKeys, reason: DropReason): void {
    for (const count of this.countsOf(click)) count.filtered++;
    add(entry(this.byPartner, click.partnerKey, newDimensions).reason, reason, 1);
  }

  private countsOf(click: CountedKeys): DailyCount[] {
    const counts = [
      this.count('all', ''),
      this.count('partner', click.partnerKey),
      this.count('article', click.articleId),
      this.count('placement', click.placementId),
    ];
    if (click.targetKey !== '') counts.push(this.count('target', `${click.partnerKey}/${click.targetKey}`));
    return counts;
  }

  count(kind: DailyKind, key: string): DailyCount {
    return entry(this.byKind[kind], key, () => ({ day: this.day, kind, key, clicks: 0, visitors: 0, filtered: 0 }));
  }

  counts(): DailyCount[] {
    return Object.values(this.byKind).flatMap((counts) => [...counts.values()]);
  }

  dimensions(): DimensionCount[] {
    return [...this.byPartner].flatMap(([partnerKey, dimensions]) =>
      dimensionNames.flatMap((dimension) =>
        [...dimensions[dimension]].map(([value, clicks]) => ({ day: this.day, partnerKey, dimension, value, clicks })),
      ),
    );
  }
}

const newDimensions = (): Record<Dimension, Map<string, number>> => ({
  country: new Map(),
  device: new Map(),
  referrer: new Map(),
  reason: new Map(),
});

const newMap = <Value, Key = string>(): Map<Key, Value> => new Map<Key, Value>();

const add = (counts: Map<string, number>, value: string, step: number): void => {
  counts.set(value, (counts.get(value) ?? 0) + step);
};

function entry<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
