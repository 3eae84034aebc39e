import { writeClickId, type ClickId } from './click-id.js';
import { ClickCounts, dayOf, type CountedFacts, type DailyCountsOfLink } from './click-counts.js';
import { processClick, type DropReason, type KeptClick, type StepContext } from './click-steps.js';
import { clickMarks, type LoggedClick } from './logged-click.js';
import type { Agent } from './user-agent.js';
import { sortByVisitor } from './visitor-order.js';

/** What a batch is, each click seen alone. */
export interface JudgedBatch {
  readonly kept: readonly KeptClick[];
  readonly dropped: readonly { readonly click: LoggedClick; readonly reason: DropReason }[];
}

export function judgeBatch(clicks: readonly LoggedClick[], context: StepContext): JudgedBatch {
  const kept: KeptClick[] = [];
  const dropped: { click: LoggedClick; reason: DropReason }[] = [];
  for (const click of clicks) {
    const processed = processClick(click, context);
    if (processed.dropped === undefined) kept.push(processed.kept);
    else dropped.push({ click, reason: processed.dropped });
  }
  return { kept, dropped };
}

/** A visitor's clicks on one link (a partner and perhaps a placement) on one day. */
export interface Visit {
  /** Days since 1970-01-01, UTC. */
  readonly day: number;
  readonly visitorHigh: number;
  readonly visitorLow: number;
  readonly partnerKey: string;
  readonly placementId: string;
  readonly articleId: string;
  readonly firstMs: number;
  readonly lastMs: number;
}

/** A visit as it stands in the database. */
export interface StoredVisit extends Visit {
  /** Where its row is, for as long as the transaction lasts. */
  readonly place: string;
}

/** A stored click as far as its correction needs it. */
export interface StoredClick extends CountedFacts {
  /** 32 hex digits: they sort as the id's bytes do. */
  readonly idHex: string;
  readonly isCounted: boolean;
}

export interface ClickRow extends CountedFacts {
  readonly id: ClickId;
  readonly hasVisitor: boolean;
  readonly visitorHigh: number;
  readonly visitorLow: number;
  readonly agent: Agent;
  readonly isFallback: boolean;
  /** False: a duplicate. */
  isCounted: boolean;
}

/** What a batch changes. The same batch on the same state is the same plan. */
export interface BatchPlan {
  /** Every kept click but the private ones; duplicates too, marked. */
  readonly rows: readonly ClickRow[];
  /** Stored clicks that an older one, which came later, has shown to be duplicates. */
  readonly uncounted: readonly StoredClick[];
  /** By visitor, as the clicks were. */
  readonly newVisits: readonly Visit[];
  /** Stored visits as they are now. */
  readonly grownVisits: readonly StoredVisit[];
  readonly counts: ClickCounts;
}

/** A visit with the clicks that the batch adds to it. */
interface OpenVisit {
  readonly stored: StoredVisit | undefined;
  readonly day: number;
  readonly first: ClickRow;
  readonly clicks: ClickRow[];
}

/** A stored visit, and where its clicks have to be looked at. */
export interface LateVisit {
  readonly visit: Visit;
  readonly fromMs: number;
  readonly toMs: number;
}

/** What the batch changes, seen beside what is stored. First it learns the visits, then it may ask for neighbours, then it plans. */
export class BatchPlanner {
  /** Clicks whose visitors' stored visits it wants to learn, by visitor, and those of one visitor as they came. */
  readonly visitors: readonly ClickRow[];
  private readonly rows: ClickRow[];
  private readonly counts = new ClickCounts();
  private readonly openVisits: OpenVisit[] = [];
  /** By `visitorKey`, which is not always unique: who looks something up compares the visitor. */
  private readonly storedByVisitor = new Map<number, StoredVisit[]>();

  constructor(
    private readonly batch: JudgedBatch,
    private readonly articleOf: (placementId: string) => string,
    private readonly windowMs: number,
  ) {
    this.rows = batch.kept.map((kept) => clickRow(kept, articleOf));
    this.visitors = sortByVisitor(this.rows.filter((row) => row.hasVisitor));
  }

  /** @param visits every stored visit of these visitors on the days of their clicks. */
  learnVisits(visits: readonly StoredVisit[]): void {
    for (const visit of visits) {
      const key = visitorKey(visit.day, visit.visitorHigh, visit.visitorLow);
      const known = this.storedByVisitor.get(key);
      if (known === undefined) this.storedByVisitor.set(key, [visit]);
      else known.push(visit);
    }
    let start = 0;
    for (let end = 1; end <= this.visitors.length; end++) {
      const first = this.visitors[start] as ClickRow;
      const next = this.visitors[end];
      if (next !== undefined && isSameVisitor(first, next) && dayOf(first.atMs) === dayOf(next.atMs)) continue;
      const stored = this.storedOf(first);
      if (end - start === 1 && stored.length === 0) this.openOnlyVisit(first);
      else this.openVisitsOf(this.visitors.slice(start, end), stored);
      start = end;
    }
  }

