import { describe, expect, it } from 'vitest';
import { printValue, typedValue } from './parameter-value.js';

describe('an unquoted parameter', () => {
  it.each([
    ['true', true],
    ['false', false],
    ['True', 'True'],
    ['1', 1],
    ['-1', -1],
    ['+1', 1],
    ['007', 7],
    ['-0', 0],
    ['1.50', 1.5],
    ['.5', 0.5],
    ['-0.0', 0],
    ['1.', '1.'],
    ['1e3', '1e3'],
    ['0x1F', '0x1F'],
    ['1_000', '1_000'],
    ['null', 'null'],
    ['9007199254740991', 9007199254740991],
    ['9007199254740993', '9007199254740993'],
    ['+0009223372036854775807', '9223372036854775807'],
    ['9223372036854775808', '9223372036854775808'],
    ['-09223372036854775809', '-09223372036854775809'],
    [`${'9'.repeat(400)}.0`, `${'9'.repeat(400)}.0`],
    ['٣', '٣'],
    ['', ''],
  ])('%s is %j', (text, value) => {
    expect(typedValue(text)).toStrictEqual(value);
  });
});

describe('a value in a template', () => {
  it.each([
    [true, 'true'],
    ['007', '007'],
    [7, '7'],
    [1000000, '1000000'],
    [1.5, '1.5'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [1.2e-11, '1.2e-11'],
    [123456.5, '123456.5'],
    [1234567.5, '1.2345675e+06'],
  ])('%j is printed as %s', (value, text) => {
    expect(printValue(value)).toBe(text);
  });
});
