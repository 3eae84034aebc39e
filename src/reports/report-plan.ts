import {
  hasOnlyPartnerFilter,
  isCountedByDayOnly,
  isUtc,
  isWholeDays,
  KEY_COLUMNS,
  nearestDays,
  readGroups,
  wholeDays,
  wholeHours,
  type Period,
  type ReportGroup,
  type ReportRequest,
} from './report-request.js';
import {
  chooseDayRollup,
  chooseHourRollup,
  dateOf,
  dayRows,
  daysBeside,
  periodRows,
  StatementValues,
  storedColumns,
  type HourRollup,
} from './report-rollups.js';

/** One statement that answers a report from rollups. */
export interface ReportPlan extends Period {
  /** `from` and `to` are the period that is counted: the one asked for, widened to whole hours or days, because rollups know no less. */
  readonly sql: string;
  readonly parameters: readonly unknown[];
  /** Whether a row's unique visitors are exact; where not they are not told. */
  readonly hasVisitors: boolean;
  readonly hasFiltered: boolean;
}

type PlannedStatement = Omit<ReportPlan, 'parameters'>;

/**
 * Decides which rollups answer, so that as little as possible is added up:
 * - all together, or one key: sums of that key by day and month, with visitors and what was filtered;
 * - several keys: sums by link; one of COUNTRY, DEVICE, REFERRER: sums of their own;
 * - hours, days of other zones and periods that are no whole UTC days: sums by hour, of all together or by link.
 * @throws ReportRefusedError for anything else.
 */
export function planReport(request: ReportRequest): ReportPlan {
  const groups = readGroups(request);
  const values = new StatementValues();
  const isByTime = groups.includes('DAY') || groups.includes('HOUR');
  const question = { request, groups, keys: groups.filter((group) => !isTime(group)), values };
  return { ...(isByTime ? planByTime(question) : planPeriod(question)), parameters: values.list };
}

interface Question {
  readonly request: ReportRequest;
  /** In a fixed order. */
  readonly groups: readonly ReportGroup[];
  /** The groups without those of time. */
  readonly keys: readonly ReportGroup[];
  readonly values: StatementValues;
}

const isFiltered = (request: ReportRequest): boolean =>
  request.partnerKeys.length > 0 || !hasOnlyPartnerFilter(request);

const isTime = (group: ReportGroup): boolean => group === 'DAY' || group === 'HOUR';

function planPeriod(question: Question): PlannedStatement {
  const { request, keys, values } = question;
  if (isCountedByDayOnly(keys) || isWholeDays(request)) {
    const period = wholeDays(request);
    const days = chooseDayRollup(request, keys, values);
    const { hasVisitors, hasFiltered } = days;
    return { ...period, sql: summed(periodRows(days, period, values), question), hasVisitors, hasFiltered };
  }
  const period = wholeHours(request);
  const hours = chooseHourRollup(request, keys, values);
  const sql = summed(joinedRows(hours, period, question), question);
  return { ...period, sql, hasVisitors: false, hasFiltered: hours.hasFiltered };
}

/**
 * Days come from sums by day, and the hours at both ends from those by hour. An end that is most of a day is that day without its other hours, which are
 * fewer.
 */
function joinedRows(hours: HourRollup, period: Period, { request, keys, values }: Question): string {
  const days = nearestDays(period);
  if (days.from >= days.to) return hours.rows([], inHours(period, values));
  const edges = [
    { from: period.from, to: days.from },
    { from: days.to, to: period.to },
  ];
  return [
    periodRows(daysBeside(hours, chooseDayRollup(request, keys, values)), days, values),
    ...edges.flatMap(({ from, to }) => {
      if (from < to) return hours.rows([], inHours({ from, to }, values));
      return from > to ? hours.rows([], inHours({ from: to, to: from }, values), '-') : [];
    }),
  ].join(' UNION ALL ');
}

const inHours = ({ from, to }: Period, values: StatementValues): string =>
  `counts.hour >= ${values.place(from)}::timestamptz AND counts.hour < ${values.place(to)}::timestamptz`;

function planByTime(question: Question): PlannedStatement {
  const { request, groups } = question;
  return !groups.includes('HOUR') && isUtc(request.timeZone) ? planDays(question) : planHours(question);
}