  /** Visits into which the batch brings clicks that are not newer than all stored ones: their neighbours have to be looked at. */
  get lateVisits(): readonly LateVisit[] {
    const late: LateVisit[] = [];
    for (const { stored, clicks } of this.openVisits) {
      if (stored === undefined) continue;
      const { fromMs, toMs } = spanOf(clicks);
      if (fromMs > stored.lastMs) continue;
      late.push({ visit: stored, fromMs: fromMs - this.windowMs, toMs: toMs + this.windowMs });
    }
    return late;
  }

  /** @param neighbours stored clicks of `lateVisits`, duplicates too. */
  plan(neighbours: readonly (StoredClick & { readonly visit: Visit })[]): BatchPlan {
    const byVisit = groupByVisit(neighbours);
    const uncounted: StoredClick[] = [];
    for (const open of this.openVisits) {
      // Nearly all of them.
      if (open.stored === undefined && open.clicks.length === 1) continue;
      const stored = open.stored === undefined ? undefined : byVisit.get(open.stored);
      uncounted.push(...this.markDuplicates(open, stored ?? []));
    }
    for (const row of this.rows) {
      if (row.isCounted) this.counts.addClick(row);
      else this.counts.addFiltered(row, 'duplicate');
    }
    for (const click of uncounted) {
      this.counts.addClick(click, -1);
      this.counts.addFiltered(click, 'duplicate');
    }
    this.countDropped();
    return {
      rows: this.rows.filter((row) => !row.isPrivate),
      uncounted,
      newVisits: this.openVisits.filter(({ stored }) => stored === undefined).map(wholeVisit),
      grownVisits: this.openVisits.flatMap((open) => grownVisit(open) ?? []),
      counts: this.counts,
    };
  }

  private countDropped(): void {
    for (const { click, reason } of this.batch.dropped) {
      const { partnerKey, placementId, targetKey } = click;
      const articleId = this.articleOf(placementId);
      this.counts.addFiltered({ atMs: click.id.timeMs, partnerKey, placementId, articleId, targetKey }, reason);
    }
  }

  private storedOf(row: ClickRow): readonly StoredVisit[] {
    const day = dayOf(row.atMs);
    const known = this.storedByVisitor.get(visitorKey(day, row.visitorHigh, row.visitorLow));
    return known?.filter((visit) => visit.day === day && isSameVisitor(visit, row)) ?? noVisits;
  }

  /** As nearly all are: of a reader who has not been there on this day, and clicks once. */
  private openOnlyVisit(row: ClickRow): void {
    const { all, partner, article, placement } = this.counts.dailyOf(row);
    all.visitors++;
    partner.visitors++;
    article.visitors++;
    placement.visitors++;
    this.openVisits.push({ stored: undefined, day: dayOf(row.atMs), first: row, clicks: [row] });
  }

  /** @param clicks of one visitor on one day, of whom `stored` is known. */
  private openVisitsOf(clicks: readonly ClickRow[], stored: readonly StoredVisit[]): void {
    const storedByLink = new Map(stored.map((visit) => [linkOf(visit), visit]));
    const seen = new VisitedPlaces(stored);
    const opened = new Map<string, OpenVisit>();
    for (const row of clicks) {
      const link = linkOf(row);
      const open = opened.get(link);
      if (open !== undefined) {
        open.clicks.push(row);
        continue;
      }
      const known = storedByLink.get(link);
      if (known === undefined) seen.count(row, this.counts.dailyOf(row));
      opened.set(link, { stored: known, day: dayOf(row.atMs), first: row, clicks: [row] });
    }
    for (const open of opened.values()) this.openVisits.push(open);
  }

  /**
   * A click is a duplicate when another of its visit, counted or not, came less than the window before it: a reader who taps five times in three seconds has
   * clicked once. That depends on the clicks alone and not on the order in which they became known, so that several drains and replays agree.
   * @returns stored clicks that are duplicates of the batch's.
   */
  private markDuplicates(open: OpenVisit, neighbours: readonly StoredClick[]): StoredClick[] {
    const lastMs = open.stored?.lastMs ?? -Infinity;
    if (spanOf(open.clicks).fromMs > lastMs) {
      this.markInOrder(open.clicks, lastMs);
      return [];
    }
    return this.markAmong(open.clicks, neighbours);
  }

  private markInOrder(clicks: readonly ClickRow[], lastMs: number): void {
    let beforeMs = lastMs;
    for (const click of clicks) {
      click.isCounted = click.atMs - beforeMs >= this.windowMs;
      beforeMs = click.atMs;
    }
  }

