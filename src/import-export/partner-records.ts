/**
 * Reads partners from the files that other systems keep them in: what a Hugo site has in `data/affiliates.{toml,yaml,json}`,
 * and the CSV files of ThirstyAffiliates and Pretty Links.
 */
import { parse as parseCsv } from 'csv-parse/sync';
import { parse as parseToml, TomlError } from 'smol-toml';
import { LineCounter, parseDocument } from 'yaml';
import { isRecord } from '../kernel/record.js';

/** What Waypost keeps of a partner; every value as the file has it. */
export type PartnerField =
  | 'key'
  | 'name'
  | 'destinationUrl'
  | 'network'
  | 'subIdTemplate'
  | 'passthrough'
  | 'defaultText'
  | 'disclosure'
  | 'fallbackUrl'
  | 'startsAt'
  | 'expiresAt'
  | 'status'
  | 'targets';

export interface PartnerRecord {
  /** Line of the file, from 1; 1 where the format does not tell. */
  readonly line: number;
  /** A list for `passthrough` and `targets`, else text. */
  readonly fields: Readonly<Partial<Record<PartnerField, unknown>>>;
}

export interface PartnerFile {
  readonly kind: 'data' | 'thirstyaffiliates' | 'prettylinks' | 'csv';
  readonly records: readonly PartnerRecord[];
  /** What each column or key of the file was taken for; undefined: nothing in Waypost. */
  readonly mapping: ReadonlyMap<string, PartnerField | undefined>;
}

/** The file is not what its name says. */
export class PartnerFileError extends Error {
  override readonly name = 'PartnerFileError';

  constructor(
    message: string,
    /** From 1. */
    readonly line = 1,
    /** From 1. */
    readonly column = 1,
  ) {
    super(message);
  }
}

/**
 * `name` decides by its ending: `.csv`, `.toml`, `.yaml`, `.yml` or `.json`. What is not UTF-8 is read as Latin-1 where it is
 * a CSV file: ThirstyAffiliates writes that.
 * @throws PartnerFileError
 */
export function readPartnerBytes(name: string, bytes: Buffer): PartnerFile {
  try {
    return readPartnerFile(name, new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    if (error instanceof PartnerFileError) throw error;
    if (!/\.csv$/i.test(name)) throw new PartnerFileError('The file is not UTF-8. Save it as UTF-8.');
    return readPartnerFile(name, new TextDecoder('windows-1252').decode(bytes));
  }
}

/**
 * `name` decides by its ending: `.csv`, `.toml`, `.yaml`, `.yml` or `.json`.
 * @throws PartnerFileError
 */
export function readPartnerFile(name: string, text: string): PartnerFile {
  const plain = text.replace(/^\uFEFF/, '');
  const ending = /\.([a-z]+)$/i.exec(name)?.[1]?.toLowerCase();
  if (ending === 'csv') return readCsv(plain);
  if (ending === 'toml') return readData(fromToml(plain));
  if (ending === 'yaml' || ending === 'yml') return readData(fromYaml(plain));
  if (ending === 'json') return readData(fromJson(plain));
  throw new PartnerFileError('Name a .csv, .toml, .yaml or .json file.');
}

// ---- names ----

/** What people call the fields, without capitals and separators. */
const NAMES: Readonly<Record<string, PartnerField>> = {
  key: 'key',
  id: 'key',
  slug: 'key',
  name: 'name',
  title: 'name',
  linkname: 'name',
  label: 'name',
  url: 'destinationUrl',
  link: 'destinationUrl',
  href: 'destinationUrl',
  target: 'destinationUrl',
  targeturl: 'destinationUrl',
  destination: 'destinationUrl',
  destinationurl: 'destinationUrl',
  affiliateurl: 'destinationUrl',
  network: 'network',
  program: 'network',
  subidtemplate: 'subIdTemplate',
  passthrough: 'passthrough',
  text: 'defaultText',
  anchor: 'defaultText',
  defaulttext: 'defaultText',
  disclosure: 'disclosure',
  fallback: 'fallbackUrl',
  fallbackurl: 'fallbackUrl',
  starts: 'startsAt',
  startsat: 'startsAt',
  startdate: 'startsAt',
  expires: 'expiresAt',
  expiresat: 'expiresAt',
  expirydate: 'expiresAt',
  enddate: 'expiresAt',
  // What ThirstyAffiliates keeps of a link beside the columns that it names.
  talinkstartdate: 'startsAt',
  talinkexpiredate: 'expiresAt',
  taafterexpireredirect: 'fallbackUrl',
  status: 'status',
  targets: 'targets',
};

/** `names`: all of the record; a number in "id" is no key where a slug is one. */
function fieldOf(name: string, names: readonly string[] = []): PartnerField | undefined {
  const plain = plainName(name);
  if (plain === 'id' && names.some((other) => ['key', 'slug'].includes(plainName(other)))) return undefined;
  // Keys such as "constructor" are no fields.
  return Object.hasOwn(NAMES, plain) ? NAMES[plain] : undefined;
}

function plainName(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z]/g, '');
}

