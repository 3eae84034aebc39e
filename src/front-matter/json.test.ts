import { describe, expect, it } from 'vitest';
import { FrontMatterSyntaxError } from './diagnostic.js';
import { readJson } from './json.js';

function failure(text: string): string {
  try {
    return `read: ${JSON.stringify([...readJson(text).values])}`;
  } catch (error) {
    if (!(error instanceof FrontMatterSyntaxError)) throw error;
    return `${error.offset} ${error.message.replace('unmarshal failed: ', '')}`;
  }
}

describe('readJson', () => {
  it('reads every kind of value, numbers as floats', () => {
    const text = '{"a": [1, -0.5e3, "\\u00e9\\n", true, null, {"b": {}}], "a": 2, "": "\\ud800", "__x": []}';
    expect([...readJson(text).values]).toEqual([
      ['a', 2],
      ['', '\uFFFD'],
      ['__x', []],
    ]);
  });

  it.each([
    ["{'a': 1}", "1 invalid character '\\'' looking for beginning of object key string"],
    ['{"a": 1,}', "8 invalid character '}' looking for beginning of object key string"],
    ['{"a" 1}', "5 invalid character '1' after object key"],
    ['{"a": 1 "b": 2}', "8 invalid character '\"' after object key:value pair"],
    ['{"a": [1 2]}', "9 invalid character '2' after array element"],
    ['{"a": [1}', "8 invalid character '}' after array element"],
    ['{"a": }', "6 invalid character '}' looking for beginning of value"],
    ['{"a": é}', "6 invalid character 'Ã' looking for beginning of value"],
    ['{"a": NaN}', "6 invalid character 'N' looking for beginning of value"],
    ['{"a": nul}', "9 invalid character '}' in literal null (expecting 'l')"],
    ['{"a": 01}', "7 invalid character '1' after object key:value pair"],
    ['{"a": -}', "7 invalid character '}' in numeric literal"],
    ['{"a": 1.}', "8 invalid character '}' after decimal point in numeric literal"],
    ['{"a": 1e}', "8 invalid character '}' in exponent of numeric literal"],
    ['{"a": 1e999}', '6 json: cannot unmarshal number 1e999 into Go value of type float64'],
    ['{"a": "\t"}', "7 invalid character '\\t' in string literal"],
    ['{"a": "\\x"}', "8 invalid character 'x' in string escape code"],
    ['{"a": "\\u00zz"}', "11 invalid character 'z' in \\u hexadecimal character escape"],
    ['{"a": [', '7 unexpected end of JSON input'],
    ['{} x', "3 invalid character 'x' after top-level value"],
    ['{"a": 1\u0000}', "7 invalid character '\\x00' after object key:value pair"],
  ])('refuses %j', (text, message) => {
    expect(failure(text)).toBe(message);
  });
});
