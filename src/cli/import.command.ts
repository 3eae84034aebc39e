import { stat } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import type { INestApplicationContext } from '@nestjs/common';
import type { Command } from 'commander';
import { Option } from 'commander';
import type { StoredDiagnostic } from '../articles/diagnostic.js';
import type { FileResult, ImportStart, ImportSummary } from '../import-export/import-run.js';
import { watchFolder } from '../import-export/watch-folder.js';
import { complain, counted, onOneLine, print, ProgressLine, UsageError, WORK_HAS_ERRORS } from './output.js';
import { withServices } from './with-services.command.js';

interface ImportFlags {
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly locales?: readonly string[];
  readonly prune?: boolean;
  readonly force?: boolean;
  readonly watch?: boolean;
}

export function addImportCommand(program: Command): void {
  program
    .command('import')
    .description('bring a folder of Markdown files in: each is created, updated, unchanged, or an error')
    .argument('<dir>', 'the content folder, or the root of a Hugo, Jekyll or Astro site')
    .option('--dry-run', 'say what would happen and write nothing')
    .option('--json', 'print one JSON object per file')
    .option('--prune', 'also delete articles whose imported file is gone')
    .option('--force', 'take the file where the article was edited in Waypost since its last import')
    .addOption(
      new Option('--watch', 'stay, and import again whenever a file changes; Ctrl-C ends it').conflicts('dryRun'),
    )
    .addOption(
      new Option(
        '--locales <list>',
        'languages of names such as post.de.md or de/post.md, comma separated (default: as the site says, or guessed)',
      ).argParser(readLocales),
    )
    .action((directory: string, flags: ImportFlags) => importFolder(directory, flags));
}

async function importFolder(directory: string, flags: ImportFlags): Promise<void> {
  const folder = resolve(directory);
  const found = await stat(folder).catch(() => undefined);
  if (!found?.isDirectory())
    throw new UsageError(`${directory} is no folder. Name the folder that holds the Markdown files.`);
  await withServices(async (services) => {
    const summary = await importOnce(services, folder, flags);
    if (summary.total === 0) complain(`There is no .md, .markdown or .mdx file below ${directory}.`);
    if (summary.total === 0 && flags.prune) complain('Nothing was pruned: an empty folder may be the wrong one.');
    if (summary.withErrors > 0) process.exitCode = WORK_HAS_ERRORS;
    if (!flags.watch) return;
    complain(`Watching ${summary.contentFolder}. Ctrl-C ends it.`);
    await watchFolder(summary.contentFolder, async () => {
      await importOnce(services, folder, flags, true);
    });
  });
}

/** `isAgain`: only what changed is told. */
async function importOnce(
  services: INestApplicationContext,
  folder: string,
  flags: ImportFlags,
  isAgain = false,
): Promise<ImportSummary> {
  const { ImportService } = await import('../import-export/import.service.js');
  const report = new ImportReport(flags, isAgain);
  const summary = await services.get(ImportService).importFolder(folder, {
    dryRun: flags.dryRun,
    locales: flags.locales,
    prune: flags.prune,
    force: flags.force,
    onStart: (start) => report.start(start),
    onResult: (result) => report.file(result),
  });
  report.end(summary);
  return summary;
}

/** Codes of calls of what does not exist. `waypost check` names each call. */
const TOLD_ONCE = new Set(['PARTNER_KEY_UNKNOWN', 'shortcode-unknown']);

/** Tells a person, or a program, what becomes of each file. */
class ImportReport {
  private readonly progress = new ProgressLine();
  /** By what is said of them: thousands of files may call the same thing that does not exist. */
  private readonly unknown = new Map<string, { severity: string; first: string; calls: number }>();
  private contentFolder = '';
  private total = 0;
  private done = 0;

  constructor(
    private readonly flags: ImportFlags,
    private readonly isAgain: boolean,
  ) {}

  start({ total, contentFolder, locales, localesFrom }: ImportStart): void {
    this.total = total;
    this.contentFolder = contentFolder;
    if (this.flags.json || this.isAgain || localesFrom !== 'names' || locales.length === 0) return;
    complain(`Languages by the names of the files: ${locales.join(', ')}. Say --locales to choose others.`);
  }

  file(result: FileResult): void {
    this.done += 1;
    if (this.flags.json) {
      if (!this.isAgain || !['unchanged', 'resource'].includes(result.outcome)) print(JSON.stringify(result));
      return;
    }
    const file = relative(process.cwd(), resolve(this.contentFolder, result.file)) || result.file;
    // On a terminal only what needs attention stays; the rest is counted.
    const isTold = this.isAgain ? !['unchanged', 'resource'].includes(result.outcome) : !this.progress.isTerminal;
    if (isTold && result.outcome !== 'failed') {
      const target = result.path ?? (result.bundle === undefined ? undefined : `of the page ${result.bundle}`);
      print(onOneLine(`${result.outcome.padEnd(9)} ${file}${target === undefined ? '' : `  ->  ${target}`}`));
    }
    for (const diagnostic of result.diagnostics) this.diagnostic(file, diagnostic);
    this.progress.show(() => `${this.done.toLocaleString('en')} of ${counted(this.total, 'file')}`);
  }

  private diagnostic(file: string, { severity, code, message, line, column }: StoredDiagnostic): void {
    const place = `${file}:${line}:${column}`;
    if (TOLD_ONCE.has(code)) {
      const known = this.unknown.get(message) ?? { severity, first: place, calls: 0 };
      this.unknown.set(message, { ...known, calls: known.calls + 1 });
      return;
    }
    this.progress.clear();
    complain(onOneLine(`${severity.padEnd(9)} ${place}  ${message}`));
  }

  end(summary: ImportSummary): void {
    this.progress.clear();
    for (const [message, { severity, first, calls }] of this.unknown) {
      const more = calls > 1 ? ` (and ${counted(calls - 1, 'more call')} like it)` : '';
      complain(onOneLine(`${severity.padEnd(9)} ${first}  ${message}${more}`));
    }
    if (this.flags.json) return;
    const { created, updated, unchanged, resource, pruned, failed } = summary;
    if (this.isAgain && created + updated + pruned + failed === 0) return;
    const resourceText = resource > 0 ? `, ${counted(resource, 'resource')} of page bundles` : '';
    const prunedText = this.flags.prune ? `, ${pruned} pruned` : '';
    const would = this.flags.dryRun ? ' (dry run: nothing was written)' : '';
    print(
      `${created} created, ${updated} updated, ${unchanged} unchanged${resourceText}${prunedText}, ${failed} failed${would}`,
    );
  }
}

function readLocales(text: string): string[] {
  return text
    .split(',')
    .map((locale) => locale.trim().toLowerCase())
    .filter((locale) => locale !== '');
}
