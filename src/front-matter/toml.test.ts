import { describe, expect, it } from 'vitest';
import { FrontMatterSyntaxError } from './diagnostic.js';
import { readToml } from './toml.js';
import { TomlDateTimeValue, type FrontMatterMap, type FrontMatterValue } from './value.js';

function plain(value: FrontMatterValue): unknown {
  if (Array.isArray(value)) return value.map((item: FrontMatterValue) => plain(item));
  if (value instanceof TomlDateTimeValue) return value.dateTime;
  return value instanceof Map ? asObject(value) : value;
}

function asObject(map: FrontMatterMap): Record<string, unknown> {
  return Object.fromEntries([...map].map(([key, value]) => [key, plain(value)]));
}

const read = (text: string): unknown => asObject(readToml(text).values);

function failure(text: string): string {
  try {
    return `read: ${JSON.stringify(read(text))}`;
  } catch (error) {
    if (!(error instanceof FrontMatterSyntaxError)) throw error;
    return `${error.offset} ${error.message.replace('unmarshal failed: toml: ', '')}`;
  }
}

const date = { year: 2024, month: 1, day: 2 };
const noTime = { hour: 0, minute: 0, second: 0, nanosecond: 0 };

describe('readToml', () => {
  it.each([
    ['', {}],
    ['a = 1 # c\r\nb = "x"\r\n', { a: 1n, b: 'x' }],
    ['a.b.c = 1\na.b."d e" = \'x\'\n', { a: { b: { c: 1n, 'd e': 'x' } } }],
    ['[a]\nb = 1\n[a.c]\nd = 2\n[[e]]\n[[e]]\nf = 3\n', { a: { b: 1n, c: { d: 2n } }, e: [{}, { f: 3n }] }],
    ['a = {b = 1, c.d = [1, "x", {e = true}]}\n', { a: { b: 1n, c: { d: [1n, 'x', { e: true }] } } }],
    ['a = [\n  1, # c\n  2,\n]\n', { a: [1n, 2n] }],
    ['a = "\\u00e9\\U0001F393\\t\\"\\e"\n', { a: 'é\u{1F393}\t"\u001B' }],
    ['a = """\nx \\\n   y""z"""\n', { a: 'x y""z' }],
    ["a = '''\nx'\n'''\n", { a: "x'\n" }],
    ['a = 0x1F\nb = 0o17\nc = 0b11\nd = 1_000\ne = -0\n', { a: 31n, b: 15n, c: 3n, d: 1000n, e: 0n }],
    ['a = 1.5e3\nb = -inf\nc = 1_0.0_1\n', { a: 1500, b: -Infinity, c: 10.01 }],
    ['a = nan\n', { a: NaN }],
    ['a = 2024-01-02\n', { a: { kind: 'local date', time: { ...date, ...noTime }, fraction: '' } }],
    [
      'a = [2024-01-02 03:04:05.8648691234+02:00]\n',
      {
        a: [
          {
            kind: 'offset date-time',
            time: { ...date, hour: 3, minute: 4, second: 5, nanosecond: 864_869_123, offsetSeconds: 7200 },
            fraction: '864869123',
          },
        ],
      },
    ],
    [
      '"\uF8FF0" = "\uF8FF0"\nd = 2024-01-02\n',
      { '\uF8FF0': '\uF8FF0', d: { kind: 'local date', time: { ...date, ...noTime }, fraction: '' } },
    ],
  ])('reads %j', (text, value) => {
    expect(read(text)).toEqual(value);
  });

  it.each([
    ['a', '1 expected = after a key, but the document ends there'],
    ['a: 1', '1 expected character ='],
    ['a = ', '4 expected value, not eof'],
    ['a = b', '4 incomplete number'],
    ['a = tru', "4 expected 'true'"],
    ['a = 1 2', "6 expected newline but got U+0032 '2'"],
    ['a = 1\u001F', '5 expected newline but got U+001F'],
    ['é = 1', '0 invalid character at start of key: Ã'],
    ['\uFEFFa = 1', '0 invalid character at start of key: ï'],
    ['a = "x', '6 basic string not terminated by "'],
    ['a = "x\n"', '6 basic strings cannot have new lines'],
    ['a = "\\x41"', "6 invalid escaped character U+0078 'x'"],
    ['a = "\\u00zz"', '9 non-hex character'],
    ['a = "\\u12"', '7 unicode point needs 4 character, not 2'],
    ['a = "\\uD800"', '7 escape sequence is invalid Unicode code point'],
    ['a = "\u0001"', '5 invalid UTF-8'],
    ["a = 'x", '6 unterminated literal string'],
    ['a = """x""', '10 multiline basic string not terminated by """'],
    ["a = '''x''", "10 multiline literal string not terminated by '''"],
    ['a = 1\rb = 2', '5 windows new line should be \\r\\n'],
    ['# x\u0000', '3 invalid character in comment'],
    ['a = [1 2]', '7 array elements must be separated by commas'],
    ['a = [,1]', '5 array cannot start with comma'],
    ['a = [1', '6 expected character ] but the document ended here'],
    ['a = {b = 1', '10 expected character } but the document ended here'],
    ['[a', '2 expected character ] but the document ended here'],
    ['a = 011', "5 expected newline but got U+0031 '1'"],
    ['a = 01', '4 leading zero not allowed on decimal number'],
    ['a = +01', '4 leading zero not allowed on decimal number'],
    ['a = 1__0', '5 number must have at least one digit between underscores'],
    ['a = 1_', '5 number cannot end with underscore'],
    [
      'a = 9223372036854775808',
      '4 couldn\'t parse decimal number: strconv.ParseInt: parsing "9223372036854775808": value out of range',
    ],
    ['a = 1.', '4 float cannot end with a dot'],
    ['a = 1.e5', '5 float decimal point must be followed by a digit'],
    ['a = 1e', '4 unable to parse float: strconv.ParseFloat: parsing "1e": invalid syntax'],
    ['a = 1e999', '4 unable to parse float: strconv.ParseFloat: parsing "1e999": value out of range'],
    ['a = 2024-1-2', '4 dates are expected to have the format YYYY-MM-DD'],
    ['a = 2024-02-30', '4 impossible date'],
    ['a = 2024-01-02T25:00:00', '15 hour cannot be greater 23'],
    ['a = 2024-01-02T03:04', '15 times are expected to have the format HH:MM:SS[.NNNNNN]'],
    ['a = 2024-01-02T03:04:05+2', '23 invalid date-time timezone'],
    ['a = 1\na = 2', '6 key a is already defined'],
    ['a = 1\na.b = 2', '6 expected a to be a table, not a value'],
    ['[a]\n[a]', '4 table a already exists'],
    ['a = 1\n[a]', '6 key a should be a table, not a value'],
    ['[a]\n[[a]]', '4 key table already exists as a a,  but should be an array table'],
    ['[a.b]\n[a]\nb.c = 1', '10 cannot redefine table b that has already been explicitly defined'],
    ['a = {b = 1, b = 2}', '0 key b is already defined'],
  ])('refuses %j', (text, message) => {
    expect(failure(text)).toBe(message);
  });
});
