/** What Hugo makes of the keys it knows: the fields of a page and its `.Params` (hugolib's `pageMeta.setMetadata`). */
import { castToBoolean, castToInteger, castToString, castToStringList, castToTerms } from './cast.js';
import { readContentPath } from './content-path.js';
import { readDate, resolveDates, type DatePlan } from './dates.js';
import type { DiagnosticDraft } from './diagnostic.js';
import type { FrontMatterFormat } from './find-front-matter.js';
import { quoteGo } from './go-syntax.js';
import { toParam, type Params } from './params.js';
import { isList, isMap, type FrontMatterMap, type FrontMatterValue } from './value.js';
import type { YamlBooleanWord } from './yaml.js';
import type { ZoneOffset } from './zones.js';

export interface DocumentFields {
  readonly title: string;
  /** The title where there is no other. */
  readonly linkTitle: string;
  /** RFC 3339 with the offset and the fraction as written; undefined: not set. */
  readonly date: string | undefined;
  readonly lastmod: string | undefined;
  readonly publishDate: string | undefined;
  readonly expiryDate: string | undefined;
  readonly draft: boolean;
  readonly slug: string;
  readonly url: string;
  readonly aliases: readonly string[];
  readonly description: string;
  readonly summary: string;
  readonly keywords: readonly string[];
  readonly weight: number;
  /** Without one the first folder of the file, or `page`. */
  readonly type: string;
  readonly layout: string;
  readonly tags: readonly string[];
}

export interface FieldContext {
  readonly format: FrontMatterFormat | 'none';
  readonly filename: string | undefined;
  readonly zone: ZoneOffset;
  readonly datePlan: DatePlan;
  readonly fileModifiedAt: Date | undefined;
  readonly booleanWords: ReadonlyMap<string, readonly YamlBooleanWord[]>;
  /** Where a key's value stands in the file. */
  readonly offsetOf: (key: string) => number;
  readonly report: (diagnostic: DiagnosticDraft) => void;
}

/** `values` with keys in lower case. */
export function readFields(values: FrontMatterMap, context: FieldContext): { fields: DocumentFields; params: Params } {
  const path = readContentPath(context.filename);
  const dates = resolveDates(values, { ...context, plan: context.datePlan, baseName: path.baseName });
  const text = (key: string): string => castToString(values.get(key) ?? null);
  const list = (key: string): string[] => castToStringList(values.get(key) ?? null);
  const title = text('title');
  const slug = values.has('slug') ? trimHyphens(text('slug')) : (dates.slug ?? '');
  const fields: DocumentFields = {
    title,
    linkTitle: text('linktitle') || title,
    ...dates.dates,
    draft: readDraft(values, context),
    slug,
    url: text('url'),
    aliases: list('aliases'),
    description: text('description'),
    summary: text('summary'),
    keywords: list('keywords'),
    weight: castToInteger(values.get('weight') ?? null),
    type: text('type') || path.section || 'page',
    layout: text('layout'),
    tags: castToTerms(values.get('tags') ?? null).filter((tag) => tag !== ''),
  };
  reportProtocols(fields, context);
  reportDates(values, context);
  reportBooleanWords(context);
  return { fields, params: makeParams(values, fields, dates.params, context) };
}

/** By hand: a pattern for the end of a text looks at every run of hyphens inside it. */
function trimHyphens(text: string): string {
  let start = 0;
  let end = text.length;
  while (text[start] === '-') start += 1;
  while (end > start && text[end - 1] === '-') end -= 1;
  return text.slice(start, end);
}

// ---- params ----

/** Keys whose param is the field. */
const FIELD_PARAMS: ReadonlyMap<string, keyof DocumentFields> = new Map([
  ['title', 'title'],
  ['summary', 'summary'],
  ['description', 'description'],
  ['slug', 'slug'],
  ['url', 'url'],
  ['keywords', 'keywords'],
  ['layout', 'layout'],
  ['weight', 'weight'],
  ['aliases', 'aliases'],
]);

/** Keys that Hugo casts to a string without making a field of them that is listed above. */
const TEXT_PARAMS = new Set(['linktitle', 'type', 'markup', 'translationkey']);

/** Hugo's `.Params`: every key, those it knows as it casts them, the dates as it resolves them, `draft` and `iscjklanguage` always. */
function makeParams(
  values: FrontMatterMap,
  fields: DocumentFields,
  dateParams: ReadonlyMap<string, string>,
  context: FieldContext,
): Params {
  const params: Params = {};
  for (const [key, value] of values) {
    // `published` may be a date or the opposite of `draft`; `params` is laid over the others.
    if (context.datePlan.keys.has(key) || key === 'published' || (key === 'params' && isMap(value))) continue;
    params[key] = makeParam(key, value, fields, context);
  }
  for (const [key, date] of dateParams) params[key] = date;
  params['draft'] = fields.draft;
  params['iscjklanguage'] = readFlag(values.get('iscjklanguage'), context);
  const nested = values.get('params');
  if (isMap(nested)) Object.assign(params, makeParam('params', nested, fields, context));
  return params;
}

function makeParam(
  key: string,
  value: FrontMatterValue,
  fields: DocumentFields,
  context: FieldContext,
): Params[string] {
  const field = FIELD_PARAMS.get(key);
  if (field !== undefined) return fields[field] as Params[string];
  if (TEXT_PARAMS.has(key)) return castToString(value);
  if (key === 'headless') return readFlag(value, context);
  return toParam(value, (integer) => reportInexact(key, integer, context));
}