/** Days of UTC. */
function planDays(question: Question): PlannedStatement {
  const { request, keys, values } = question;
  const period = wholeDays(request);
  const rollup = chooseDayRollup(request, keys, values);
  const days = `SELECT day FROM waypost.click_counts_daily WHERE kind = 'all'
    AND day >= ${values.place(dateOf(period.from))}::date AND day < ${values.place(dateOf(period.to))}::date ORDER BY day`;
  const sql = eachPart(days, 'day', dayRows(rollup, 'counts.day = days.day'), question);
  return { ...period, sql, hasVisitors: rollup.hasVisitors, hasFiltered: rollup.hasFiltered };
}

/** Hours, and days of another zone, which are made of hours. */
function planHours(question: Question): PlannedStatement {
  const { request, groups, keys, values } = question;
  const period = wholeHours(request);
  const rollup = chooseHourRollup(request, keys, values);
  const rows = groups.includes('HOUR')
    ? rollup.rows(['counts.hour'], 'counts.hour >= days.starts_at AND counts.hour < days.ends_at')
    : localDayRows(rollup, question);
  const days = zonedDays(period, request.timeZone, values);
  // One hour of all partners has some thousand rows, and is mostly enough; one of a few keys is not worth being looked up alone.
  const isHourByHour = groups.includes('HOUR') && keys.length > 0 && !isFiltered(request);
  const sql = isHourByHour
    ? eachPart(hoursOf(days), 'starts_at', rows, question)
    : eachPart(days, 'day', rows, question);
  return { ...period, sql, hasVisitors: false, hasFiltered: rollup.hasFiltered };
}

const hoursOf = (days: string): string =>
  `SELECT day, hour AS starts_at, hour + interval '1 hour' AS ends_at
    FROM (${days}) AS days, generate_series(days.starts_at, days.ends_at - interval '1 hour', interval '1 hour') AS hour ORDER BY starts_at`;

/** As `joinedRows`, for each day of a zone: the UTC day that is nearest to it, with hours added or taken away at both ends. */
function localDayRows(hours: HourRollup, { request, keys, values }: Question): string {
  const edges = [
    { from: 'starts_at', to: 'utc_starts_at', sign: '' },
    { from: 'utc_starts_at', to: 'starts_at', sign: '-' },
    { from: 'utc_ends_at', to: 'ends_at', sign: '' },
    { from: 'ends_at', to: 'utc_ends_at', sign: '-' },
  ] as const;
  const days = daysBeside(hours, chooseDayRollup(request, keys, values));
  const isOfDay = (moment: string): string => `(days.${moment} AT TIME ZONE 'UTC')::date`;
  return [
    dayRows(days, `counts.day >= ${isOfDay('utc_starts_at')} AND counts.day < ${isOfDay('utc_ends_at')}`),
    ...edges.map(({ from, to, sign }) =>
      hours.rows([], `counts.hour >= days.${from} AND counts.hour < days.${to}`, sign),
    ),
  ].join(' UNION ALL ');
}

/**
 * Days of a zone with the moments where they start and end, in order. Where clocks are put back over midnight, Postgres takes the second midnight for
 * the start, but the hour before it is of the same day.
 */
function zonedDays({ from, to }: Period, timeZone: string, values: StatementValues): string {
  const [zone, first, end] = [`${values.place(timeZone)}::text`, values.place(from), values.place(to)];
  const known = `SELECT greatest((${first}::timestamptz AT TIME ZONE ${zone})::date, min(day) - 1) AS first,
      least(((${end}::timestamptz - interval '1 hour') AT TIME ZONE ${zone})::date, max(day) + 1) AS last
    FROM waypost.click_counts_daily WHERE kind = 'all'`;
  const midnights = `SELECT day::date AS day, day AT TIME ZONE ${zone} AS midnight
    FROM (${known}) AS known, generate_series(known.first::timestamp, known.last::timestamp, interval '1 day') AS day`;
  const starts = `SELECT day, CASE WHEN ((midnight - interval '1 hour') AT TIME ZONE ${zone})::date = day
      THEN midnight - interval '1 hour' ELSE midnight END AS starts_at FROM (${midnights}) AS midnights`;
  const days = `SELECT day, greatest(starts_at, ${first}::timestamptz) AS starts_at,
      least(lead(starts_at, 1, 'infinity') OVER (ORDER BY day), ${end}::timestamptz) AS ends_at FROM (${starts}) AS starts`;
  return `SELECT *, ${nearestMidnight('starts_at')} AS utc_starts_at, ${nearestMidnight('ends_at')} AS utc_ends_at FROM (${days}) AS days ORDER BY day`;
}

