import { describe, expect, it } from 'vitest';
import { castToBoolean, castToInteger, castToString, castToStringList, castToTerms, splitFields } from './cast.js';
import { readToml } from './toml.js';
import type { FrontMatterValue } from './value.js';

const toml = (text: string): FrontMatterValue => readToml(`v = ${text}`).values.get('v') ?? null;

describe('castToString', () => {
  it.each([
    ['x', 'x'],
    [null, ''],
    [true, 'true'],
    [12n, '12'],
    [1, '1'],
    [1.5, '1.5'],
    [1e21, '1000000000000000000000'],
    [-1.25e21, '-1250000000000000000000'],
    [1e-7, '0.0000001'],
    [-1.5e-10, '-0.00000000015'],
    [-0, '-0'],
    [NaN, 'NaN'],
    [Infinity, '+Inf'],
    [-Infinity, '-Inf'],
    [['a'], ''],
    [new Map([['a', 1n]]), ''],
  ] as [FrontMatterValue, string][])('of %o', (value, text) => {
    expect(castToString(value)).toBe(text);
  });

  it.each([
    ['2024-01-02', '2024-01-02'],
    ['03:04:05.120', '03:04:05.120'],
    ['2024-01-02 03:04:05', '2024-01-02T03:04:05'],
    ['2024-01-02T03:04:05.50Z', '2024-01-02 03:04:05.5 +0000 UTC'],
    ['2024-01-02T03:04:05-03:30', '2024-01-02 03:04:05 -0330 -0330'],
  ])('of the bare %s', (written, text) => {
    expect(castToString(toml(written))).toBe(text);
  });
});

describe('castToBoolean', () => {
  it.each([
    [true, true, true],
    [null, false, false],
    ['t', true, true],
    ['False', false, false],
    ['yes', undefined, undefined],
    ['', undefined, undefined],
    [1n, true, undefined],
    [0n, false, undefined],
    [2n ** 63n, undefined, undefined],
    [1, undefined, undefined],
    [[], undefined, undefined],
  ] as [FrontMatterValue, boolean | undefined, boolean | undefined][])('of %o', (value, inYaml, elsewhere) => {
    expect([castToBoolean(value, true), castToBoolean(value, false)]).toEqual([inYaml, elsewhere]);
  });
});

describe('castToInteger', () => {
  it.each([
    [5n, 5],
    [-1.9, -1],
    [0.5, 0],
    [true, 1],
    [null, 0],
    ['7', 7],
    ['-7', -7],
    ['010', 8],
    ['0x1F', 31],
    ['0b1_1', 3],
    ['1_000', 1000],
    ['7.00', 7],
    ['7.5', 0],
    ['7.', 0],
    ['1__0', 0],
    ['x', 0],
    ['9223372036854775808', 0],
    [1e21, -(2 ** 63)],
    [[1n], 0],
  ] as [FrontMatterValue, number][])('of %o', (value, integer) => {
    expect(castToInteger(value)).toBe(integer);
  });
});

describe('castToStringList', () => {
  it.each([
    ['a, b c', ['a,', 'b', 'c']],
    [
      ['a b', 1n, true, null, ['x']],
      ['a b', '1', 'true', '', ''],
    ],
    [5n, ['5']],
    ['', []],
    [null, []],
    [new Map(), []],
  ] as [FrontMatterValue, string[]][])('of %o', (value, list) => {
    expect(castToStringList(value)).toEqual(list);
  });

  it('leaves a string in one piece where it is a term', () => {
    expect(castToTerms('a, b c')).toEqual(['a, b c']);
  });

  it('splits at the white space that Go knows', () => {
    expect(splitFields(' a\u00A0b\u0085c\u2028d\u3000e\uFEFFf\u200Bg\n')).toEqual([
      'a',
      'b',
      'c',
      'd',
      'e\uFEFFf\u200Bg',
    ]);
  });
});
