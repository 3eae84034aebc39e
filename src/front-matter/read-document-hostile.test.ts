import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { timesAsLong } from '../../test/support/processor-time.js';
import { FRONT_MATTER_LIMITS } from './limits.js';
import { readDocument } from './read-document.js';

describe('what nobody writes by hand', () => {
  it.each(['js', ' javascript', 'JS ', 'coffee', 'ts'])('is not run: ---%s', (language) => {
    const document = readDocument(`---${language}\n{ title: process.exit(1) }\n---\nBody`);
    expect(document.diagnostics).toMatchObject([{ severity: 'error', code: 'FRONT_MATTER_LANGUAGE' }]);
    expect(document).toMatchObject({ body: 'Body', fields: { title: '' } });
  });

  it.each([
    '+++\n__proto__ = {polluted = true}\n+++\n',
    '+++\n[__proto__]\npolluted = true\n+++\n',
    '+++\na.__PROTO__.polluted = true\n+++\n',
    '---\n__proto__: {polluted: true}\n---\n',
    '---\na: &x {__proto__: {polluted: true}}\n<<: *x\nb: [*x]\n---\n',
    '{"a": [{"__proto__": {"polluted": true}}]}',
    '{"__\\u0070roto__": {"polluted": true}}',
    '#+__PROTO__: x\n',
  ])('pollutes no prototype: %j', (text) => {
    const document = readDocument(text);
    expect(document.diagnostics).toMatchObject([{ severity: 'error', code: 'FRONT_MATTER_KEY_FORBIDDEN' }]);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(Object.getPrototypeOf(document.params)).toBe(Object.prototype);
  });

  it('may be called constructor', () => {
    const document = readDocument('---\nconstructor: Ferrari\ntoString: x\n---\n');
    expect(document.params).toMatchObject({ constructor: 'Ferrari', tostring: 'x' });
    expect(Object.keys(document.ranges)).toEqual(['constructor', 'tostring']);
  });

  const bomb = ['---', 'a: &a [x,x,x,x,x,x,x,x,x]']
    .concat(
      ['ab', 'bc', 'cd', 'de', 'ef', 'fg', 'gh'].map(
        ([below, name]) => `${name}: &${name} [${`*${below},`.repeat(9)}]`,
      ),
    )
    .concat('---')
    .join('\n');

  it.each([
    ['an alias bomb', bomb, 'FRONT_MATTER_TOO_MANY_VALUES'],
    ['an anchor that contains itself', '---\na: &a [*a]\n---\n', 'FRONT_MATTER_SYNTAX'],
    ['deep YAML', `---\na: ${'['.repeat(200)}${']'.repeat(200)}\n---\n`, 'FRONT_MATTER_TOO_DEEP'],
    ['deep TOML', `+++\na = ${'['.repeat(200)}${']'.repeat(200)}\n+++\n`, 'FRONT_MATTER_TOO_DEEP'],
    ['a long TOML key', `+++\n${'a.'.repeat(200)}a = 1\n+++\n`, 'FRONT_MATTER_TOO_DEEP'],
    ['deep JSON', `{"a": ${'['.repeat(200)}${']'.repeat(200)}}`, 'FRONT_MATTER_TOO_DEEP'],
    ['a megabyte of YAML', `---\na: ${'x'.repeat(1 << 20)}\n---\n`, 'FRONT_MATTER_TOO_LARGE'],
    ['a megabyte of TOML', `+++\na = "${'é'.repeat(1 << 19)}"\n+++\n`, 'FRONT_MATTER_TOO_LARGE'],
    ['a megabyte of JSON', `{"a": "${'x'.repeat(1 << 20)}"}`, 'FRONT_MATTER_TOO_LARGE'],
    ['a megabyte of Org', '#+A: x\n'.repeat(1 << 18), 'FRONT_MATTER_TOO_LARGE'],
  ])('is bounded and named: %s', (_name, text, code) => {
    expect(readDocument(text).diagnostics).toMatchObject([{ severity: 'error', code }]);
  });

  it('is read up to the limits', () => {
    const deep = FRONT_MATTER_LIMITS.depth - 1;
    expect(readDocument(`{"a": ${'['.repeat(deep)}${']'.repeat(deep)}}`).diagnostics).toEqual([]);
    const long = FRONT_MATTER_LIMITS.bytes - '{"a": ""}'.length;
    expect(readDocument(`{"a": "${'x'.repeat(long)}"}`).diagnostics).toEqual([]);
    expect(readDocument(`{"a": "${'x'.repeat(long + 1)}"}`).diagnostics).toHaveLength(1);
  });

  it('gets no more than a hundred warnings', () => {
    const lines = Array.from({ length: 500 }, (_, index) => `k${index} = 9007199254740993\n`);
    expect(readDocument(`+++\n${lines.join('')}+++\n`).diagnostics).toHaveLength(FRONT_MATTER_LIMITS.diagnostics);
  });
});

