import { stat } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { Option } from 'commander';
import type { ExportResult } from '../import-export/export.service.js';
import type { ExportFormat } from '../import-export/write-article-file.js';
import { complain, counted, onOneLine, print, ProgressLine, UsageError, WORK_HAS_ERRORS } from './output.js';
import { withServices } from './with-services.command.js';

interface ExportFlags {
  readonly format: ExportFormat;
  readonly force?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export function addExportCommand(program: Command): void {
  program
    .command('export')
    .description('write every article as a file: as it was imported, with the edits made since')
    .argument('<dir>', 'the target folder; it is made where it is missing')
    .addOption(
      new Option('--format <format>', 'front matter of articles that were never a file')
        .choices(['toml', 'yaml', 'json'])
        .default('toml'),
    )
    .option('--force', 'replace files that are different, too')
    .option('--dry-run', 'say what would happen and write nothing')
    .option('--json', 'print one JSON object per article')
    .action((directory: string, flags: ExportFlags) => exportFolder(directory, flags));
}

async function exportFolder(directory: string, flags: ExportFlags): Promise<void> {
  const folder = resolve(directory);
  const found = await stat(folder).catch(() => undefined);
  if (found && !found.isDirectory()) throw new UsageError(`${directory} is a file. Name a folder to write to.`);
  const progress = new ProgressLine();
  let total = 0;
  let done = 0;
  await withServices(async (services) => {
    const { ExportService } = await import('../import-export/export.service.js');
    const counts = await services.get(ExportService).exportFolder(folder, {
      ...flags,
      onStart: (articles) => (total = articles),
      onResult: (result) => {
        done += 1;
        report(result, folder, flags, progress);
        progress.show(() => `${done.toLocaleString('en')} of ${counted(total, 'article')}`);
      },
    });
    progress.clear();
    const { created, updated, unchanged, failed } = counts;
    const would = flags.dryRun ? ' (dry run: nothing was written)' : '';
    if (!flags.json) print(`${created} created, ${updated} updated, ${unchanged} unchanged, ${failed} failed${would}`);
    if (failed > 0) process.exitCode = WORK_HAS_ERRORS;
  });
}

function report(result: ExportResult, folder: string, flags: ExportFlags, progress: ProgressLine): void {
  if (flags.json) return print(JSON.stringify(result));
  const file = relative(process.cwd(), resolve(folder, result.file)) || result.file;
  if (result.outcome !== 'failed' && !progress.isTerminal)
    print(onOneLine(`${result.outcome.padEnd(9)} ${file}  <-  ${result.path}`));
  for (const { severity, line, column, message } of result.diagnostics) {
    progress.clear();
    complain(onOneLine(`${severity.padEnd(9)} ${file}:${line}:${column}  ${message}`));
  }
}
