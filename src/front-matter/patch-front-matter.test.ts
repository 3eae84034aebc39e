import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrontMatterPatchError, patchFrontMatter, replaceBody, type FrontMatterChanges } from './patch-front-matter.js';
import { readDocument, readDocumentBytes } from './read-document.js';
import { writeFrontMatter } from './write-front-matter.js';
import type { WritableValue } from './written-value.js';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array): string => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
const patch = (text: string, changes: FrontMatterChanges): string =>
  decode(patchFrontMatter(encode(text), readDocument(text), changes));

describe('patchFrontMatter', () => {
  it.each([
    [
      'replaces a TOML value and leaves comment and spacing',
      '+++\ntitle  =  "Old"   # shown\ndate = "2025-09-12"\n+++\nBody',
      { title: 'New' },
      '+++\ntitle  =  "New"   # shown\ndate = "2025-09-12"\n+++\nBody',
    ],
    ['keeps literal quotes', "+++\ntitle = 'Old'\n+++\n", { title: 'C:\\new' }, "+++\ntitle = 'C:\\new'\n+++\n"],
    [
      'gives up literal quotes where they cannot hold the text',
      "+++\nt = 'a'\n+++\n",
      { t: "it's" },
      '+++\nt = "it\'s"\n+++\n',
    ],
    ['keeps a bare TOML date bare', '+++\nd = 2024-01-02\n+++\n', { d: '2025-02-03' }, '+++\nd = 2025-02-03\n+++\n'],
    [
      'quotes a TOML date that would lose its fraction',
      '+++\nd = 2024-01-02\n+++\n',
      { d: '2025-02-03T04:05:06.7Z' },
      '+++\nd = "2025-02-03T04:05:06.7Z"\n+++\n',
    ],
    ['writes a Date as RFC 3339', '+++\nd = ""\n+++\n', { d: new Date(0) }, '+++\nd = "1970-01-01T00:00:00Z"\n+++\n'],
    [
      'adds a TOML key before the first table',
      '+++\ntitle = "T"\n# about\n[params]\na = 1\n+++\n',
      { draft: true },
      '+++\ntitle = "T"\ndraft = true\n# about\n[params]\na = 1\n+++\n',
    ],
    ['adds a TOML key where a table stands first', '+++\n[a]\nb = 1\n+++\n', { c: 2 }, '+++\nc = 2\n[a]\nb = 1\n+++\n'],
    ['adds a key to empty front matter', '+++\n+++\nBody', { a: [1, 'x'] }, '+++\na = [1, "x"]\n+++\nBody'],
    [
      'removes a TOML table with its pairs',
      '+++\na = 1\n[b]\nc = 1\n[d]\n+++\n',
      { b: undefined },
      '+++\na = 1\n[d]\n+++\n',
    ],
    [
      'writes a table anew as one pair',
      '+++\na.b = 1\na.c = 2\nz = 1\n+++\n',
      { a: { b: 3 } },
      '+++\nz = 1\na = { b = 3 }\n+++\n',
    ],
    [
      'keeps an array one element to a line',
      '+++\ntags = [\n  "a", # c\n  "b",\n]\n+++\n',
      { tags: ['x', 'y', 'z'] },
      '+++\ntags = [\n  "x",\n  "y",\n  "z",\n]\n+++\n',
    ],
    ['keeps CRLF', '+++\r\na = 1\r\n+++\r\nB\r\n', { b: 2 }, '+++\r\na = 1\r\nb = 2\r\n+++\r\nB\r\n'],
    ['keeps a byte order mark', '\uFEFF---\na: é\n---\nB', { a: 'ü' }, '\uFEFF---\na: ü\n---\nB'],
    [
      'finds a key in any case',
      '---\nCanonicalURL: "x"\n---\n',
      { canonicalurl: 'y' },
      '---\nCanonicalURL: "y"\n---\n',
    ],
    [
      'keeps a plain YAML scalar plain',
      '---\ntitle: Old # c\n---\n',
      { title: 'New text' },
      '---\ntitle: New text # c\n---\n',
    ],
    [
      'quotes a YAML text that would be a boolean',
      '---\ntitle: Old\n---\n',
      { title: 'no' },
      '---\ntitle: "no"\n---\n',
    ],
    ['quotes a YAML text with a colon', '---\ntitle: Old\n---\n', { title: 'a: b' }, '---\ntitle: "a: b"\n---\n'],
    ['keeps single quotes', "---\ntitle: 'Old'\n---\n", { title: "it's" }, "---\ntitle: 'it''s'\n---\n"],
    [
      'keeps a block list and the comment above it',
      '---\ntags: # mine\n  - a\n  - b # last\nx: 1\n---\n',
      { tags: ['c', 'd'] },
      '---\ntags: # mine\n  - c\n  - d # last\nx: 1\n---\n',
    ],
    ['keeps a flow list', '---\ntags: [a, b]\n---\n', { tags: ['c'] }, '---\ntags: ["c"]\n---\n'],
    [
      'adds a list in the style of the others',
      '---\ntags:\n- a\n---\n',
      { aliases: ['/x/'] },
      '---\ntags:\n- a\naliases:\n  - "/x/"\n---\n',
    ],
    [
      'replaces a block scalar by another',
      '---\nd: |\n  a\n  b\nx: 1\n---\n',
      { d: 'c\nd\n' },
      '---\nd: |\n  c\n  d\nx: 1\n---\n',
    ],
    ['removes a block scalar', '---\nd: >-\n  a\n\n  b\n\nx: 1\n---\n', { d: undefined }, '---\nx: 1\n---\n'],
    ['gives an empty YAML key a value', '---\na:\nb: 1\n---\n', { a: 'x' }, '---\na: "x"\nb: 1\n---\n'],
    ['indents a new YAML key like the others', '---\n  a: 1\n---\n', { b: 2 }, '---\n  a: 1\n  b: 2\n---\n'],
    ['edits YAML in braces', '---\n{a: 1, b: x}\n---\n', { b: 'y', c: 3 }, '---\n{a: 1, b: "y", "c": 3}\n---\n'],
    [
      'adds a JSON member like the others',
      '{\n  "a": 1,\n  "b": 2\n}\nB',
      { c: [true] },
      '{\n  "a": 1,\n  "b": 2,\n  "c": [true]\n}\nB',
    ],
    ['removes the first JSON member', '{ "a": 1, "b": 2 }', { a: undefined }, '{ "b": 2 }'],
    ['removes the last JSON member', '{"a":1,"b":2}', { b: undefined }, '{"a":1}'],
    ['removes every JSON member', '{ "a": 1, "a": 2 }B', { a: undefined }, '{  }B'],
    ['adds to an empty JSON object', '{}\nB', { a: 'x' }, '{"a": "x"}\nB'],
    [
      'changes an Org keyword',
      '#+TITLE: Old\n#+TAGS: a b\nB',
      { title: 'New', tags: ['c'] },
      '#+TITLE: New\n#+TAGS[]: c\nB',
    ],
    ['adds an Org keyword to a file without a body', '#+TITLE: T', { draft: true }, '#+TITLE: T\n#+DRAFT: true'],
    ['gives a file without front matter TOML', '# H\r\n', { title: 'T' }, '+++\r\ntitle = "T"\r\n+++\r\n# H\r\n'],
    ['keeps the line break of the opening line', '+++a = 1\nb = 2\n+++\n', { a: undefined }, '+++\nb = 2\n+++\n'],
    ['removes what is not there', '---\na: 1\n---\n', { b: undefined }, '---\na: 1\n---\n'],
  ] as [string, string, FrontMatterChanges, string][])('%s', (_fact, before, changes, after) => {
    expect(patch(before, changes)).toBe(after);
  });

  it.each([
    ['broken front matter', '---\na: "b\n---\n', { a: 1 }, /broken: failed to unmarshal YAML/],
    ['a value that another key repeats', '---\na: &x 1\nb: *x\n---\n', { a: 2 }, /unknown anchor/],
    ['null in TOML', '+++\n+++\n', { a: null }, /TOML has no null/],
    ['two lines in Org', '#+TITLE: T\n', { title: 'a\nb' }, /one line/],
    ['an Org list of phrases', '#+TITLE: T\n', { tags: ['a b'] }, /single words/],
    ['an infinite number in JSON', '{}', { a: Infinity }, /JSON has no Infinity/],
    [
      'a key that changes prototypes',
      '+++\n+++\n',
      JSON.parse('{"__proto__": 1}') as FrontMatterChanges,
      /not accepted/,
    ],
  ] as [string, string, FrontMatterChanges, RegExp][])('refuses %s', (_fact, before, changes, message) => {
    expect(() => patch(before, changes)).toThrow(FrontMatterPatchError);
    expect(() => patch(before, changes)).toThrow(message);
  });

  it('refuses a document that was read from other bytes', () => {
    expect(() => patchFrontMatter(encode('+++\n+++\nB'), readDocument('+++\n+++\nC'), { a: 1 })).toThrow(
      /not read from/,
    );
    expect(() => replaceBody(encode('+++\n+++\nB'), readDocument('+++\n+++\n'), '')).toThrow(/not read from/);
  });

  it('refuses bytes that are not UTF-8', () => {
    const bytes = new Uint8Array([...encode('+++\na = "'), 0xff, ...encode('"\n+++\n')]);
    expect(() => patchFrontMatter(bytes, readDocumentBytes(bytes), { a: 1 })).toThrow(FrontMatterPatchError);
  });
});

