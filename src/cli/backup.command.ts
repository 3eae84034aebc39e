import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { VerifiedBackup } from '../import-export/restore-database.service.js';
import { counted, print, ProgressLine } from './output.js';
import { withDatabase } from './with-services.command.js';

interface BackupFlags {
  readonly force?: boolean;
  readonly json?: boolean;
}

interface RestoreFlags {
  readonly replace?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export function addBackupCommands(program: Command): void {
  program
    .command('backup')
    .description('write everything in the database to one file, as it is at one moment, while it goes on being used')
    .argument('<file>', 'the file to write')
    .option('--force', 'write over a file that is there')
    .option('--json', 'print what was written as JSON')
    .action(backUp);
  program
    .command('restore')
    .description('put a backup into an empty database, as a whole or not at all; any later version of Postgres will do')
    .argument('<file>', 'what "waypost backup" wrote')
    .option('--replace', 'throw away what the database holds')
    .option('--dry-run', 'check the file and change nothing')
    .option('--json', 'print what was restored as JSON')
    .action(restore);
}

async function backUp(file: string, flags: BackupFlags): Promise<void> {
  const { backUpDatabase } = await import('../import-export/back-up-database.service.js');
  const path = resolve(file);
  const progress = new ProgressLine();
  await withDatabase(async (url, environment) => {
    let rows = 0;
    const { tables, bytes } = await backUpDatabase(environment.databaseDirectUrl ?? url, path, {
      force: flags.force,
      onTable: (name, summary) => {
        rows += summary.rows;
        progress.show(() => `${name}: ${counted(rows, 'row')} so far`);
      },
    });
    progress.clear();
    if (flags.json) return print(JSON.stringify({ file: path, bytes, tables }));
    print(
      `${counted(Object.keys(tables).length, 'table')}, ${counted(rows, 'row')}, ${counted(bytes, 'byte')}: ${file}`,
    );
  });
}

async function restore(file: string, flags: RestoreFlags): Promise<void> {
  const { restoreDatabase, verifyBackup } = await import('../import-export/restore-database.service.js');
  const path = resolve(file);
  if (flags.dryRun) return tell(await verifyBackup(path), flags, 'The backup is whole. Nothing was restored.');
  const progress = new ProgressLine();
  await withDatabase(async (url, environment) => {
    const verified = await restoreDatabase(environment.databaseDirectUrl ?? url, path, {
      replace: flags.replace,
      onTable: (name, rows) => progress.show(() => `${name}: ${counted(rows, 'row')}`),
    });
    progress.clear();
    tell(verified, flags, 'Restored. Followers of the change feed start anew.');
  });
}

function tell({ head, end }: VerifiedBackup, flags: RestoreFlags, sentence: string): void {
  const { createdAt, serverVersion } = head;
  if (flags.json) return print(JSON.stringify({ createdAt, serverVersion, tables: end.tables }));
  const summaries = Object.values(end.tables);
  const rows = summaries.reduce((sum, table) => sum + table.rows, 0);
  print(
    `Backup of ${createdAt}, Postgres ${serverVersion}: ${counted(summaries.length, 'table')}, ${counted(rows, 'row')}`,
  );
  print(sentence);
}
