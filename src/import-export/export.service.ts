import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DataSource } from 'typeorm';
import { ArticlesService } from '../articles/articles.service.js';
import type { StoredDiagnostic } from '../articles/diagnostic.js';
import { exportName, readsBackAs, unsafeNameReason } from './export-name.js';
import type { ExportFormat, FilelessArticle } from './write-article-file.js';
import { writeArticleFile } from './write-article-file.js';
import { FileNotWrittenError, TreeWriter } from './write-tree.js';

/** What became of one article, or in a dry run would become. */
export interface ExportResult {
  /** Below the target folder, with `/`. */
  readonly file: string;
  readonly outcome: 'created' | 'updated' | 'unchanged' | 'failed';
  /** Of the article. */
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
    const run: ExportRun = { options, tree: new TreeWriter(folder), taken: new Map() };
    const counts = { created: 0, updated: 0, unchanged: 0, failed: 0 };
    await this.dataSource.transaction('REPEATABLE READ', async (manager) => {
      const [row] = await manager.query<{ total: number }[]>(`SELECT count(*)::int AS total FROM waypost.articles`);
      options.onStart?.(row?.total ?? 0);
      for await (const article of readAll(manager)) {
        const result = await this.exportArticle(run, article);
        counts[result.outcome] += 1;
        options.onResult?.(result);
      }
    });
    return counts;
  }

  private async exportArticle(run: ExportRun, row: ExportRow): Promise<ExportResult> {
    const { path, locale, originName, originPath, originLocale } = row;
    const isImported = originName !== null && originPath !== null && originLocale !== null;
    const origin = isImported ? { name: originName, path: originPath, locale: originLocale } : undefined;
    const place = { path, locale, origin };
    const { defaultLocale } = this.articles;
    const name = exportName(place, defaultLocale);
    const said = { file: name, path, locale };
    try {
      claimName(run, name, path);
      const outcome = await this.writeFile(run, name, row);
      const isFound = origin?.name === name || readsBackAs(name, place, defaultLocale);
      return { ...said, outcome, diagnostics: isFound ? [] : [problem('warning', 'PATH_NOT_KEPT', pathNotKept(path))] };
    } catch (error) {
      const code = error instanceof FileNotWrittenError ? error.code : 'FILE_NOT_WRITTEN';
      const message = error instanceof Error ? error.message : String(error);
      return { ...said, outcome: 'failed', diagnostics: [problem('error', code, message)] };
    }
  }

  private async writeFile(run: ExportRun, name: string, row: ExportRow): Promise<ExportResult['outcome']> {
    const { force, dryRun, format = 'toml' } = run.options;
    const bytes = row.file ?? writeArticleFile({ ...row, tags: row.tags ?? [] }, format);
    const state = await run.tree.stateOf(name, bytes, row.originHash ?? undefined);
    if (state === 'same') return 'unchanged';
    if (state === 'different' && !force) {
      throw new FileNotWrittenError('FILE_EXISTS', 'Another file stands there. Move it away, or export with --force.');
    }
    if (!dryRun) await run.tree.write(name, bytes);
    return state === 'absent' ? 'created' : 'updated';
  }
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

function pathNotKept(path: string): string {
  return `An import of this file would make another path than "${path}": Hugo's paths are lower case. Change the path.`;
}

function problem(severity: 'error' | 'warning', code: string, message: string): StoredDiagnostic {
  return { severity, code, message, line: 1, column: 1 };
}
