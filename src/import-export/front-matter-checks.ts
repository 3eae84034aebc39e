import { posix } from 'node:path';
import { SLUG } from '../articles/article-draft.js';
import type { StoredDiagnostic } from '../articles/diagnostic.js';
import { permalinkOf } from '../front-matter/hugo-url.js';
import type { ContentDocument } from '../front-matter/read-document.js';

/** Adds the place of a front matter key of the file to what was found there. */
export type ReportAtKey = (key: string, problem: { readonly code: string; readonly message: string }) => void;

/** Reports warnings into `diagnostics`. `file`: the bytes that the document was read from. */
export function reportInto(diagnostics: StoredDiagnostic[], document: ContentDocument, file: Buffer): ReportAtKey {
  return (key, problem) => {
    const start = document.ranges[key]?.start ?? 0;
    const before = file.toString('utf8', 0, start).split('\n');
    const place = { line: before.length, column: (before.at(-1) ?? '').replace('\uFEFF', '').length + 1 };
    diagnostics.push({ severity: 'warning', ...problem, ...place });
  };
}

/**
 * A slug is the last part of an address. Of one that cannot be, such as `../../x` or `My Post`, the last part of the address that
 * Hugo makes of it is taken; undefined where nothing is left.
 */
export function lastPartOf(slug: string, filename: string, report: ReportAtKey): string | undefined {
  if (SLUG.test(slug)) return slug;
  const last = posix.basename(decoded(permalinkOf({ filename, slug }) ?? ''));
  const taken = SLUG.test(last) ? last : undefined;
  const kept =
    taken === undefined ? 'The name of the file is kept' : `"${taken}" is kept, the last part of Hugo's address`;
  const message = `The slug "${slug.slice(0, 40)}" cannot be the last part of an address. ${kept}. Write letters, digits and hyphens.`;
  report('slug', { code: 'SLUG_INVALID', message });
  return taken;
}

/** Escapes that are no UTF-8 stay. */
function decoded(address: string): string {
  try {
    return decodeURI(address);
  } catch {
    return address;
  }
}

/** It is imported, and nobody sees it: Hugo never builds such a page either. */
export function checkSchedule(publishedAt: Date | undefined, expiresAt: Date | undefined, report: ReportAtKey): void {
  if (!publishedAt || !expiresAt || expiresAt > publishedAt) return;
  const message = `The expiryDate ${expiresAt.toISOString()} is not after the date of publication (${publishedAt.toISOString()}): no reader ever sees the article. Write a later one, or leave it out.`;
  report('expirydate', { code: 'SCHEDULE_EMPTY', message });
}
