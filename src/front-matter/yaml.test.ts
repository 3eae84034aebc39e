import { describe, expect, it } from 'vitest';
import { FrontMatterSyntaxError } from './diagnostic.js';
import type { FrontMatterMap, FrontMatterValue } from './value.js';
import { isYaml11Boolean, resolveYamlScalar } from './yaml-scalars.js';
import { readYaml } from './yaml.js';

type Plain = null | boolean | string | number | bigint | Plain[] | { [key: string]: Plain };

function plain(value: FrontMatterValue): Plain {
  if (Array.isArray(value)) return value.map((item: FrontMatterValue) => plain(item));
  return value instanceof Map ? asObject(value) : (value as Plain);
}

function asObject(map: FrontMatterMap): { [key: string]: Plain } {
  return Object.fromEntries([...map].map(([key, value]) => [key, plain(value)]));
}

const read = (text: string): unknown => asObject(readYaml(text).values);

function failure(text: string): string {
  try {
    return `read: ${String(read(text))}`;
  } catch (error) {
    if (!(error instanceof FrontMatterSyntaxError)) throw error;
    return `${error.offset} ${error.message.replace('failed to unmarshal YAML: yaml: ', '')}`;
  }
}

describe('a plain scalar', () => {
  it.each([
    ['', null],
    ['~', null],
    ['Null', null],
    ['nUll', 'nUll'],
    ['yes', true],
    ['No', false],
    ['ON', true],
    ['y', true],
    ['yEs', 'yEs'],
    ['TRUE', true],
    ['0', 0n],
    ['-0', 0n],
    ['+1', 1n],
    ['1_000', 1000n],
    ['010', 8n],
    ['0o10', 8n],
    ['0x1F', 31n],
    ['-0b11', -3n],
    ['08', 8],
    ['09.5', 9.5],
    ['1.', 1],
    ['.5', 0.5],
    ['1e3', 1000],
    ['-1.5E-3', -0.0015],
    ['1e999', '1e999'],
    ['.inf', Infinity],
    ['-.Inf', -Infinity],
    ['.NaN', NaN],
    ['.nAn', '.nAn'],
    ['9223372036854775807', 9_223_372_036_854_775_807n],
    ['18446744073709551615', 18_446_744_073_709_551_615n],
    ['18446744073709551616', 2 ** 64],
    ['-9223372036854775809', -(2 ** 63)],
    ['12:30', '12:30'],
    ['2024-01-02', '2024-01-02'],
    ['1 2', '1 2'],
    ['_1', '_1'],
    ['<<', '<<'],
  ])('%o is %o', (text, value) => {
    expect(resolveYamlScalar(text).value).toBe(value);
  });

  it('may be a boolean in YAML 1.1 alone', () => {
    expect(['yes', 'N', 'off', 'true', 'False', 'x', ''].filter(isYaml11Boolean)).toEqual(['yes', 'N', 'off']);
  });
});

