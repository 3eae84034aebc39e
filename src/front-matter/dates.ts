/** Hugo's four dates: which keys each is taken from, and how a value becomes a date. */
import { parseHugoDate } from './go-time.js';
import { TomlDateTimeValue, type FrontMatterMap, type FrontMatterValue } from './value.js';
import { formatUnixSeconds, formatWallTime, type ZoneOffset } from './zones.js';

type DateField = 'date' | 'lastmod' | 'publishDate' | 'expiryDate';

/**
 * The `[frontmatter]` section of a Hugo site's configuration: for each date the keys that are tried in turn, `:default`,
 * `:filename` or `:fileModTime`.
 */
export type DateSources = Partial<Readonly<Record<DateField, readonly string[]>>>;

/** The same moment that Hugo takes for "not set". */
export const UNSET_DATE = '0001-01-01T00:00:00Z';

/** In the order in which Hugo resolves them. */
const DATE_FIELDS: readonly DateField[] = ['date', 'lastmod', 'publishDate', 'expiryDate'];

const DEFAULT_SOURCES: Readonly<Record<DateField, readonly string[]>> = {
  date: ['date', 'publishdate', 'lastmod'],
  lastmod: ['lastmod', 'date', 'publishdate'],
  publishDate: ['publishdate', 'date'],
  expiryDate: ['expirydate'],
};

/** Other names of a key, tried right after it. */
const OTHER_NAMES: Readonly<Record<string, readonly string[]>> = {
  lastmod: ['modified'],
  publishdate: ['pubdate', 'published'],
  expirydate: ['unpublishdate'],
};

/** What is looked at for each date, in turn. */
export interface DatePlan {
  readonly sources: Readonly<Record<DateField, readonly string[]>>;
  /** Every key that is looked at: such a key is a param only when a date was taken from it. */
  readonly keys: ReadonlySet<string>;
}

export interface DateContext {
  readonly plan: DatePlan;
  readonly zone: ZoneOffset;
  /** The file's name without folder and extension; a bundle's folder. */
  readonly baseName: string;
  readonly fileModifiedAt: Date | undefined;
}

export interface ResolvedDates {
  readonly dates: Readonly<Record<DateField, string | undefined>>;
  /** What the dates leave among the params. */
  readonly params: ReadonlyMap<string, string>;
  /** Taken from the file's name, where `:filename` gave the date. */
  readonly slug: string | undefined;
}

export function planDates(configured: DateSources | undefined): DatePlan {
  return configured === undefined ? DEFAULT_PLAN : makePlan(configured);
}

function makePlan(configured: DateSources): DatePlan {
  const sources = {
    date: expandSources('date', configured.date),
    lastmod: expandSources('lastmod', configured.lastmod),
    publishDate: expandSources('publishDate', configured.publishDate),
    expiryDate: expandSources('expiryDate', configured.expiryDate),
  };
  const keys = DATE_FIELDS.flatMap((field) => sources[field]).filter((source) => !source.startsWith(':'));
  return { sources, keys: new Set(keys) };
}

function expandSources(field: DateField, configured: readonly string[] = [':default']): string[] {
  const written = configured.map((source) => source.toLowerCase());
  const expanded = written.flatMap((source) => (source === ':default' ? DEFAULT_SOURCES[field] : [source]));
  return [...new Set(expanded.flatMap((source) => [source, ...(OTHER_NAMES[source] ?? [])]))];
}

const DEFAULT_PLAN = makePlan({});

export function resolveDates(values: FrontMatterMap, context: DateContext): ResolvedDates {
  const dates: Record<DateField, string | undefined> = {
    date: undefined,
    lastmod: undefined,
    publishDate: undefined,
    expiryDate: undefined,
  };
  const params = new Map<string, string>();
  let slug: string | undefined;
  for (const field of DATE_FIELDS) {
    const found = readFirst(context.plan.sources[field], values, context);
    if (found === undefined) continue;
    if (found.date !== UNSET_DATE) dates[field] = found.date;
    const paramKey = field.toLowerCase();
    if (!params.has(paramKey)) params.set(paramKey, found.date);
    if (!found.source.startsWith(':')) params.set(found.source, found.date);
    slug ??= found.slug;
  }
  return { dates, params, slug };
}

function readFirst(
  sources: readonly string[],
  values: FrontMatterMap,
  context: DateContext,
): (FoundDate & { source: string }) | undefined {
  for (const source of sources) {
    const found = readSource(source, values, context);
    if (found !== undefined) return { ...found, source };
  }
  return undefined;
}

interface FoundDate {
  readonly date: string;
  readonly slug?: string;
}

function readSource(source: string, values: FrontMatterMap, context: DateContext): FoundDate | undefined {
  if (source === ':filename') return readFilename(context);
  if (source === ':filemodtime') {
    const modifiedMs = context.fileModifiedAt?.getTime();
    const date = modifiedMs === undefined ? undefined : formatUnixSeconds(BigInt(Math.trunc(modifiedMs / 1000)));
    return date === undefined ? undefined : { date };
  }
  const value = values.get(source);
  const date = value === undefined ? undefined : readDate(value, context.zone);
  return date === undefined ? undefined : { date };
}

/** `2024-05-06-my-post` gives a date and a slug. */
function readFilename({ baseName, zone }: DateContext): FoundDate | undefined {
  const date = readDate(baseName.slice(0, 10), zone);
  return date === undefined ? undefined : { date, slug: baseName.slice(10).replaceAll(/^[ \-_]+|[ \-_]+$/g, '') };
}

/**
 * RFC 3339 with the offset and the fraction as they are written; undefined for what is no date.
 * Hugo prints a TOML offset date-time and reads it again before it takes it for a date, and so loses its fraction.
 */
export function readDate(value: FrontMatterValue, zone: ZoneOffset): string | undefined {
  if (typeof value === 'string') {
    const time = parseHugoDate(value);
    return time === undefined ? undefined : formatWallTime(time, zone);
  }
  // YAML's integers reach 2⁶⁴; Go takes the upper half for negative seconds.
  if (typeof value === 'bigint') return formatUnixSeconds(BigInt.asIntN(64, value));
  if (!(value instanceof TomlDateTimeValue) || value.dateTime.kind === 'local time') return undefined;
  const { kind, time } = value.dateTime;
  return formatWallTime(kind === 'offset date-time' ? { ...time, nanosecond: 0 } : time, zone);
}
