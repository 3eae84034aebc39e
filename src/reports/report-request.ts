/** What a report can be grouped by. */
export type ReportGroup =
  | 'PARTNER'
  | 'ARTICLE'
  | 'PLACEMENT'
  | 'TARGET'
  | 'TAG'
  | 'COUNTRY'
  | 'DEVICE'
  | 'REFERRER'
  | 'REASON'
  | 'HOUR'
  | 'DAY';

export interface Period {
  readonly from: Date;
  /** First moment after it. */
  readonly to: Date;
}

export interface ReportRequest extends Period {
  /** IANA name: where days and hours begin. */
  readonly timeZone: string;
  readonly groupBy: readonly ReportGroup[];
  /** Only these; empty: all. */
  readonly partnerKeys: readonly string[];
  readonly articleIds: readonly string[];
  readonly placementIds: readonly string[];
  /** Most rows. */
  readonly limit: number;
}

/** Why rollups cannot answer, and what to ask instead. */
export class ReportRefusedError extends Error {
  override readonly name = 'ReportRefusedError';
}

/** Column of a row for each group, in the order in which rows are told apart. */
export const KEY_COLUMNS: Readonly<Record<ReportGroup, string>> = {
  HOUR: 'hour',
  DAY: 'day',
  PARTNER: 'partner_key',
  ARTICLE: 'article_id',
  PLACEMENT: 'placement_id',
  TARGET: 'target_key',
  TAG: 'tag',
  COUNTRY: 'country',
  DEVICE: 'device',
  REFERRER: 'referrer',
  REASON: 'reason',
};

const GROUPS = Object.keys(KEY_COLUMNS) as ReportGroup[];

/** Counted by UTC day and partner. */
const DAILY_DIMENSIONS = ['COUNTRY', 'DEVICE', 'REFERRER'] as const satisfies readonly ReportGroup[];
/** Why requests were filtered is counted by hour, too. */
export const DIMENSIONS = [...DAILY_DIMENSIONS, 'REASON'] as const satisfies readonly ReportGroup[];
type Dimension = (typeof DIMENSIONS)[number];

export const isCountedByDayOnly = (keys: readonly ReportGroup[]): boolean =>
  DAILY_DIMENSIONS.some((dimension) => keys.includes(dimension));

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * The groups in one fixed order, so that the parts of a union have their columns in the same one.
 * @throws ReportRefusedError for what no rollup can answer.
 */
export function readGroups(request: ReportRequest): readonly ReportGroup[] {
  const groups = GROUPS.filter((group) => request.groupBy.includes(group));
  if (groups.length < request.groupBy.length) throw new ReportRefusedError('"groupBy" names a grouping twice.');
  if (request.from >= request.to) throw new ReportRefusedError('"from" must be earlier than "to".');
  refuseOddZone(request);
  const dimension = DIMENSIONS.find((name) => groups.includes(name));
  if (dimension !== undefined) refuseBeside(dimension, groups, request);
  return groups;
}

function refuseBeside(dimension: Dimension, groups: readonly ReportGroup[], request: ReportRequest): void {
  const isByHour = dimension === 'REASON';
  const beside = isByHour ? ['PARTNER', 'DAY', 'HOUR'] : ['PARTNER', 'DAY'];
  const others = groups.filter((group) => ![dimension, ...beside].includes(group));
  if (others.length > 0) {
    throw new ReportRefusedError(
      `${dimension} is counted by ${isByHour ? 'hour' : 'day'} and partner: it can be grouped with ${beside.join(', ')}, not with ${others.join(', ')}.`,
    );
  }
  if (groups.includes('DAY') && !isByHour && !isUtc(request.timeZone)) {
    throw new ReportRefusedError(
      `${dimension} is counted by UTC day. Ask for DAY with timeZone "UTC", or leave DAY out.`,
    );
  }
  if (!hasOnlyPartnerFilter(request)) {
    throw new ReportRefusedError(`${dimension} is counted by partner: filter by partnerKeys only.`);
  }
}

/** Days and hours of a zone can be made of UTC hours only where the zone differs from UTC by whole hours. */
function refuseOddZone({ timeZone, groupBy, from, to }: ReportRequest): void {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  } catch {
    throw new ReportRefusedError(`"${timeZone}" is no time zone. Write an IANA name, such as "Europe/Berlin".`);
  }
  if (!groupBy.includes('DAY') && !groupBy.includes('HOUR')) return;
  // Also between the ends: where clocks are put forward by half an hour, both may lie outside of that.
  for (const moment of everyMonth(from, to)) {
    const name = format.formatToParts(moment).find((part) => part.type === 'timeZoneName')?.value ?? '';
    if (/:(?!00)\d\d/.test(name)) {
      throw new ReportRefusedError(
        `"${timeZone}" differs from UTC by a part of an hour, and clicks are counted by UTC hour. Ask for "UTC", or leave DAY and HOUR out.`,
      );
    }
  }
}

function everyMonth(from: Date, to: Date): Date[] {
  const months = Math.min(1200, Math.floor((to.getTime() - from.getTime()) / (30 * DAY_MS)));
  return [...Array.from({ length: months + 1 }, (_, month) => new Date(from.getTime() + month * 30 * DAY_MS)), to];
}

export const hasOnlyPartnerFilter = (request: ReportRequest): boolean =>
  request.articleIds.length === 0 && request.placementIds.length === 0;

export const isUtc = (timeZone: string): boolean => ['UTC', 'Etc/UTC', 'GMT', 'Etc/GMT', 'Z'].includes(timeZone);

export const wholeHours = (period: Period): Period => widened(period, HOUR_MS);

export const wholeDays = (period: Period): Period => widened(period, DAY_MS);

export const isWholeDays = ({ from, to }: Period): boolean =>
  from.getTime() % DAY_MS === 0 && to.getTime() % DAY_MS === 0;

/** A period with each end moved to the nearest UTC midnight; at noon to the one before. */
export const nearestDays = ({ from, to }: Period): Period => ({ from: nearestMidnight(from), to: nearestMidnight(to) });

const nearestMidnight = (moment: Date): Date => new Date(Math.ceil(moment.getTime() / DAY_MS - 0.5) * DAY_MS);

const widened = ({ from, to }: Period, unitMs: number): Period => ({
  from: new Date(Math.floor(from.getTime() / unitMs) * unitMs),
  to: new Date(Math.ceil(to.getTime() / unitMs) * unitMs),
});
