/**
 * Random front matter, built by the Hugo that is installed and read by Waypost: what Hugo makes of each key must be the same.
 * The rows of front-matter.test.ts show known cases; this looks for the unknown ones.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UNSET_DATE } from '../../src/front-matter/dates.js';
import { permalinkOf, termPath, termsOf } from '../../src/front-matter/hugo-url.js';
import { readDocument } from '../../src/front-matter/read-document.js';

/** Newer versions read YAML 1.2 and refuse other dates; they are compared by their documentation, not by this test. */
const HUGO_VERSION = '0.111';
const HUGO = 'hugo';
const TIME_ZONE = 'Europe/Paris';
/** The same files in every run; another number gives others. */
const SEED = 1;

const CONFIG = `baseURL = "https://example.org/"
timeZone = "${TIME_ZONE}"
disableKinds = ["RSS", "sitemap", "robotsTXT", "404"]
`;

const PAGE = `{{- $page := . -}}{{- $terms := slice -}}
{{- range .GetTerms "tags" -}}{{- $terms = $terms | append .RelPermalink -}}{{- end -}}
{{- dict "file" .File.Path "title" .Title "linkTitle" .LinkTitle "date" .Date "lastmod" .Lastmod "publishDate" .PublishDate "expiryDate" .ExpiryDate "draft" .Draft "slug" .Slug "aliases" .Aliases "description" .Description "keywords" .Keywords "weight" .Weight "type" .Type "layout" .Layout "params" .Params "permalink" .RelPermalink "terms" $terms | jsonify -}}`;

const INDEX = `{{ range where .Site.Pages "Kind" "page" }}{{ partial "page.html" . | safeHTML }}
{{ end }}`;

function hasHugo(): boolean {
  const found = spawnSync(HUGO, ['version'], { encoding: 'utf8' });
  return found.error === undefined && found.stdout.includes(`v${HUGO_VERSION}.`);
}

/** Builds the files in one site; gives what Hugo printed of each. */
function build(files: ReadonlyMap<string, string>): Map<string, Record<string, unknown>> {
  const site = mkdtempSync(join(tmpdir(), 'waypost-hugo-'));
  try {
    const fixed = { 'config.toml': CONFIG, 'layouts/partials/page.html': PAGE, 'layouts/index.html': INDEX };
    const layouts = ['single', 'list', 'terms', 'taxonomy'].map(
      (name) => [`layouts/_default/${name}.html`, '-'] as const,
    );
    const contents = [...files].map(([name, text]) => [`content/${name}`, text] as const);
    for (const [name, text] of [...Object.entries(fixed), ...layouts, ...contents]) {
      mkdirSync(dirname(join(site, name)), { recursive: true });
      writeFileSync(join(site, name), text);
    }
    execFileSync(HUGO, ['--source', site, '--buildDrafts', '--buildFuture', '--buildExpired', '--quiet'], {
      stdio: 'pipe',
    });
    const lines = readFileSync(join(site, 'public', 'index.html'), 'utf8')
      .trim()
      .split('\n');
    return new Map(
      lines.map((line) => JSON.parse(line) as Record<string, unknown>).map((page) => [String(page['file']), page]),
    );
  } finally {
    rmSync(site, { recursive: true, force: true });
  }
}

const KEYS = [
  'title',
  'linkTitle',
  'description',
  'summary',
  'slug',
  'type',
  'layout',
  'weight',
  'draft',
  'published',
  'date',
  'lastmod',
  'modified',
  'publishDate',
  'pubdate',
  'expiryDate',
  'keywords',
  'aliases',
  'tags',
  'categories',
  'headless',
  'translationKey',
  'isCJKLanguage',
  'author',
  'canonicalURL',
  'Nested',
  'x-y',
  'toc',
];

