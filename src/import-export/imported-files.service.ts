import type { DataSource, EntityManager } from 'typeorm';
import type { FilePlace, ImportedFile, KnownArticle } from './import-decision.js';

interface KnownRow extends FilePlace {
  readonly id: string;
  readonly fileHash: string | null;
  readonly name: string | null;
  readonly importedPath: string | null;
  readonly importedLocale: string | null;
  readonly importedHash: string | null;
}

const COLUMNS = `article.id, article.path, article.locale, encode(article.file_hash, 'hex') AS "fileHash", origin.name,
  origin.path AS "importedPath", origin.locale AS "importedLocale", encode(origin.file_hash, 'hex') AS "importedHash"`;

/** What stands at these places and what was imported from there, under each place; see `placeKey`. */
export async function findKnown(
  manager: EntityManager | DataSource,
  places: readonly FilePlace[],
): Promise<ReadonlyMap<string, KnownArticle[]>> {
  const rows = await manager.query<KnownRow[]>(
    `WITH wanted AS (SELECT * FROM unnest($1::text[], $2::text[]) AS place (path, locale)), ids AS (
       SELECT article.id FROM waypost.articles article JOIN wanted USING (path, locale)
        UNION SELECT origin.article_id FROM waypost.article_files origin JOIN wanted USING (path, locale))
     SELECT ${COLUMNS} FROM ids JOIN waypost.articles article USING (id)
       LEFT JOIN waypost.article_files origin ON origin.article_id = article.id`,
    [places.map(({ path }) => path), places.map(({ locale }) => locale)],
  );
  const known = new Map<string, KnownArticle[]>();
  for (const article of rows.map(knownArticle)) {
    const keys = new Set([placeKey(article), ...(article.imported ? [placeKey(article.imported)] : [])]);
    for (const key of keys) known.set(key, [...(known.get(key) ?? []), article]);
  }
  return known;
}

/** Everything that was imported, for finding what is gone. */
export async function findAllImported(manager: EntityManager | DataSource): Promise<KnownArticle[]> {
  const rows = await manager.query<KnownRow[]>(
    `SELECT ${COLUMNS} FROM waypost.article_files origin JOIN waypost.articles article ON article.id = origin.article_id
      ORDER BY origin.name`,
  );
  return rows.map(knownArticle);
}

/** Writes down which files articles came from. */
export async function noteImported(
  manager: EntityManager,
  files: readonly (ImportedFile & { readonly articleId: string })[],
): Promise<void> {
  if (files.length === 0) return;
  await manager.query(
    `INSERT INTO waypost.article_files AS origin (article_id, name, path, locale, file_hash)
     SELECT id, name, path, locale, decode(hash, 'hex')
       FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[]) AS file (id, name, path, locale, hash)
     ON CONFLICT (article_id) DO UPDATE SET name = excluded.name, path = excluded.path, locale = excluded.locale,
       file_hash = excluded.file_hash`,
    [
      files.map(({ articleId }) => articleId),
      files.map(({ name }) => name),
      files.map(({ path }) => path),
      files.map(({ locale }) => locale),
      files.map(({ hash }) => hash),
    ],
  );
}

export function placeKey({ path, locale }: FilePlace): string {
  return `${locale}\n${path}`;
}

function knownArticle(row: KnownRow): KnownArticle {
  const { id, path, locale, fileHash, name, importedPath, importedLocale, importedHash } = row;
  const isImported = name !== null && importedPath !== null && importedLocale !== null && importedHash !== null;
  return {
    id,
    path,
    locale,
    fileHash: fileHash ?? undefined,
    imported: isImported ? { name, path: importedPath, locale: importedLocale, hash: importedHash } : undefined,
  };
}