describe('replaceBody', () => {
  it('keeps the bytes above the body', () => {
    const text = '\uFEFF---\r\ntitle: é\r\n--- Old';
    expect(decode(replaceBody(encode(text), readDocument(text), ' Neu\n'))).toBe('\uFEFF---\r\ntitle: é\r\n--- Neu\n');
  });
});

// ---- property: an edit changes its keys and nothing else ----

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.string({
    unit: fc.constantFrom('a', ' ', ':', '#', '"', "'", '\\', '\n', '[', '-', 'é', '\u{1F393}', ',', '}'),
    maxLength: 12,
  }),
  fc.constantFrom(
    'yes',
    'no',
    'null',
    '~',
    '1',
    '1.0',
    '010',
    '0x1F',
    '2024-01-02',
    '',
    ' x ',
    '<<',
    '*a',
    '&b',
    '!c',
    '- d',
    '? e',
    'f:',
    '| g',
    '%h',
    '@i',
    '`j`',
    '---',
    '+++',
    '\u2028',
    '\u0085',
    '\uFEFF',
    '\u007F',
    '\t',
    'a\r\nb',
    '#+x',
    '{{< aff >}}',
  ),
);
const scalar = fc.oneof(text, fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean());
const tomlValue: fc.Arbitrary<WritableValue> = fc.oneof(
  { weight: 5, arbitrary: scalar },
  fc.array(scalar, { maxLength: 4 }),
  fc.dictionary(fc.constantFrom('k', 'Two words', 'é', 'y'), scalar, { maxKeys: 3 }),
  fc.date({ noInvalidDate: true, min: new Date('0000-01-01'), max: new Date('9999-12-31') }),
);
const anyValue = fc.oneof({ weight: 8, arbitrary: tomlValue }, fc.constant(null));
const key = fc.constantFrom(
  'title',
  'Title',
  'date',
  'tags',
  'draft',
  'y',
  'no',
  'a b',
  'ключ',
  'x-1',
  'canonicalURL',
  '1',
  'weight',
);
const orgKey = fc.constantFrom('title', 'Title', 'date', 'draft', 'a b', 'ключ', 'canonicalURL', 'weight');
const word = fc.constantFrom('a', 'b2', 'été', '/x/', 'C#');
const orgValue = fc.oneof(word, fc.constant('two words'), fc.array(word, { maxLength: 3 }), fc.boolean());