const VALUES = {
  toml: [
    '"T"',
    '""',
    '" x "',
    '1',
    '-3',
    '1.0',
    '1e21',
    '1e-7',
    'true',
    'false',
    '"true"',
    '"yes"',
    '"010"',
    '"7.0"',
    '2024-01-02',
    '2024-01-02T03:04:05.12+02:00',
    '2024-07-02T03:04:05.25',
    '03:04:05',
    '"2024-01-02"',
    '"Tue, 02 Jan 2024 03:04:05 +0200"',
    '"nonsense"',
    '["a", "b"]',
    '["A B", "a-b"]',
    '[]',
    '[1, 2.5, true]',
    '[["a"], "b"]',
    '{a = 1}',
    '{A = {B = 2}}',
    '[{Ab = 1}]',
    '"a, b"',
    '"x/y"',
    '"-s-"',
    '"Ünï"',
    '1704164645',
    "'C# & C++'",
  ],
  yaml: [
    'T',
    '""',
    '" x "',
    '1',
    '-3',
    '1.0',
    '1e21',
    '.1',
    'true',
    'yes',
    'No',
    'off',
    'n',
    '~',
    '',
    '"true"',
    '"yes"',
    '010',
    '0x1F',
    '0o17',
    '1_000',
    '12:30',
    '08',
    '2024-01-02',
    '2024-07-02 03:04:05',
    '2001-12-14t21:59:43.10-05:00',
    '02 Jan 2024',
    'nonsense',
    '[a, b]',
    '[A B, a-b]',
    '[1, 2.5, yes]',
    '[[a], b]',
    '{A: {B: 2}}',
    '[{Ab: 1}]',
    'a, b',
    'x/y',
    '|\n  a\n  b',
    '>-\n  a\n  b',
    '"a\nb"',
    '\n- a\n- B',
    '\n  k: v\n  yes: no\n  1: x',
    '!!str 5',
    '!!float 3',
    "'a''b'",
    '"it\\\'s"',
  ],
  json: [
    '"T"',
    '""',
    '1',
    '1.5',
    '1e21',
    'true',
    '"true"',
    '"1"',
    'null',
    '"2024-01-02"',
    '"2024-01-02T03:04:05.864869Z"',
    '"nonsense"',
    '["a","b"]',
    '["A B","a-b"]',
    '[]',
    '[1,2.5,true,null]',
    '[["a"],"b"]',
    '{"A":{"B":2}}',
    '[{"Ab":1}]',
    '"a, b"',
    '"x/y"',
    '"Ünï"',
    '1704164645',
    '"\\u2019"',
  ],
} as const;

const WRITERS = {
  toml: (pairs: readonly (readonly [string, string])[]): string =>
    `+++\n${pairs.map(([key, value]) => `${key} = ${value}\n`).join('')}+++\nBody\n`,
  yaml: (pairs: readonly (readonly [string, string])[]): string =>
    `---\n${pairs.map(([key, value]) => `${key}: ${value}\n`).join('')}---\nBody\n`,
  json: (pairs: readonly (readonly [string, string])[]): string =>
    `{${pairs.map(([key, value]) => `${JSON.stringify(key)}: ${value}`).join(', ')}}\nBody\n`,
};

const file = fc.constantFrom('toml' as const, 'yaml' as const, 'json' as const).chain((format) =>
  fc
    .uniqueArray(fc.tuple(fc.constantFrom(...KEYS), fc.constantFrom(...VALUES[format])), {
      minLength: 1,
      maxLength: 5,
      selector: ([key]) => key.toLowerCase(),
    })
    .map((pairs) => WRITERS[format](pairs)),
);

/** Both sides as plain data in one shape: Go prints an empty list that a cast made as null. */
function ours(name: string, text: string): Record<string, unknown> {
  const { fields, params } = readDocument(text, { filename: name, timeZone: TIME_ZONE });
  const { summary: _summary, url: _url, tags, ...compared } = fields;
  const dates = ['date', 'lastmod', 'publishDate', 'expiryDate'] as const;
  return {
    ...compared,
    ...Object.fromEntries(dates.map((date) => [date, fields[date] ?? UNSET_DATE])),
    params,
    permalink: permalinkOf({ filename: name, slug: fields.slug }),
    terms: termsOf(tags).map(({ slug }) => termPath('tags', slug)),
  };
}

function hugos(page: Record<string, unknown>): Record<string, unknown> {
  const { file: _file, ...rest } = page;
  const params = page['params'] as Record<string, unknown>;
  const emptied = ['keywords', 'aliases']
    .filter((key) => params[key] === null)
    .map((key): [string, unknown] => [key, []]);
  return {
    ...rest,
    aliases: page['aliases'] ?? [],
    keywords: page['keywords'] ?? [],
    params: { ...params, ...Object.fromEntries(emptied) },
    // Hugo names an address without a page where nothing is left of the slug.
    permalink: String(page['permalink']).includes('//') ? undefined : page['permalink'],
  };
}

describe(`random front matter and Hugo ${HUGO_VERSION}`, () => {
  it.skipIf(!hasHugo())(
    `are read alike (skipped without Hugo ${HUGO_VERSION}: apt-get install hugo, on Debian 12)`,
    () => {
      const samples = fc.sample(file, { numRuns: 300, seed: SEED });
      const files = new Map(samples.map((text, index) => [`d${index}/my-post.md`, text]));
      const pages = build(files);
      const read = [...files].map(([name, text]) => ({ text, ...ours(name, text) }));
      const built = [...files].map(([name, text]) => ({ text, ...hugos(pages.get(name) ?? {}) }));
      expect(read).toEqual(built);
    },
    120_000,
  );
});