// ---- data files ----

type Data = Readonly<Record<string, unknown>>;

/** A map of key to partner, a map of key to URL, or a list; also one level down, as in `[affiliates.training_partner]`. */
function readData(value: unknown): PartnerFile {
  const entries = entriesOf(unwrap(value));
  const mapping = new Map<string, PartnerField | undefined>();
  const records = entries.map(([key, partner]) => {
    const data: Data = isRecord(partner) ? partner : { url: partner };
    const fields: Partial<Record<PartnerField, unknown>> = key === undefined ? {} : { key };
    for (const [name, part] of Object.entries(data)) {
      const field = fieldOf(name, Object.keys(data));
      mapping.set(name, field);
      if (field !== undefined && !(field === 'key' && key !== undefined)) fields[field] ??= plainValue(part);
    }
    return { line: 1, fields };
  });
  return { kind: 'data', records, mapping };
}

/** `{ affiliates: … }` where nothing else is there and that is no partner itself. */
function unwrap(value: unknown): unknown {
  if (!isRecord(value)) return value;
  const [only, ...others] = Object.entries(value);
  if (!only || others.length > 0) return value;
  const [name, inner] = only;
  if (!/^(?:affiliates?|partners?|links?|aff)$/i.test(name)) return value;
  const isPartner =
    isRecord(inner) && Object.keys(inner).some((key) => fieldOf(key) === 'destinationUrl') && !hasData(inner);
  return isPartner ? value : inner;
}

function hasData(data: Data): boolean {
  return Object.values(data).every(isRecord);
}

function entriesOf(value: unknown): [key: string | undefined, partner: unknown][] {
  if (Array.isArray(value)) return value.map((partner: unknown) => [undefined, partner]);
  if (isRecord(value)) return Object.entries(value);
  throw new PartnerFileError('Write a map of partner keys, or a list of partners.');
}

function plainValue(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : value;
}

function fromToml(text: string): unknown {
  try {
    return parseToml(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    throw new PartnerFileError(error.message.split('\n')[0] ?? 'This is no TOML.', error.line, error.column);
  }
}

function fromYaml(text: string): unknown {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  const [problem] = document.errors;
  if (problem) {
    const { line, col } = lineCounter.linePos(problem.pos[0]);
    throw new PartnerFileError(problem.message, line, col);
  }
  return document.toJS({ maxAliasCount: 100 }) as unknown;
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new PartnerFileError(error instanceof Error ? error.message : String(error));
  }
}

// ---- CSV ----

function readCsv(text: string): PartnerFile {
  const [header, ...rows] = parseRows(text);
  if (!header) throw new PartnerFileError('The file is empty. Its first line names the columns.');
  const names = header.record.map((name) => name.trim());
  const columns = names.map((name) => columnOf(name, names));
  if (!columns.includes('destinationUrl')) {
    throw new PartnerFileError(`No column is a destination URL. The columns are: ${names.join(', ')}.`);
  }
  return {
    kind: kindOf(names),
    mapping: new Map(names.map((name, index) => [name, columns[index]])),
    records: rows.map(({ record, line }) => ({ line, fields: fieldsOf(columns, record) })),
  };
}

