import {
  DIMENSIONS,
  hasOnlyPartnerFilter,
  KEY_COLUMNS,
  wholeDays,
  type Period,
  type ReportGroup,
  type ReportRequest,
} from './report-request.js';

/** The text of a statement names its values by number. */
export class StatementValues {
  readonly list: unknown[] = [];

  place(value: unknown): string {
    this.list.push(value);
    return `$${this.list.length}`;
  }
}

/** Sums by UTC day, and by spans of days that are over. */
interface DayRollup {
  /** Name of its tables without `_daily` and `_spans`. */
  readonly table: 'click_counts' | 'click_links' | 'click_dimensions';
  /** What is selected for each key. */
  readonly columns: readonly string[];
  readonly conditions: readonly string[];
  readonly figures: string;
  /** Whether each row's unique visitors are exact once its days are added up. */
  readonly hasVisitors: boolean;
  readonly hasFiltered: boolean;
}

const FIGURES = 'clicks, visitors, filtered';
const CLICKS_ONLY = 'clicks, NULL::bigint AS visitors, 0::bigint AS filtered';
const FILTERED_ONLY = '0::bigint AS clicks, NULL::bigint AS visitors, clicks AS filtered';

const KINDS = { PARTNER: 'partner', ARTICLE: 'article', PLACEMENT: 'placement' } as const;
type KeyedGroup = keyof typeof KINDS;

/** @param keys the groups without those of time. */
export function chooseDayRollup(
  request: ReportRequest,
  keys: readonly ReportGroup[],
  values: StatementValues,
): DayRollup {
  const dimension = DIMENSIONS.find((name) => keys.includes(name));
  if (dimension !== undefined) return dimensionRollup(request, keys, dimension, values);
  return countsRollup(request, keys, values) ?? linksRollup(request, keys, values);
}

function dimensionRollup(
  request: ReportRequest,
  keys: readonly ReportGroup[],
  dimension: ReportGroup,
  values: StatementValues,
): DayRollup {
  // All partners together stand under an empty key, which is nobody's.
  const isByPartner = keys.includes('PARTNER') || request.partnerKeys.length > 0;
  return {
    table: 'click_dimensions',
    columns: keys.map((key) => (key === dimension ? `counts.value AS ${KEY_COLUMNS[key]}` : 'counts.partner_key')),
    conditions: [
      `counts.dimension = ${values.place(dimension.toLowerCase())}`,
      isByPartner ? `counts.partner_key <> ''` : `counts.partner_key = ''`,
      ...anyOf('counts.partner_key', request.partnerKeys, 'text', values),
    ],
    figures: dimension === 'REASON' ? FILTERED_ONLY : CLICKS_ONLY,
    hasVisitors: false,
    hasFiltered: dimension === 'REASON',
  };
}

/** Sums by one key alone, visitors among them: where no other key is grouped or filtered by. */
function countsRollup(
  request: ReportRequest,
  keys: readonly ReportGroup[],
  values: StatementValues,
): DayRollup | undefined {
  const filters = { PARTNER: request.partnerKeys, ARTICLE: request.articleIds, PLACEMENT: request.placementIds };
  const filtered = (Object.keys(filters) as KeyedGroup[]).filter((group) => filters[group].length > 0);
  const involved = new Set([...keys.map(storedKey), ...filtered]);
  if (involved.size > 1) return undefined;
  const [key] = involved;
  if (key !== undefined && !isKeyed(key)) return undefined;
  const wanted = key === undefined ? [] : filters[key];
  const isByTag = keys.includes('TAG');
  return {
    table: 'click_counts',
    columns: [...new Set(keys.map(storedKey))].map((one) =>
      one === 'ARTICLE' ? `nullif(counts.key, '')::uuid AS article_id` : `counts.key AS ${KEY_COLUMNS[one]}`,
    ),
    conditions: [
      `counts.kind = ${values.place(key === undefined ? 'all' : KINDS[key])}`,
      ...anyOf('counts.key', wanted, 'text', values),
    ],
    figures: isByTag ? CLICKS_ONLY : FIGURES,
    // Who clicked on two of several partners is a visitor of each of them, but not two visitors of both.
    hasVisitors: !isByTag && (keys.length > 0 || new Set(wanted).size <= 1),
    hasFiltered: !isByTag,
  };
}

