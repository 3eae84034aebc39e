import { readDocument } from '../front-matter/read-document.js';
import { writeFrontMatter } from '../front-matter/write-front-matter.js';
import type { WritableValue } from '../front-matter/written-value.js';

export type ExportFormat = 'toml' | 'yaml' | 'json';

/** An article that was never a file. */
export interface FilelessArticle {
  readonly path: string;
  readonly slug: string;
  readonly title: string;
  readonly description: string | null;
  readonly canonicalUrl: string | null;
  readonly source: string;
  readonly status: 'draft' | 'published' | 'archived';
  readonly publishedAt: Date | null;
  readonly expiresAt: Date | null;
  readonly contentUpdatedAt: Date;
  /** Names, in order. */
  readonly tags: readonly string[];
  readonly params: Readonly<Record<string, unknown>>;
}

/**
 * Writes a file for an article that has none, in the shape that an import reads back as the same article.
 * @throws UnwritableValueError for a parameter that the format has no form for.
 * @throws Error when the body would be read as a part of the front matter.
 */
export function writeArticleFile(article: FilelessArticle, format: ExportFormat): Buffer {
  const text = writeFrontMatter(frontMatterOf(article, format), format) + article.source;
  const document = readDocument(text);
  const problem = document.diagnostics.find(({ severity }) => severity === 'error');
  if (problem !== undefined || document.body !== article.source) {
    throw new Error(`${format} front matter cannot stand above this body${problem ? `: ${problem.message}` : ''}`);
  }
  return Buffer.from(text);
}

function frontMatterOf(article: FilelessArticle, format: ExportFormat): Record<string, WritableValue | undefined> {
  const { title, slug, path, tags, description, canonicalUrl, publishedAt, expiresAt, contentUpdatedAt } = article;
  const date = publishedAt ?? undefined;
  // Without a date Hugo takes `lastmod` for it.
  const isUpdated = date !== undefined && contentUpdatedAt.getTime() !== date.getTime();
  return {
    title,
    date,
    lastmod: isUpdated ? contentUpdatedAt : undefined,
    // There is no word for "archived" in front matter; it is not to be published either.
    draft: article.status === 'published' ? undefined : true,
    slug: slug === path.slice(path.lastIndexOf('/') + 1) ? undefined : slug,
    tags: tags.length > 0 ? tags : undefined,
    description: description ?? undefined,
    canonicalURL: canonicalUrl ?? undefined,
    expiryDate: expiresAt ?? undefined,
    ...paramsOf(article.params, format),
  };
}

/** Parameters came as JSON. TOML has no null: a key without a value is left out there. */
function paramsOf(params: Readonly<Record<string, unknown>>, format: ExportFormat): Record<string, WritableValue> {
  const value = params as Record<string, WritableValue>;
  return format === 'toml' ? (withoutNulls(value) as Record<string, WritableValue>) : value;
}

function withoutNulls(value: WritableValue): WritableValue {
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (Array.isArray(value)) return value.filter((item) => item !== null).map(withoutNulls);
  const entries = Object.entries(value as Record<string, WritableValue>).filter(([, part]) => part !== null);
  return Object.fromEntries(entries.map(([key, part]) => [key, withoutNulls(part)]));
}
