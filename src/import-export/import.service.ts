import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { ArticleDraft } from '../articles/article-draft.js';
import type { ArticlesOptions } from '../articles/articles.options.js';
import { ARTICLES_OPTIONS } from '../articles/articles.options.js';
import { ArticlesService } from '../articles/articles.service.js';
import type { CompiledArticle } from '../articles/compile-article.js';
import { AuditLogService } from '../auth/audit-log.service.js';
import type { StoredDiagnostic } from '../articles/diagnostic.js';
import { unknownPartner } from '../articles/diagnostic.js';
import { PartnersService } from '../partners/partners.service.js';
import type { FoundFile } from './find-files.js';
import { findFiles } from './find-files.js';
import type { FileReading } from './read-article-file.js';
import { readArticleFile } from './read-article-file.js';

/** What became of one file. */
export interface FileResult {
  /** Below the folder, with `/`. */
  readonly file: string;
  readonly outcome: 'created' | 'updated' | 'unchanged' | 'failed';
  /** Of the article, where there is one. */
  readonly path?: string;
  readonly diagnostics: readonly StoredDiagnostic[];
}

export interface ImportOptions {
  /** Plan only: nothing is written. Default false. */
  readonly dryRun?: boolean;
  /** Languages that file names may end in. Default none. */
  readonly locales?: readonly string[];
  /** Called with every file that is done, in the order of the names. */
  readonly onResult?: (result: FileResult) => void;
}

/** Files a transaction writes. Large enough to share its cost, small enough to keep locks and memory short. */
const BATCH_FILES = 100;

@Injectable()
export class ImportService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly articles: ArticlesService,
    private readonly partners: PartnersService,
    private readonly audit: AuditLogService,
    @Inject(ARTICLES_OPTIONS) private readonly options: ArticlesOptions,
  ) {}

  /**
   * Brings a folder of Markdown files in. One bad file does not stop the rest. Files are committed in batches, so that a
   * run that is cut off has whole articles only, and the next one finishes it.
   */
  async importFolder(folder: string, options: ImportOptions = {}): Promise<FileResult[]> {
    const { files, refused } = await findFiles(folder);
    const results: FileResult[] = [];
    const finish = (result: FileResult): void => {
      results.push(result);
      options.onResult?.(result);
    };
    for (const { name, message } of refused) finish(failed(name, 'FILE_REFUSED', message));
    const fileByPlace = new Map<string, string>();
    const work = async (): Promise<void> => {
      for (let start = 0; start < files.length; start += BATCH_FILES) {
        const batch = await this.readBatch(files.slice(start, start + BATCH_FILES), fileByPlace, options);
        for (const result of await this.saveBatch(batch, options.dryRun ?? false)) finish(result);
      }
    };
    if (options.dryRun) await work();
    else await this.audit.summarise('articleImport', folder, () => countWritten(results), work);
    return results;
  }

  private async readBatch(
    files: readonly FoundFile[],
    fileByPlace: Map<string, string>,
    options: ImportOptions,
  ): Promise<FileReading[]> {
    const settings = {
      defaultLocale: this.articles.defaultLocale,
      locales: options.locales,
      timeZone: this.options.timeZone,
    };
    const contents = await Promise.all(
      files.map(({ path }) => readFile(path).catch((error: unknown) => String(error))),
    );
    return files.map(({ name }, index) => {
      const bytes = contents[index] ?? '';
      if (typeof bytes === 'string') return unreadable(name, bytes);
      return refuseTwin(readArticleFile(name, bytes, settings), fileByPlace);
    });
  }

  private async saveBatch(batch: readonly FileReading[], dryRun: boolean): Promise<FileResult[]> {
    const drafts = batch.flatMap(({ draft }) => draft ?? []);
    const stored = await this.findStored(drafts);
    const isUnchanged = (draft: ArticleDraft): boolean => stored.get(placeKey(draft)) === hashOf(draft);
    const changed = drafts.filter((draft) => !isUnchanged(draft));
    const compiled = dryRun
      ? changed.map((draft) => this.articles.compile(draft))
      : (await this.articles.saveDrafts(changed)).map((saved) => saved.compiled);
    const compiledByDraft = new Map(changed.map((draft, index) => [draft, compiled[index]]));
    const known = await this.knownPartnerKeys(compiled);
    return batch.map(({ name, draft, diagnostics }): FileResult => {
      if (!draft) return { file: name, outcome: 'failed', diagnostics };
      const article = compiledByDraft.get(draft);
      if (!article) return { file: name, outcome: 'unchanged', path: draft.path, diagnostics };
      const unknown = article.affCalls.filter((call) => !known.has(call.partnerKey)).map(partnerMissing);
      return {
        file: name,
        outcome: stored.has(placeKey(draft)) ? 'updated' : 'created',
        path: draft.path,
        diagnostics: [...diagnostics, ...article.diagnostics, ...unknown].sort(byPlace),
      };
    });
  }

  /** SHA-256 of the file of every article that exists at these places, by place; '' where it was not made from a file. */
  private async findStored(drafts: readonly ArticleDraft[]): Promise<ReadonlyMap<string, string>> {
    const rows = await this.dataSource.query<{ path: string; locale: string; hash: string | null }[]>(
      `SELECT path, locale, encode(file_hash, 'hex') AS hash FROM waypost.articles
        WHERE (path, locale) IN (SELECT * FROM unnest($1::text[], $2::text[]))`,
      [drafts.map(({ path }) => path), drafts.map(({ locale }) => locale)],
    );
    return new Map(rows.map((row) => [placeKey(row), row.hash ?? '']));
  }

  private async knownPartnerKeys(articles: readonly CompiledArticle[]): Promise<ReadonlySet<string>> {
    const keys = new Set(articles.flatMap(({ affCalls }) => affCalls.map((call) => call.partnerKey)));
    if (keys.size === 0) return keys;
    return new Set((await this.partners.findPartners([...keys])).map((partner) => partner.key));
  }
}