const layout = fc.record({
  bom: fc.constantFrom('', '\uFEFF', '\uFEFF\uFEFF'),
  newline: fc.constantFrom('\n', '\r\n'),
  gap: fc.constantFrom('', ' ', '   '),
  comment: fc.constantFrom('', ' # c', ' # "quoted: [x'),
  filler: fc.constantFrom('', '\n', '# a comment\n', '\n# two\n\n'),
  body: fc.constantFrom('', 'Body\n', '\n\n+++\n', '{ "a": 1 }\n', '---\nx: 1\n---\n'),
});
type Layout = typeof layout extends fc.Arbitrary<infer One> ? One : never;

/** Written by hand in as many ways as people do, not by the code under test alone. */
const writers = {
  toml: (entries: [string, WritableValue][], { gap, comment, filler }: Layout): string => {
    const pairs = entries.map(([name, value]) => pairOf(name, value));
    return `+++\n${pairs.map((pair) => `${filler}${pair.replace(' = ', `${gap}=${gap}`)}${comment}\n`).join('')}${filler}[t]\nk = 1\n+++\n`;
  },
  yaml: (entries: [string, WritableValue][], { comment, filler }: Layout): string => {
    const lines = entries.map(([name, value], index) => {
      if (index % 3 === 1 && Array.isArray(value) && value.length > 0) {
        return `${JSON.stringify(name)}:${comment}\n${value.map((item) => `  - ${JSON.stringify(item)}\n`).join('')}`;
      }
      if (index % 3 === 2 && typeof value === 'string' && /^[a-z]+( [a-z]+)*$/.test(value)) {
        return `${JSON.stringify(name)}: |-\n  ${value}\n\n`;
      }
      return `${writeFrontMatter({ [name]: value }, 'yaml').slice(4, -5)}${comment}\n`;
    });
    return `---\n${lines.map((line) => filler + line).join('')}${filler}---\n`;
  },
  json: (entries: [string, WritableValue][], { gap, newline }: Layout): string => {
    const members = entries.map(([name, value]) => `${JSON.stringify(name)}:${gap}${JSON.stringify(value)}`);
    return `{${gap}${members.join(newline === '\n' ? `,${gap}` : ',\n  ')}${gap}}\n`;
  },
  org: (entries: [string, WritableValue][], { filler }: Layout): string =>
    `#+FIRST: x\n${entries.map(([name, value]) => writeFrontMatter({ [name]: value }, 'org')).join('')}${filler.startsWith('\n') ? '\n' : ''}`,
};

