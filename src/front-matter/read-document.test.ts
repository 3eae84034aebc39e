import { describe, expect, it } from 'vitest';
import { formatDiagnostic } from './diagnostic.js';
import { readDocument, readDocumentBytes, type ContentDocument } from './read-document.js';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const slice = (text: string, range: { start: number; end: number } | undefined): string =>
  new TextDecoder('utf-8', { ignoreBOM: true }).decode(encode(text).subarray(range?.start, range?.end));
const errors = ({ diagnostics }: ContentDocument): string[] =>
  diagnostics
    .filter(({ severity }) => severity === 'error')
    .map(({ line, column, message }) => `${line}:${column} ${message}`);

/** In the shape of the articles that Waypost is for. */
const ARTICLE = `+++
title = "Cloud security: the customer’s journey"
date = "2025-09-12T13:19:38.864869Z"
tags = ["security", "certification"]
description = "What changed in August."
canonicalURL = "https://example.org/blog/cloud-security/"
+++

Text.

*Updated: 2025-09-12*`;

describe('readDocument', () => {
  it('reads an article of the kind Waypost is for', () => {
    const document = readDocument(ARTICLE, { filename: 'content/posts/cloud-security.md' });
    expect(document).toMatchObject({
      format: 'toml',
      fields: {
        title: 'Cloud security: the customer’s journey',
        linkTitle: 'Cloud security: the customer’s journey',
        date: '2025-09-12T13:19:38.864869Z',
        lastmod: '2025-09-12T13:19:38.864869Z',
        publishDate: '2025-09-12T13:19:38.864869Z',
        expiryDate: undefined,
        draft: false,
        tags: ['security', 'certification'],
        description: 'What changed in August.',
        type: 'posts',
      },
      params: { canonicalurl: 'https://example.org/blog/cloud-security/' },
      body: '\nText.\n\n*Updated: 2025-09-12*',
      bodyLine: 8,
      diagnostics: [],
    });
  });

  it.each([
    ['', 'none', '', 1],
    ['# Heading\n', 'none', '# Heading\n', 1],
    ['\uFEFFText', 'none', 'Text', 1],
    ['---\n---', 'yaml', '', 2],
    ['---\na: 1\n---\nBody', 'yaml', 'Body', 4],
    ['---\na: 1\n---\r\r\nBody', 'yaml', '\r\nBody', 4],
    ['---\ra: 1\r---\rBody', 'yaml', 'Body', 4],
    ['+++\r\na = 1\r\n+++\r\n\r\nBody', 'toml', '\r\nBody', 4],
    ['+++\na = 1\n+++ x\nBody', 'toml', ' x\nBody', 3],
    ['+++\na = 1\n++++\n', 'toml', '+\n', 3],
    ['+++a = 1\n+++\nBody', 'toml', 'Body', 3],
    ['\n \uFEFF\t{"a": "}\\""} Body', 'json', ' Body', 2],
    ['{"a": 1}\n\nBody', 'json', '\nBody', 2],
    ['#+TITLE: T\n#+FOO: x\nBody', 'org', 'Body', 3],
    ['#+TITLE: T', 'org', '', 1],
    ['<!-- x\n+++\na = 1\n+++\n-->\nBody', 'toml', '\nBody', 5],
    ['<!--\nno front matter\n-->\nBody', 'none', '\nBody', 3],
    ['<!--\n# x\n-->\nBody', 'none', '\nBody', 3],
  ] as const)('splits %j', (text, format, body, bodyLine) => {
    expect(readDocument(text)).toMatchObject({ format, body, bodyLine, diagnostics: [] });
  });

  it.each([
    ['- item', '1:1 invalid YAML delimiter'],
    ['\n+ item', '2:1 invalid TOML delimiter'],
    ['---\na: 1\n---x---\n'.replace('\n---x', '\n --x'), '1:1 EOF looking for end YAML front matter delimiter'],
    ['+++\na = 1\n---\n', '1:1 EOF looking for end TOML front matter delimiter'],
    ['{{< aff "k" >}}\n', "1:2 unmarshal failed: invalid character '{' looking for beginning of object key string"],
    ['{"a": 1', '1:1 unexpected EOF parsing JSON front matter'],
    ['<p>x</p>', '1:1 plain HTML documents not supported'],
    ['<!-- note -->\nText', '1:1 starting HTML comment with no end'],
    ['+++\ntitle: T\n+++\n', '2:6 unmarshal failed: toml: expected character ='],
    ['---\ntitle: a: b\n---\n', '2:9 failed to unmarshal YAML: yaml: mapping values are not allowed in this context'],
    ['---\n  a: 1\nb: 2\n---\n', '3:1 Hugo stops reading the front matter here, without a word'],
    ['---\na: 1\n...\nb: 2\n---\n', '4:1 Hugo stops reading the front matter here, without a word'],
    [
      '+++\nurl = "https://e.org/"\n+++\n',
      '2:7 URLs with protocol (http*) not supported: "https://e.org/". In page "content/a.md"',
    ],
    ['---\naliases: [/a, "http://e.org"]\n---\n', '2:10 http* aliases not supported: "http://e.org"'],
    [
      '---\nexpiryDate: tomorrow\n---\n',
      '2:13 the "expirydate" front matter field is not a parsable date: see content/a.md',
    ],
  ])('reports %j', (text, message) => {
    const document = readDocument(text, { filename: 'content/a.md' });
    expect(errors(document)).toEqual([message]);
    expect(document.diagnostics[0]?.hint).toMatch(/\.$/);
  });

  it('keeps the whole text as the body where front matter has no end', () => {
    expect(readDocument('---\nText\n')).toMatchObject({ format: 'yaml', body: '---\nText\n', bodyLine: 1, ranges: {} });
  });

  it('gives what stands around broken front matter', () => {
    const document = readDocument('+++\na = \n+++\nBody');
    expect(document).toMatchObject({ format: 'toml', body: 'Body', bodyLine: 4, params: { draft: false } });
    expect(document.declaredKeys.size).toBe(0);
  });

  it('prints a diagnostic as file:line:column with what to write instead', () => {
    const [diagnostic] = readDocument('---\ntitle: @x\n---\n').diagnostics;
    expect(diagnostic && formatDiagnostic('content/a.md', diagnostic)).toBe(
      'content/a.md:2:8  failed to unmarshal YAML: yaml: found character that cannot start any token. ' +
        'Indent with spaces, and put text that starts with @, `, % or a tab in quotes.',
    );
  });

  it('counts columns in UTF-16 units', () => {
    expect(errors(readDocument('---\n"🎓é": @\n---\n'))[0]).toMatch(/^2:8 /);
  });

  describe('params', () => {
    it('are keys in lower case, in nested maps too, but not inside lists', () => {
      const { params } = readDocument('{"ÄB": {"Cd": [{"Ef": 1}]}}');
      expect(params).toEqual({ äb: { cd: [{ Ef: 1 }] }, draft: false, iscjklanguage: false });
    });

    it('take the spelling that is not all lower case, and the last of two equal ones', () => {
      expect(readDocument('---\nA: 1\na: 2\nb: 3\nb: 4\n---\n').params).toMatchObject({ a: 1, b: 4 });
    });

    it('have a params map laid over them, and say which keys the file has', () => {
      const document = readDocument('+++\nauthor = "top"\n[params]\nAuthor = "A"\nn = 1\n+++\n');
      expect(document.params).toEqual({ author: 'A', n: 1, draft: false, iscjklanguage: false });
      expect([...document.declaredKeys]).toEqual(['author', 'n']);
    });

    it('hold dates and times of TOML as text, with the fraction', () => {
      const text = 'a = 2024-01-02T03:04:05.864869+02:00\nb = 2024-01-02\nc = 03:04:05.120\nd = 2024-01-02T03:04:05.5';
      expect(readDocument(`+++\n${text}\n+++\n`).params).toMatchObject({
        a: '2024-01-02T03:04:05.864869+02:00',
        b: '2024-01-02',
        c: '03:04:05.120',
        d: '2024-01-02T03:04:05.5',
      });
    });

    it('warn about an integer that JSON cannot keep', () => {
      const document = readDocument('---\nid: 9007199254740993\n---\n');
      expect(document.diagnostics).toMatchObject([
        { severity: 'warning', code: 'INTEGER_INEXACT', line: 2, column: 5 },
      ]);
    });
  });

  describe('dates', () => {
    it.each([
      ['date = 2024-01-02T03:04:05.864869Z', '2024-01-02T03:04:05Z'],
      ['date = "2024-01-02T03:04:05.864869+02:00"', '2024-01-02T03:04:05.864869+02:00'],
      ['date = 2024-07-02T03:04:05.5', '2024-07-02T03:04:05.5+02:00'],
      ['date = "2024-01-02"', '2024-01-02T00:00:00+01:00'],
      ['date = "2024-03-31 02:30:00"', '2024-03-31T03:30:00+02:00'],
      ['date = "2024-10-27 02:30:00"', '2024-10-27T02:30:00+01:00'],
      ['date = "Tue, 02 Jan 2024 03:04:05 MST"', '2024-01-02T03:04:05+01:00'],
      ['date = 20240102', '1970-08-23T06:15:02Z'],
      ['date = "0001-01-01T00:00:00Z"', undefined],
      ['date = 03:04:05', undefined],
      ['date = 1.5', undefined],
    ])('of %s in Paris', (pair, date) => {
      expect(readDocument(`+++\n${pair}\n+++\n`, { timeZone: 'Europe/Paris' }).fields.date).toBe(date);
    });

    it('fall back from one key to another', () => {
      const { fields } = readDocument('---\nlastmod: nonsense\nmodified: 2024-02-02\npubdate: 2024-03-03\n---\n');
      expect(fields).toMatchObject({
        date: '2024-03-03T00:00:00Z',
        lastmod: '2024-02-02T00:00:00Z',
        publishDate: '2024-03-03T00:00:00Z',
      });
    });

    it('come from the file name where the site asks for it', () => {
      const options = { filename: 'posts/2024-05-06-my-post.md', dateSources: { date: [':filename', ':default'] } };
      expect(readDocument('---\ndate: 2024-01-01\n---\n', options).fields).toMatchObject({
        date: '2024-05-06T00:00:00Z',
        slug: 'my-post',
      });
    });

    it('that cannot be read are warnings where they only inform, errors where they hide or show', () => {
      const { diagnostics } = readDocument('---\ndate: nonsense\npublishDate: soon\nlastmod: ""\nexpiryDate: ~\n---\n');
      expect(diagnostics.map(({ severity, line }) => [severity, line])).toEqual([
        ['warning', 2],
        ['error', 3],
      ]);
    });

    it('of an unknown zone are read as UTC, and the zone is named', () => {
      const document = readDocument('---\ndate: 2024-01-02\n---\n', { timeZone: 'Mars/Base' });
      expect(document.fields.date).toBe('2024-01-02T00:00:00Z');
      expect(document.diagnostics).toMatchObject([
        { code: 'TIME_ZONE_UNKNOWN', message: 'unknown time zone Mars/Base' },
      ]);
    });
  });

  describe('draft', () => {
    it.each([
      ['---\ndraft: yes\n---\n', true, 'YAML_BOOLEAN_WORD'],
      ['---\ndraft: off\n---\n', false, 'YAML_BOOLEAN_WORD'],
      ['---\ndraft: "yes"\n---\n', false, 'DRAFT_NOT_BOOLEAN'],
      ['+++\ndraft = 1\n+++\n', false, 'DRAFT_NOT_BOOLEAN'],
      ['---\ndraft: 1\n---\n', true, undefined],
      ['+++\ndraft = "True"\n+++\n', true, undefined],
      ['{"draft": null}', false, undefined],
      ['+++\npublished = false\n+++\n', true, undefined],
      ['+++\ndraft = false\npublished = false\n+++\n', false, 'DRAFT_AND_PUBLISHED'],
    ])('of %j', (text, draft, code) => {
      const document = readDocument(text);
      expect(document.fields.draft).toBe(draft);
      expect(document.params['draft']).toBe(draft);
      expect(document.diagnostics.map((diagnostic) => diagnostic.code)).toEqual(code === undefined ? [] : [code]);
    });
  });

  it('says where a word is a boolean to one Hugo and text to another', () => {
    const document = readDocument('---\ntags: [de, no]\ntitle: On\ntoc: yes\n---\n');
    expect(document.fields).toMatchObject({ tags: ['de', 'false'], title: 'true' });
    expect(document.diagnostics).toMatchObject([
      { severity: 'warning', code: 'YAML_BOOLEAN_WORD', line: 2, column: 12 },
      { severity: 'warning', code: 'YAML_BOOLEAN_WORD', line: 3, column: 8 },
    ]);
  });

  it.each([
    ['content/posts/a.md', 'posts'],
    ['/site/content/blog/2024/a.md', 'blog'],
    ['posts/bundle/index.md', 'posts'],
    ['posts/index.md', 'page'],
    ['posts/_index.md', 'posts'],
    ['content\\posts\\a.md', 'posts'],
    ['about.md', 'page'],
    [undefined, 'page'],
  ])('takes the type of %s from its first folder', (filename, type) => {
    expect(readDocument('', { filename }).fields.type).toBe(type);
  });
});

