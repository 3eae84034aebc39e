import { termSlug } from '../front-matter/hugo-url.js';
import type { FrontMatterChanges } from '../front-matter/patch-front-matter.js';
import { FrontMatterPatchError, patchFrontMatter, replaceBody } from '../front-matter/patch-front-matter.js';
import type { ContentDocument } from '../front-matter/read-document.js';
import { readDocumentBytes } from '../front-matter/read-document.js';
import { UnwritableValueError, type WritableValue } from '../front-matter/written-value.js';
import { RefusedError } from '../kernel/errors.js';
import type { ArticleDraft } from './article-draft.js';

/**
 * `after` with the bytes of its file, where it has one: those of `before`, in which only the keys and the body that differ
 * are other ones. Where an article stands - folder, language - is the place of its file, and not in it.
 * @throws RefusedError FILE_NOT_EDITABLE where a key cannot be changed without touching more than its own bytes.
 */
export function editFile(before: ArticleDraft, after: ArticleDraft): ArticleDraft {
  if (!before.file) return after;
  const document = readDocumentBytes(before.file);
  try {
    const keyed = patchKeys(before.file, document, changedKeys(before, after, document));
    const file = after.source === before.source ? keyed : replaceBody(keyed, readDocumentBytes(keyed), after.source);
    return { ...after, file: Buffer.from(file), sourceLine: readDocumentBytes(file).bodyLine };
  } catch (error) {
    if (error instanceof FrontMatterPatchError) throw notEditable(error.message, error.key);
    if (error instanceof UnwritableValueError) throw notEditable(error.message);
    throw error;
  }
}

function patchKeys(file: Buffer, document: ContentDocument, changes: FrontMatterChanges): Uint8Array {
  return Object.keys(changes).length === 0 ? file : patchFrontMatter(file, document, changes);
}

/** undefined takes a key away. */
function changedKeys(before: ArticleDraft, after: ArticleDraft, document: ContentDocument): FrontMatterChanges {
  const changes: Record<string, WritableValue | undefined> = { ...changedParams(before, after) };
  if (after.title !== before.title) changes['title'] = after.title;
  if (after.description !== before.description) changes['description'] = after.description ?? undefined;
  if (after.canonicalUrl !== before.canonicalUrl) changes['canonicalURL'] = after.canonicalUrl ?? undefined;
  if (isMoved(before.expiresAt, after.expiresAt)) changes['expiryDate'] = after.expiresAt ?? undefined;
  if (isMoved(before.publishedAt, after.publishedAt)) {
    changes[document.declaredKeys.has('publishdate') ? 'publishDate' : 'date'] = after.publishedAt ?? undefined;
  }
  if (termsOf(after) !== termsOf(before)) changes['tags'] = after.tags.length > 0 ? after.tags : undefined;
  if (isHidden(after) !== isHidden(before)) changes['draft'] = draftKey(after, document);
  if (after.slug !== before.slug) changes['slug'] = slugKey(after, document);
  return changes;
}

/** Hugo knows no archive: what is taken down is a draft to it. */
function isHidden({ status }: ArticleDraft): boolean {
  return status !== 'published';
}

function draftKey(after: ArticleDraft, document: ContentDocument): boolean | undefined {
  if (isHidden(after)) return true;
  return document.declaredKeys.has('draft') ? false : undefined;
}

/** A slug that the path says is not said twice. */
function slugKey({ slug, path }: ArticleDraft, document: ContentDocument): string | undefined {
  return document.declaredKeys.has('slug') || !path.endsWith(`/${slug}`) ? slug : undefined;
}

function termsOf({ tags }: ArticleDraft): string {
  return tags.map(termSlug).join('\n');
}

function isMoved(before: Date | null, after: Date | null): boolean {
  return before?.getTime() !== after?.getTime();
}

function changedParams(before: ArticleDraft, after: ArticleDraft): Record<string, WritableValue | undefined> {
  const keys = new Set([...Object.keys(before.params), ...Object.keys(after.params)]);
  const changed = [...keys].filter((key) => JSON.stringify(before.params[key]) !== JSON.stringify(after.params[key]));
  return Object.fromEntries(changed.map((key) => [key, after.params[key] as WritableValue | undefined]));
}

const FIELDS: Readonly<Record<string, string>> = {
  title: 'title',
  description: 'description',
  canonicalURL: 'canonicalUrl',
  expiryDate: 'expiresAt',
  publishDate: 'publishedAt',
  date: 'publishedAt',
  tags: 'tags',
  draft: 'status',
  slug: 'slug',
};

function notEditable(reason: string, key?: string): RefusedError {
  const field = key === undefined ? 'source' : (FIELDS[key] ?? 'params');
  const message = `The file of this article cannot be changed in place: ${reason}. Change the file and import it again.`;
  return new RefusedError([{ code: 'FILE_NOT_EDITABLE', message, field: `input.${field}` }]);
}
