import { setImmediate } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DataSource } from 'typeorm';
import type { ArticleDraft } from '../articles/article-draft.js';
import type { ArticlesOptions } from '../articles/articles.options.js';
import { ARTICLES_OPTIONS } from '../articles/articles.options.js';
import type { SaveDraftsOptions } from '../articles/articles.service.js';
import { ArticlesService } from '../articles/articles.service.js';
import type { WorkCounts } from '../auth/audit-log.service.js';
import { AuditLogService } from '../auth/audit-log.service.js';
import { expectedFailure } from '../database/postgres-failure.js';
import { PartnersService } from '../partners/partners.service.js';
import { articlePlace } from './article-place.js';
import {
  findArticlesOfFiles,
  findGoneBundleFiles,
  forgetBundleFiles,
  keepBundleFiles,
} from './bundle-files.service.js';
import type { FoundFile } from './find-files.js';
import { findFiles } from './find-files.js';
import type { ContentSite } from './find-site.js';
import { findSite } from './find-site.js';
import { guessLocales } from './guess-locales.js';
import type { KnownArticle } from './import-decision.js';
import { decideImport } from './import-decision.js';
import type { ImportOptions, ImportStart, ImportSummary, PlannedFile } from './import-run.js';
import { failedResult, ImportRun, resourceResult, resultOf } from './import-run.js';
import { findAllImported, findKnown, noteImported, placeKey } from './imported-files.service.js';
import { PageBundles } from './page-bundles.js';
import { readArticleFile } from './read-article-file.js';
import type { ReadFile } from './read-batches.js';
import { readBatches } from './read-batches.js';