describe('readYaml', () => {
  it.each([
    ['', {}],
    ['# comment\n', {}],
    ['~\n', {}],
    ['a: b\n', { a: 'b' }],
    ['a: x\n  y\n\n  z\nb: 1\n', { a: 'x y\nz', b: 1n }],
    ['a: "x\\u2019\\x41\\\n  y\\n"\n', { a: 'x’Ay\n' }],
    ['a: "x\n  \n\ty"\n', { a: 'x\ny' }],
    ["a: 'it''s'\n", { a: "it's" }],
    ['a: "it\\\'s"\nb: x\n', { a: "it's", b: 'x' }],
    ['a: "one\ntwo"\nb: [c,\nd]\ne: {f: g,\nh: i}\n', { a: 'one two', b: ['c', 'd'], e: { f: 'g', h: 'i' } }],
    ['a: [b, c]# comment\nd: "e"#f\n', { a: ['b', 'c'], d: 'e' }],
    ['a: |\n  x\n   y\n\nb: >-\n  x\n  y\n\n  z\n', { a: 'x\n y\n', b: 'x y\nz' }],
    ['a: |+\n  x\n\n\nb: |2-\n   x\n', { a: 'x\n\n\n', b: ' x' }],
    ['a:\n- b\n- c: 1\n  d:\n    - e\n', { a: ['b', { c: 1n, d: ['e'] }] }],
    ['a: &x {k: 1}\nb: *x\nc:\n  <<: *x\n  j: 2\n', { a: { k: 1n }, b: { k: 1n }, c: { k: 1n, j: 2n } }],
    ['a: {k: 1}\n<<: {a: 2, b: 3}\n', { a: 2n, b: 3n }],
    ['a: {<<: [{k: 1}, {k: 2, j: 3}]}\n', { a: { k: 1n, j: 3n } }],
    ['a: &x 1\nb: &x 2\nc: *x\n', { a: 1n, b: 2n, c: 2n }],
    ['a: 1\na: 2\n', { a: 2n }],
    ['yes: 1\ny: 2\n010: 3\n~: 4\n', { yes: 1n, y: 2n, '010': 3n, '': 4n }],
    ['a: {yes: 1, 010: 2, ~: 3, 1.0: 4}\n', { a: { true: 1n, '8': 2n, '': 3n, '1': 4n } }],
    ['? a\n: b\n', { a: 'b' }],
    ['a: !!str 5\nb: !!int "7"\nc: !!float 3\nd: !x y\ne: !!binary aGk=\n', { a: '5', b: 7n, c: 3, d: 'y', e: 'hi' }],
    ['a: [https://e.org/?q=1, b?]\n', { a: ['https://e.org/?q=1', 'b?'] }],
    ['a: 1\rb: 2\r', { a: 1n, b: 2n }],
    ['a: |\r\n  x\r\n  y\r\nb: "x\r\n  y"\r\n', { a: 'x\ny\n', b: 'x y' }],
    ['{"a": {"b": [1, "c"]}}\n', { a: { b: [1n, 'c'] } }],
    ['\uFEFFa: 1\n', { a: 1n }],
    ['a: b#c\n', { a: 'b#c' }],
    ['a: "\u2028"\n', { a: '\u2028' }],
  ] as [string, Plain][])('reads %j', (text, value) => {
    expect(read(text)).toEqual(value);
  });

  it.each([
    ['a: b: c', '4 mapping values are not allowed in this context'],
    ['x: y\na: b: c', '9 line 2: mapping values are not allowed in this context'],
    ['a: @x', '3 found character that cannot start any token'],
    ['a: - b', '3 block sequence entries are not allowed in this context'],
    ['a: ? b', '3 mapping keys are not allowed in this context'],
    ['a: "b\n', '3 line 2: found unexpected end of stream'],
    ["x: 1\na: 'b", '8 line 2: found unexpected end of stream'],
    ['a: b\n\tc: d', '5 line 2: found a tab character that violates indentation'],
    ['a:\n\tb: c', '3 line 2: found character that cannot start any token'],
    ['a: |\n\tb', '5 line 2: found a tab character where an indentation space is expected'],
    ['a: [b, c\nd: e', "10 line 1: did not find expected ',' or ']'"],
    ['a: {b: c\n', "9 line 1: did not find expected ',' or '}'"],
    ['a: [b}', "5 did not find expected ',' or ']'"],
    ['a\nb: c', '0 line 2: mapping values are not allowed in this context'.replace('0', '3')],
    ['x: 1\na\n', "5 line 3: could not find expected ':'"],
    ['a: 1\n  b: 2', '8 line 2: mapping values are not allowed in this context'],
    ['- a\nb: c', "4 line 1: did not find expected '-' indicator"],
    ['a: b\n]', '5 line 2: did not find expected key'.replace('line 2', 'line 1')],
    ['a: "\\q"', '4 found unknown escape character'],
    ['a: "\\x4"', '6 did not find expected hexdecimal number'],
    ['a: "\\uD800"', '6 found invalid Unicode character escape code'],
    ['a: *b', "3 unknown anchor 'b' referenced"],
    ['a: & b', '4 did not find expected alphabetic or numeric character'],
    ['a: |x', '4 did not find expected comment or line break'],
    ['a: |0\n', '4 found an indentation indicator equal to 0'],
    ['a: !<x', "6 did not find the expected '>'"],
    ['a: !x!y z', '3 found undefined tag handle'],
    ['a: !!int b', '9 cannot decode !!str `b` as a !!int'],
    ['a: !!binary b', '12 !!binary value contains invalid base64 data'],
    ['a: &x [*x]', "7 anchor 'x' value contains itself"],
    ['<<: 1', '4 map merge requires map or sequence of maps as the value'],
    ['a: {{ b }}', '4 invalid map key: map[interface {}]interface {}{"b":interface {}(nil)}'],
    ['a: {[1, x]: y}', '4 invalid map key: []interface {}{1, "x"}'],
    ['%YAML 1.2\na: b', '0 found incompatible YAML document'],
    ['%YAML 1.1\na: b', '10 line 1: did not find expected <document start>'],
    ['%x\n', '2 found unknown directive name'],
    ['a: b\n%c', '7 line 2: found unknown directive name'],
    ['a: \x01', '3 control characters are not allowed'],
    ['- a\n', '0 unmarshal errors:\n  line 1: cannot unmarshal !!seq into map[string]interface {}'],
    [
      '\n\njust text\n',
      '2 unmarshal errors:\n  line 3: cannot unmarshal !!str `just text` into map[string]interface {}',
    ],
    [
      'a text that is long',
      '0 unmarshal errors:\n  line 1: cannot unmarshal !!str `a text ...` into map[string]interface {}',
    ],
    ['one\n\ntwo', '0 unmarshal errors:\n  line 1: cannot unmarshal !!str `one\ntwo` into map[string]interface {}'],
    ['"42" # c', '0 unmarshal errors:\n  line 1: cannot unmarshal !!str `42` into map[string]interface {}'],
    ['42', '0 unmarshal errors:\n  line 1: cannot unmarshal !!int `42` into map[string]interface {}'],
    ['? [a]\n: b\nc: d\n', '2 unmarshal errors:\n  line 1: cannot unmarshal !!seq into string'],
    [
      `${'k'.repeat(1025)}: v`,
      "0 could not find expected ':'"
        .replace("could not find expected ':'", 'mapping values are not allowed in this context')
        .replace('0', '1025'),
    ],
  ])('refuses %j', (text, message) => {
    expect(failure(text)).toBe(message);
  });

  it.each([
    ['  a: 1\nb: 2\n', 7],
    ['a: 1\n...\nb: 2\n', 9],
    ['a: 1\n...\n# c\n', undefined],
    ['a: 1\n', undefined],
  ])('says where it stops reading %j', (text, offset) => {
    expect(readYaml(text).unreadStart).toBe(offset);
  });

  it('keeps places right where it had to mend the text for a strict parser', () => {
    const text = 'a: "one\ntwo"\nb: [c,\nd]#x\ne: "it\\\'s"\nf: 1\n';
    const places = readYaml(text).places.map(({ start, end }) => text.slice(start, end));
    expect(places).toEqual(['a: "one\ntwo"', 'b: [c,\nd]', 'e: "it\\\'s"', 'f: 1']);
  });
});
