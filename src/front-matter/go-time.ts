/**
 * Reads the date strings that Hugo reads, as Go's `time.Parse` does it: lenient about a fraction after the seconds,
 * runs of spaces and a one-digit hour, strict about everything else.
 * Source: the formats of spf13/cast 1.5 (`StringToDateInDefaultLocation`) and the documentation of Go's `time.Parse`.
 */

/** A moment on a wall clock. `offsetSeconds` undefined: the value names no offset, the site's time zone decides. */
export interface WallTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  /** May leave 0 to 23 by the hours of a `GMT+3`: a clock that is moved, see below. */
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly nanosecond: number;
  readonly offsetSeconds: number | undefined;
}

const SHORT_DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const LONG_DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const SHORT_MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Whose clock a format without a numeric offset means. An abbreviation such as `MST` counts as the site's zone. */
type Clock = 'site' | 'written' | 'utc';

/** In the order in which they are tried. Go writes formats as the reference time Mon Jan 2 15:04:05 MST 2006. */
const DATE_FORMATS: readonly (readonly [layout: string, clock: Clock])[] = [
  ['2006-01-02T15:04:05Z07:00', 'written'],
  ['2006-01-02T15:04:05', 'site'],
  ['Mon, 02 Jan 2006 15:04:05 -0700', 'written'],
  ['Mon, 02 Jan 2006 15:04:05 MST', 'site'],
  ['02 Jan 06 15:04 -0700', 'written'],
  ['02 Jan 06 15:04 MST', 'site'],
  ['Monday, 02-Jan-06 15:04:05 MST', 'site'],
  ['2006-01-02 15:04:05.999999999 -0700 MST', 'written'],
  ['2006-01-02T15:04:05-0700', 'written'],
  ['2006-01-02 15:04:05Z0700', 'written'],
  ['2006-01-02 15:04:05', 'site'],
  ['Mon Jan _2 15:04:05 2006', 'site'],
  ['Mon Jan _2 15:04:05 MST 2006', 'site'],
  ['Mon Jan 02 15:04:05 -0700 2006', 'written'],
  ['2006-01-02 15:04:05Z07:00', 'written'],
  ['2006-01-02', 'site'],
  ['02 Jan 2006', 'site'],
  ['2006-01-02 15:04:05 -07:00', 'written'],
  ['2006-01-02 15:04:05 -0700', 'written'],
  ['3:04PM', 'utc'],
  ['Jan _2 15:04:05', 'utc'],
  ['Jan _2 15:04:05.000', 'utc'],
  ['Jan _2 15:04:05.000000', 'utc'],
  ['Jan _2 15:04:05.000000000', 'utc'],
];

interface Parts {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  nanosecond: number;
  isAfternoon: boolean | undefined;
  offsetSeconds: number | undefined;
  isUtc: boolean;
  shiftHours: number;
}

/** Reads one element at `at` into `parts` and gives the place after it, or -1 when the text does not fit. */
type Element = (text: string, at: number, parts: Parts) => number;

interface Format {
  readonly elements: readonly Element[];
  readonly clock: Clock;
}

let compiledFormats: readonly Format[] | undefined;

/** Undefined: no format fits. */
export function parseHugoDate(text: string): WallTime | undefined {
  if (text === '') return undefined;
  compiledFormats ??= DATE_FORMATS.map(([layout, clock]) => ({ elements: compileLayout(layout), clock }));
  for (const format of compiledFormats) {
    const parts = matchFormat(text, format.elements);
    if (parts !== undefined) return toWallTime(parts, format.clock);
  }
  return undefined;
}

function matchFormat(text: string, elements: readonly Element[]): Parts | undefined {
  const parts: Parts = {
    year: 0,
    month: 1,
    day: 1,
    hour: 0,
    minute: 0,
    second: 0,
    nanosecond: 0,
    isAfternoon: undefined,
    offsetSeconds: undefined,
    isUtc: false,
    shiftHours: 0,
  };
  let at = 0;
  for (const element of elements) {
    at = element(text, at, parts);
    if (at < 0) return undefined;
  }
  if (at !== text.length || parts.day < 1 || parts.day > daysInMonth(parts.month, parts.year)) return undefined;
  return parts;
}

function toWallTime(parts: Parts, clock: Clock): WallTime {
  const { year, month, day, minute, second, nanosecond } = parts;
  const hour = hourOfDay(parts) + (clock === 'site' ? parts.shiftHours : 0);
  // Go lets the name UTC win over a numeric offset beside it.
  const written = parts.isUtc ? 0 : parts.offsetSeconds;
  const offsetSeconds = clock === 'site' ? undefined : clock === 'utc' ? 0 : (written ?? 0);
  return { year, month, day, hour, minute, second, nanosecond, offsetSeconds };
}

