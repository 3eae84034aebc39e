import type { DataSource, EntityManager } from 'typeorm';

/** A Markdown file that is a resource of a page bundle. */
export interface BundleFile {
  /** Below the content folder. */
  readonly name: string;
  /** Folder of the page that it belongs to. */
  readonly bundle: string;
  readonly bytes: Buffer;
  /** SHA-256 in hex. */
  readonly hash: string;
}

/** Keeps files as they are; those that are kept already with the same bytes cost a look. */
export async function keepBundleFiles(dataSource: DataSource, files: readonly BundleFile[]): Promise<void> {
  const known = await dataSource.query<{ name: string; bundle: string; hash: string }[]>(
    `SELECT name, bundle, encode(file_hash, 'hex') AS hash FROM waypost.bundle_files WHERE name = ANY($1)`,
    [files.map(({ name }) => name)],
  );
  const kept = new Set(known.map(({ name, bundle, hash }) => JSON.stringify([name, bundle, hash])));
  const changed = files.filter(({ name, bundle, hash }) => !kept.has(JSON.stringify([name, bundle, hash])));
  if (changed.length === 0) return;
  await dataSource.query(
    `INSERT INTO waypost.bundle_files (name, bundle, file, file_hash)
     SELECT name, bundle, file, decode(hash, 'hex')
       FROM unnest($1::text[], $2::text[], $3::bytea[], $4::text[]) AS row (name, bundle, file, hash)
     ON CONFLICT (name) DO UPDATE SET bundle = excluded.bundle, file = excluded.file, file_hash = excluded.file_hash`,
    [
      changed.map(({ name }) => name),
      changed.map(({ bundle }) => bundle),
      changed.map(({ bytes }) => bytes),
      changed.map(({ hash }) => hash),
    ],
  );
}

/** Files that are pages now, with whose articles they are given back. */
export async function forgetBundleFiles(dataSource: DataSource, names: readonly string[]): Promise<void> {
  await dataSource.query(`DELETE FROM waypost.bundle_files WHERE name = ANY($1)`, [names]);
}

/** Names of kept files that are none of these, in order. */
export async function findGoneBundleFiles(dataSource: DataSource, names: readonly string[]): Promise<string[]> {
  const rows = await dataSource.query<{ name: string }[]>(
    `SELECT name FROM waypost.bundle_files WHERE name <> ALL($1::text[]) ORDER BY name`,
    [names],
  );
  return rows.map(({ name }) => name);
}

/** Articles that were imported from files of these names. */
export async function findArticlesOfFiles(
  dataSource: DataSource,
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await dataSource.query<{ name: string; path: string }[]>(
    `SELECT origin.name, article.path FROM waypost.article_files origin
       JOIN waypost.articles article ON article.id = origin.article_id WHERE origin.name = ANY($1)`,
    [names],
  );
  return new Map(rows.map(({ name, path }) => [name, path]));
}

/** Every kept file in the order of names, a page of rows at a time. */
export async function* readBundleFiles(manager: EntityManager, rowsAtOnce: number): AsyncGenerator<BundleFile> {
  let after = '';
  for (;;) {
    const rows = await manager.query<BundleFile[]>(
      `SELECT name, bundle, file AS bytes, encode(file_hash, 'hex') AS hash FROM waypost.bundle_files
        WHERE name > $1 ORDER BY name LIMIT ${rowsAtOnce}`,
      [after],
    );
    yield* rows;
    const last = rows.at(-1);
    if (!last || rows.length < rowsAtOnce) return;
    after = last.name;
  }
}
