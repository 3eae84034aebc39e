/**
 * The line by which an article says when it was last changed, such as `*Updated: 2025-09-12*`: its last line, with nothing but
 * a word, a date and emphasis. The date is kept in the form in which it was written, so that another can be shown in its place.
 *
 * stamp  = emphasis word [ ":" | "-" | "on" ] date [ "." ] emphasis         the emphasis may close behind the word; in brackets or not
 * date   = 2025-09-12 | 2025/09/12 | 2025.09.12 | 12.09.2025 | September 12, 2025 | 12 September 2025, months long or short,
 *          days with or without "th", a weekday before them or not | 09/25/2025 | 25/09/2025 | 25-09-2025
 *
 * Not a stamp: 03/04/2025 and 03-04-2025, which are two dates; a date with a time, which one date cannot replace; a month alone.
 */
import { daysInMonth } from './go-time.js';
import { pad } from './zones.js';

/** UTF-16 offsets in the body. */
export interface UpdatedStamp {
  /** The line without white space around it. */
  readonly start: number;
  readonly end: number;
  readonly dateStart: number;
  readonly dateEnd: number;
  /** As written: `Last updated`. */
  readonly word: string;
  /** YYYY-MM-DD */
  readonly date: string;
  /** A pattern such as `MMMM D, YYYY`, for `formatStampDate`. */
  readonly form: string;
}

export class StampDateError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'StampDateError';
  }
}

const WORD = String.raw`(?:(?:this\s+)?(?:page|post|article|content|guide)\s+(?:(?:was|has\s+been)\s+)?)?(?:last\s+(?:change|edit|revision|review|modification)\b|(?:last|date)?\s*(?:updated?|modified|edited|changed|revised|reviewed|verified|checked|refreshed|amended)(?:\s+and\s+(?:updated|revised|reviewed))?)`;

const STAMP = new RegExp(
  String.raw`^(?<open>\(?[*_]{0,3}\(?)(?<word>${WORD})(?<middle>[*_]{0,3}\s*[:\-–—]?\s*[*_]{0,3}\s*(?:on\b)?:?\s*)(?<date>.*?)(?<close>\.?\)?\.?[*_]{0,3}\.?\)?\.?)$`,
  'i',
);

/** Undefined where the body's last line is no stamp. */
export function findUpdatedStamp(body: string): UpdatedStamp | undefined {
  const end = body.trimEnd().length;
  const lineStart = Math.max(body.lastIndexOf('\n', end - 1), body.lastIndexOf('\r', end - 1)) + 1;
  const line = body.slice(lineStart, end);
  const indent = /^ {0,3}(?=\S)/.exec(line)?.[0].length;
  // Four spaces make a code block; a line longer than any stamp is prose.
  if (indent === undefined || line.length > LONGEST_STAMP) return undefined;
  const found = STAMP.exec(line.slice(indent))?.groups;
  if (found === undefined) return undefined;
  const { open = '', word = '', middle = '', date: written = '', close = '' } = found;
  if (!isBalanced(open, middle, close)) return undefined;
  const read = readStampDate(written);
  if (read === undefined) return undefined;
  const start = lineStart + indent;
  const dateStart = start + open.length + word.length + middle.length;
  return { start, end, dateStart, dateEnd: dateStart + written.length, word, ...read };
}

const LONGEST_STAMP = 120;

/** Emphasis that opens must close, at the end of the line or behind the word; a bracket at the end. */
function isBalanced(open: string, middle: string, close: string): boolean {
  if (open.split('(').length !== close.split(')').length) return false;
  const marks = (text: string): string => text.replaceAll(/[^*_]/g, '');
  const closing = reverse(marks(open));
  return marks(middle) === '' ? marks(close) === closing : marks(middle) === closing && marks(close) === '';
}

function reverse(text: string): string {
  return text.split('').reverse().join('');
}

// ---- dates ----

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

const inAnyCase = (words: readonly string[]): string =>
  words.flatMap((word) => [word, word.toUpperCase(), word.toLowerCase()]).join('|');
const shortened = (names: readonly string[]): string[] => names.map((name) => name.slice(0, 3));

const MONTH = `(?<month>${inAnyCase([...MONTHS, 'Sept', ...shortened(MONTHS)])})`;
const WEEKDAY = `(?:(?<weekday>${inAnyCase([...WEEKDAYS, ...shortened(WEEKDAYS)])})(?=[,. ]))?`;
const DAY = String.raw`(?<day>\d{1,2})(?<ordinal>st|nd|rd|th|ST|ND|RD|TH)?`;

const DATE_FORMS: readonly RegExp[] = [
  /^(?<year>\d{4})(?<separator>[-/.])(?<month>\d{1,2})\k<separator>(?<day>\d{1,2})$/d,
  /^(?<day>\d{1,2})\.(?<month>\d{1,2})\.(?<year>\d{4})$/d,
  // A number above 12 is a day, and shows which of the two orders this is.
  /^(?<month>\d{1,2})(?<separator>[-/])(?<day>1[3-9]|2\d|3[01])\k<separator>(?<year>\d{4})$/d,
  /^(?<day>1[3-9]|2\d|3[01])(?<separator>[-/])(?<month>\d{1,2})\k<separator>(?<year>\d{4})$/d,
  new RegExp(String.raw`^${WEEKDAY}[,.]?\s*${MONTH}\.?\s+${DAY},?\s+(?<year>\d{4})$`, 'd'),
  new RegExp(
    String.raw`^${WEEKDAY}[,.]?\s*${DAY}\.?(?:\s+(?:of|OF))?(?:\s+|-)${MONTH}\.?,?(?:\s+|-)(?<year>\d{4})$`,
    'd',
  ),
];