const piece = fc.constantFrom(
  '---',
  '+++',
  '\n',
  '\r\n',
  '\r',
  ' ',
  '  ',
  '\t',
  '{',
  '}',
  '[',
  ']',
  '"',
  "'",
  '"""',
  ':',
  ': ',
  ',',
  '- ',
  '? ',
  '#',
  '#+',
  '=',
  '.',
  '&a',
  '*a',
  '<<',
  '!',
  '!!int',
  '|',
  '>-',
  '\\',
  '\\u',
  '%',
  '@',
  '<!--',
  '-->',
  '<',
  'title',
  'date',
  'tags',
  'draft',
  'params',
  'yes',
  'null',
  '2024-01-02',
  'T03:04:05Z',
  '1e9',
  '0x',
  '_',
  '\0',
  '\u0085',
  '\u2028',
  '\uFEFF',
  '\uD83C',
  '🎓',
  'é',
  '__proto__',
  '#+TITLE: x',
  'begin_src',
  '...',
  '{{< aff >}}',
);
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join('')),
  fc
    .tuple(
      fc.constantFrom(['---\n', '\n---\n'], ['+++\n', '\n+++\n'], ['{', '}'], ['#+A: x\n', '\n']),
      fc.array(piece, { maxLength: 30 }),
    )
    .map(([[open = '', close = ''], pieces]) => `${open}${pieces.join('')}${close}Body`),
);

describe('any text', () => {
  it('is read without a throw, with positions and ranges inside it', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const document = readDocument(text, { filename: 'content/a.md' });
        const lines = text.split(/\r\n|\r|\n/);
        for (const { line, column, message, hint } of document.diagnostics) {
          expect(line >= 1 && line <= lines.length && column >= 1).toBe(true);
          expect(column <= (lines[line - 1]?.length ?? 0) + 2).toBe(true);
          expect(message !== '' && hint !== '').toBe(true);
        }
        const size = new TextEncoder().encode(text).length;
        for (const { start, end, places } of Object.values(document.ranges)) {
          expect(start >= 0 && start <= end && end <= size && places.length > 0).toBe(true);
        }
        expect(text.endsWith(document.body)).toBe(true);
        expect(document.bodyRange.end).toBe(size);
        expect(() => JSON.stringify(document.params)).not.toThrow();
      }),
      { numRuns: 3000 },
    );
  }, 60_000);

  const fill = (unit: string, length = 250_000): string =>
    unit.repeat(Math.ceil(length / unit.length)).slice(0, length);
  it.each([
    ['keys of TOML', (size: number) => `+++\n${fill('aa.bb = 1 #\n', size)}\n+++\n`],
    ['distinct keys of TOML', (size: number) => `+++\n${numbered(size, (index) => `k${index} = 1\n`)}+++\n`],
    ['tables of TOML', (size: number) => `+++\n${numbered(size, (index) => `[a.b${index}]\n`)}+++\n`],
    ['distinct keys of YAML', (size: number) => `---\n${numbered(size, (index) => `k${index}: 1\n`)}---\n`],
    ['anchors of YAML', (size: number) => `---\n${numbered(size, (index) => `k${index}: &a${index} 1\n`)}---\n`],
    ['shallow lines of YAML', (size: number) => `---\na: "${fill('x\n', size)}"\n---\n`],
    ['brackets of YAML', (size: number) => `---\na: ${fill('[', size)}\n---\n`],
    ['comments of YAML', (size: number) => `---\n${fill('#\n', size)}\n---\n`],
    ['members of JSON', (size: number) => `{${numbered(size, (index) => `"k${index}":1,`)}"z":1}`],
    ['blocks of Org', (size: number) => numbered(size, (index) => `#+begin_a${index}\n`)],
    ['almost closing lines', (size: number) => `---\n${fill(' ---\n', size * 4)}`],
    ['open JSON', (size: number) => `{${fill('"a', size * 4)}`],
    ['byte order marks', (size: number) => fill('\uFEFF', size * 4)],
    ['comments', (size: number) => fill('<!-- a\n', size * 4)],
  ])(
    'takes time in proportion to its size: %s',
    (_name, make) => {
      // Eight times the text takes eight times as long; where it is quadratic, sixty-four times.
      expect(timesAsLong(readDocument, make(25_000), make(200_000))).toBeLessThan(40);
    },
    60_000,
  );
});

function numbered(size: number, make: (index: number) => string): string {
  let text = '';
  for (let index = 0; text.length < size; index += 1) text += make(index);
  return text;
}