const nearestMidnight = (moment: string): string =>
  `date_trunc('day', ${moment} AT TIME ZONE 'UTC' + interval '12 hours') AT TIME ZONE 'UTC'`;

/**
 * Adds up one day after the other, or one hour. Rows come in the order of time, so that no more of them are touched than are needed for the rows that
 * were asked for: all hours or partners of a year would be some 100,000 rows.
 * @param order column of `days` by which these are in order.
 */
function eachPart(
  days: string,
  order: 'day' | 'starts_at',
  rows: string,
  { request, groups, keys, values }: Question,
): string {
  const limit = values.place(request.limit + 1);
  const columns = groups.map((group) => {
    if (group === 'DAY') return 'days.day::text AS day';
    // A number is read faster than a text, and an answer may have thousands.
    return group === 'HOUR'
      ? '(extract(epoch FROM found.hour) * 1000)::float8 AS hour_ms'
      : `found.${KEY_COLUMNS[group]}`;
  });
  const orders = [`days.${order}`, ...(groups.includes('HOUR') ? ['found.hour'] : []), ...largestFirst(keys, 'found.')];
  return `SELECT ${[...columns, 'found.clicks', 'found.visitors', 'found.filtered'].join(', ')}
    FROM (${days}) AS days CROSS JOIN LATERAL (${sums(rows, groups.includes('HOUR') ? ['hour'] : [], keys)}) AS found
    ORDER BY ${orders.join(', ')} LIMIT ${limit}`;
}

/** The largest first. One row more than asked for tells of more. */
function summed(rows: string, { request, keys, values }: Question): string {
  return `SELECT * FROM (${sums(rows, [], keys, keys.length === 0)}) AS found
    ORDER BY ${largestFirst(keys, 'found.').join(', ')} LIMIT ${values.place(request.limit + 1)}`;
}

/** @param columns of time. @param isAlways one row also where there is nothing. */
function sums(rows: string, columns: readonly string[], keys: readonly ReportGroup[], isAlways = false): string {
  const byKey = summedBy(rows, [...columns, ...storedColumns(keys)], isAlways);
  if (!keys.includes('TAG')) return byKey;
  const tagged = `SELECT source.*, tag.slug AS tag FROM (${byKey}) AS source
    JOIN waypost.article_tags AS link USING (article_id) JOIN waypost.tags AS tag ON tag.id = link.tag_id`;
  return summedBy(tagged, [...columns, ...columnsOf(keys)]);
}

function summedBy(rows: string, columns: readonly string[], isAlways = false): string {
  const figures = [
    `coalesce(${sumOf('clicks')}, 0) AS clicks`,
    `${sumOf('visitors')} AS visitors`,
    `coalesce(${sumOf('filtered')}, 0) AS filtered`,
  ];
  return `SELECT ${[...columns, ...figures].join(', ')} FROM (${rows}) AS source
    ${columns.length > 0 ? `GROUP BY ${columns.join(', ')}` : ''} ${isAlways ? '' : `HAVING ${sumOf('clicks')} <> 0 OR ${sumOf('filtered')} <> 0`}`;
}

/** Exact up to 2^53. A sum of bigint keeps 128 bits for each group, and spills to the disk where this does not. */
const sumOf = (column: string): string => `sum(${column}::float8)`;

const columnsOf = (keys: readonly ReportGroup[]): string[] => keys.map((key) => KEY_COLUMNS[key]);

const largestFirst = (keys: readonly ReportGroup[], prefix: string): string[] =>
  ['clicks DESC', 'filtered DESC', ...columnsOf(keys)].map((column) => prefix + column);
