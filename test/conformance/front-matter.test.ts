/**
 * Every row of test/fixtures/hugo/frontmatter.jsonl is one file that Hugo 0.111.3 has built, and what it made of it.
 * `content` is compared where it is one plain paragraph of Markdown or empty: anything else is the Markdown engine's, and
 * tested there.
 */
import { readFileSync } from 'node:fs';
import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { UNSET_DATE, type DateSources } from '../../src/front-matter/dates.js';
import { permalinkOf, termPath, termsOf } from '../../src/front-matter/hugo-url.js';
import { readDocument, type ContentDocument } from '../../src/front-matter/read-document.js';

/** Rows that Waypost answers differently on purpose. A row that starts to pass must leave the list. */
const DEVIATIONS: Readonly<Record<string, string>> = {
  'fm-params-002': 'params are merged into the others, as Hugo does from 0.123 on',
  'fm-params-003': 'params are merged into the others, as Hugo does from 0.123 on',
  'fm-params-017': 'params are merged into the others, as Hugo does from 0.123 on',
  'fm-params-029': 'params are merged into the others, as Hugo does from 0.123 on',
  'fm-params-013': 'the error is the template of the oracle, which cannot print an infinite number',
  'fm-params-033': 'output formats are a Hugo site’s: the names stay as written',
  'fm-params-034': 'output formats are a Hugo site’s: an unknown one is no concern of Waypost',
  'fm-params-037': 'sitemap settings are a Hugo site’s: they stay as written',
  'fm-date-fields-026':
    'an expiry date that cannot be read is an error, as in Hugo from 0.135 on: the article would never expire',
  'fm-body-start-012': 'the error stands in the body, where the shortcode engine reports it',
};

interface Expected {
  readonly error?: string;
  readonly not_rendered?: true;
  readonly [field: string]: unknown;
}

interface Row {
  readonly id: string;
  readonly group: string;
  readonly file: string;
  readonly filename?: string;
  readonly config?: string;
  readonly error_line?: number;
  readonly expected: Expected;
}

const ROWS = readFileSync(new URL('../fixtures/hugo/frontmatter.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Row);

/** When the files of the oracle were last changed, by its own setting. */
const FILE_MODIFIED_AT = new Date(1_700_000_000_000);

function readRow(row: Row): ContentDocument {
  const config = parse(row.config ?? '') as { timeZone?: string; frontmatter?: DateSources };
  return readDocument(row.file, {
    filename: filenameOf(row),
    timeZone: config.timeZone,
    dateSources: config.frontmatter,
    fileModifiedAt: FILE_MODIFIED_AT,
  });
}

function filenameOf(row: Row): string {
  return row.filename ?? 'content/posts/my-post.md';
}

/** What differs, as pairs of Hugo's answer and ours; nothing where the row passes. */
function findDifferences(row: Row): Record<string, unknown> {
  const document = readRow(row);
  if (row.expected.error !== undefined) return compareError(row, document);
  if (row.expected.not_rendered === true) return compare({ permalink: [undefined, permalink(row, document)] });
  return compareFields(row, document);
}

function compareError(row: Row, { diagnostics, format }: ContentDocument): Record<string, unknown> {
  const first = diagnostics.find(({ severity }) => severity === 'error');
  // Hugo knows where its TOML parser stopped; every other position is one of its own making, and ours is the true one.
  const knowsLine = format === 'toml' && row.expected.error?.startsWith('unmarshal failed') === true;
  const isKeyError = /to be a table/.test(row.expected.error ?? '');
  const line: unknown[] = knowsLine && !isKeyError ? [row.error_line, first?.line] : [];
  return compare({ error: [row.expected.error, first?.message], line });
}

function compareFields(row: Row, document: ContentDocument): Record<string, unknown> {
  const { expected } = row;
  const { fields, params } = document;
  const errors = document.diagnostics.filter(({ severity }) => severity === 'error').map(({ message }) => message);
  const same = ['title', 'linkTitle', 'draft', 'slug', 'url', 'description', 'weight', 'type', 'layout'] as const;
  const dates = ['date', 'lastmod', 'publishDate', 'expiryDate'] as const;
  return compare({
    errors: [[], errors],
    ...Object.fromEntries(same.map((field) => [field, [expected[field], fields[field]]])),
    ...Object.fromEntries(dates.map((field) => [field, [expected[field], fields[field] ?? UNSET_DATE]])),
    summary: [expected['summaryParam'], fields.summary],
    // Go prints a list without items as null where it was made by a cast.
    aliases: [expected['aliases'] ?? [], fields.aliases],
    keywords: [expected['keywords'] ?? [], fields.keywords],
    params: [withEmptyKeywords(expected['params']), params],
    tags: [expected['tags'], params['tags'] ?? null],
    terms: [expected['terms'], terms(document)],
    permalink: [expected['relPermalink'], permalink(row, document)],
    content: document.format === 'org' ? [] : contentPair(expected['content'] as string, document.body),
  });
}

function withEmptyKeywords(params: unknown): unknown {
  return { ...(params as object), ...((params as { keywords?: unknown }).keywords === null && { keywords: [] }) };
}

function permalink(row: Row, { fields }: ContentDocument): string | undefined {
  return permalinkOf({ filename: filenameOf(row), slug: fields.slug, url: fields.url });
}

function terms({ fields, params }: ContentDocument): Record<string, unknown> {
  const names = { tags: fields.tags, categories: namesOf(params['categories']), series: namesOf(params['series']) };
  const listed = Object.entries(names).map(([taxonomy, given]) => {
    const found = termsOf(given).map(({ slug, title }) => ({ path: termPath(taxonomy, slug), title }));
    return [taxonomy, found] as const;
  });
  return Object.fromEntries(listed.filter(([, found]) => found.length > 0));
}

function namesOf(param: unknown): string[] {
  return param === undefined ? [] : [param].flat().map(String);
}

function contentPair(content: string, body: string): unknown[] {
  const paragraph = /^(?:<p>([\w .]+)<\/p>)?\n?$/.exec(content);
  return paragraph === null ? [] : [paragraph[1] ?? '', body.trim()];
}

function compare(pairs: Record<string, unknown[]>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(pairs).filter(([, [hugo, ours]]) => !isSame(hugo, ours)));
}

function isSame(left: unknown, right: unknown): boolean {
  try {
    expect(right).toEqual(left);
    return true;
  } catch {
    return false;
  }
}

const GROUPS = [...new Set(ROWS.map(({ group }) => group))];

describe.each(GROUPS)('front matter: %s', (group) => {
  const rows = ROWS.filter((row) => row.group === group && !(row.id in DEVIATIONS));

  it.each(rows.map((row): [string, Row] => [row.id, row]))('%s', (_id, row) => {
    expect(findDifferences(row)).toEqual({});
  });
});

describe('a row that deviates on purpose', () => {
  const rows = ROWS.filter((row) => row.id in DEVIATIONS);

  it.each(rows.map((row): [string, string, Row] => [row.id, DEVIATIONS[row.id] ?? '', row]))(
    '%s: %s',
    (id, _reason, row) => {
      expect(findDifferences(row), `${id} passes now: take it off the list`).not.toEqual({});
    },
  );
});

describe('the list of deviations', () => {
  it('names rows that exist', () => {
    const ids = new Set(ROWS.map(({ id }) => id));
    expect(Object.keys(DEVIATIONS).filter((id) => !ids.has(id))).toEqual([]);
  });

  it('is short', () => {
    expect(Object.keys(DEVIATIONS).length / ROWS.length).toBeLessThan(0.025);
  });
});
