/**
 * Where Hugo puts a page and a tag: its rules for paths (helpers.PathSpec, page_paths.go) with the default configuration,
 * which has pretty URLs, lower-case paths and no permalink patterns.
 */
import { posix } from 'node:path';
import { readContentPath } from './content-path.js';
import { lowerCaseKey } from './params.js';

export interface PageAddress {
  /** Path of the file, with or without `content/`. */
  readonly filename: string;
  readonly slug?: string;
  readonly url?: string;
  /** Codes of the site's languages: `my-post.en.md` is the page `my-post` where `en` is one of them. */
  readonly languages?: readonly string[];
}

/** A tag as the site knows it; two spellings with one slug are one tag. */
export interface Term {
  readonly slug: string;
  readonly title: string;
}

/**
 * The page's path on its site, percent-encoded, such as `/posts/my-post/`. `url` is taken as it is and beats `slug`, which
 * stands for the file's name. Undefined where nothing is left of a name: Hugo writes no page then.
 */
export function permalinkOf({ filename, slug = '', url = '', languages = [] }: PageAddress): string | undefined {
  if (url !== '') return escapeUrl(pathOfUrl(url));
  const { folders, baseName } = readContentPath(filename);
  const base = slug === '' ? dropLanguage(baseName, languages) : slug;
  const joined = posix.join('/', ...folders, base === 'index' ? '' : base).replace(/\/$/, '');
  const path = lowerCaseKey(sanitizePath(`${joined}/`));
  return path.includes('//') ? undefined : escapeUrl(path);
}

function dropLanguage(baseName: string, languages: readonly string[]): string {
  const language = languages.find((code) => baseName.toLowerCase().endsWith(`.${code.toLowerCase()}`));
  return language === undefined ? baseName : baseName.slice(0, -language.length - 1);
}

/** A path with a dot in it names a file; any other, and one that ends in `index.html`, gets a slash at its end. */
function pathOfUrl(url: string): string {
  const path = posix.join('/', url).replace(/(.)\/$/, '$1');
  const namesFile = url.includes('.') && !url.endsWith('/') && !path.endsWith('/index.html');
  return namesFile || path === '/' ? path : `${path}/`;
}

/** The terms of `tags`, `categories` and the like, in the order in which Hugo lists them: the last spelling counts. */
export function termsOf(names: readonly string[]): Term[] {
  const terms = new Map<string, Term>();
  for (const title of names) {
    const slug = termSlug(title);
    if (slug === '') continue;
    terms.delete(slug);
    terms.set(slug, { slug, title });
  }
  return [...terms.values()];
}

/**
 * `C++ & Friends` becomes `c++-friends`: lower case, white space to hyphens, and of punctuation only `. / \ _ # + ~ - @`.
 * Empty where nothing is left, and then Hugo has no such term.
 */
export function termSlug(name: string): string {
  const path = posix.normalize(lowerCaseKey(sanitizePath(name)).replace(/^\/+/, '')).replace(/\/$/, '');
  return /^(?:\.*|\.\.\/.*)$/.test(path) ? '' : path;
}

/** The term's page, such as `/tags/a-b/`, percent-encoded. */
export function termPath(taxonomy: string, slug: string): string {
  return escapeUrl(`/${lowerCaseKey(sanitizePath(taxonomy))}/${slug}/`);
}

/** Runs of white space become a hyphen, except at the start and beside a hyphen; characters that no path may have go. */
function sanitizePath(text: string): string {
  let path = '';
  let last = '';
  let hasPendingHyphen = false;
  for (const [character] of text.matchAll(PATH_CHARACTERS)) {
    if (/^\p{White_Space}$/u.test(character)) {
      hasPendingHyphen ||= last !== '' && last !== '-';
      continue;
    }
    if (hasPendingHyphen && character !== '-') path += '-';
    hasPendingHyphen = false;
    path += character;
    last = character;
  }
  return path;
}

/** Percent signs only as part of an escape. */
const PATH_CHARACTERS = /[\p{L}\p{Nd}\p{M}./\\_#+~\-@]|%[0-9a-fA-F]{2}|\p{White_Space}/gu;

// ---- percent-encoding, as Go's net/url prints what it has parsed ----

function escapeUrl(url: string): string {
  const [beforeFragment, fragment] = cut(url, '#');
  const [path, query] = cut(beforeFragment, '?');
  const escapedQuery = query === undefined ? '' : `?${query}`;
  const escapedFragment =
    fragment === undefined ? '' : `#${escapePart(fragment, "!$&'()*+,;=:@[]/?", '!$&()*+,;=:@/?')}`;
  return escapePart(path, "!$&'()*+,;=:@[]/", '$&+,;=:@/') + escapedQuery + escapedFragment;
}

/** Undefined: the separator is not there. */
function cut(text: string, separator: string): [before: string, after: string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

/** A part that is validly encoded stays as it is; any other is decoded and encoded anew. */
function escapePart(part: string, allowedAsIs: string, allowedWhenEscaped: string): string {
  const isEncoded = Array.from(part).every(
    (character) => isUnreserved(character) || character === '%' || allowedAsIs.includes(character),
  );
  if (isEncoded && !/%(?![0-9a-fA-F]{2})/.test(part)) return part;
  const decoded = decodePercents(part);
  return Array.from(decoded)
    .map((character) =>
      isUnreserved(character) || allowedWhenEscaped.includes(character) ? character : percentEncode(character),
    )
    .join('');
}

function isUnreserved(character: string): boolean {
  return /^[A-Za-z0-9\-._~]$/.test(character);
}

/** Escapes that are no UTF-8, and percent signs that are no escape, stay as text. */
function decodePercents(part: string): string {
  return part.replaceAll(/(?:%[0-9a-fA-F]{2})+/g, (escapes) => {
    try {
      return decodeURIComponent(escapes);
    } catch {
      return escapes;
    }
  });
}

function percentEncode(character: string): string {
  const bytes = new TextEncoder().encode(character);
  return [...bytes].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
}