function reportInexact(key: string, integer: bigint, context: FieldContext): void {
  context.report({
    severity: 'warning',
    code: 'INTEGER_INEXACT',
    message: `the integer ${integer} in "${key}" has more digits than JSON keeps`,
    hint: 'Put it in quotes if it is an identifier.',
    offset: context.offsetOf(key),
  });
}

// ---- draft ----

function readFlag(value: FrontMatterValue | undefined, { format }: FieldContext): boolean {
  return castToBoolean(value ?? null, format === 'yaml') ?? false;
}

/** `published: false` is a draft as well, though Hugo does not document it; `draft` wins. */
function readDraft(values: FrontMatterMap, context: FieldContext): boolean {
  const published = values.has('published')
    ? castToBoolean(values.get('published') ?? null, context.format === 'yaml')
    : undefined;
  if (!values.has('draft')) return published === false;
  if (published !== undefined) reportDraftAndPublished(context);
  const draft = castToBoolean(values.get('draft') ?? null, context.format === 'yaml');
  if (draft === undefined && values.get('draft') !== '') reportDraft(values.get('draft') ?? null, context);
  return draft ?? false;
}

function reportDraftAndPublished(context: FieldContext): void {
  const page = context.filename === undefined ? 'page' : `page ${quoteGo(context.filename)}`;
  context.report({
    severity: 'warning',
    code: 'DRAFT_AND_PUBLISHED',
    message: `${page} has both draft and published settings in its frontmatter. Using draft.`,
    hint: 'Keep `draft` alone.',
    offset: context.offsetOf('published'),
  });
}

function reportDraft(value: FrontMatterValue, context: FieldContext): void {
  const shown = isMap(value) || isList(value) ? '' : ` ${quoteGo(castToString(value))}`;
  context.report({
    severity: 'warning',
    code: 'DRAFT_NOT_BOOLEAN',
    message: `the "draft" front matter field${shown} is no boolean and is read as false: the article is not a draft`,
    hint: 'Write true or false, without quotes.',
    offset: context.offsetOf('draft'),
  });
}

// ---- what Hugo refuses, drops or reads in another way in a newer version ----

function reportProtocols({ url, aliases }: DocumentFields, context: FieldContext): void {
  if (/^https?:\/\//.test(url)) {
    context.report({
      severity: 'error',
      code: 'URL_WITH_PROTOCOL',
      message: `URLs with protocol (http*) not supported: ${quoteGo(url)}. In page ${quoteGo(context.filename ?? '')}`,
      hint: 'Write a path on this site, such as `/courses/intro/`; an address elsewhere belongs in `canonicalURL`.',
      offset: context.offsetOf('url'),
    });
  }
  const alias = aliases.find((one) => /^https?:\/\//.test(one));
  if (alias === undefined) return;
  context.report({
    severity: 'error',
    code: 'ALIAS_WITH_PROTOCOL',
    message: `http* aliases not supported: ${quoteGo(alias)}`,
    hint: 'Write paths on this site, such as `/old/`.',
    offset: context.offsetOf('aliases'),
  });
}

/** Keys that decide when readers see an article: a date there that cannot be read would publish it at once, or for ever. */
const VISIBILITY_KEYS = new Set(['publishdate', 'pubdate', 'published', 'expirydate', 'unpublishdate']);

/**
 * Hugo 0.111 passes over a date that it cannot read; from 0.135 on it refuses the page. Here it is reported: as an error where
 * the date decides what readers see, as a warning elsewhere. Empty and null are no date.
 */
function reportDates(values: FrontMatterMap, context: FieldContext): void {
  for (const key of context.datePlan.keys) {
    const value = values.get(key);
    if (value === undefined || value === null || value === '' || readDate(value, context.zone) !== undefined) continue;
    if (key === 'published' && castToBoolean(value, context.format === 'yaml') !== undefined) continue;
    context.report({
      severity: VISIBILITY_KEYS.has(key) ? 'error' : 'warning',
      code: 'DATE_UNPARSABLE',
      message: `the "${key}" front matter field is not a parsable date${context.filename === undefined ? '' : `: see ${context.filename}`}`,
      hint: 'Write 2024-01-31 or 2024-01-31T12:00:00Z.',
      offset: context.offsetOf(key),
    });
  }
}

/** Where a word is a boolean to Hugo before 0.152 and text to Hugo since, and it matters which. */
const WORD_KEYS = new Set([
  'draft',
  'published',
  'title',
  'linktitle',
  'description',
  'summary',
  'slug',
  'type',
  'layout',
  'tags',
  'categories',
  'series',
  'keywords',
  'aliases',
]);

function reportBooleanWords({ booleanWords, report }: FieldContext): void {
  for (const [key, words] of booleanWords) {
    if (!WORD_KEYS.has(key.toLowerCase())) continue;
    for (const { word, offset } of words) {
      const isFlag = ['draft', 'published'].includes(key.toLowerCase());
      report({
        severity: 'warning',
        code: 'YAML_BOOLEAN_WORD',
        message: `\`${word}\` in "${key}" is a boolean in YAML 1.1 (Hugo before 0.152) and text in YAML 1.2 (Hugo since)`,
        hint: isFlag ? 'Write true or false.' : `Put it in quotes if it is text: "${word}".`,
        offset,
      });
    }
  }
}