function readStampDate(written: string): { date: string; form: string } | undefined {
  for (const pattern of DATE_FORMS) {
    const found = pattern.exec(written);
    if (found === null) continue;
    const { year = '', month = '', day = '' } = found.groups ?? {};
    const monthNumber = /^\d/.test(month)
      ? Number(month)
      : MONTHS.findIndex((name) => name.startsWith(capitalised(month).slice(0, 3))) + 1;
    if (!isRealDate(Number(year), monthNumber, Number(day))) return undefined;
    return { date: `${year}-${pad(monthNumber, 2)}-${pad(Number(day), 2)}`, form: makeForm(written, found) };
  }
  return undefined;
}

function isRealDate(year: number, month: number, day: number): boolean {
  return month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(month, year);
}

/** The date with each part replaced by its token. */
function makeForm(written: string, found: RegExpExecArray): string {
  const parts = found.groups ?? {};
  const places = found.indices?.groups ?? {};
  const tokens: Record<string, string> = {
    year: 'YYYY',
    month: monthToken(parts['month'] ?? '', parts['day'] ?? ''),
    day: dayToken(parts['day'] ?? '', parts['month'] ?? '', parts['ordinal']),
    weekday: inCaseOf(parts['weekday'] ?? '', parts['weekday']?.length === 3 ? 'ddd' : 'dddd'),
    ordinal: '',
  };
  const replaced = Object.entries(places)
    .flatMap(([name, range]) =>
      range === undefined || tokens[name] === undefined ? [] : [{ range, token: tokens[name] }],
    )
    .sort((left, right) => left.range[0] - right.range[0]);
  let form = '';
  let at = 0;
  for (const { range, token } of replaced) {
    form += written.slice(at, range[0]) + token;
    at = range[1];
  }
  return form + written.slice(at);
}

/** `May` is long and short at once; long is the more common. */
function monthToken(month: string, day: string): string {
  if (/^\d/.test(month)) return isPadded(month, day) ? 'MM' : 'M';
  const name = capitalised(month);
  if (name === 'Sept') return inCaseOf(month, 'MMMt');
  return inCaseOf(month, MONTHS.includes(name) ? 'MMMM' : 'MMM');
}

function capitalised(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1).toLowerCase();
}

/** `↑` before a token stands for capitals, `↓` for small letters. */
function inCaseOf(word: string, token: string): string {
  if (word === capitalised(word)) return token;
  return word === word.toUpperCase() ? `↑${token}` : `↓${token}`;
}

function dayToken(day: string, month: string, ordinal: string | undefined): string {
  if (ordinal !== undefined) return ordinal === ordinal.toUpperCase() ? '↑Do' : 'Do';
  if (/^\d/.test(month)) return isPadded(day, month) ? 'DD' : 'D';
  return day.startsWith('0') ? 'DD' : 'D';
}

/** Two-digit numbers could be either; they are padded unless a one-digit number beside them shows that they are not. */
function isPadded(number: string, other: string): boolean {
  return number.length === 2 && other.length === 2;
}

const TOKENS = /(?<letters>[↑↓]?)(?<token>YYYY|MMMM|MMMt|MMM|MM|M|Do|DD|D|dddd|ddd)/g;

/**
 * Prints a date (YYYY-MM-DD) in the form of a stamp.
 * @throws StampDateError when it is no date
 */
export function formatStampDate(date: string, form: string): string {
  const found = /^(\d{4})-(\d{2})-(\d{2})$/.exec(date);
  const [year, month, day] = [Number(found?.[1]), Number(found?.[2]), Number(found?.[3])];
  if (found === null || !isRealDate(year, month, day)) {
    throw new StampDateError(`"${date}" is no date: write YYYY-MM-DD`);
  }
  const monthName = MONTHS[month - 1] ?? '';
  const weekday = WEEKDAYS[weekdayOf(year, month, day)] ?? '';
  const printed: Record<string, string> = {
    YYYY: pad(year, 4),
    MMMM: monthName,
    MMMt: monthName === 'September' ? 'Sept' : monthName.slice(0, 3),
    MMM: monthName.slice(0, 3),
    MM: pad(month, 2),
    M: String(month),
    Do: `${day}${ordinalOf(day)}`,
    DD: pad(day, 2),
    D: String(day),
    dddd: weekday,
    ddd: weekday.slice(0, 3),
  };
  return form.replaceAll(TOKENS, (_all, letters: string, token: string) => {
    const text = printed[token] ?? token;
    if (letters === '↑') return text.toUpperCase();
    return letters === '↓' ? text.toLowerCase() : text;
  });
}

function weekdayOf(year: number, month: number, day: number): number {
  const date = new Date(0);
  // Date.UTC reads the years 0 to 99 as 1900 to 1999.
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCDay();
}

function ordinalOf(day: number): string {
  if (day >= 11 && day <= 13) return 'th';
  return { 1: 'st', 2: 'nd', 3: 'rd' }[day % 10] ?? 'th';
}