/** A partner may be made after the articles are in: for an import it is a warning, for `waypost check` an error. */
function partnerMissing(call: { partnerKey: string; line: number; column: number }): StoredDiagnostic {
  return { ...unknownPartner(call), severity: 'warning' };
}

/** Two files of one run that would be the same article: the second is refused, so that none overwrites the other. */
function refuseTwin(reading: FileReading, fileByPlace: Map<string, string>): FileReading {
  if (!reading.draft) return reading;
  const key = placeKey(reading.draft);
  const twin = fileByPlace.get(key);
  if (twin === undefined) {
    fileByPlace.set(key, reading.name);
    return reading;
  }
  const message = `${twin} has the same path "${reading.draft.path}" already. Rename one of the two files.`;
  return { ...reading, draft: undefined, diagnostics: [...reading.diagnostics, problem('PATH_TAKEN', message)] };
}

function countWritten(results: readonly FileResult[]): { created: number; updated: number } {
  const count = (outcome: FileResult['outcome']): number => results.filter((one) => one.outcome === outcome).length;
  return { created: count('created'), updated: count('updated') };
}

function failed(file: string, code: string, message: string): FileResult {
  return { file, outcome: 'failed', diagnostics: [problem(code, message)] };
}

function unreadable(name: string, reason: string): FileReading {
  return { name, draft: undefined, diagnostics: [problem('FILE_UNREADABLE', `The file cannot be read: ${reason}`)] };
}

function problem(code: string, message: string): StoredDiagnostic {
  return { severity: 'error', code, message, line: 1, column: 1 };
}

function byPlace(left: StoredDiagnostic, right: StoredDiagnostic): number {
  return left.line - right.line || left.column - right.column;
}

function placeKey({ path, locale }: { readonly path: string; readonly locale: string }): string {
  return `${locale}\n${path}`;
}

function hashOf(draft: ArticleDraft): string {
  return draft.file ? createHash('sha256').update(draft.file).digest('hex') : '';
}