const isKeyed = (group: ReportGroup): group is KeyedGroup => group in KINDS;

function linksRollup(request: ReportRequest, keys: readonly ReportGroup[], values: StatementValues): DayRollup {
  return {
    table: 'click_links',
    columns: linkColumns(keys),
    conditions: linkConditions(request, values),
    figures: CLICKS_ONLY,
    hasVisitors: false,
    hasFiltered: false,
  };
}

/** Tags are no part of any sum: what is grouped by tag is added up by article, and joined to the tags of these. */
const storedKey = (key: ReportGroup): ReportGroup => (key === 'TAG' ? 'ARTICLE' : key);

/** The columns that sums are read by, in the order of the groups. */
export const storedColumns = (keys: readonly ReportGroup[]): string[] => [
  ...new Set(keys.map((key) => KEY_COLUMNS[storedKey(key)])),
];

const linkColumns = (keys: readonly ReportGroup[]): string[] => storedColumns(keys).map((column) => `counts.${column}`);

function linkConditions(request: ReportRequest, values: StatementValues): string[] {
  return [
    ...anyOf('counts.partner_key', request.partnerKeys, 'text', values),
    ...anyOf('counts.article_id', request.articleIds, 'uuid', values),
    ...anyOf('counts.placement_id', request.placementIds, 'text', values),
  ];
}

function anyOf(column: string, wanted: readonly string[], type: 'text' | 'uuid', values: StatementValues): string[] {
  return wanted.length > 0 ? [`${column} = ANY(${values.place([...wanted])}::${type}[])`] : [];
}

/** Sums by day that are joined to sums by hour tell no more than these. */
export const daysBeside = (hours: HourRollup, days: DayRollup): DayRollup =>
  hours.hasFiltered ? days : { ...days, figures: CLICKS_ONLY };

/** Rows of the days for which a condition holds. */
export const dayRows = (rollup: DayRollup, condition: string): string => rowsOf(rollup, 'daily', condition);

const rowsOf = (rollup: DayRollup, unit: 'daily' | 'spans', condition: string): string =>
  `SELECT ${[...rollup.columns, rollup.figures].join(', ')} FROM waypost.${rollup.table}_${unit} AS counts
    WHERE ${[...rollup.conditions, condition].join(' AND ')}`;

/**
 * Rows of whole days without their time. Spans that are added up already are read as one row for each key, the longest that lie within the period;
 * only the days in none of them are touched.
 */
export function periodRows(rollup: DayRollup, period: Period, values: StatementValues): string {
  const [from, to] = [period.from, period.to].map((moment) => `${values.place(dateOf(moment))}::date`);
  const within = (span: string): string => `${span}.from_day >= ${from} AND ${span}.to_day <= ${to}`;
  const spans = `SELECT from_day, to_day FROM waypost.click_spans AS span WHERE ${within('span')} AND NOT EXISTS (
    SELECT FROM waypost.click_spans AS longer WHERE ${within('longer')} AND longer.from_day <= span.from_day AND longer.to_day >= span.to_day
      AND (longer.from_day, longer.to_day) <> (span.from_day, span.to_day))`;
  // Each day is one row; said again, it keeps Postgres from remembering the rows of every day in case it came a second time.
  const days = `SELECT DISTINCT day FROM waypost.click_counts_daily WHERE kind = 'all' AND day >= ${from} AND day < ${to} AND NOT EXISTS (
    SELECT FROM waypost.click_spans AS span WHERE ${within('span')} AND span.from_day <= day AND span.to_day > day)`;
  const ofSpan = 'counts.from_day = spans.from_day AND counts.to_day = spans.to_day';
  return `SELECT found.* FROM (${days}) AS days CROSS JOIN LATERAL (${rowsOf(rollup, 'daily', 'counts.day = days.day')} OFFSET 0) AS found
    UNION ALL SELECT found.* FROM (${spans}) AS spans CROSS JOIN LATERAL (${rowsOf(rollup, 'spans', ofSpan)} OFFSET 0) AS found`;
}

