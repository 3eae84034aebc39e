import { articlePlace } from './article-place.js';

/** What the name of an exported file depends on. */
export interface ExportedPlace {
  readonly path: string;
  readonly locale: string;
  /** The file it was imported from, and where that stood for. */
  readonly origin: { readonly name: string; readonly path: string; readonly locale: string } | undefined;
}

/**
 * Name of an article's file below the target folder, with `/`. The one it came by, while the article stands where it
 * stood; else made of its path, with the language as a suffix unless it is the default one.
 */
export function exportName({ path, locale, origin }: ExportedPlace, defaultLocale: string): string {
  if (origin?.path === path && origin.locale === locale) return origin.name;
  const base = path === '/' ? '_index' : path.replace(/^\/+/, '') + folderFile(origin?.name);
  const extension = /\.(?:md|markdown|mdx)$/i.exec(origin?.name ?? '')?.[0] ?? '.md';
  return `${base}${locale === defaultLocale ? '' : `.${locale}`}${extension}`;
}

/** A page that was a folder's stays one: its resources, and a section's pages, lie in that folder. */
function folderFile(originName: string | undefined): string {
  const base = /(?:^|\/)(_?index)(?:\.[^./]+)?\.[^./]+$/.exec(originName ?? '')?.[1];
  return base === undefined ? '' : `/${base}`;
}

/** Bytes of one part of a name that file systems take. */
const MOST_PART_BYTES = 255;

/**
 * Why a file must not be written under this name: a path that somebody chose over the API must not lead out of the
 * target folder, nor to a file that hides or is no file.
 */
export function unsafeNameReason(name: string): string | undefined {
  const parts = name.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..')) return 'it leads out of the target folder';
  if (/[\u0000-\u001F\u007F\\]/.test(name)) return 'it has a control character or a backslash';
  if (parts.some((part) => part.startsWith('.'))) return 'a part of it is hidden, so that an import would pass it over';
  if (parts.some((part) => Buffer.byteLength(part) > MOST_PART_BYTES)) return 'a part of it is too long';
  return undefined;
}

/** Whether an import of the file would find the same article again. */
export function readsBackAs(name: string, { path, locale }: ExportedPlace, defaultLocale: string): boolean {
  const place = articlePlace(name, locale === defaultLocale ? [] : [locale]);
  return place.path === path && (place.locale ?? defaultLocale) === locale;
}
