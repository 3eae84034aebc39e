import type { ArticleDraft } from './article-draft.js';

/** The stored side of the comparison. */
export interface StoredArticle {
  readonly path: string;
  readonly locale: string;
  readonly slug: string;
  readonly title: string;
  readonly description: string | null;
  readonly canonicalUrl: string | null;
  readonly source: string;
  readonly sourceLine: number;
  readonly isTrusted: boolean;
  readonly fileHash: Buffer | null;
  readonly params: Readonly<Record<string, unknown>>;
  readonly status: string;
  readonly publishedAt: Date | null;
  readonly expiresAt: Date | null;
  /** Names of the tags, in order. */
  readonly tags: readonly string[];
}

/**
 * Whether saving the draft would change anything a person wrote. A save that changes nothing moves no timestamp and no
 * revision. `slugOf` makes the identity of a tag of its name.
 */
export function articleDiffers(
  draft: ArticleDraft,
  draftHash: Buffer | null,
  stored: StoredArticle,
  slugOf: (tag: string) => string,
): boolean {
  const tagSlugs = (tags: readonly string[]) => [...new Set(tags.map(slugOf))].filter((slug) => slug !== '');
  const after = { ...draft, fileHash: draftHash, tags: tagSlugs(draft.tags) };
  const before = { ...stored, tags: tagSlugs(stored.tags) };
  return canonical(comparable(before)) !== canonical(comparable(after));
}

function comparable(article: StoredArticle): unknown {
  const { path, locale, slug, title, description, canonicalUrl, source, sourceLine } = article;
  const { isTrusted, params, status, publishedAt, expiresAt, tags, fileHash } = article;
  const hash = fileHash?.toString('hex') ?? null;
  return [
    path,
    locale,
    slug,
    title,
    description,
    canonicalUrl,
    source,
    sourceLine,
    isTrusted,
    params,
    status,
    publishedAt,
    expiresAt,
    tags,
    hash,
  ];
}

/** JSON with sorted keys: Postgres returns the keys of a jsonb value in an order of its own. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([left], [right]) => (left < right ? -1 : 1)));
  });
}
