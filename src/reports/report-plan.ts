/** What a report can be grouped by. */
export type ReportGroup =
  'PARTNER' | 'ARTICLE' | 'PLACEMENT' | 'TAG' | 'COUNTRY' | 'DEVICE' | 'REFERRER' | 'HOUR' | 'DAY';

export interface ReportRequest {
  readonly from: Date;
  readonly to: Date;
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

/** One statement that answers a report from rollups. */
export interface ReportPlan {
  /** The period that is counted: the one asked for, widened to whole hours or days, because rollups know no less. */
  readonly from: Date;
  readonly to: Date;
  readonly sql: string;
  readonly parameters: readonly unknown[];
  /** Whether a row's unique visitors are exact; where not they are not told. */
  readonly hasVisitors: boolean;
  readonly hasFiltered: boolean;
}

/** Why rollups cannot answer, and what to ask instead. */
export class ReportRefusedError extends Error {
  override readonly name = 'ReportRefusedError';
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Column of a row for each group, in the order in which rows are told apart. */
const KEY_COLUMNS: Readonly<Record<ReportGroup, string>> = {
  HOUR: 'hour',
  DAY: 'day',
  PARTNER: 'partner_key',
  ARTICLE: 'article_id',
  PLACEMENT: 'placement_id',
  TAG: 'tag',
  COUNTRY: 'country',
  DEVICE: 'device',
  REFERRER: 'referrer',
};

const GROUPS = Object.keys(KEY_COLUMNS) as ReportGroup[];

const DIMENSIONS = ['COUNTRY', 'DEVICE', 'REFERRER'] as const satisfies readonly ReportGroup[];
type Dimension = (typeof DIMENSIONS)[number];

/**
 * Decides which rollup answers.
 * - Daily and monthly sums: one of PARTNER, ARTICLE, PLACEMENT or none, perhaps with DAY in UTC.
 * - Daily dimensions: one of COUNTRY, DEVICE, REFERRER, perhaps with PARTNER, and DAY in UTC.
 * - Hourly sums: everything else of PARTNER, ARTICLE, PLACEMENT, TAG, HOUR and DAY, in zones of whole hours.
 * @throws ReportRefusedError for anything else.
 */
export function planReport(request: ReportRequest): ReportPlan {
  // In one fixed order, so that the parts of a union have their columns in the same one.
  const groups = new Set(GROUPS.filter((group) => request.groupBy.includes(group)));
  if (groups.size < request.groupBy.length) throw new ReportRefusedError('"groupBy" names a grouping twice.');
  if (request.from >= request.to) throw new ReportRefusedError('"from" must be earlier than "to".');
  refuseOddZone(request);
  const dimension = DIMENSIONS.find((name) => groups.has(name));
  if (dimension !== undefined) return planDimension(request, groups, dimension);
  return planCounts(request, groups);
}

class Statement {
  readonly parameters: unknown[] = [];

