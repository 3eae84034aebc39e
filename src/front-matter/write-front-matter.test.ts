import { describe, expect, it } from 'vitest';
import { readDocument } from './read-document.js';
import { writeFrontMatter } from './write-front-matter.js';
import { UnwritableValueError } from './written-value.js';

const ARTICLE = {
  title: 'Cloud security: the customer’s "journey"',
  date: '2025-09-12T13:19:38.864869Z',
  tags: ['security', 'certification'],
  description: undefined,
  canonicalURL: 'https://example.org/blog/',
};

describe('writeFrontMatter', () => {
  it('writes TOML in the shape of the articles that Waypost is for', () => {
    expect(writeFrontMatter(ARTICLE)).toBe(`+++
title = "Cloud security: the customer’s \\"journey\\""
date = "2025-09-12T13:19:38.864869Z"
tags = ["security", "certification"]
canonicalURL = "https://example.org/blog/"
+++
`);
  });

  it('writes TOML tables behind the pairs', () => {
    expect(writeFrontMatter({ params: { a: 1, b: { c: true } }, draft: true })).toBe(
      '+++\ndraft = true\n\n[params]\na = 1\nb = { c = true }\n+++\n',
    );
  });

  it('writes YAML', () => {
    expect(writeFrontMatter({ ...ARTICLE, y: null, 'a b': { c: [1.5, 'no'] } }, 'yaml')).toBe(`---
title: "Cloud security: the customer’s \\"journey\\""
date: "2025-09-12T13:19:38.864869Z"
tags: ["security", "certification"]
canonicalURL: "https://example.org/blog/"
"y": null
"a b": { "c": [1.5, "no"] }
---
`);
  });

  it('writes JSON', () => {
    expect(writeFrontMatter({ tags: ['a'], date: new Date(0), n: -0 }, 'json')).toBe(
      '{\n  "tags": ["a"],\n  "date": "1970-01-01T00:00:00Z",\n  "n": -0\n}\n',
    );
  });

  it('writes Org', () => {
    expect(writeFrontMatter({ title: 'T', tags: ['a', 'b'], draft: true }, 'org')).toBe(
      '#+TITLE: T\n#+TAGS[]: a b\n#+DRAFT: true\n',
    );
  });

  it.each(['toml', 'yaml', 'json'] as const)('writes %s that reads back', (format) => {
    const { fields, params, diagnostics, body } = readDocument(`${writeFrontMatter(ARTICLE, format)}Body`);
    expect(fields).toMatchObject({ title: ARTICLE.title, date: ARTICLE.date, tags: ARTICLE.tags });
    expect(params['canonicalurl']).toBe(ARTICLE.canonicalURL);
    expect({ diagnostics, body }).toEqual({ diagnostics: [], body: 'Body' });
  });

  it.each(['toml', 'yaml', 'json'] as const)('writes empty %s', (format) => {
    expect(readDocument(writeFrontMatter({}, format))).toMatchObject({ format, body: '', diagnostics: [] });
  });

  it.each([
    ['toml', { a: null }],
    ['json', { a: NaN }],
    ['org', { a: 'x\ny' }],
    ['yaml', { a: new Date(NaN) }],
    ['toml', { ['__proto__']: 1 }],
  ] as const)('refuses %s of %j', (format, params) => {
    expect(() => writeFrontMatter(params, format)).toThrow(UnwritableValueError);
  });
});
