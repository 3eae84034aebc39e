import type { ArticleDraft } from './article-draft.js';
import type { StoredArticle } from './article-differs.js';
import { termSlug } from '../front-matter/hugo-url.js';
import { RefusedError } from '../kernel/errors.js';

const SCHEDULE_WITHOUT_DATE = 'A scheduled article needs publishedAt: the moment ahead from which readers see it.';

/** What a caller may say of an article. undefined: not said; null: cleared. */
export interface ArticleChanges {
  readonly path?: string | null;
  readonly slug?: string | null;
  readonly locale?: string | null;
  readonly title?: string | null;
  readonly description?: string | null;
  readonly canonicalUrl?: string | null;
  readonly source?: string | null;
  readonly tags?: readonly string[] | null;
  readonly params?: Readonly<Record<string, unknown>> | null;
  readonly status?: 'draft' | 'scheduled' | 'published' | 'expired' | 'archived' | null;
  readonly publishedAt?: Date | null;
  readonly expiresAt?: Date | null;
}

/** A path begins with `/` and does not end with one. */
export function normalPath(path: string): string {
  return `/${path.replace(/^\/+|\/+$/g, '')}`;
}

/** @throws RefusedError when neither path nor slug is given. */
export function newDraft(
  changes: ArticleChanges & { title: string; source: string },
  defaultLocale: string,
  isTrusted: boolean,
): ArticleDraft {
  if (changes.path == null && changes.slug == null) {
    throw new RefusedError([{ code: 'PATH_REQUIRED', message: 'Give a path or a slug.', field: 'input.path' }]);
  }
  checkTagNames(changes.tags);
  checkSchedule(changes, UNPUBLISHED);
  const path = normalPath(changes.path ?? changes.slug ?? '');
  return {
    path,
    locale: changes.locale ?? defaultLocale,
    slug: changes.slug ?? path.slice(path.lastIndexOf('/') + 1),
    title: changes.title,
    description: changes.description ?? null,
    canonicalUrl: changes.canonicalUrl ?? null,
    source: changes.source,
    sourceLine: 1,
    isTrusted,
    file: null,
    tags: changes.tags ?? [],
    params: changes.params ?? {},
    status: storedStatus(changes.status, changes.publishedAt) ?? 'draft',
    publishedAt: changes.publishedAt ?? null,
    expiresAt: changes.expiresAt ?? null,
    declaredUpdatedAt: null,
    diagnostics: [],
  };
}

/** An article as it is, as a draft that would change nothing. */
export function draftOf(article: StoredArticle & Pick<ArticleDraft, 'file' | 'status'>): ArticleDraft {
  const { path, locale, slug, title, description, canonicalUrl, source, sourceLine, isTrusted, file, tags, params } =
    article;
  const { status, publishedAt, expiresAt } = article;
  const own = {
    path,
    locale,
    slug,
    title,
    description,
    canonicalUrl,
    source,
    sourceLine,
    isTrusted,
    file,
    tags,
    params,
  };
  return { ...own, status, publishedAt, expiresAt, declaredUpdatedAt: null, diagnostics: [] };
}

/** @throws RefusedError when something is cleared that cannot be empty. */
export function changedDraft(draft: ArticleDraft, changes: ArticleChanges, isTrusted: boolean): ArticleDraft {
  const problems = (['path', 'slug', 'locale', 'title', 'source', 'status'] as const)
    .filter((name) => changes[name] === null)
    .map((name) => ({
      code: 'REQUIRED',
      message: `${name} cannot be empty. Leave it out to keep it as it is.`,
      field: `input.${name}`,
    }));
  if (problems.length > 0) throw new RefusedError(problems);
  checkTagNames(changes.tags);
  checkSchedule(changes, draft);
  const path = changes.path == null ? draft.path : normalPath(changes.path);
  const pathSlug = path === draft.path ? draft.slug : path.slice(path.lastIndexOf('/') + 1);
  const publishedAt = kept(changes.publishedAt, draft.publishedAt);
  return {
    ...draft,
    isTrusted: draft.isTrusted && isTrusted,
    path,
    slug: changes.slug ?? pathSlug,
    locale: changes.locale ?? draft.locale,
    title: changes.title ?? draft.title,
    description: kept(changes.description, draft.description),
    canonicalUrl: kept(changes.canonicalUrl, draft.canonicalUrl),
    source: changes.source ?? draft.source,
    tags: kept(changes.tags, draft.tags) ?? [],
    params: kept(changes.params, draft.params) ?? {},
    status: storedStatus(changes.status, kept(changes.publishedAt, momentAhead(draft.publishedAt))) ?? draft.status,
    publishedAt,
    expiresAt: kept(changes.expiresAt, draft.expiresAt),
  };
}

/** A name that leaves no slug would otherwise be dropped without a word. @throws RefusedError TAG_NAME_INVALID. */
function checkTagNames(names: readonly string[] | null | undefined): void {
  const problems = (names ?? []).flatMap((name, place) => {
    if (termSlug(name) !== '') return [];
    const message = `No slug can be made of the tag "${name}". Use letters or digits.`;
    return [{ code: 'TAG_NAME_INVALID', message, field: `input.tags.${place}` }];
  });
  if (problems.length > 0) throw new RefusedError(problems);
}

type Publication = Pick<ArticleDraft, 'status' | 'publishedAt' | 'expiresAt'>;

const UNPUBLISHED: Publication = { status: 'draft', publishedAt: null, expiresAt: null };

/**
 * Dates between which nobody would see the article are a mistake. An end in the past, said alone of an article that is out,
 * is none: it ends at once. Neither is what stays as it is, such as dates that a file brought.
 * @throws RefusedError SCHEDULE_EMPTY.
 */
function checkSchedule(changes: ArticleChanges, before: Publication): void {
  const publishedAt = kept(changes.publishedAt, before.publishedAt);
  const expiresAt = kept(changes.expiresAt, before.expiresAt);
  if (publishedAt === null || expiresAt === null || expiresAt > publishedAt) return;
  if (!isOther(publishedAt, before.publishedAt) && !isOther(expiresAt, before.expiresAt)) return;
  const isOut = before.status === 'published' && !momentAhead(publishedAt);
  if (changes.publishedAt === undefined && isOut) return;
  const [from, until] = [publishedAt.toISOString(), expiresAt.toISOString()];
  const message = `expiresAt is ${until}, which is not after publishedAt (${from}): no reader would ever see the article. Write a later moment, or null for no end.`;
  throw new RefusedError([{ code: 'SCHEDULE_EMPTY', message, field: 'input.expiresAt' }]);
}

function isOther(moment: Date, before: Date | null): boolean {
  return moment.getTime() !== before?.getTime();
}

/** A moment that has passed schedules nothing: the article would be out at once. */
function momentAhead(moment: Date | null): Date | null {
  return moment && moment > new Date() ? moment : null;
}

function kept<T>(change: T | undefined, before: T): T {
  return change === undefined ? before : change;
}

/** What is stored is the choice; that it is scheduled or expired follows from the dates. */
function storedStatus(
  status: ArticleChanges['status'],
  publishedAt: Date | null | undefined,
): ArticleDraft['status'] | undefined {
  if (status == null) return undefined;
  if (status === 'scheduled' && publishedAt == null) {
    throw new RefusedError([
      { code: 'PUBLISHED_AT_REQUIRED', message: SCHEDULE_WITHOUT_DATE, field: 'input.publishedAt' },
    ]);
  }
  return status === 'draft' || status === 'archived' ? status : 'published';
}