/** Sums by UTC hour. */
export interface HourRollup {
  /** @param condition on `counts.hour`. @param time columns of time to select. @param sign `-` takes the hours away from days that hold them. */
  readonly rows: (time: readonly string[], condition: string, sign?: '' | '-') => string;
  readonly hasFiltered: boolean;
}

export function chooseHourRollup(
  request: ReportRequest,
  keys: readonly ReportGroup[],
  values: StatementValues,
): HourRollup {
  if (keys.includes('REASON')) return { rows: reasonRows(request, keys, values), hasFiltered: true };
  const isOfAll = keys.length === 0 && request.partnerKeys.length === 0 && hasOnlyPartnerFilter(request);
  if (isOfAll) return { rows: totalRows, hasFiltered: true };
  const conditions = [...linkConditions(request, values), ...partnersOfLinks(request, values)];
  // Of what is not counted, only the partner is known.
  const hasFiltered = keys.every((key) => key === 'PARTNER') && hasOnlyPartnerFilter(request);
  return {
    hasFiltered,
    rows: (time, condition, sign = '') => {
      const columns = [...time, ...linkColumns(keys)];
      const where = [...conditions, condition].join(' AND ');
      const counts = `${sign}counts.clicks AS clicks, NULL::bigint AS visitors, 0::bigint AS filtered`;
      const counted = `SELECT ${[...columns, counts].join(', ')} FROM waypost.click_counts_hourly AS counts WHERE ${where}`;
      if (!hasFiltered) return counted;
      const filtered = `0::bigint AS clicks, NULL::bigint AS visitors, ${sign}counts.requests AS filtered`;
      return `${counted} UNION ALL SELECT ${[...columns, filtered].join(', ')} FROM waypost.click_filtered_hourly AS counts WHERE ${where}`;
    },
  };
}

function reasonRows(request: ReportRequest, keys: readonly ReportGroup[], values: StatementValues): HourRollup['rows'] {
  const conditions = linkConditions(request, values);
  return (time, condition, sign = '') => {
    const figures = `0::bigint AS clicks, NULL::bigint AS visitors, ${sign}counts.requests AS filtered`;
    const columns = [...time, ...keys.map((key) => `counts.${KEY_COLUMNS[key]}`), figures];
    return `SELECT ${columns.join(', ')} FROM waypost.click_filtered_hourly AS counts WHERE ${[...conditions, condition].join(' AND ')}`;
  };
}

/** Hours are indexed by partner alone. Whose links an article or a placement had in the period, the days know: without that, all hours of all partners would be read. */
function partnersOfLinks(request: ReportRequest, values: StatementValues): string[] {
  if (hasOnlyPartnerFilter(request)) return [];
  const { from, to } = wholeDays(request);
  const days = `counts.day >= ${values.place(dateOf(from))}::date AND counts.day < ${values.place(dateOf(to))}::date`;
  return [
    `counts.partner_key = ANY (ARRAY(SELECT DISTINCT counts.partner_key FROM waypost.click_links_daily AS counts
       WHERE ${[...linkConditions(request, values), days].join(' AND ')}))`,
  ];
}

const totalRows: HourRollup['rows'] = (time, condition, sign = '') =>
  `SELECT ${[...time, `${sign}counts.clicks AS clicks, NULL::bigint AS visitors, ${sign}counts.filtered AS filtered`].join(', ')} FROM waypost.click_totals_hourly AS counts WHERE ${condition}`;

export const dateOf = (moment: Date): string => moment.toISOString().slice(0, 10);
