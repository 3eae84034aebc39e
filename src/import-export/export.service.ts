import { dirname } from 'node:path/posix';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DataSource } from 'typeorm';
import { ArticlesService } from '../articles/articles.service.js';
import type { StoredDiagnostic } from '../articles/diagnostic.js';
import type { BundleFile } from './bundle-files.service.js';
import { readBundleFiles } from './bundle-files.service.js';
import type { ExportedPlace } from './export-name.js';
import { exportName, readsBackAs, unsafeNameReason } from './export-name.js';
import { PageBundles } from './page-bundles.js';
import type { ExportFormat, FilelessArticle } from './write-article-file.js';
import { writeArticleFile } from './write-article-file.js';
import { FileNotWrittenError, TreeWriter } from './write-tree.js';

/** What became of one article, or in a dry run would become. */
export interface ExportResult {
  /** Below the target folder, with `/`. */
  readonly file: string;
  readonly outcome: 'created' | 'updated' | 'unchanged' | 'failed';
  /** Of the article; of the page that a resource belongs to. */
  readonly path: string;
  readonly locale: string;
  readonly diagnostics: readonly StoredDiagnostic[];
}

export interface ExportOptions {
  /** Front matter of articles that were never a file. Default `toml`. */
  readonly format?: ExportFormat;
  /** Whether files that are different are replaced. Default false: only those that are as they were imported. */
  readonly force?: boolean;
  /** Plan only: nothing is written. Default false. */
  readonly dryRun?: boolean;
  /** Called once, when it is known how many articles there are. */
  readonly onStart?: (total: number) => void;
  readonly onResult?: (result: ExportResult) => void;
}

export type ExportCounts = Readonly<Record<ExportResult['outcome'], number>>;

interface ExportRow extends Omit<FilelessArticle, 'tags'> {
  readonly id: string;
  readonly locale: string;
  readonly file: Buffer | null;
  readonly tags: readonly string[] | null;
  readonly originName: string | null;
  readonly originPath: string | null;
  readonly originLocale: string | null;
  readonly originHash: string | null;
}

interface ExportRun {
  readonly options: ExportOptions;
  readonly tree: TreeWriter;
  /** Names as a file system without capitals has them, with the article that took them. */
  readonly taken: Map<string, string>;
  /** As they were imported. */
  readonly leaves: PageBundles;
  /** By the folder that a page bundle came from: where its pages went. */
  readonly bundles: Map<string, BundleTarget[]>;
}

interface BundleTarget {
  readonly folder: string;
  readonly path: string;
  readonly locale: string;
}

/** Articles that are read, and held in memory, at once. */
const BATCH_ARTICLES = 100;

@Injectable()
export class ExportService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly articles: ArticlesService,
  ) {}

  /**
   * Writes every article as a file, all of one moment. One that was imported and not edited is the file byte for byte;
   * an edit changes the edited bytes alone. One article that cannot be written does not stop the rest.
   */
  async exportFolder(folder: string, options: ExportOptions = {}): Promise<ExportCounts> {
    const counts = { created: 0, updated: 0, unchanged: 0, failed: 0 };
    await this.dataSource.transaction('REPEATABLE READ', async (manager) => {
      const tree = new TreeWriter(folder);
      const leaves = await findLeaves(manager, this.articles.defaultLocale);
      const run: ExportRun = { options, tree, taken: new Map(), bundles: new Map(), leaves };
      const finish = (result: ExportResult): void => {
        counts[result.outcome] += 1;
        options.onResult?.(result);
      };
      const [row] = await manager.query<{ total: number }[]>(
        `SELECT (SELECT count(*) FROM waypost.articles)::int + (SELECT count(*) FROM waypost.bundle_files)::int AS total`,
      );
      options.onStart?.(row?.total ?? 0);
      for await (const article of readAll(manager)) finish(await this.exportArticle(run, article));
      for await (const file of readBundleFiles(manager, BATCH_ARTICLES)) {
        for (const target of run.bundles.get(file.bundle) ?? []) finish(await this.exportResource(run, file, target));
      }
    });
    return counts;
  }

  private async exportArticle(run: ExportRun, row: ExportRow): Promise<ExportResult> {
    const { options } = run;
    const { path, locale, originName, originPath, originLocale } = row;
    const isImported = originName !== null && originPath !== null && originLocale !== null;
    const origin = isImported ? { name: originName, path: originPath, locale: originLocale } : undefined;
    const place = { path, locale, origin };
    const { defaultLocale } = this.articles;
    const name = exportName(place, defaultLocale);
    const said = { file: name, path, locale };
    noteBundle(run, origin?.name, { folder: dirname(name), path, locale });
    try {
      claimName(run, name, path);
      const bytes = row.file ?? writeArticleFile({ ...row, tags: row.tags ?? [] }, options.format ?? 'toml');
      const outcome = await this.writeFile(run, name, bytes, row.originHash);
      const reason = origin?.name === name ? undefined : pathNotKept(run, name, place, defaultLocale);
      return { ...said, outcome, diagnostics: reason ? [problem('warning', 'PATH_NOT_KEPT', reason)] : [] };
    } catch (error) {
      return notWritten(said, error);
    }
  }

  private async exportResource(
    run: ExportRun,
    { name, bundle, bytes, hash }: BundleFile,
    { folder, path, locale }: BundleTarget,
  ): Promise<ExportResult> {
    const said = { file: folder + name.slice(bundle.length), path, locale };
    try {
      claimName(run, said.file, path);
      return { ...said, outcome: await this.writeFile(run, said.file, bytes, hash), diagnostics: [] };
    } catch (error) {
      return notWritten(said, error);
    }
  }

  private async writeFile(
    run: ExportRun,
    name: string,
    bytes: Buffer,
    importedHash: string | null,
  ): Promise<ExportResult['outcome']> {
    const { force, dryRun } = run.options;
    const state = await run.tree.stateOf(name, bytes, importedHash ?? undefined);
    if (state === 'same') return 'unchanged';
    if (state === 'different' && !force) {
      throw new FileNotWrittenError('FILE_EXISTS', 'Another file stands there. Move it away, or export with --force.');
    }
    if (!dryRun) await run.tree.write(name, bytes);
    return state === 'absent' ? 'created' : 'updated';
  }
}