function parseRows(text: string): { record: string[]; line: number }[] {
  try {
    const rows = parseCsv(text, {
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      delimiter: delimiterOf(text),
    });
    return (rows as unknown as { record: string[]; info: { lines: number } }[]).map(({ record, info }) => {
      // A value may hold line breaks; the line said is the record's last.
      const breaks = record.reduce((sum, value) => sum + value.split('\n').length - 1, 0);
      return { record, line: info.lines - breaks };
    });
  } catch (error) {
    throw new PartnerFileError(
      error instanceof Error ? error.message : String(error),
      (error as { lines?: number }).lines,
    );
  }
}

/** A spreadsheet writes `;` where the comma is the decimal point. */
function delimiterOf(text: string): string {
  const header = text.slice(0, text.search(/[\r\n]|$/));
  const counts = [',', ';', '\t'].map((delimiter) => [delimiter, header.split(delimiter).length] as const);
  return counts.reduce((most, one) => (one[1] > most[1] ? one : most))[0];
}

function columnOf(name: string, names: readonly string[]): PartnerField | undefined {
  return /^geolocations?\b/i.test(name) ? 'targets' : fieldOf(name, names);
}

/**
 * ThirstyAffiliates exports `Name, Destination URL, Slug, Categories (separated by semicolons), Images To Download & Attach
 * (...), Geolocations Links (format: ...), Autolinker Keywords (...)` and then its own fields such as `_ta_link_expire_date`;
 * its documentation and older versions say `Link Name`. Pretty Links exports `id, url, slug, name, redirect_type, track_me,
 * nofollow, sponsored, param_forwarding, google_tracking, delay, created_at, last_updated_at, link_categories, link_tags,
 * keywords`; older versions have `group_id` and `description` instead of the last.
 */
function kindOf(names: readonly string[]): PartnerFile['kind'] {
  const lower = names.map((name) => name.toLowerCase());
  const isThirsty = lower.includes('link name') || lower.some((name) => /^(?:geolocations?|autolinker) /.test(name));
  if (isThirsty && lower.includes('destination url')) return 'thirstyaffiliates';
  const isPrettyLinks = ['redirect_type', 'track_me', 'param_forwarding', 'group_id', 'link_categories'].some((name) =>
    lower.includes(name),
  );
  return isPrettyLinks && lower.includes('url') && lower.includes('slug') ? 'prettylinks' : 'csv';
}

function fieldsOf(columns: readonly (PartnerField | undefined)[], record: readonly string[]): PartnerRecord['fields'] {
  const fields: Partial<Record<PartnerField, unknown>> = {};
  for (const [index, field] of columns.entries()) {
    const value = record[index]?.trim() ?? '';
    if (field === undefined || value === '') continue;
    fields[field] ??=
      field === 'targets' ? readGeolocations(value) : field === 'passthrough' ? value.split(/[\s;,]+/) : value;
  }
  return fields;
}

/** `AU:https://…;NZ:AU;DE:https://…`: a country may have the destination of another one. */
function readGeolocations(text: string): Data[] {
  const urls = new Map<string, string>();
  for (const part of text.split(/;(?=\s*[A-Za-z]{2}:)/)) {
    const [, country = '', url = ''] = /^\s*([A-Za-z]{2}):\s*(.*?);?\s*$/.exec(part) ?? ['', part.trim()];
    urls.set(country.toUpperCase(), /^[A-Za-z]{2}$/.test(url) ? (urls.get(url.toUpperCase()) ?? url) : url);
  }
  const countries = new Map<string, string[]>();
  for (const [country, url] of urls) countries.set(url, [...(countries.get(url) ?? []), country]);
  return [...countries].map(([destinationUrl, list]) => ({ countries: list, destinationUrl }));
}
