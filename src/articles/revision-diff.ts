import { formatPatch, structuredPatch } from 'diff';

/** The parts of an article that revisions are compared by. */
export interface RevisedArticle {
  readonly revision: number;
  readonly path: string;
  readonly slug: string;
  readonly locale: string;
  readonly title: string;
  readonly description: string | null;
  readonly canonicalUrl: string | null;
  readonly source: string;
  readonly tags: readonly string[];
  readonly params: Readonly<Record<string, unknown>>;
  readonly status: string;
  readonly publishedAt: Date | null;
  readonly expiresAt: Date | null;
}

export interface FieldChange {
  readonly field: string;
  readonly before: unknown;
  readonly after: unknown;
}

export interface SourceChange {
  readonly oldStart: number;
  readonly oldLines: number;
  readonly newStart: number;
  readonly newLines: number;
  readonly lines: readonly string[];
}

export interface RevisionDiff {
  readonly fields: readonly FieldChange[];
  readonly source: readonly SourceChange[];
  readonly unified: string;
}

const CONTEXT_LINES = 3;
/**
 * Two sources that differ in more lines than this are shown as one replaced by the other: the work grows with the square
 * of the difference.
 */
const MOST_DIFFERENCES = 2000;

export function diffRevisions(before: RevisedArticle, after: RevisedArticle): RevisionDiff {
  return { fields: changedFields(before, after), ...diffSource(before, after) };
}

function diffSource(before: RevisedArticle, after: RevisedArticle): Pick<RevisionDiff, 'source' | 'unified'> {
  if (before.source === after.source) return { source: [], unified: '' };
  const names = [before, after].map(({ revision }) => `revision ${revision}`) as [string, string];
  const options = { context: CONTEXT_LINES, maxEditLength: MOST_DIFFERENCES };
  const patch =
    structuredPatch(...names, before.source, after.source, undefined, undefined, options) ??
    replaced(names, before.source, after.source);
  return { source: patch.hunks, unified: formatPatch(patch) };
}

function replaced([oldFileName, newFileName]: [string, string], before: string, after: string) {
  const gone = linesOf(before);
  const came = linesOf(after);
  const lines = [...gone.map((line) => `-${line}`), ...came.map((line) => `+${line}`)];
  const hunk = { oldStart: 1, oldLines: gone.length, newStart: 1, newLines: came.length, lines };
  return { oldFileName, newFileName, oldHeader: undefined, newHeader: undefined, hunks: [hunk] };
}

function linesOf(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

const FIELDS = [
  'path',
  'slug',
  'locale',
  'title',
  'description',
  'canonicalUrl',
  'tags',
  'status',
  'publishedAt',
  'expiresAt',
] as const;

function changedFields(before: RevisedArticle, after: RevisedArticle): FieldChange[] {
  const keys = [...new Set([...Object.keys(before.params), ...Object.keys(after.params)])].sort();
  return [
    ...FIELDS.map((field) => ({ field, before: before[field], after: after[field] })),
    ...keys.map((key) => ({
      field: `params.${key}`,
      before: before.params[key] ?? null,
      after: after.params[key] ?? null,
    })),
  ].filter((change) => JSON.stringify(change.before) !== JSON.stringify(change.after));
}
