import type { CompiledArticle } from '../articles/compile-article.js';
import type { StoredDiagnostic } from '../articles/diagnostic.js';
import { unknownPartner } from '../articles/diagnostic.js';
import type { FilePlace, ImportDecision } from './import-decision.js';
import type { FileReading, FileReadingOptions } from './read-article-file.js';
import type { ReadFile } from './read-batches.js';

/** What became of one file, or in a dry run would become. */
export interface FileResult {
  /** Below the content folder, with `/`. */
  readonly file: string;
  /** `resource`: no article of its own, but kept with the page whose bundle it lies in. */
  readonly outcome: 'created' | 'updated' | 'unchanged' | 'resource' | 'pruned' | 'failed';
  /** Of a resource: the folder of its page. */
  readonly bundle?: string;
  /** Of the article, where there is one. */
  readonly path?: string;
  readonly locale?: string;
  readonly diagnostics: readonly StoredDiagnostic[];
}

export interface ImportOptions {
  /** Plan only: nothing is written. Default false. */
  readonly dryRun?: boolean;
  /** Languages of the site, lower-case. Default: what the site's configuration says, else what file names show. */
  readonly locales?: readonly string[];
  /** Whether articles whose imported file is gone are deleted. Default false. */
  readonly prune?: boolean;
  /** Whether a file replaces what was edited in Waypost since its last import. Default false. */
  readonly force?: boolean;
  /** Called once, when it is known what there is to do. */
  readonly onStart?: (start: ImportStart) => void;
  /** Called with every file that is done. */
  readonly onResult?: (result: FileResult) => void;
}

export interface ImportStart {
  /** How many files there are. */
  readonly total: number;
  /** Absolute. Names of files are below it. */
  readonly contentFolder: string;
  readonly locales: readonly string[];
  /** `names`: guessed, because neither the options nor a site's configuration say them. */
  readonly localesFrom: 'options' | 'site' | 'names';
}

export interface ImportCounts {
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  /** Files that belong to the page whose bundle they lie in. */
  readonly resource: number;
  readonly pruned: number;
  readonly failed: number;
  /** Files with an error, be they imported or not. */
  readonly withErrors: number;
}

export type ImportSummary = ImportStart & ImportCounts;

/** A file on its way into the database. */
export interface PlannedFile {
  readonly file: ReadFile;
  readonly place: FilePlace;
  /** Why nothing is to be done with it, before its text was looked at. */
  readonly failure?: { readonly code: string; readonly message: string };
  readonly decision?: ImportDecision;
  /** Of a file that is to be written. */
  readonly reading?: FileReading;
  /** undefined where the reading has no draft. */
  readonly compiled?: CompiledArticle;
}

/** What one run of an import knows beyond the batch at hand: per file a name and an id. */
export class ImportRun {
  /** Of the articles that a file of this run stands for. */
  readonly touched = new Set<string>();
  /** Whether there is a partner with this key. */
  readonly partners = new Map<string, boolean>();
  private readonly fileByPlace = new Map<string, string>();
  private readonly failed = new Set<string>();
  private readonly counted = { created: 0, updated: 0, unchanged: 0, resource: 0, pruned: 0, failed: 0, withErrors: 0 };

  constructor(
    readonly options: ImportOptions,
    readonly reading: FileReadingOptions,
  ) {}

  get counts(): ImportCounts {
    return { ...this.counted };
  }

  /** @returns the file that has the place already: the second of two is refused, so that none overwrites the other. */
  takePlace({ path, locale }: FilePlace, name: string): string | undefined {
    const key = `${locale}\n${path}`;
    const twin = this.fileByPlace.get(key);
    if (twin === undefined) this.fileByPlace.set(key, name);
    return twin;
  }

  leavePlace({ path, locale }: FilePlace): void {
    this.fileByPlace.delete(`${locale}\n${path}`);
  }

  finish(result: FileResult): void {
    this.counted[result.outcome] += 1;
    if (result.outcome === 'failed') this.failed.add(result.file);
    if (result.diagnostics.some(({ severity }) => severity === 'error')) this.counted.withErrors += 1;
    this.options.onResult?.(result);
  }

  /** Whether the file, or a folder that it lies in, is there and could not be read. */
  hasFailed(name: string): boolean {
    const parts = name.split('/');
    return parts.some((_part, index) => this.failed.has(parts.slice(0, index + 1).join('/')));
  }
}

export function failedResult(file: string, code: string, message: string): FileResult {
  return { file, outcome: 'failed', diagnostics: [problem(code, message)] };
}

/** `formerPath`: of the article that was made of the file when it was a page. */
export function resourceResult(file: ReadFile & { readonly bundle: string }, formerPath?: string): FileResult {
  const { name, bundle, bytes, problem: why } = file;
  if (!bytes) return failedResult(name, why?.code ?? 'FILE_UNREADABLE', why?.message ?? 'It was not read.');
  const message = `The file belongs to the page ${bundle} now, but the article "${formerPath}" was made of it before. Delete that, or import with --prune.`;
  const diagnostics: StoredDiagnostic[] =
    formerPath === undefined ? [] : [{ ...problem('PAGE_IS_RESOURCE', message), severity: 'warning' }];
  return { file: name, outcome: 'resource', bundle, diagnostics };
}

/** `failure`: what saving it ended with. */
export function resultOf(run: ImportRun, planned: PlannedFile, failure?: string): FileResult {
  const { file, decision, reading, compiled, place } = planned;
  if (planned.failure) return failedResult(file.name, planned.failure.code, planned.failure.message);
  if (failure !== undefined) return failedResult(file.name, 'FILE_NOT_STORED', `It cannot be stored: ${failure}`);
  if (decision?.action === 'keep') {
    const { path, locale } = decision.known;
    return { file: file.name, outcome: 'unchanged', path, locale, diagnostics: [] };
  }
  if (!compiled) return { file: file.name, outcome: 'failed', diagnostics: reading?.diagnostics ?? [] };
  const unknown = compiled.affCalls.filter((call) => !run.partners.get(call.partnerKey)).map(partnerMissing);
  return {
    file: file.name,
    outcome: decision?.action === 'update' ? 'updated' : 'created',
    ...place,
    diagnostics: [...(reading?.diagnostics ?? []), ...compiled.diagnostics, ...unknown].sort(byPlace),
  };
}

function partnerMissing(call: { partnerKey: string; line: number; column: number }): StoredDiagnostic {
  return { ...unknownPartner(call), severity: 'warning' };
}

function problem(code: string, message: string): StoredDiagnostic {
  return { severity: 'error', code, message, line: 1, column: 1 };
}

function byPlace(left: StoredDiagnostic, right: StoredDiagnostic): number {
  return left.line - right.line || left.column - right.column;
}