describe('ranges', () => {
  it.each([
    ['\uFEFF+++\n# é\ntitle  = "é"  # c\n"a b" = [\n 1,\n]\n+++\n', 'title', 'title  = "é"', '"é"'],
    ['\uFEFF+++\n# é\ntitle  = "é"  # c\n"a b" = [\n 1,\n]\n+++\n', 'a b', '"a b" = [\n 1,\n]', '[\n 1,\n]'],
    ['---\nTags: # c\n  - a\n  - b # d\n\nx: 1\n---\n', 'tags', 'Tags: # c\n  - a\n  - b', '- a\n  - b'],
    ['---\nd: |\n  🎓\n  b\n\nx: 1\n---\n', 'd', 'd: |\n  🎓\n  b', '|\n  🎓\n  b'],
    ['---\nd: |\n  🎓\n  b\n\nx: 1\n---\n', 'x', 'x: 1', '1'],
    ['---\nempty:\nx: 1\n---\n', 'empty', 'empty:', ''],
    ['---\nd: "line\nshallow"\nx: [a,\nb]\n---\n', 'x', 'x: [a,\nb]', '[a,\nb]'],
    ['{"é": {"x": [1]} , "b":2}', 'é', '"é": {"x": [1]}', '{"x": [1]}'],
    ['#+TITLE: Über uns \n#+TAGS[]: a b\n', 'tags', '#+TAGS[]: a b', 'a b'],
  ])('of %j: %s', (text, key, entry, value) => {
    const range = readDocument(text).ranges[key];
    expect(slice(text, range)).toBe(entry);
    expect(slice(text, range?.value)).toBe(value);
  });

  it('take a table from its header to its last pair, and every place of a key', () => {
    const text = '+++\na.b = 1\na.c = 2\n[t] # c\nx = 1\n\n# about u\n[u]\n[t.v]\ny = 2\n+++\n';
    const { ranges } = readDocument(text);
    expect(ranges['a']?.places.map((place) => slice(text, place))).toEqual(['a.b = 1', 'a.c = 2']);
    expect(ranges['t']?.places.map((place) => slice(text, place))).toEqual(['[t] # c\nx = 1', '[t.v]\ny = 2']);
    expect(ranges['t']?.value).toBeUndefined();
    expect(slice(text, ranges['u'])).toBe('[u]');
  });

  it('point to the place whose value counts', () => {
    const text = '---\nTitle: A\ntitle: B\n---\n';
    expect(slice(text, readDocument(text).ranges['title'])).toBe('Title: A');
  });

  it('say where the front matter and the body stand', () => {
    const text = '\uFEFF---\né: 1\n--- ü';
    const document = readDocument(text);
    expect(slice(text, document.frontMatterRange)).toBe('é: 1\n');
    expect(slice(text, document.bodyRange)).toBe(document.body);
  });
});

describe('readDocumentBytes', () => {
  it('reads what readDocument reads of the text', () => {
    expect(readDocumentBytes(encode(ARTICLE))).toEqual(readDocument(ARTICLE));
  });

  it('names the first byte that is no UTF-8, and gives no ranges', () => {
    const bytes = new Uint8Array([...encode('---\ntitle: é'), 0xfc, ...encode('x\n---\nBody')]);
    const document = readDocumentBytes(bytes);
    expect(document).toMatchObject({ ranges: {}, frontMatterRange: undefined, body: 'Body' });
    expect(errors(document)).toEqual(['2:9 the file is not UTF-8: byte 0xfc']);
  });

  it('takes a U+FFFD that is in the file for what it is', () => {
    expect(readDocumentBytes(encode('\uFFFD')).diagnostics).toEqual([]);
  });
});