/** Large enough to share the cost of a transaction, small enough to keep locks and memory short. */
const BATCH_LIMITS = {
  files: 100,
  bytes: 4 * 1024 * 1024,
  /** Far more than anybody writes by hand: Markdown of this size can cost a gigabyte and seconds to render. */
  bytesOfFile: 2 * 1024 * 1024,
};
/** Files between two looks at what else waits, so that the database is answered while files are parsed. */
const FILES_PER_TURN = 4;

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
   * Brings a folder of Markdown files in. One bad file does not stop the rest. Files are committed in batches, each whole
   * or not at all, so that a run that is cut off has whole articles only, and the next one finishes it.
   */
  async importFolder(folder: string, options: ImportOptions = {}): Promise<ImportSummary> {
    const site = await findSite(folder);
    const { files, refused } = await findFiles(site.contentFolder, site.ignored);
    const locales = this.chooseLocales(options, site.locales, files);
    const start: ImportStart = { total: files.length + refused.length, contentFolder: site.contentFolder, ...locales };
    options.onStart?.(start);
    const run = new ImportRun(options, {
      defaultLocale: site.defaultLocale ?? this.articles.defaultLocale,
      locales: locales.locales,
      timeZone: site.timeZone ?? this.options.timeZone,
    });
    for (const { name, message } of refused) run.finish(failedResult(name, 'FILE_REFUSED', message));
    const sorted = sortFiles(site, files, run);
    const work = async (): Promise<void> => {
      await this.importPages(run, sorted.pages);
      await this.keepResources(run, sorted.resources);
      if (run.options.prune && files.length > 0) await this.prune(run, sorted.resources);
      if (!run.options.dryRun)
        await forgetBundleFiles(
          this.dataSource,
          sorted.pages.map(({ name }) => name),
        );
    };
    if (options.dryRun) await work();
    else await this.audit.summarise('articleImport', folder, () => writtenBy(run), work);
    return { ...start, ...run.counts };
  }

  private async importPages(run: ImportRun, files: readonly FoundFile[]): Promise<void> {
    // While one batch is written, the next one is read and parsed.
    let writing: Promise<void> = Promise.resolve();
    for await (const batch of readBatches(files, BATCH_LIMITS)) {
      const planned = this.planBatch(run, batch);
      // A failure of either is thrown once both are over.
      const [result] = await Promise.allSettled([planned, writing]);
      await writing;
      if (result.status === 'rejected') throw result.reason;
      writing = this.writeBatch(run, result.value);
      writing.catch(() => undefined);
    }
    await writing;
  }

  /** Resources of page bundles: kept with the page as they are, whatever stands in them. */
  private async keepResources(run: ImportRun, resources: readonly Resource[]): Promise<void> {
    const bundles = new Map(resources.map(({ name, bundle }) => [name, bundle]));
    for await (const batch of readBatches(resources, BATCH_LIMITS)) {
      const files = batch.map((file) => ({ ...file, bundle: bundles.get(file.name) ?? '' }));
      const read = files.flatMap(({ bytes, ...file }) => (bytes ? [{ ...file, bytes }] : []));
      if (!run.options.dryRun) await keepBundleFiles(this.dataSource, read);
      const former = await findArticlesOfFiles(
        this.dataSource,
        files.map(({ name }) => name),
      );
      for (const file of files) run.finish(resourceResult(file, former.get(file.name)));
    }
  }

  /** What is said counts, then what the site's configuration says, then what the names show. */
  private chooseLocales(
    { locales }: ImportOptions,
    ofSite: readonly string[],
    files: readonly { readonly name: string }[],
  ): Pick<ImportStart, 'locales' | 'localesFrom'> {
    if (locales) return { locales, localesFrom: 'options' };
    if (ofSite.length > 0) return { locales: ofSite, localesFrom: 'site' };
    return { locales: guessLocales(files.map(({ name }) => name)), localesFrom: 'names' };
  }

  private async planBatch(run: ImportRun, files: readonly ReadFile[]): Promise<PlannedFile[]> {
    const placed = files.map((file) => ({ file, place: placeOf(run, file) }));
    const known = await findKnown(
      this.dataSource,
      placed.map(({ place }) => place),
    );
    const planned: PlannedFile[] = [];
    for (const [index, { file, place }] of placed.entries()) {
      if (index % FILES_PER_TURN === 0) await setImmediate();
      planned.push(this.planFile(run, file, place, known.get(placeKey(place)) ?? []));
    }
    await this.notePartners(run, planned);
    return planned;
  }

  private planFile(
    run: ImportRun,
    file: ReadFile,
    place: PlannedFile['place'],
    known: readonly KnownArticle[],
  ): PlannedFile {
    const { name, bytes, hash, problem } = file;
    if (!bytes) return { file, place, failure: problem ?? { code: 'FILE_UNREADABLE', message: 'It was not read.' } };
    const twin = run.takePlace(place, name);
    if (twin !== undefined) {
      const message = `${twin} has the same path "${place.path}" already. Rename one of the two files.`;
      return { file, place, failure: { code: 'PATH_TAKEN', message } };
    }
    const decision = decideImport({ name, hash, ...place }, known, run.options.force ?? false);
    if (decision.action !== 'create') run.touched.add(decision.known.id);
    if (decision.action === 'refuse') return { file, place, failure: decision };
    if (decision.action === 'keep') return { file, place, decision };
    const reading = readArticleFile(name, bytes, run.reading);
    if (!reading.draft) return { file, place, decision, reading };
    return { file, place, decision, reading, compiled: this.articles.compile(reading.draft) };
  }

  /** A partner may be made after the articles are in: for an import it is a warning, for `waypost check` an error. */
  private async notePartners(run: ImportRun, planned: readonly PlannedFile[]): Promise<void> {
    const keys = new Set(planned.flatMap(({ compiled }) => compiled?.affCalls.map((call) => call.partnerKey) ?? []));
    const asked = [...keys].filter((key) => !run.partners.has(key));
    if (asked.length === 0) return;
    const found = new Set((await this.partners.findPartners(asked)).map((partner) => partner.key));
    for (const key of asked) run.partners.set(key, found.has(key));
  }

  private async writeBatch(run: ImportRun, planned: readonly PlannedFile[]): Promise<void> {
    const failures = new Map<PlannedFile, string>();
    let written = planned;
    if (!run.options.dryRun) {
      try {
        await this.save(run, planned);
      } catch (error) {
        // Whether one file is to blame, or the database is away, is found out by saving each file alone.
        if (expectedFailure(error)?.code === 'DATABASE_GONE') throw error;
        written = await this.saveSingly(run, planned, failures);
      }
    }
    for (const one of written) run.finish(resultOf(run, one, failures.get(one)));
  }

  private async saveSingly(
    run: ImportRun,
    planned: readonly PlannedFile[],
    failures: Map<PlannedFile, string>,
  ): Promise<PlannedFile[]> {
    const written: PlannedFile[] = [];
    for (const one of planned) {
      const again = one.compiled ? await this.planAgain(run, one) : one;
      written.push(again);
      try {
        await this.save(run, [again]);
      } catch (error) {
        if (expectedFailure(error)?.code === 'DATABASE_GONE') throw error;
        failures.set(again, error instanceof Error ? error.message : String(error));
      }
    }
    return written;
  }

  /** Somebody may have saved the article since the batch was planned. */
  private async planAgain(run: ImportRun, { file, place }: PlannedFile): Promise<PlannedFile> {
    const known = await findKnown(this.dataSource, [place]);
    run.leavePlace(place);
    return this.planFile(run, file, place, known.get(placeKey(place)) ?? []);
  }

  private async save(run: ImportRun, planned: readonly PlannedFile[]): Promise<void> {
    const changed = planned.flatMap(({ file, place, decision, reading, compiled }) =>
      compiled && decision && reading?.draft ? [{ file, place, decision, draft: reading.draft, compiled }] : [],
    );
    const adopted = planned.flatMap(({ file, place, decision }) =>
      decision?.action === 'keep' && !decision.isNoted ? [{ articleId: decision.known.id, file, place }] : [],
    );
    if (changed.length === 0 && adopted.length === 0) return;
    const drafts = changed.map(({ draft }) => draft);
    await this.articles.saveDrafts(drafts, {
      compiled: new Map(changed.map(({ draft, compiled }) => [draft, compiled])),
      onLocked: (existing) => refuseStale(changed, existing),
      alongside: (manager: EntityManager, saved) => {
        for (const { id } of saved) run.touched.add(id);
        const noted = changed.map(({ file, place }, index) => ({ articleId: saved[index]?.id ?? '', file, place }));
        return noteImported(
          manager,
          [...noted, ...adopted].map(({ articleId, file, place }) => {
            return { articleId, name: file.name, hash: file.hash, ...place };
          }),
        );
      },
    });
  }

  /** Articles whose file is gone. One that was edited here since is not deleted without `force`. */
  private async prune(run: ImportRun, resources: readonly Resource[]): Promise<void> {
    const gone = (await findAllImported(this.dataSource)).filter(
      ({ id, imported }) => !run.touched.has(id) && !run.hasFailed(imported?.name ?? ''),
    );
    const isEdited = ({ imported, fileHash }: KnownArticle): boolean => imported?.hash !== fileHash;
    const kept = run.options.force ? [] : gone.filter(isEdited);
    for (const { imported } of kept) {
      const message =
        'The file is gone, but its article was edited in Waypost since it was imported. Export it, or prune with --force.';
      run.finish(failedResult(imported?.name ?? '', 'ARTICLE_EDITED', message));
    }
    const deleted = gone.filter((article) => !kept.includes(article));
    for (let start = 0; start < deleted.length; start += BATCH_LIMITS.files) {
      const batch = deleted.slice(start, start + BATCH_LIMITS.files);
      if (!run.options.dryRun) await this.articles.deleteArticles(batch.map(({ id }) => id));
      for (const { path, imported } of batch) {
        run.finish({ file: imported?.name ?? '', outcome: 'pruned', path, diagnostics: [] });
      }
    }
    await this.pruneResources(run, resources);
  }

  private async pruneResources(run: ImportRun, resources: readonly Resource[]): Promise<void> {
    const names = resources.map(({ name }) => name);
    const gone = (await findGoneBundleFiles(this.dataSource, names)).filter((name) => !run.hasFailed(name));
    if (!run.options.dryRun) await forgetBundleFiles(this.dataSource, gone);
    for (const file of gone) run.finish({ file, outcome: 'pruned', diagnostics: [] });
  }
}

