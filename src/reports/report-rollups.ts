import {
  DIMENSIONS,
  hasOnlyPartnerFilter,
  KEY_COLUMNS,
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

/** Sums by UTC day, and by month where a month is over. */
interface DayRollup {
  /** Name of its tables without `_daily` and `_monthly`. */
  readonly table: 'click_counts' | 'click_links' | 'click_dimensions';
  /** What is selected for each key. */
  readonly columns: readonly string[];
  readonly join: string;
  readonly conditions: readonly string[];
  readonly figures: string;
  /** Whether each row's unique visitors are exact once its days are added up. */
  readonly hasVisitors: boolean;
  readonly hasFiltered: boolean;
}

const FIGURES = 'clicks, visitors, filtered';
const CLICKS_ONLY = 'clicks, NULL::bigint AS visitors, 0::bigint AS filtered';
const TAGS = `JOIN waypost.article_tags AS link ON link.article_id = counts.article_id JOIN waypost.tags AS tag ON tag.id = link.tag_id`;

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
    join: '',
    conditions: [
      `counts.dimension = ${values.place(dimension.toLowerCase())}`,
      isByPartner ? `counts.partner_key <> ''` : `counts.partner_key = ''`,
      ...anyOf('counts.partner_key', request.partnerKeys, 'text', values),
    ],
    figures: CLICKS_ONLY,
    hasVisitors: false,
    hasFiltered: false,
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
  const involved = new Set([...keys, ...filtered]);
  if (involved.size > 1) return undefined;
  const [key] = involved;
  if (key !== undefined && !isKeyed(key)) return undefined;
  const wanted = key === undefined ? [] : filters[key];
  return {
    table: 'click_counts',
    columns: keys.map((one) =>
      one === 'ARTICLE' ? `nullif(counts.key, '')::uuid AS article_id` : `counts.key AS ${KEY_COLUMNS[one]}`,
    ),
    join: '',
    conditions: [
      `counts.kind = ${values.place(key === undefined ? 'all' : KINDS[key])}`,
      ...anyOf('counts.key', wanted, 'text', values),
    ],
    figures: FIGURES,
    // Who clicked on two of several partners is a visitor of each of them, but not two visitors of both.
    hasVisitors: keys.length > 0 || new Set(wanted).size <= 1,
    hasFiltered: true,
  };
}

const isKeyed = (group: ReportGroup): group is KeyedGroup => group in KINDS;

function linksRollup(request: ReportRequest, keys: readonly ReportGroup[], values: StatementValues): DayRollup {
  return {
    table: 'click_links',
    columns: keys.map(linkColumn),
    join: keys.includes('TAG') ? TAGS : '',
    conditions: linkConditions(request, values),
    figures: CLICKS_ONLY,
    hasVisitors: false,
    hasFiltered: false,
  };
}

const linkColumn = (key: ReportGroup): string => (key === 'TAG' ? 'tag.slug AS tag' : `counts.${KEY_COLUMNS[key]}`);

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

/** Rows of the days for which a condition holds. @param time columns of time to select. */
export function dayRows(rollup: DayRollup, time: readonly string[], condition: string): string {
  return `SELECT ${[...time, ...rollup.columns, rollup.figures].join(', ')} FROM waypost.${rollup.table}_daily AS counts ${rollup.join}
    WHERE ${[...rollup.conditions, condition].join(' AND ')}`;
}

/**
 * Rows of whole days without their time. Months that are added up already are read as one row for each key; of the days,
 * only those of the other months are touched.
 */
export function periodRows(rollup: DayRollup, period: Period, values: StatementValues): string {
  const [from, to] = [period.from, period.to].map((moment) => `${values.place(dateOf(moment))}::date`);
  const closed = `SELECT month FROM waypost.click_months WHERE month >= ${from} AND month + interval '1 month' <= ${to}`;
  const open = `SELECT month::date FROM generate_series(date_trunc('month', ${from}), ${to} - 1, interval '1 month') AS month EXCEPT ${closed}`;
  const ofMonth = `counts.day >= greatest(open.month, ${from}) AND counts.day < least((open.month + interval '1 month')::date, ${to})`;
  return `SELECT daily.* FROM (${open}) AS open CROSS JOIN LATERAL (${dayRows(rollup, [], ofMonth)} OFFSET 0) AS daily
    UNION ALL SELECT ${[...rollup.columns, rollup.figures].join(', ')} FROM waypost.${rollup.table}_monthly AS counts ${rollup.join}
      WHERE ${[...rollup.conditions, `counts.month IN (${closed})`].join(' AND ')}`;
}

/** Sums by UTC hour. */
export interface HourRollup {
  /** @param condition on `counts.hour`. @param time columns of time to select. */
  readonly rows: (time: readonly string[], condition: string) => string;
  readonly hasFiltered: boolean;
}

export function chooseHourRollup(
  request: ReportRequest,
  keys: readonly ReportGroup[],
  values: StatementValues,
): HourRollup {
  const isOfAll = keys.length === 0 && request.partnerKeys.length === 0 && hasOnlyPartnerFilter(request);
  if (isOfAll) return { rows: totalRows, hasFiltered: true };
  const conditions = linkConditions(request, values);
  const join = keys.includes('TAG') ? TAGS : '';
  // Of what is not counted, only the partner is known.
  const hasFiltered = keys.every((key) => key === 'PARTNER') && hasOnlyPartnerFilter(request);
  return {
    hasFiltered,
    rows: (time, condition) => {
      const columns = [...time, ...keys.map(linkColumn)];
      const where = [...conditions, condition].join(' AND ');
      const counted = `SELECT ${[...columns, `counts.${CLICKS_ONLY}`].join(', ')} FROM waypost.click_counts_hourly AS counts ${join} WHERE ${where}`;
      if (!hasFiltered) return counted;
      const filtered = '0::bigint AS clicks, NULL::bigint AS visitors, counts.requests AS filtered';
      return `${counted} UNION ALL SELECT ${[...columns, filtered].join(', ')} FROM waypost.click_filtered_hourly AS counts WHERE ${where}`;
    },
  };
}

const totalRows: HourRollup['rows'] = (time, condition) =>
  `SELECT ${[...time, 'counts.clicks, NULL::bigint AS visitors, counts.filtered'].join(', ')} FROM waypost.click_totals_hourly AS counts WHERE ${condition}`;

export const dateOf = (moment: Date): string => moment.toISOString().slice(0, 10);
