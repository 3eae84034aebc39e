import type { ArticleDraft } from '../articles/article-draft.js';
import type { StoredDiagnostic } from '../articles/diagnostic.js';
import { storedDiagnostic } from '../articles/diagnostic.js';
import type { ContentDocument } from '../front-matter/read-document.js';
import { readDocument } from '../front-matter/read-document.js';
import { findUpdatedStamp } from '../front-matter/updated-stamp.js';
import type { ArticlePlace } from './article-place.js';
import { articlePlace, nameByLanguage } from './article-place.js';
import { checkSchedule, lastPartOf, reportInto } from './front-matter-checks.js';

export interface FileReading {
  /** Name of the file below the content folder. */
  readonly name: string;
  /** undefined: the file cannot become an article; the diagnostics say why. */
  readonly draft: ArticleDraft | undefined;
  readonly diagnostics: readonly StoredDiagnostic[];
}

export interface FileReadingOptions {
  readonly defaultLocale: string;
  /** Languages that file names may end in, such as `de` in `my-post.de.md`. Default none. */
  readonly locales?: readonly string[];
  /** By folder below the content folder: the language of what lies in it. Default: as the folders are named. */
  readonly languageFolders?: ReadonlyMap<string, string>;
  /** IANA zone of dates that name none. Default UTC. */
  readonly timeZone?: string;
}

/** Hugo's fields and `canonicalURL`; every other key is a parameter of the article. */
const OWN_KEYS = new Set([
  'title',
  'description',
  'canonicalurl',
  'date',
  'lastmod',
  'publishdate',
  'expirydate',
  'draft',
  'slug',
  'tags',
]);

/** Makes an article of a file as Hugo would. A problem in the body never keeps the file out; broken front matter does. */
export function readArticleFile(name: string, bytes: Buffer, options: FileReadingOptions): FileReading {
  const { text, invalidAt } = decode(bytes);
  if (invalidAt !== undefined) {
    return { name, draft: undefined, diagnostics: [notUtf8(text, invalidAt)] };
  }
  const document = readDocument(text, { filename: name, timeZone: options.timeZone });
  const diagnostics = document.diagnostics.map(storedDiagnostic);
  if (diagnostics.some((diagnostic) => diagnostic.severity === 'error')) {
    return { name, draft: undefined, diagnostics };
  }
  const { fields, params } = document;
  const place = placeOfFile(name, options);
  const published = momentOf(fields.publishDate) ?? momentOf(fields.date) ?? momentOf(place.date);
  const report = reportInto(diagnostics, document, bytes);
  const slug = (fields.slug ? lastPartOf(storable(fields.slug), name, report) : undefined) ?? place.slug;
  const expires = momentOf(fields.expiryDate);
  checkSchedule(published, expires, report);
  const tags = tagsOf(document, place).map(storable);
  const tooLong = longTextProblem({ path: place.path, slug, tags });
  if (tooLong) return { name, draft: undefined, diagnostics: [...diagnostics, tooLong] };
  return {
    name,
    diagnostics,
    draft: {
      path: place.path,
      locale: place.locale ?? options.defaultLocale,
      slug,
      title: storable(fields.title || titleOf(place.slug)),
      description: fields.description ? storable(fields.description) : null,
      canonicalUrl: typeof params['canonicalurl'] === 'string' ? storable(params['canonicalurl']) : null,
      source: storable(document.body),
      sourceLine: document.bodyLine,
      isTrusted: true,
      file: bytes,
      tags,
      params: otherParams(document),
      status: fields.draft || place.jekyll === 'draft' ? 'draft' : 'published',
      publishedAt: published ?? null,
      expiresAt: expires ?? null,
      declaredUpdatedAt: declaredDate(document.body, momentOf(fields.lastmod) ?? momentOf(fields.date)) ?? null,
      diagnostics,
    },
  };
}

/** Where the article of a file stands. */
export function placeOfFile(name: string, { locales, languageFolders }: FileReadingOptions): ArticlePlace {
  return articlePlace(languageFolders ? nameByLanguage(name, languageFolders) : name, locales);
}

/** Jekyll splits a text of tags where Hugo takes it for one. */
function tagsOf({ fields, params }: ContentDocument, { jekyll }: ArticlePlace): readonly string[] {
  const written = params['tags'];
  if (jekyll && typeof written === 'string') return written.split(/[\s,]+/).filter((tag) => tag !== '');
  return fields.tags ?? [];
}

/** Characters that an index of Postgres takes whatever they are; nobody writes such names by hand. */
const MOST_INDEXED = 500;

function longTextProblem(texts: { path: string; slug: string; tags: readonly string[] }): StoredDiagnostic | undefined {
  const named = [
    ['path', texts.path],
    ['slug', texts.slug],
    ...texts.tags.map((tag) => ['tag', tag] as const),
  ] as const;
  const found = named.find(([, text]) => text.length > MOST_INDEXED);
  if (!found) return undefined;
  const [noun, text] = found;
  const message = `The ${noun} "${text.slice(0, 40)}..." has ${text.length} characters; at most ${MOST_INDEXED} are kept. Shorten it.`;
  return { severity: 'error', code: 'NAME_TOO_LONG', message, line: 1, column: 1 };
}

/** The stamp counts to the day; where the front matter names the same day, its time is kept. */
function declaredDate(body: string, fromFrontMatter: Date | undefined): Date | undefined {
  const stamp = findUpdatedStamp(body);
  if (!stamp) return fromFrontMatter;
  if (fromFrontMatter?.toISOString().startsWith(stamp.date)) return fromFrontMatter;
  return new Date(`${stamp.date}T00:00:00.000Z`);
}

function momentOf(date: string | undefined | null): Date | undefined {
  if (!date) return undefined;
  const moment = new Date(date);
  return Number.isNaN(moment.getTime()) ? undefined : moment;
}

/** Only what the file says: Hugo adds some of its own. */
function otherParams({ params, declaredKeys }: ContentDocument): Record<string, unknown> {
  const declared = new Set(declaredKeys);
  const entries = Object.entries(params).filter(([key]) => declared.has(key) && !OWN_KEYS.has(key));
  return JSON.parse(storable(JSON.stringify(Object.fromEntries(entries)))) as Record<string, unknown>;
}

/** Postgres cannot keep U+0000 in a text. Markdown reads it as U+FFFD, and the file itself is kept as it is. */
function storable(text: string): string {
  return text.replaceAll('\0', '\uFFFD').replaceAll(String.raw`\u0000`, String.raw`\ufffd`);
}

/** `my-first-post` becomes `My First Post`, where the front matter has no title. */
function titleOf(slug: string): string {
  return (
    slug
      .replaceAll(/[-_]+/g, ' ')
      .trim()
      .replaceAll(/(^|\s)\S/g, (letter) => letter.toUpperCase()) || 'Untitled'
  );
}

function decode(bytes: Buffer): { text: string; invalidAt?: number } {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  if (!text.includes('\uFFFD')) return { text };
  try {
    new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return { text };
  } catch {
    return { text, invalidAt: text.indexOf('\uFFFD') };
  }
}

function notUtf8(text: string, offset: number): StoredDiagnostic {
  const before = text.slice(0, offset).split('\n');
  return {
    severity: 'error',
    code: 'FILE_NOT_UTF8',
    message: 'The file is not UTF-8. Save it as UTF-8.',
    line: before.length,
    column: (before.at(-1)?.length ?? 0) + 1,
  };
}