interface Resource extends FoundFile {
  /** Folder of the page that it belongs to. */
  readonly bundle: string;
}

/** Hugo alone knows page bundles; a folder of which nothing tells what site it is of is taken for Hugo's. */
function sortFiles(
  { kind }: ContentSite,
  files: readonly FoundFile[],
  { reading: { locales = [], defaultLocale } }: ImportRun,
): { pages: FoundFile[]; resources: Resource[] } {
  const isHugo = kind === 'hugo' || kind === undefined;
  const bundles = new PageBundles(isHugo ? files.map(({ name }) => name) : [], locales, defaultLocale);
  const pages: FoundFile[] = [];
  const resources: Resource[] = [];
  for (const file of files) {
    const bundle = bundles.bundleOf(file.name);
    if (bundle === undefined) pages.push(file);
    else resources.push({ ...file, bundle });
  }
  return { pages, resources };
}

function placeOf({ reading }: ImportRun, { name }: ReadFile): PlannedFile['place'] {
  const { path, locale } = articlePlace(name, reading.locales);
  return { path, locale: locale ?? reading.defaultLocale };
}

/** @throws Error when an article is not what the plan was made for: then it is planned anew. */
function refuseStale(
  changed: readonly Pick<PlannedFile & { draft: ArticleDraft }, 'decision' | 'draft'>[],
  existing: Parameters<NonNullable<SaveDraftsOptions['onLocked']>>[0],
): void {
  for (const { decision, draft } of changed) {
    const found = existing.get(placeKey(draft));
    const expected = decision?.action === 'update' ? decision.known : undefined;
    const isSame = found?.id === expected?.id && (found?.fileHash?.toString('hex') ?? undefined) === expected?.fileHash;
    if (!isSame) throw new Error('The article was changed while it was imported. Import again.');
  }
}

function writtenBy({ counts: { created, updated, pruned } }: ImportRun): WorkCounts {
  return { created, updated, pruned };
}