  place(value: unknown): string {
    this.parameters.push(value);
    return `$${this.parameters.length}`;
  }
}

function planDimension(request: ReportRequest, groups: ReadonlySet<ReportGroup>, dimension: Dimension): ReportPlan {
  const others = [...groups].filter((group) => group !== dimension && group !== 'PARTNER' && group !== 'DAY');
  if (others.length > 0) {
    throw new ReportRefusedError(
      `${dimension} is counted by day and partner: it can be grouped with PARTNER and DAY, not with ${others.join(', ')}.`,
    );
  }
  if (groups.has('DAY') && !isUtc(request.timeZone)) throw new ReportRefusedError(daysInUtc(dimension));
  if (request.articleIds.length > 0 || request.placementIds.length > 0) {
    throw new ReportRefusedError(`${dimension} is counted by partner: filter by partnerKeys only.`);
  }
  const statement = new Statement();
  const { from, to } = wholeDays(request);
  const where = [
    `dimension = ${statement.place(dimension.toLowerCase())}`,
    `day >= ${statement.place(dateOf(from))}::date AND day < ${statement.place(dateOf(to))}::date`,
    ...partnerFilter(request, statement),
  ];
  const columns = [...groups].map((group) =>
    group === dimension ? `value AS ${KEY_COLUMNS[group]}` : KEY_COLUMNS[group],
  );
  const source = `SELECT ${[...columns, 'clicks', 'NULL::bigint AS visitors', 'NULL::bigint AS filtered'].join(', ')}
    FROM waypost.click_dimensions_daily WHERE ${where.join(' AND ')}`;
  return { from, to, ...summed(source, groups, request, statement), hasVisitors: false, hasFiltered: false };
}

function planCounts(request: ReportRequest, groups: ReadonlySet<ReportGroup>): ReportPlan {
  const kind = dailyKind(request, groups);
  const statement = new Statement();
  if (kind !== undefined && (isWholeDays(request) || groups.has('DAY'))) {
    const { from, to } = wholeDays(request);
    const source = dailySource(kind, from, to, groups, request, statement);
    return { from, to, ...summed(source, groups, request, statement), hasVisitors: true, hasFiltered: true };
  }
  const { from, to } = wholeHours(request);
  const hasFiltered = [...groups].every((group) => ['PARTNER', 'HOUR', 'DAY'].includes(group)) && onlyPartners(request);
  const parts =
    kind === undefined
      ? [hourlySource(from, to, groups, request, statement)]
      : splitSources(kind, from, to, groups, request, statement);
  if (hasFiltered) parts.push(filteredSource(from, to, groups, request, statement));
  const source = parts.join(' UNION ALL ');
  return { from, to, ...summed(source, groups, request, statement), hasVisitors: false, hasFiltered };
}

/** The whole days inside come from daily sums, the hours at both ends from hourly ones. */
function splitSources(
  kind: DailyKind,
  from: Date,
  to: Date,
  groups: ReadonlySet<ReportGroup>,
  request: ReportRequest,
  statement: Statement,
): string[] {
  const firstDay = new Date(Math.ceil(from.getTime() / DAY_MS) * DAY_MS);
  const lastDay = new Date(Math.floor(to.getTime() / DAY_MS) * DAY_MS);
  if (firstDay >= lastDay) return [hourlySource(from, to, groups, request, statement)];
  return [
    ...(from < firstDay ? [hourlySource(from, firstDay, groups, request, statement)] : []),
    withoutFiltered(dailySource(kind, firstDay, lastDay, groups, request, statement), groups),
    ...(lastDay < to ? [hourlySource(lastDay, to, groups, request, statement)] : []),
  ];
}

type DailyKind = 'all' | 'partner' | 'article' | 'placement';

/** The kind of daily sums that answers these groups and filters, if one does. */
function dailyKind(request: ReportRequest, groups: ReadonlySet<ReportGroup>): DailyKind | undefined {
  const isDayOfUtc = groups.has('DAY') && isUtc(request.timeZone);
  const keys = [...groups].filter((group) => !(group === 'DAY' && isDayOfUtc));
  const filters = [
    ...(request.partnerKeys.length > 0 ? ['partner'] : []),
    ...(request.articleIds.length > 0 ? ['article'] : []),
    ...(request.placementIds.length > 0 ? ['placement'] : []),
  ];
  if (keys.length > 1) return undefined;
  const key = keys[0] ?? 'ALL';
  if (!['ALL', 'PARTNER', 'ARTICLE', 'PLACEMENT'].includes(key)) return undefined;
  const kind = key.toLowerCase() as DailyKind;
  return filters.every((filter) => filter === kind) ? kind : undefined;
}

function dailySource(
  kind: DailyKind,
  from: Date,
  to: Date,
  groups: ReadonlySet<ReportGroup>,
  request: ReportRequest,
  statement: Statement,
): string {
  const keyColumn = { all: undefined, partner: 'partner_key', article: 'article_id', placement: 'placement_id' }[kind];
  const filter = {
    all: [],
    partner: request.partnerKeys,
    article: request.articleIds,
    placement: request.placementIds,
  }[kind];
  const [kindPlace, fromPlace, toPlace] = [kind, dateOf(from), dateOf(to)].map((value) => statement.place(value));
  const keyFilter = filter.length > 0 ? `AND key = ANY(${statement.place([...filter])})` : '';
  const columns = [
    ...(groups.has('DAY') ? ['day'] : []),
    ...(keyColumn === undefined ? [] : [`key${kind === 'article' ? '::uuid' : ''} AS ${keyColumn}`]),
    'clicks',
    'visitors',
    'filtered',
  ].join(', ');
  const inDays = `kind = ${kindPlace} AND day >= ${fromPlace}::date AND day < ${toPlace}::date ${keyFilter}`;
  if (groups.has('DAY')) return `SELECT ${columns} FROM waypost.click_counts_daily WHERE ${inDays}`;
  // Months that are added up already are read as one row each; of the days, only those of the other months are touched.
  const closed = `SELECT month FROM waypost.click_months
    WHERE month >= ${fromPlace}::date AND month + interval '1 month' <= ${toPlace}::date`;
  const open = `SELECT month::date FROM generate_series(date_trunc('month', ${fromPlace}::date), ${toPlace}::date - 1, interval '1 month') AS month
    EXCEPT ${closed}`;
  return `SELECT ${columns} FROM (${open}) AS open JOIN LATERAL (SELECT * FROM waypost.click_counts_daily
      WHERE ${inDays} AND day >= open.month AND day < (open.month + interval '1 month')::date OFFSET 0) AS daily ON true
    UNION ALL SELECT ${columns} FROM waypost.click_counts_monthly
      WHERE kind = ${kindPlace} AND month IN (${closed}) ${keyFilter}`;
}

/** Filtered requests of the same period are added from hourly counts, or not told. */
function withoutFiltered(source: string, groups: ReadonlySet<ReportGroup>): string {
  const keys = keysOf(groups)
    .map((key) => `${key}, `)
    .join('');
  return `SELECT ${keys}clicks, NULL::bigint AS visitors, 0::bigint AS filtered FROM (${source}) AS daily`;
}

function hourlySource(
  from: Date,
  to: Date,
  groups: ReadonlySet<ReportGroup>,
  request: ReportRequest,
  statement: Statement,
): string {
  const where = [
    `counts.hour >= ${statement.place(from)} AND counts.hour < ${statement.place(to)}`,
    ...(request.partnerKeys.length > 0
      ? [`counts.partner_key = ANY(${statement.place([...request.partnerKeys])})`]
      : []),
    ...(request.articleIds.length > 0
      ? [`counts.article_id = ANY(${statement.place([...request.articleIds])}::uuid[])`]
      : []),
    ...(request.placementIds.length > 0
      ? [`counts.placement_id = ANY(${statement.place([...request.placementIds])})`]
      : []),
  ];
  const columns = [...groups].map((group) => hourlyColumn(group, request, statement));
  const tags = groups.has('TAG')
    ? `JOIN waypost.article_tags link ON link.article_id = counts.article_id JOIN waypost.tags tag ON tag.id = link.tag_id`
    : '';
  return `SELECT ${[...columns, 'counts.clicks', 'NULL::bigint AS visitors', '0::bigint AS filtered'].join(', ')}
    FROM waypost.click_counts_hourly AS counts ${tags} WHERE ${where.join(' AND ')}`;
}

function hourlyColumn(group: ReportGroup, request: ReportRequest, statement: Statement): string {
  if (group === 'DAY') return `(counts.hour AT TIME ZONE ${statement.place(request.timeZone)})::date AS day`;
  if (group === 'TAG') return 'tag.slug AS tag';
  return `counts.${KEY_COLUMNS[group]}`;
}

function filteredSource(
  from: Date,
  to: Date,
  groups: ReadonlySet<ReportGroup>,
  request: ReportRequest,
  statement: Statement,
): string {
  const where = [
    `counts.hour >= ${statement.place(from)} AND counts.hour < ${statement.place(to)}`,
    ...(request.partnerKeys.length > 0
      ? [`counts.partner_key = ANY(${statement.place([...request.partnerKeys])})`]
      : []),
  ];
  const columns = [...groups].map((group) => hourlyColumn(group, request, statement));
  return `SELECT ${[...columns, '0::bigint AS clicks', 'NULL::bigint AS visitors', 'counts.requests AS filtered'].join(', ')}
    FROM waypost.click_filtered_hourly AS counts WHERE ${where.join(' AND ')}`;
}

/** Adds up, and sorts: by time where there is one, then the largest first. One row more than asked for tells of more. */
function summed(source: string, groups: ReadonlySet<ReportGroup>, request: ReportRequest, statement: Statement) {
  const keys = keysOf(groups);
  const columns = keys.map((key) => (key === 'day' ? 'day::text AS day' : key));
  const times = keys.filter((key) => key === 'hour' || key === 'day');
  const order = [
    ...times,
    'sum(clicks) DESC',
    'sum(filtered) DESC',
    ...keys.filter((key) => key !== 'hour' && key !== 'day'),
  ];
  const sums = [
    'coalesce(sum(clicks), 0)::float8 AS clicks',
    'sum(visitors)::float8 AS visitors',
    'coalesce(sum(filtered), 0)::float8 AS filtered',
  ];
  const grouping = keys.length > 0 ? `GROUP BY ${keys.map((key) => `source.${key}`).join(', ')}` : '';
  const sql = `SELECT ${[...columns, ...sums].join(', ')} FROM (${source}) AS source ${grouping}
    ${keys.length > 0 ? `HAVING sum(clicks) <> 0 OR sum(filtered) <> 0` : ''}
    ORDER BY ${order.map((part) => part.replace(/^(hour|day)$/, 'source.$1')).join(', ')} LIMIT ${statement.place(request.limit + 1)}`;
  return { sql, parameters: statement.parameters };
}

function keysOf(groups: ReadonlySet<ReportGroup>): string[] {
  return [...groups].map((group) => KEY_COLUMNS[group]);
}

function partnerFilter(request: ReportRequest, statement: Statement): string[] {
  return request.partnerKeys.length > 0 ? [`partner_key = ANY(${statement.place([...request.partnerKeys])})`] : [];
}

function onlyPartners(request: ReportRequest): boolean {
  return request.articleIds.length === 0 && request.placementIds.length === 0;
}

function wholeHours({ from, to }: ReportRequest): { from: Date; to: Date } {
  return {
    from: new Date(Math.floor(from.getTime() / HOUR_MS) * HOUR_MS),
    to: new Date(Math.ceil(to.getTime() / HOUR_MS) * HOUR_MS),
  };
}

function wholeDays({ from, to }: ReportRequest): { from: Date; to: Date } {
  return {
    from: new Date(Math.floor(from.getTime() / DAY_MS) * DAY_MS),
    to: new Date(Math.ceil(to.getTime() / DAY_MS) * DAY_MS),
  };
}

function isWholeDays({ from, to }: ReportRequest): boolean {
  return from.getTime() % DAY_MS === 0 && to.getTime() % DAY_MS === 0;
}

function dateOf(moment: Date): string {
  return moment.toISOString().slice(0, 10);
}

function isUtc(timeZone: string): boolean {
  return ['UTC', 'Etc/UTC', 'GMT', 'Etc/GMT', 'Z'].includes(timeZone);
}

function daysInUtc(group: ReportGroup): string {
  return `${group} is counted by UTC day. Ask for DAY with timeZone "UTC", or leave DAY out.`;
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
