/** Numbers, dates and times of TOML: the checks of go-toml 2.0, in its words and its order. */
import { daysInMonth, nanoseconds, type WallTime } from './go-time.js';
import { tomlError } from './toml-error.js';

type TomlDateTimeKind = 'offset date-time' | 'local date-time' | 'local date' | 'local time';

export interface TomlScalarToken {
  readonly kind: 'integer' | 'float' | TomlDateTimeKind;
  readonly start: number;
  readonly end: number;
}

export interface TomlDateTime {
  readonly kind: TomlDateTimeKind;
  readonly time: WallTime;
  /** Digits of the fraction, nine at most: Hugo prints a local time with as many as were written. */
  readonly fraction: string;
}

/** @throws FrontMatterSyntaxError */
export function readTomlDateTime(text: string, token: TomlScalarToken): TomlDateTime {
  const reader = new DateTimeReader(text, token);
  const kind = token.kind as TomlDateTimeKind;
  return { kind, ...reader.read(kind) };
}

class DateTimeReader {
  readonly #text: string;
  #at: number;
  readonly #end: number;

  constructor(text: string, token: TomlScalarToken) {
    this.#text = text;
    this.#at = token.start;
    this.#end = token.end;
  }

  read(kind: TomlDateTimeKind): { time: WallTime; fraction: string } {
    const hasDate = kind !== 'local time';
    const hasTime = kind !== 'local date';
    if (hasDate && hasTime && this.#left() < 11) {
      this.#fail('local datetimes are expected to have the format YYYY-MM-DDTHH:MM:SS[.NNNNNNNNN]');
    }
    const date = hasDate ? this.#date(hasTime ? 10 : this.#left()) : { year: 0, month: 1, day: 1 };
    // The token's form already says that `T`, `t` or a space stands here, or else the date is longer than ten characters.
    if (hasDate && hasTime) this.#separator();
    const { fraction, ...time } = hasTime ? this.#time() : { hour: 0, minute: 0, second: 0, fraction: '' };
    const offsetSeconds = kind === 'offset date-time' ? this.#offset() : undefined;
    if (this.#left() > 0 && hasTime) {
      this.#fail(`extra characters at the end of a ${kind === 'local time' ? 'local time' : 'local date time'}`);
    }
    return { time: { ...date, ...time, nanosecond: nanoseconds(fraction), offsetSeconds }, fraction };
  }