/** Resources go where the page of their folder goes; several languages share them, and may have gone different ways. */
function noteBundle({ bundles }: ExportRun, originName: string | undefined, target: BundleTarget): void {
  if (originName === undefined || !/(?:^|\/)index\.[^/]+$/.test(originName)) return;
  const folder = dirname(originName);
  const targets = bundles.get(folder) ?? [];
  if (!targets.some((one) => one.folder === target.folder)) bundles.set(folder, [...targets, target]);
}

function notWritten(said: Pick<ExportResult, 'file' | 'path' | 'locale'>, error: unknown): ExportResult {
  const code = error instanceof FileNotWrittenError ? error.code : 'FILE_NOT_WRITTEN';
  const message = error instanceof Error ? error.message : String(error);
  return { ...said, outcome: 'failed', diagnostics: [problem('error', code, message)] };
}

function claimName({ taken }: ExportRun, name: string, path: string): void {
  const reason = unsafeNameReason(name);
  if (reason !== undefined) {
    throw new FileNotWrittenError('FILE_NOT_WRITTEN', `"${name}" is no name for a file: ${reason}. Change the path.`);
  }
  const key = name.normalize('NFC').toLowerCase();
  const twin = taken.get(key);
  if (twin !== undefined) {
    const message = `The article "${twin}" has this file name already, where capitals do not count. Change one path.`;
    throw new FileNotWrittenError('FILE_EXISTS', message);
  }
  taken.set(key, path);
}

/** Page by page, in the order of ids. */
async function* readAll(manager: EntityManager): AsyncGenerator<ExportRow> {
  let after = '00000000-0000-0000-0000-000000000000';
  for (;;) {
    const rows = await manager.query<ExportRow[]>(
      `SELECT article.id, article.path, article.locale, article.slug, article.title, article.description,
              article.canonical_url AS "canonicalUrl", article.source, article.status, article.file, article.params,
              article.published_at AS "publishedAt", article.expires_at AS "expiresAt",
              article.content_updated_at AS "contentUpdatedAt",
              (SELECT array_agg(tag.name ORDER BY link.position) FROM waypost.article_tags link
                 JOIN waypost.tags tag ON tag.id = link.tag_id WHERE link.article_id = article.id) AS tags,
              origin.name AS "originName", origin.path AS "originPath", origin.locale AS "originLocale",
              encode(origin.file_hash, 'hex') AS "originHash"
         FROM waypost.articles article LEFT JOIN waypost.article_files origin ON origin.article_id = article.id
        WHERE article.id > $1 ORDER BY article.id LIMIT ${BATCH_ARTICLES}`,
      [after],
    );
    yield* rows;
    const last = rows.at(-1);
    if (!last || rows.length < BATCH_ARTICLES) return;
    after = last.id;
  }
}

/** Why an import of the exported file would not find the article again. */
function pathNotKept(
  { leaves }: ExportRun,
  name: string,
  place: ExportedPlace,
  defaultLocale: string,
): string | undefined {
  const bundle = leaves.bundleOf(name);
  if (bundle !== undefined)
    return `An import would take this file for a resource of the page ${bundle}: a page with a folder of its own has none below it. Change the path.`;
  if (readsBackAs(name, place, defaultLocale)) return undefined;
  return `An import of this file would make another path than "${place.path}": Hugo's paths are lower case. Change the path.`;
}

async function findLeaves(manager: EntityManager, defaultLocale: string): Promise<PageBundles> {
  const rows = await manager.query<{ name: string; locale: string }[]>(
    `SELECT name, locale FROM waypost.article_files WHERE name ~ '/_?index[.][^/]+$'`,
  );
  const locales = [...new Set(rows.map(({ locale }) => locale))];
  return new PageBundles(
    rows.map(({ name }) => name),
    locales,
    defaultLocale,
  );
}

function problem(severity: 'error' | 'warning', code: string, message: string): StoredDiagnostic {
  return { severity, code, message, line: 1, column: 1 };
}
