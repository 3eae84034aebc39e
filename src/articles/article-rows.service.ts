import type { EntityManager } from 'typeorm';
import { RetryTransactionError } from '../database/transactions.service.js';
import type { ArticleDraft } from './article-draft.js';
import type { StoredDiagnostic } from './diagnostic.js';
import type { KnownPlacement } from './placement-ids.js';

/** An article as it is written. */
export interface ArticleRow {
  readonly id: string;
  readonly draft: ArticleDraft;
  /** The revision that was read; undefined for a new article. */
  readonly readRevision: number | undefined;
  /** Name of the actor. */
  readonly author: string;
  readonly fileHash: Buffer | null;
  readonly compiled: unknown;
  readonly diagnostics: readonly StoredDiagnostic[];
  readonly contentHash: Buffer;
  /** What readers read, without markup. */
  readonly text: string;
}

export interface PlacementRow {
  readonly id: string;
  readonly articleId: string;
  readonly partnerKey: string;
  readonly label: string | null;
  readonly ordinal: number;
  readonly position: number;
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

/** Column, Postgres type and value of everything that a save writes as it is. */
const COLUMNS: readonly [column: string, type: string, value: (row: ArticleRow) => unknown][] = [
  ['id', 'uuid', ({ id }) => id],
  ['path', 'text', ({ draft }) => draft.path],
  ['locale', 'text', ({ draft }) => draft.locale],
  ['slug', 'text', ({ draft }) => draft.slug],
  ['title', 'text', ({ draft }) => draft.title],
  ['description', 'text', ({ draft }) => draft.description],
  ['canonical_url', 'text', ({ draft }) => draft.canonicalUrl],
  ['file', 'bytea', ({ draft }) => draft.file],
  ['file_hash', 'bytea', ({ fileHash }) => fileHash],
  ['source', 'text', ({ draft }) => draft.source],
  ['source_line', 'integer', ({ draft }) => draft.sourceLine],
  ['is_trusted', 'boolean', ({ draft }) => draft.isTrusted],
  ['compiled', 'jsonb', ({ compiled }) => JSON.stringify(compiled)],
  ['params', 'jsonb', ({ draft }) => JSON.stringify(draft.params)],
  ['diagnostics', 'jsonb', ({ diagnostics }) => JSON.stringify(diagnostics)],
  ['status', 'text', ({ draft }) => draft.status],
  ['content_hash', 'bytea', ({ contentHash }) => contentHash],
  ['expires_at', 'timestamptz', ({ draft }) => draft.expiresAt],
  ['revised_by', 'text', ({ author }) => author],
];

const COLUMN_NAMES = COLUMNS.map(([column]) => column);

/** `unnest` of one array per column, and the arrays. Nulls and buffers pass. */
function unnested(rows: readonly ArticleRow[], more: readonly [type: string, values: readonly unknown[]][]) {
  const arrays = [...COLUMNS.map(([, type, value]) => [type, rows.map((row) => value(row))] as const), ...more];
  return {
    sql: `unnest(${arrays.map(([type], index) => `$${index + 1}::${type}[]`).join(', ')})`,
    values: arrays.map(([, values]) => values),
  };
}

/**
 * Writes new articles. The dates that a file declares are taken over, so that nothing is "updated today" by being imported.
 * @throws RetryTransactionError when another writer made one of them meanwhile: run again, it is an update then.
 */
export async function insertArticles(manager: EntityManager, rows: readonly ArticleRow[]): Promise<void> {
  if (rows.length === 0) return;
  const { sql, values } = unnested(rows, [
    ['timestamptz', rows.map(({ draft }) => draft.publishedAt)],
    ['timestamptz', rows.map(({ draft }) => draft.declaredUpdatedAt)],
  ]);
  const inserted = await manager.query<unknown[]>(
    `INSERT INTO waypost.articles (${COLUMN_NAMES.join(', ')}, published_at, first_published_at, content_updated_at)
     SELECT ${COLUMN_NAMES.join(', ')}, published, CASE WHEN status = 'published' THEN published END,
            coalesce(declared, now())
       FROM (SELECT ${COLUMN_NAMES.join(', ')}, declared,
                    CASE WHEN status = 'published' THEN coalesce(published, now()) ELSE published END AS published
               FROM ${sql} AS row (${COLUMN_NAMES.join(', ')}, published, declared)) AS row
     ON CONFLICT (path, locale) DO NOTHING RETURNING id`,
    values,
  );
  if (inserted.length !== rows.length) throw new RetryTransactionError();
}

/**
 * Writes changed articles. `content_updated_at` moves at the commit, where readers see something new.
 * @throws RetryTransactionError when one of them is at another revision than was read.
 */
export async function updateArticles(manager: EntityManager, rows: readonly ArticleRow[]): Promise<void> {
  if (rows.length === 0) return;
  const { sql, values } = unnested(rows, [
    ['timestamptz', rows.map(({ draft }) => draft.publishedAt)],
    ['integer', rows.map(({ readRevision }) => readRevision)],
  ]);
  const assignments = COLUMN_NAMES.filter((column) => column !== 'id').map((column) => `${column} = row.${column}`);
  const publishedAt = `CASE WHEN row.status = 'published' THEN coalesce(row.published, now()) ELSE row.published END`;
  const [, written] = await manager.query<[unknown, number]>(
    `UPDATE waypost.articles AS article SET ${assignments.join(', ')},
            revision = article.revision + 1, updated_at = now(), published_at = ${publishedAt},
            first_published_at = CASE WHEN article.first_published_at <= now() THEN article.first_published_at
                                      WHEN row.status = 'published' THEN ${publishedAt} END
       FROM ${sql} AS row (${COLUMN_NAMES.join(', ')}, published, read_revision)
      WHERE article.id = row.id AND article.revision = row.read_revision`,
    values,
  );
  if (written !== rows.length) throw new RetryTransactionError();
}

/** Writes what follows from the sources, where it is another. @returns the ids of those articles. */
export async function replaceCompiled(manager: EntityManager, rows: readonly ArticleRow[]): Promise<Set<string>> {
  const [written] = await manager.query<[{ id: string }[], number]>(
    `UPDATE waypost.articles AS article
        SET compiled = row.compiled, diagnostics = row.diagnostics, content_hash = row.content_hash
       FROM unnest($1::uuid[], $2::jsonb[], $3::jsonb[], $4::bytea[]) AS row (id, compiled, diagnostics, content_hash)
      WHERE article.id = row.id AND article.id = ANY ($1)
        AND (article.compiled, article.diagnostics, article.content_hash)
              IS DISTINCT FROM (row.compiled, row.diagnostics, row.content_hash)
      RETURNING article.id`,
    [
      rows.map(({ id }) => id),
      rows.map(({ compiled }) => JSON.stringify(compiled)),
      rows.map(({ diagnostics }) => JSON.stringify(diagnostics)),
      rows.map(({ contentHash }) => contentHash),
    ],
  );
  return new Set(written.map(({ id }) => id));
}

/** Characters of a text that are kept for searching; the index takes no more. */
const MOST_SEARCHED = 200_000;

/** Markers of matches (U+E000, U+E001) may not stand in a text; nor may U+0000. */
const UNSEARCHABLE = /[\0\uE000\uE001]/g;

/** Writes what is searched. The index is made of it at the commit. */
export async function replaceTexts(manager: EntityManager, rows: readonly ArticleRow[]): Promise<void> {
  await manager.query(
    `INSERT INTO waypost.article_texts AS written (article_id, text) SELECT * FROM unnest($1::uuid[], $2::text[])
     ON CONFLICT (article_id) DO UPDATE SET text = excluded.text WHERE written.text <> excluded.text`,
    [rows.map(({ id }) => id), rows.map(({ text }) => text.replaceAll(UNSEARCHABLE, ' ').slice(0, MOST_SEARCHED))],
  );
}

export async function replaceTags(
  manager: EntityManager,
  articles: readonly { readonly id: string; readonly tags: readonly string[] }[],
): Promise<void> {
  const links = articles.flatMap(({ id, tags }) => tags.map((tag, position) => ({ id, tag, position })));
  const parameters = [links.map(({ id }) => id), links.map(({ tag }) => tag), links.map(({ position }) => position)];
  // Only links that change are written: whoever watches the table sees no false change.
  await manager.query(
    `DELETE FROM waypost.article_tags link
      WHERE link.article_id = ANY($1::uuid[]) AND NOT EXISTS (
        SELECT 1 FROM unnest($2::uuid[], $3::uuid[]) AS kept (article_id, tag_id)
         WHERE kept.article_id = link.article_id AND kept.tag_id = link.tag_id)`,
    [articles.map(({ id }) => id), parameters[0], parameters[1]],
  );
  await manager.query(
    `INSERT INTO waypost.article_tags (article_id, tag_id, position)
     SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::integer[])
     ON CONFLICT (article_id, tag_id) DO UPDATE SET position = excluded.position
      WHERE article_tags.position <> excluded.position`,
    parameters,
  );
}

/** Placements of these articles by article id, retired ones too: they can come back. */
export async function readKnownPlacements(
  manager: EntityManager,
  articleIds: readonly string[],
): Promise<ReadonlyMap<string, KnownPlacement[]>> {
  const known = new Map<string, KnownPlacement[]>();
  if (articleIds.length === 0) return known;
  const rows = await manager.query<(Omit<KnownPlacement, 'label'> & { articleId: string; label: string | null })[]>(
    `SELECT id, article_id AS "articleId", partner_key AS "partnerKey", label, text, position,
            retired_at IS NOT NULL AS retired
       FROM waypost.placements WHERE article_id = ANY($1::uuid[]) ORDER BY position, id`,
    [articleIds],
  );
  for (const row of rows) {
    const list = known.get(row.articleId) ?? [];
    list.push({ ...row, label: row.label ?? undefined });
    known.set(row.articleId, list);
  }
  return known;
}

export async function findTakenIds(manager: EntityManager, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const rows = await manager.query<{ id: string }[]>(`SELECT id FROM waypost.placements WHERE id = ANY($1)`, [ids]);
  return rows.map((row) => row.id);
}

/**
 * Writes the placements that the articles have now and retires the others.
 * @throws RetryTransactionError when another writer took one of the new ids meanwhile.
 */
export async function replacePlacements(
  manager: EntityManager,
  articleIds: readonly string[],
  rows: readonly PlacementRow[],
): Promise<void> {
  await manager.query(
    `UPDATE waypost.placements SET retired_at = now()
      WHERE article_id = ANY($1::uuid[]) AND retired_at IS NULL AND NOT (id = ANY($2))`,
    [articleIds, rows.map((row) => row.id)],
  );
  if (rows.length === 0) return;
  const written = await manager.query<unknown[]>(
    `INSERT INTO waypost.placements AS placement
            (id, article_id, partner_key, label, ordinal, position, text, line, "column")
     SELECT * FROM unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::integer[], $6::integer[], $7::text[],
                          $8::integer[], $9::integer[])
     ON CONFLICT (id) DO UPDATE SET label = excluded.label, ordinal = excluded.ordinal, position = excluded.position,
            text = excluded.text, line = excluded.line, "column" = excluded."column", retired_at = NULL
      WHERE placement.article_id = excluded.article_id AND placement.partner_key = excluded.partner_key
     RETURNING id`,
    [
      rows.map((row) => row.id),
      rows.map((row) => row.articleId),
      rows.map((row) => row.partnerKey),
      rows.map((row) => row.label),
      rows.map((row) => row.ordinal),
      rows.map((row) => row.position),
      rows.map((row) => row.text),
      rows.map((row) => row.line),
      rows.map((row) => row.column),
    ],
  );
  if (written.length !== rows.length) throw new RetryTransactionError();
}