function hourOfDay({ hour, isAfternoon }: Parts): number {
  if (isAfternoon === undefined) return hour;
  if (isAfternoon) return hour < 12 ? hour + 12 : hour;
  return hour === 12 ? 0 : hour;
}

export function daysInMonth(month: number, year: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** The elements of a layout that are not literal text; the longest one first where one begins another. */
const ELEMENTS: readonly (readonly [written: string, element: Element])[] = [
  ['Monday', name(LONG_DAYS, () => {})],
  ['Mon', name(SHORT_DAYS, () => {})],
  ['MST', zoneName],
  ['Jan', name(SHORT_MONTHS, (parts, index) => void (parts.month = index + 1))],
  ['2006', fourDigitYear],
  ['-07:00', (text, at, parts) => numericOffset(text, at, parts, true)],
  ['-0700', (text, at, parts) => numericOffset(text, at, parts, false)],
  ['Z07:00', (text, at, parts) => utcOrOffset(text, at, parts, true)],
  ['Z0700', (text, at, parts) => utcOrOffset(text, at, parts, false)],
  ['.999999999', (text, at, parts) => optionalFraction(text, at, parts, 9)],
  ['.000000000', (text, at, parts) => fixedFraction(text, at, parts, 9)],
  ['.000000', (text, at, parts) => fixedFraction(text, at, parts, 6)],
  ['.000', (text, at, parts) => fixedFraction(text, at, parts, 3)],
  ['15', number(1, 0, 23, (parts, value) => void (parts.hour = value))],
  ['01', number(2, 1, 12, (parts, value) => void (parts.month = value))],
  ['02', number(2, 0, 99, (parts, value) => void (parts.day = value))],
  ['_2', spacedDay],
  ['04', number(2, 0, 59, (parts, value) => void (parts.minute = value))],
  ['05', second],
  ['06', twoDigitYear],
  ['PM', halfOfDay],
  ['3', number(1, 0, 12, (parts, value) => void (parts.hour = value))],
];

function compileLayout(layout: string): Element[] {
  const elements: Element[] = [];
  let literal = '';
  const flush = (): void => {
    if (literal !== '') elements.push(literalText(literal));
    literal = '';
  };
  for (let at = 0; at < layout.length;) {
    const found = ELEMENTS.find(([written]) => layout.startsWith(written, at));
    if (found === undefined) {
      literal += layout[at];
      at += 1;
      continue;
    }
    flush();
    // A fraction in the layout is read by its own element, not by the seconds.
    const hasOwnFraction = found[0] === '05' && layout[at + 2] === '.';
    elements.push(hasOwnFraction ? number(2, 0, 59, (parts, value) => void (parts.second = value)) : found[1]);
    at += found[0].length;
  }
  flush();
  return elements;
}

/** A space in the layout stands for any number of spaces, and for none at the end of the text. */
function literalText(literal: string): Element {
  return (text, at) => {
    let index = 0;
    while (index < literal.length) {
      if (literal[index] === ' ') {
        if (at < text.length && text[at] !== ' ') return -1;
        while (literal[index] === ' ') index += 1;
        while (text[at] === ' ') at += 1;
      } else {
        if (text[at] !== literal[index]) return -1;
        index += 1;
        at += 1;
      }
    }
    return at;
  };
}

function digitAt(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code >= 48 && code <= 57 ? code - 48 : -1;
}

/** One or two digits; `minimumDigits` 2 asks for both. */
function number(
  minimumDigits: 1 | 2,
  lowest: number,
  highest: number,
  set: (parts: Parts, value: number) => void,
): Element {
  return (text, at, parts) => {
    const first = digitAt(text, at);
    if (first < 0) return -1;
    const next = digitAt(text, at + 1);
    if (next < 0 && minimumDigits === 2) return -1;
    const value = next < 0 ? first : first * 10 + next;
    if (value < lowest || value > highest) return -1;
    set(parts, value);
    return at + (next < 0 ? 1 : 2);
  };
}

const plainSecond = number(2, 0, 59, (parts, value) => void (parts.second = value));
const plainDay = number(1, 0, 99, (parts, value) => void (parts.day = value));

/** Go accepts a fraction after the seconds, after a point or a comma, though the layout names none; even without seconds. */
function second(text: string, at: number, parts: Parts): number {
  const after = plainSecond(text, at, parts);
  if (after >= 0) return optionalFraction(text, after, parts);
  const afterFraction = optionalFraction(text, at, parts);
  return afterFraction === at ? -1 : afterFraction;
}

function optionalFraction(text: string, at: number, parts: Parts, mostDigits = Infinity): number {
  if ((text[at] !== '.' && text[at] !== ',') || digitAt(text, at + 1) < 0) return at;
  let end = at + 1;
  while (end - at <= mostDigits && digitAt(text, end) >= 0) end += 1;
  parts.nanosecond = nanoseconds(text.slice(at + 1, end));
  return end;
}

function fixedFraction(text: string, at: number, parts: Parts, digits: number): number {
  if (text[at] !== '.' && text[at] !== ',') return -1;
  for (let index = 1; index <= digits; index += 1) if (digitAt(text, at + index) < 0) return -1;
  parts.nanosecond = nanoseconds(text.slice(at + 1, at + 1 + digits));
  return at + 1 + digits;
}

/** Digits after the ninth are cut off, as Go does. */
export function nanoseconds(digits: string): number {
  return Number(digits.slice(0, 9).padEnd(9, '0'));
}

function spacedDay(text: string, at: number, parts: Parts): number {
  return plainDay(text, text[at] === ' ' ? at + 1 : at, parts);
}

/** Go's small `atoi`: an optional sign, then digits only. NaN otherwise. */
function signedInteger(text: string): number {
  return /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
}

function fourDigitYear(text: string, at: number, parts: Parts): number {
  const year = text.slice(at, at + 4);
  if (!/^\d{4}$/.test(year)) return -1;
  parts.year = Number(year);
  return at + 4;
}

function twoDigitYear(text: string, at: number, parts: Parts): number {
  const year = text.length >= at + 2 ? signedInteger(text.slice(at, at + 2)) : Number.NaN;
  if (Number.isNaN(year)) return -1;
  parts.year = year >= 69 ? 1900 + year : 2000 + year;
  return at + 2;
}

function name(names: readonly string[], set: (parts: Parts, index: number) => void): Element {
  return (text, at, parts) => {
    const index = names.findIndex((one) => text.slice(at, at + one.length).toLowerCase() === one.toLowerCase());
    if (index < 0) return -1;
    set(parts, index);
    return at + (names[index] ?? '').length;
  };
}

function halfOfDay(text: string, at: number, parts: Parts): number {
  const half = text.slice(at, at + 2);
  if (half !== 'AM' && half !== 'PM') return -1;
  parts.isAfternoon = half === 'PM';
  return at + 2;
}

function utcOrOffset(text: string, at: number, parts: Parts, hasColon: boolean): number {
  if (text[at] !== 'Z') return numericOffset(text, at, parts, hasColon);
  parts.isUtc = true;
  return at + 1;
}

function numericOffset(text: string, at: number, parts: Parts, hasColon: boolean): number {
  const length = hasColon ? 6 : 5;
  const sign = text[at];
  if (at + length > text.length || (sign !== '+' && sign !== '-') || (hasColon && text[at + 3] !== ':')) return -1;
  const hours = signedInteger(text.slice(at + 1, at + 3));
  const minutes = signedInteger(text.slice(at + length - 2, at + length));
  if (Number.isNaN(hours) || Number.isNaN(minutes)) return -1;
  parts.offsetSeconds = (sign === '-' ? -1 : 1) * (hours * 60 + minutes) * 60;
  return at + length;
}

/**
 * Go cannot know every zone, so it takes what looks like one: three capitals, four or five that end in T, `GMT` or nothing
 * with an offset of at most 23 hours, and three names that break the rule.
 */
function zoneName(text: string, at: number, parts: Parts): number {
  const rest = text.slice(at);
  if (rest.startsWith('UTC')) {
    parts.isUtc = true;
    return at + 3;
  }
  if (rest.startsWith('ChST') || rest.startsWith('MeST')) return at + 4;
  if (rest.startsWith('GMT')) {
    const length = signedHours(rest.slice(3));
    // Go moves the clock by the hours of `GMT+3` instead of keeping them as the offset.
    parts.shiftHours = length === 0 ? 0 : Number(rest.slice(3, 3 + length));
    return at + 3 + length;
  }
  const hours = rest.length < 3 ? 0 : signedHours(rest);
  if (hours > 0) return at + hours;
  const capitals = /^[A-Z]{0,6}/.exec(rest)?.[0] ?? '';
  const isZone =
    capitals.length === 3 ||
    capitals === 'WITA' ||
    (capitals.endsWith('T') && capitals.length > 3 && capitals.length < 6);
  return isZone ? at + capitals.length : -1;
}

/** Length of an offset such as `+03` at the start of the text, or 0. */
function signedHours(text: string): number {
  const found = /^[+-]\d+/.exec(text)?.[0] ?? '';
  return found !== '' && Number(found.slice(1)) <= 23 ? found.length : 0;
}