  private markAmong(clicks: readonly ClickRow[], neighbours: readonly StoredClick[]): StoredClick[] {
    const moments = [
      ...clicks.map((row) => ({ row, stored: undefined, atMs: row.atMs, idHex: hexOf(row.id) })),
      ...neighbours.map((stored) => ({ row: undefined, stored, atMs: stored.atMs, idHex: stored.idHex })),
    ].sort((one, other) => one.atMs - other.atMs || (one.idHex < other.idHex ? -1 : 1));
    const uncounted: StoredClick[] = [];
    for (const [index, moment] of moments.entries()) {
      const before = moments[index - 1];
      const isDuplicate = before !== undefined && moment.atMs - before.atMs < this.windowMs;
      if (moment.row !== undefined) moment.row.isCounted = !isDuplicate;
      // Behind another stored click nothing has changed for it.
      else if (isDuplicate && before.row !== undefined && moment.stored.isCounted) uncounted.push(moment.stored);
    }
    return uncounted;
  }
}

function clickRow({ click, agent }: KeptClick, articleOf: (placementId: string) => string): ClickRow {
  return {
    id: click.id,
    atMs: click.id.timeMs,
    partnerKey: click.partnerKey,
    placementId: click.placementId,
    articleId: articleOf(click.placementId),
    targetKey: click.targetKey,
    hasVisitor: (click.marks & clickMarks.hasVisitor) !== 0,
    visitorHigh: click.visitorHigh,
    visitorLow: click.visitorLow,
    country: click.country,
    device: agent.device,
    agent,
    referrerHost: click.referrerHost,
    isPrivate: (click.marks & clickMarks.isPrivate) !== 0,
    isFallback: (click.marks & clickMarks.isFallback) !== 0,
    isCounted: true,
  };
}

function wholeVisit({ stored, day, first, clicks }: OpenVisit): Visit {
  const { visitorHigh, visitorLow, partnerKey, placementId, articleId } = first;
  const { fromMs, toMs } = spanOf(clicks);
  const firstMs = Math.min(stored?.firstMs ?? Infinity, fromMs);
  const lastMs = Math.max(stored?.lastMs ?? -Infinity, toMs);
  return { day, visitorHigh, visitorLow, partnerKey, placementId, articleId, firstMs, lastMs };
}

const grownVisit = (open: OpenVisit): StoredVisit | undefined =>
  open.stored === undefined ? undefined : { ...wholeVisit(open), place: open.stored.place };

/** @param clicks in order, at least one. */
const spanOf = (clicks: readonly ClickRow[]): { fromMs: number; toMs: number } => ({
  fromMs: clicks[0]?.atMs ?? Infinity,
  toMs: clicks.at(-1)?.atMs ?? -Infinity,
});

const noVisits: readonly never[] = [];

function groupByVisit(neighbours: readonly (StoredClick & { readonly visit: Visit })[]): Map<Visit, StoredClick[]> {
  const groups = new Map<Visit, StoredClick[]>();
  for (const neighbour of neighbours) {
    const known = groups.get(neighbour.visit);
    if (known === undefined) groups.set(neighbour.visit, [neighbour]);
    else known.push(neighbour);
  }
  return groups;
}

interface Visitor {
  readonly visitorHigh: number;
  readonly visitorLow: number;
}

/** A number that is nearly always one visitor's: 53 bits of the hash. Joining strings would take ten times as long. */
const visitorKey = (day: number, high: number, low: number): number =>
  high * 0x20_0000 + (((low >>> 11) + day) % 0x20_0000);

export const isSameVisitor = (one: Visitor, other: Visitor): boolean =>
  one.visitorHigh === other.visitorHigh && one.visitorLow === other.visitorLow;

interface Link {
  readonly partnerKey: string;
  readonly placementId: string;
}

/** No key holds a zero byte. */
const linkOf = ({ partnerKey, placementId }: Link): string => `${partnerKey}\0${placementId}`;

interface VisitedLink extends Link {
  readonly articleId: string;
}

/** Where a visitor has been on one day. A link outside of articles, or without a placement, is told apart as if it were one. */
class VisitedPlaces {
  private readonly partners = new Set<string>();
  private readonly articles = new Set<string>();
  private readonly placements = new Set<string>();

  constructor(links: readonly VisitedLink[]) {
    for (const link of links) this.add(link);
  }

  /** Counts the visitor wherever he is for the first time. */
  count(link: VisitedLink, { all, partner, article, placement }: DailyCountsOfLink): void {
    if (this.partners.size === 0) all.visitors++;
    if (!this.partners.has(link.partnerKey)) partner.visitors++;
    if (!this.articles.has(link.articleId)) article.visitors++;
    if (!this.placements.has(link.placementId)) placement.visitors++;
    this.add(link);
  }

  private add({ partnerKey, articleId, placementId }: VisitedLink): void {
    this.partners.add(partnerKey);
    this.articles.add(articleId);
    this.placements.add(placementId);
  }
}

const idView = new DataView(new ArrayBuffer(16));

function hexOf(id: ClickId): string {
  writeClickId(idView, 0, id);
  return Buffer.from(idView.buffer).toString('hex');
}
