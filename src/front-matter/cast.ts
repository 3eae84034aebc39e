/** Conversions of spf13/cast 1.5, by which Hugo turns what it finds in front matter into what a field needs. */
import { pad, printFraction, findZone, formatWallTime } from './zones.js';
import { isList, isMap, TomlDateTimeValue, type FrontMatterValue } from './value.js';

/** Undefined: a list or a map, which is no string. */
function toStringOrUndefined(value: FrontMatterValue): string | undefined {
  if (typeof value === 'string') return value;
  if (value === null) return '';
  if (typeof value === 'number') return printFloat(value);
  if (value instanceof TomlDateTimeValue) return printTomlDateTime(value);
  return typeof value === 'object' ? undefined : String(value);
}

export function castToString(value: FrontMatterValue): string {
  return toStringOrUndefined(value) ?? '';
}

/** All digits, never an exponent. */
function printFloat(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
  if (Object.is(value, -0)) return '-0';
  const short = String(value);
  const exponent = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(short);
  if (exponent === null) return short;
  const [, sign = '', first = '', rest = '', power = ''] = exponent;
  const digits = first + rest;
  const point = 1 + Number(power);
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return `${sign}${digits.padEnd(point, '0')}`;
}

/** As Go's `String()` prints them: an offset date-time in another form than it is written in. */
function printTomlDateTime({ dateTime: { kind, time, fraction } }: TomlDateTimeValue): string {
  const date = `${pad(time.year, 4)}-${pad(time.month, 2)}-${pad(time.day, 2)}`;
  const clock = `${pad(time.hour, 2)}:${pad(time.minute, 2)}:${pad(time.second, 2)}`;
  if (kind === 'local date') return date;
  if (kind === 'local time') return clock + (fraction === '' ? '' : `.${fraction}`);
  if (kind === 'local date-time') return `${date}T${clock}${fraction === '' ? '' : `.${fraction}`}`;
  const minutes = Math.trunc(Math.abs(time.offsetSeconds ?? 0) / 60);
  const sign = (time.offsetSeconds ?? 0) < 0 ? '-' : '+';
  const offset = `${sign}${pad(Math.trunc(minutes / 60), 2)}${pad(minutes % 60, 2)}`;
  return `${date} ${clock}${printFraction(time.nanosecond)} ${offset} ${minutes === 0 ? 'UTC' : offset}`;
}

/** As JSON prints it: RFC 3339, and the local kinds as they are written. */
export function printTomlDateTimeForJson(value: TomlDateTimeValue): string {
  const { kind, time } = value.dateTime;
  return kind === 'offset date-time' ? formatWallTime(time, utc) : printTomlDateTime(value);
}

const utc = findZone('UTC') ?? (() => 0);

/** A string is split at white space, a list is converted item by item, anything else is one item. */
export function castToStringList(value: FrontMatterValue): string[] {
  if (typeof value === 'string') return splitFields(value);
  if (isList(value)) return value.map(castToString);
  // Go's cast has no list for null or a map.
  return value === null || isMap(value) ? [] : [castToString(value)];
}

/** The same, but a string stays one item: `tags: a, b` is one tag. */
export function castToTerms(value: FrontMatterValue): string[] {
  return typeof value === 'string' ? [value] : castToStringList(value);
}

/** Go's `strings.Fields`, whose white space is Unicode's White_Space: no U+FEFF, but U+0085. */
export function splitFields(text: string): string[] {
  return text.split(/[\p{White_Space}]+/u).filter((field) => field !== '');
}

/** Undefined: no boolean, which Hugo reads as false. Of integers only those of YAML are looked at. */
export function castToBoolean(value: FrontMatterValue, isYaml: boolean): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (value === null) return false;
  if (typeof value === 'bigint') return isYaml && isPlatformInteger(value) ? value !== 0n : undefined;
  if (typeof value !== 'string') return undefined;
  if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(value)) return true;
  return ['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(value) ? false : undefined;
}

/** What Go holds as `int`; YAML's larger ones are unsigned and no boolean. */
function isPlatformInteger(value: bigint): boolean {
  return value === BigInt.asIntN(64, value);
}

/** 0 for what is no integer. */
export function castToInteger(value: FrontMatterValue): number {
  if (typeof value === 'boolean') return value ? 1 : 0;
  // Go leaves open what a float out of range becomes; on the machines Hugo is built for it is the smallest integer.
  if (typeof value === 'number') return Math.abs(value) < 2 ** 63 ? Math.trunc(value) + 0 : -(2 ** 63);
  if (typeof value === 'bigint') return Number(BigInt.asIntN(64, value));
  return typeof value === 'string' ? parseGoInteger(value) : 0;
}

const INTEGER = /^([+-]?)(?:0[xX]((?:_?[0-9a-fA-F])+)|0[bB]((?:_?[01])+)|0[oO]?((?:_?[0-7])+)|(0|[1-9](?:_?\d)*))$/;

/** Go's `strconv.ParseInt(text, 0, 64)` after zeros behind a decimal point are dropped: `010` is 8, `7.0` is 7. */
function parseGoInteger(text: string): number {
  const found = INTEGER.exec(text.replace(/\.0+$/, ''));
  if (found === null) return 0;
  const [, sign, hex, binary, octal, decimal] = found.map((part) => part?.replaceAll('_', ''));
  const size = BigInt(
    hex !== undefined
      ? `0x${hex}`
      : binary !== undefined
        ? `0b${binary}`
        : octal !== undefined
          ? `0o${octal}`
          : (decimal ?? '0'),
  );
  const value = sign === '-' ? -size : size;
  return value === BigInt.asIntN(64, value) ? Number(value) : 0;
}
