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

/** What a click on one link in one hour adds to; looked up once, since this runs for every click while redirects want the same processor. */
interface LinkCounts {
  readonly targetKey: string;
  readonly hourly: HourlyCount;
  readonly daily: DailyCountsOfLink;
  readonly dimensions: Record<Dimension, Map<string, number>>;
}

export interface DailyCountsOfLink {
  readonly all: DailyCount;
  readonly partner: DailyCount;
  readonly article: DailyCount;
  readonly placement: DailyCount;
  /** Undefined for the partner's own destination. */
  readonly target: DailyCount | undefined;
}

/** Adds up one batch. Maps stand inside maps, since joining strings to keys would cost more than all the counting. */
export class ClickCounts {
  private readonly hours = new Map<number, HourCounts>();
  private readonly days = new Map<number, DayCounts>();
  private hour: HourCounts | undefined;

  /** @param step 1 for a click, -1 for one that was counted and should not have been. */
  addClick(click: CountedFacts, step: 1 | -1 = 1): void {
    const { hourly, daily, dimensions } = this.hourOf(click.atMs).linkOf(click);
    hourly.clicks += step;
    if (click.isPrivate) hourly.privateClicks += step;
    daily.all.clicks += step;
    daily.partner.clicks += step;
    daily.article.clicks += step;
    daily.placement.clicks += step;
    if (daily.target !== undefined) daily.target.clicks += step;
    add(dimensions.country, click.country, step);
    add(dimensions.device, click.device, step);
    add(dimensions.referrer, click.referrerHost, step);
  }

  addFiltered(click: CountedKeys, reason: DropReason): void {
    const hour = this.hourOf(click.atMs);
    hour.addFiltered(click.partnerKey, reason);
    const { daily, dimensions } = hour.linkOf(click);
    daily.all.filtered++;
    daily.partner.filtered++;
    daily.article.filtered++;
    daily.placement.filtered++;
    if (daily.target !== undefined) daily.target.filtered++;
    add(dimensions.reason, reason, 1);
  }

  /** The counts of its day to which a click's visitor is added where he is new. */
  dailyOf(click: CountedKeys): DailyCountsOfLink {
    return this.hourOf(click.atMs).linkOf(click).daily;
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

  private hourOf(atMs: number): HourCounts {
    const start = atMs - (atMs % hourMs);
    if (this.hour?.hourMs !== start) {
      const day = entry(this.days, dayOf(start), (number) => new DayCounts(number));
      this.hour = entry(this.hours, start, () => new HourCounts(start, day));
    }
    return this.hour;
  }
}

type CountedKeys = Pick<CountedFacts, 'atMs' | 'partnerKey' | 'placementId' | 'articleId' | 'targetKey'>;

class HourCounts {
  private readonly links = new Map<string, Map<string, LinkCounts[]>>();
  private readonly reasons = new Map<string, Map<DropReason, number>>();

  constructor(
    readonly hourMs: number,
    private readonly day: DayCounts,
  ) {}

  linkOf(click: CountedKeys): LinkCounts {
    const targets = entry(
      entry(this.links, click.partnerKey, newMap<LinkCounts[]>),
      click.placementId,
      newList<LinkCounts>,
    );
    for (const link of targets) if (link.targetKey === click.targetKey) return link;
    const { partnerKey, placementId, articleId, targetKey } = click;
    const link: LinkCounts = {
      targetKey,
      hourly: { hourMs: this.hourMs, partnerKey, placementId, articleId, targetKey, clicks: 0, privateClicks: 0 },
      daily: this.day.countsOf(click),
      dimensions: this.day.dimensionsOf(partnerKey),
    };
    targets.push(link);
    return link;
  }

  addFiltered(partnerKey: string, reason: DropReason): void {
    const reasons = entry(this.reasons, partnerKey, newMap<number, DropReason>);
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }

  /** Not those of links where everything was filtered. */
  clicks(): HourlyCount[] {
    return [...this.links.values()]
      .flatMap((byPlacement) => [...byPlacement.values()].flat())
      .map(({ hourly }) => hourly)
      .filter(({ clicks, privateClicks }) => clicks !== 0 || privateClicks !== 0);
  }

  filtered(): FilteredCount[] {
    return [...this.reasons].flatMap(([partnerKey, reasons]) =>
      [...reasons].map(([reason, requests]) => ({ hourMs: this.hourMs, partnerKey, reason, requests })),
    );
  }
}

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

  countsOf({ partnerKey, articleId, placementId, targetKey }: CountedKeys): DailyCountsOfLink {
    return {
      all: this.count('all', ''),
      partner: this.count('partner', partnerKey),
      article: this.count('article', articleId),
      placement: this.count('placement', placementId),
      target: targetKey === '' ? undefined : this.count('target', `${partnerKey}/${targetKey}`),
    };
  }

  dimensionsOf(partnerKey: string): Record<Dimension, Map<string, number>> {
    return entry(this.byPartner, partnerKey, newDimensions);
  }

  private count(kind: DailyKind, key: string): DailyCount {
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

const newList = <Value>(): Value[] => [];

const add = (counts: Map<string, number>, value: string, step: number): void => {
  counts.set(value, (counts.get(value) ?? 0) + step);
};

function entry<Key, Value>(map: Map<Key, Value>, key: Key, make: (key: Key) => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make(key);
  map.set(key, made);
  return made;
}