  #date(length: number): { year: number; month: number; day: number } {
    const start = this.#at;
    if (length !== 10 || this.#text[start + 4] !== '-' || this.#text[start + 7] !== '-') {
      this.#fail('dates are expected to have the format YYYY-MM-DD');
    }
    const year = this.#digits(4);
    this.#at += 1;
    const month = this.#digits(2);
    this.#at += 1;
    const day = this.#digits(2);
    const isReal = month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(month, year);
    if (!isReal) this.#fail('impossible date', start);
    return { year, month, day };
  }

  #separator(): void {
    if (!/[Tt ]/.test(this.#text[this.#at] ?? '')) this.#fail('datetime separator is expected to be T or a space');
    this.#at += 1;
  }

  #time(): { hour: number; minute: number; second: number; fraction: string } {
    if (this.#left() < 8) this.#fail('times are expected to have the format HH:MM:SS[.NNNNNN]');
    const hour = this.#digits(2);
    if (hour > 23) this.#fail('hour cannot be greater 23', this.#at - 2);
    this.#colon('expecting colon between hours and minutes');
    const minute = this.#digits(2);
    if (minute > 59) this.#fail('minutes cannot be greater 59', this.#at - 2);
    this.#colon('expecting colon between minutes and seconds');
    const second = this.#digits(2);
    if (second > 60) this.#fail('seconds cannot be greater 60', this.#at - 2);
    return { hour, minute, second, fraction: this.#fraction() };
  }

  #fraction(): string {
    if (this.#left() === 0 || this.#text[this.#at] !== '.') return '';
    const digits = /^\d*/.exec(this.#text.slice(this.#at + 1, this.#end))?.[0] ?? '';
    if (digits === '') {
      this.#fail(
        this.#left() === 1 ? 'nanoseconds need at least one digit' : 'need at least one digit after fraction point',
      );
    }
    this.#at += 1 + digits.length;
    return digits.slice(0, 9);
  }

  #offset(): number {
    const first = this.#text[this.#at];
    if (this.#left() > 0 && (first === 'Z' || first === 'z')) {
      this.#at += 1;
      if (this.#left() > 0) this.#fail('extra bytes at the end of the timezone');
      return 0;
    }
    if (this.#left() !== 6) this.#fail('invalid date-time timezone');
    if (first !== '+' && first !== '-') this.#fail('invalid timezone offset character');
    if (this.#text[this.#at + 3] !== ':') this.#fail('expected a : separator', this.#at + 3);
    const signAt = this.#at;
    this.#at += 1;
    const hours = this.#digits(2);
    if (hours > 23) this.#fail('invalid timezone offset hours', signAt);
    this.#at += 1;
    const minutes = this.#digits(2);
    if (minutes > 59) this.#fail('invalid timezone offset minutes', signAt);
    return (first === '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
  }

  #colon(problem: string): void {
    if (this.#text[this.#at] !== ':') this.#fail(problem);
    this.#at += 1;
  }

  #digits(count: number): number {
    const digits = this.#text.slice(this.#at, this.#at + count);
    const stray = digits.search(/\D/);
    if (stray >= 0) this.#fail('expected digit (0-9)', this.#at + stray);
    this.#at += count;
    return Number(digits);
  }

  #left(): number {
    return this.#end - this.#at;
  }

  #fail(problem: string, offset = this.#at): never {
    throw tomlError(problem, offset);
  }
}

/** @throws FrontMatterSyntaxError */
export function checkTomlNumber(text: string, token: TomlScalarToken): void {
  const written = text.slice(token.start, token.end);
  const problem = token.kind === 'float' ? findFloatProblem(written) : findIntegerProblem(written);
  if (problem !== undefined) throw tomlError(problem.message, token.start + problem.at);
}

interface NumberProblem {
  readonly message: string;
  /** Offset in the number. */
  readonly at: number;
}

const BASES: Readonly<Record<string, string>> = { x: 'hexadecimal', o: 'octal', b: 'binary' };

function findIntegerProblem(written: string): NumberProblem | undefined {
  const base = written.length > 2 && written[0] === '0' ? BASES[written[1] ?? ''] : undefined;
  const digits = base === undefined ? written : written.slice(2);
  const underscore = findUnderscoreProblem(digits, /^[+-]?/.exec(digits)?.[0].length ?? 0);
  if (underscore !== undefined) return { ...underscore, at: underscore.at + written.length - digits.length };
  const cleaned = digits.replaceAll('_', '');
  if (base === undefined && /^[+-]?0./.test(cleaned)) {
    return { message: 'leading zero not allowed on decimal number', at: 0 };
  }
  const parseProblem = base === undefined ? parseIntProblem(cleaned) : parseUnsignedProblem(cleaned, written[1] ?? '');
  if (parseProblem === undefined) return undefined;
  return {
    message: `couldn't parse ${base ?? 'decimal'} number: strconv.ParseInt: parsing "${cleaned}": ${parseProblem}`,
    at: 0,
  };
}

function parseIntProblem(digits: string): string | undefined {
  if (!/^[+-]?\d+$/.test(digits)) return 'invalid syntax';
  return rangeProblem(BigInt(digits.replace('+', '')));
}

function parseUnsignedProblem(digits: string, base: string): string | undefined {
  return digits === '' ? 'invalid syntax' : rangeProblem(BigInt(`0${base}${digits}`));
}

function rangeProblem(value: bigint): string | undefined {
  return value === BigInt.asIntN(64, value) ? undefined : 'value out of range';
}

function findUnderscoreProblem(digits: string, start: number): NumberProblem | undefined {
  if (digits.length === start) return undefined;
  if (digits[start] === '_') return { message: 'number cannot start with underscore', at: start };
  if (digits.endsWith('_')) return { message: 'number cannot end with underscore', at: digits.length - 1 };
  const double = digits.indexOf('__');
  return double < 0 ? undefined : { message: 'number must have at least one digit between underscores', at: double };
}

function findFloatProblem(written: string): NumberProblem | undefined {
  if (/^[+-]?nan$/.test(written) || /^[+-]?inf$/.test(written)) return undefined;
  return findFloatUnderscoreProblem(written) ?? findFloatFormProblem(written.replaceAll('_', ''));
}

const FLOAT_UNDERSCORES: readonly (readonly [pattern: RegExp, message: string, shift: number])[] = [
  [/[+-]_|__/, 'number must have at least one digit between underscores', 0],
  [/_[eE]/, 'cannot have underscore before exponent', 1],
  [/[eE]_/, 'cannot have underscore after exponent', 1],
  [/\._/, 'cannot have underscore after decimal point', 1],
  [/_\./, 'cannot have underscore before decimal point', 0],
];

function findFloatUnderscoreProblem(written: string): NumberProblem | undefined {
  if (written.startsWith('_')) return { message: 'number cannot start with underscore', at: 0 };
  if (written.endsWith('_')) return { message: 'number cannot end with underscore', at: written.length - 1 };
  let first: NumberProblem | undefined;
  for (const [pattern, message, shift] of FLOAT_UNDERSCORES) {
    const at = written.search(pattern);
    if (at >= 0 && (first === undefined || at + shift < first.at)) first = { message, at: at + shift };
  }
  return first;
}

function findFloatFormProblem(cleaned: string): NumberProblem | undefined {
  if (cleaned.startsWith('.')) return { message: 'float cannot start with a dot', at: 0 };
  if (cleaned.endsWith('.')) return { message: 'float cannot end with a dot', at: 0 };
  let hasDot = false;
  for (let at = cleaned.indexOf('.'); at >= 0; at = cleaned.indexOf('.', at + 1)) {
    if (hasDot) return { message: 'float can have at most one decimal point', at };
    if (!/\d/.test(cleaned[at - 1] ?? ''))
      return { message: 'float decimal point must be preceded by a digit', at: at - 1 };
    if (!/\d/.test(cleaned[at + 1] ?? '')) return { message: 'float decimal point must be followed by a digit', at };
    hasDot = true;
  }
  if (/^[+-]?0\d/.test(cleaned)) return { message: 'float integer part cannot have leading zeroes', at: 0 };
  const isFloat = /^[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(cleaned);
  const problem = !isFloat ? 'invalid syntax' : Number.isFinite(Number(cleaned)) ? undefined : 'value out of range';
  if (problem === undefined) return undefined;
  return { message: `unable to parse float: strconv.ParseFloat: parsing "${cleaned}": ${problem}`, at: 0 };
}

/** A whole text that is a date or time in TOML; undefined for any other. */
export function readTomlDateTimeText(text: string): TomlDateTime | undefined {
  const found =
    /^(?:(\d{4}-\d{2}-\d{2})(?:([Tt ])(\d{2}:\d{2}:\d{2})(\.\d+)?(Z|z|[+-]\d{2}:\d{2})?)?|\d{2}:\d{2}:\d{2}(?:\.\d+)?)$/.exec(
      text,
    );
  if (found === null) return undefined;
  const [, date, separator, , , offset] = found;
  const kind =
    date === undefined
      ? 'local time'
      : separator === undefined
        ? 'local date'
        : offset === undefined
          ? 'local date-time'
          : 'offset date-time';
  try {
    return readTomlDateTime(text, { kind, start: 0, end: text.length });
  } catch {
    return undefined;
  }
}

/** A space may stand in it before two characters, of which the first is a digit. */
const DATE_TIME_TEXT = /[\d\-Tt:.+Zz]*(?: \d[^][\d\-Tt:.+Zz]*| \d)?/y;

/** Digits, `T : . Z + -` and one space before two characters: what looks like a date is read as one, and judged afterwards. */
export function dateTimeToken(text: string, start: number): TomlScalarToken {
  DATE_TIME_TEXT.lastIndex = start;
  const token = DATE_TIME_TEXT.exec(text)?.[0] ?? '';
  const hasDate = token.includes('-');
  const hasTime = /[Tt:. ]/.test(token);
  const hasOffset = /[+Zz]/.test(token) || token.lastIndexOf('-') >= 8;
  const kind = !hasTime ? 'local date' : !hasDate ? 'local time' : hasOffset ? 'offset date-time' : 'local date-time';
  return { kind, start, end: start + token.length };
}
