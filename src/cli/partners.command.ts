import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Command } from 'commander';
import { Option } from 'commander';
import type { PartnerResult } from '../import-export/partner-files.service.js';
import type { PartnerFile } from '../import-export/partner-records.js';
import { planPartners } from '../import-export/plan-partners.js';
import { FileRefusedError, readRegularFile } from '../import-export/read-regular-file.js';
import type { DataFormat } from '../import-export/write-partners.js';
import { complain, onOneLine, print, UsageError, WORK_HAS_ERRORS } from './output.js';
import { withServices } from './with-services.command.js';

const MOST_BYTES = 64 * 1024 * 1024;

const KINDS: Readonly<Record<PartnerFile['kind'], string>> = {
  data: 'a data file',
  thirstyaffiliates: 'a CSV file of ThirstyAffiliates',
  prettylinks: 'a CSV file of Pretty Links',
  csv: 'a CSV file',
};

export function addPartnersCommands(program: Command): void {
  const partners = program.command('partners').description('affiliate partners');
  partners
    .command('import')
    .description(
      'take partners from data/affiliates.{toml,yaml,json} of a Hugo site, or a CSV of ThirstyAffiliates or Pretty Links',
    )
    .argument('<file>', 'a .toml, .yaml, .json or .csv file')
    .option('--dry-run', 'print what each column means and what would happen, and write nothing')
    .option('--json', 'print one JSON object per partner')
    .action(importPartners);
  partners
    .command('export')
    .description('write all partners in the form that "partners import" reads')
    .argument('[file]', 'the file to write (default: standard output)')
    .addOption(
      new Option('--format <format>', 'default: by the name of the file, else json').choices(['toml', 'yaml', 'json']),
    )
    .action(exportPartners);
}

async function importPartners(path: string, flags: { dryRun?: boolean; json?: boolean }): Promise<void> {
  const file = await readFile(path);
  if (!file) return;
  await withServices(async (services) => {
    const { PartnerFilesService } = await import('../import-export/partner-files.service.js');
    if (!flags.json) printMapping(file);
    const results = await services.get(PartnerFilesService).importPartners(planPartners(file), flags.dryRun ?? false);
    for (const result of results) report(result, path, flags.json ?? false);
    const count = (outcome: PartnerResult['outcome']): number =>
      results.filter((one) => one.outcome === outcome).length;
    const would = flags.dryRun ? ' (dry run: nothing was written)' : '';
    if (!flags.json) {
      print(
        `${count('created')} created, ${count('updated')} updated, ${count('unchanged')} unchanged, ${count('failed')} failed${would}`,
      );
    }
    if (count('failed') > 0) process.exitCode = WORK_HAS_ERRORS;
  });
}

/** undefined: it was said what is wrong with it. */
async function readFile(path: string): Promise<PartnerFile | undefined> {
  const { PartnerFileError, readPartnerBytes } = await import('../import-export/partner-records.js');
  try {
    return readPartnerBytes(basename(path), await readRegularFile(path, MOST_BYTES));
  } catch (error) {
    if (error instanceof FileRefusedError) throw new UsageError(`${path}: ${error.message}`);
    if (!(error instanceof PartnerFileError)) throw error;
    complain(onOneLine(`error     ${path}:${error.line}:${error.column}  ${error.message}`));
    process.exitCode = WORK_HAS_ERRORS;
    return undefined;
  }
}

function printMapping({ kind, mapping }: PartnerFile): void {
  print(`This is ${KINDS[kind]}:`);
  for (const [name, field] of mapping)
    print(onOneLine(`  ${name.padEnd(24)} ${field ? `->  ${field}` : 'is not taken over'}`));
}

function report({ line, key, outcome, planned, problems }: PartnerResult, path: string, asJson: boolean): void {
  if (asJson)
    return print(JSON.stringify({ line, key, outcome, ...planned.details, targets: planned.targets, problems }));
  const written = planned.writtenKey === undefined ? '' : `  (written "${planned.writtenKey}")`;
  if (outcome !== 'failed')
    print(onOneLine(`${outcome.padEnd(9)} ${key}${written}  ->  ${planned.details.destinationUrl ?? ''}`));
  for (const problem of problems) complain(onOneLine(`error     ${path}:${line}:1  ${key}: ${problem}`));
}

async function exportPartners(path: string | undefined, flags: { format?: DataFormat }): Promise<void> {
  const format = flags.format ?? formatOf(path);
  await withServices(async (services) => {
    const { PartnerFilesService } = await import('../import-export/partner-files.service.js');
    const { writePartners } = await import('../import-export/write-partners.js');
    const partners = await services.get(PartnerFilesService).exportPartners();
    const text = writePartners(partners, format);
    if (path === undefined) process.stdout.write(text);
    else await writeFile(path, text);
    complain(`${Object.keys(partners).length} partners`);
  });
}

function formatOf(path: string | undefined): DataFormat {
  const ending = /\.([a-z]+)$/i.exec(path ?? '.json')?.[1]?.toLowerCase();
  if (ending === 'yml' || ending === 'yaml') return 'yaml';
  if (ending === 'toml' || ending === 'json') return ending;
  throw new UsageError('Name a .toml, .yaml or .json file, or say --format.');
}