function pairOf(name: string, value: WritableValue): string {
  const [first = ''] = writeFrontMatter({ only: [value] }, 'toml')
    .split('\n')
    .slice(1, 2);
  return `${JSON.stringify(name)} = ${first.slice('only = ['.length, -1)}`;
}

/** Keys whose param is not simply their value. */
const HUGO_KEYS = new Set(['title', 'date', 'tags', 'draft', 'weight']);

function asParam(value: WritableValue, format: string): unknown {
  if (value instanceof Date) return value.toISOString().replace('.000Z', 'Z');
  if (Array.isArray(value)) return value;
  if (typeof value !== 'object' || value === null) return format === 'org' ? String(value) : value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name.toLowerCase(), item as unknown]));
}

describe.each([
  ['toml', tomlValue, key],
  ['yaml', anyValue, key],
  ['json', anyValue, key],
  ['org', orgValue, orgKey],
] as const)('an edit of %s', (format, value, name) => {
  it('reads back as asked and leaves every other key, and the body, as it was', () => {
    const entry = fc.tuple(name, value as fc.Arbitrary<WritableValue>);
    fc.assert(
      fc.property(
        // JSON and YAML may repeat a key, and all but Org may spell it in two ways.
        format === 'json' || format === 'yaml'
          ? fc.array(entry, { maxLength: 6 })
          : fc.uniqueArray(entry, { maxLength: 6, selector: ([one]) => (format === 'toml' ? one : one.toLowerCase()) }),
        layout,
        fc.uniqueArray(fc.tuple(name, fc.option(value as fc.Arbitrary<WritableValue>, { nil: undefined })), {
          minLength: 1,
          maxLength: 4,
          selector: ([one]) => one.toLowerCase(),
        }),
        (entries, how, wanted) => {
          const changes = Object.fromEntries(wanted);
          const written = writers[format](entries, how).replaceAll('\n', how.newline);
          const before = how.bom + written + how.body;
          const document = readDocument(before);
          const errors = document.diagnostics.filter(
            ({ severity, code }) => severity === 'error' && code !== 'DATE_UNPARSABLE',
          );
          fc.pre(!errors.some(({ code }) => code.startsWith('FRONT_MATTER')));
          const after = patch(before, changes);
          const patched = readDocument(after);
          expect(patched.body).toBe(document.body);
          const changed = new Set(Object.keys(changes).map((one) => one.toLowerCase()));
          for (const [one, range] of Object.entries(document.ranges)) {
            if (changed.has(one)) continue;
            const bytes = (text: string, { start, end }: { start: number; end: number }): string =>
              decode(encode(text).subarray(start, end));
            const now = patched.ranges[one];
            expect(now && bytes(after, now)).toBe(bytes(before, range));
          }
          const now = wanted.map(([one]) => (Object.hasOwn(patched.ranges, one.toLowerCase()) ? 'there' : 'gone'));
          expect(now).toEqual(wanted.map(([, value]) => (value === undefined ? 'gone' : 'there')));
          const plain = wanted.filter(([one, value]) => value !== undefined && !HUGO_KEYS.has(one.toLowerCase()));
          expect(plain.map(([one]) => patched.params[one.toLowerCase()])).toEqual(
            plain.map(([, value]) => asParam(value ?? null, format)),
          );
        },
      ),
      { numRuns: 300 },
    );
  }, 60_000);
});
