#!/usr/bin/env node
import cluster from 'node:cluster';
import { readFileSync } from 'node:fs';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { signInPath } from './access/sign-in-page.js';
import type { Scope } from './auth/scope.js';
import { isScope, SCOPES } from './auth/scope.js';
import { addBackupCommands } from './cli/backup.command.js';
import { addConvertCommand } from './cli/convert.command.js';
import { addExportCommand } from './cli/export.command.js';
import { addImportCommand } from './cli/import.command.js';
import { complain, DONE, onOneLine, print, UsageError, WORK_HAS_ERRORS, WRONG_USAGE } from './cli/output.js';
import { addPartnersCommands } from './cli/partners.command.js';
import { nameCommand, withServices } from './cli/with-services.command.js';
import { EnvironmentError, readEnvironment } from './config/environment.js';
import { StartError } from './config/start-error.js';
import { DataDirectoryError } from './database/data-directory.js';
import { EmbeddedPostgresError } from './database/embedded-postgres.js';
import { addFeedCommands } from './cli/feeds.command.js';
import { BackupError } from './import-export/backup-error.js';
import { RefusedError, WaypostError } from './kernel/errors.js';
import type { RunningServer } from './main.js';
import type { ClickReportGroup, ClickReportRow } from './reports/report.type.js';
import { toAlignedText, toCsv } from './reports/report-text.js';

/** As a shell says it of a program that Ctrl-C ended. */
const INTERRUPTED = 130;

const REPORT_COLUMNS = {
  PARTNER: 'partnerKey',
  ARTICLE: 'articleId',
  PLACEMENT: 'placementId',
  TARGET: 'targetKey',
  TAG: 'tag',
  COUNTRY: 'country',
  DEVICE: 'device',
  REFERRER: 'referrer',
  REASON: 'reason',
  HOUR: 'hour',
  DAY: 'day',
} as const satisfies Record<ClickReportGroup, keyof ClickReportRow>;
const REPORT_GROUPS = Object.keys(REPORT_COLUMNS).map((group) => group.toLowerCase());

/** What a command works with is read when it runs: `--help` and `--version` answer at once. */
const program = new Command('waypost')
  .description('Headless CMS and affiliate-link manager.')
  .version(packageVersion())
  .showHelpAfterError('(waypost --help lists the commands)')
  .exitOverride();

program
  .command('serve')
  .description('start the server, with an embedded Postgres unless DATABASE_URL is set')
  .action(serve);

program
  .command('migrate')
  .description('bring the database to this version; safe while other nodes start')
  .action(() => withServices(async () => print('The database is up to date.')));

addImportCommand(program);
addExportCommand(program);
addConvertCommand(program);
addBackupCommands(program);
addPartnersCommands(program);

program
  .command('check')
  .description(
    'report unknown partner keys, broken shortcodes and links above their disclosure; exit 1 when there are errors',
  )
  .option('--json', 'print one JSON object per finding')
  .action((options: { json?: boolean }) => check(options));

program
  .command('report')
  .description('figures from the clicks')
  .command('clicks')
  .description('clicks by group, from rollups')
  .addOption(new Option('--by <groups...>', 'what to group by').choices(REPORT_GROUPS).default(['partner']))
  .addOption(new Option('--from <date>', 'first day (default: 30 days ago)').argParser(readDate))
  .addOption(new Option('--to <date>', 'first day after it (default: tomorrow)').argParser(readDate))
  .option('--time-zone <name>', 'where days begin', 'UTC')
  .addOption(new Option('--first <rows>', 'most rows').default(1000).argParser(readCount))
  .addOption(new Option('--json', 'print JSON').conflicts('csv'))
  .option('--csv', 'print CSV')
  .action(reportClicks);

program
  .command('changes')
  .description('the change feed')
  .command('renew')
  .description('make every follower start anew; for a database that was put back from a copy')
  .action(renewChanges);

addFeedCommands(program, {
  withServices,
  print,
  complain,
  fail: () => void (process.exitCode = WORK_HAS_ERRORS),
});

const token = program.command('token').description('API tokens');
token
  .command('create')
  .description('make a token and print it; it cannot be shown again')
  .requiredOption('--name <name>', 'what it is for')
  .addOption(new Option('--scope <scopes...>', `what it may do: ${SCOPES.join(', ')}`).makeOptionMandatory())
  .addOption(new Option('--expires <date>', 'when it ends, such as 2027-01-31').argParser(readDate))
  .option('--untrusted', 'the HTML of content written with it is sanitised')
  .action(createToken);
token.command('list').description('show all tokens, without their secrets').action(listTokens);
token
  .command('rotate')
  .description('give a token a new secret under its id and print it; the old one is refused')
  .argument('<id>', 'its id or prefix, as token list shows it')
  .addOption(
    new Option('--overlap <seconds>', 'how long the old secret goes on').default(0, 'not at all').argParser(readCount),
  )
  .action(rotateToken);
token
  .command('revoke')
  .description('end a token at once, on every node')
  .argument('<id>', 'its id or prefix, as token list shows it')
  .action(revokeToken);

program
  .command('sign-in')
  .description('print a link that signs the administrator in, once, within 15 minutes; the first makes the account')
  .option('--login <name>', 'login of the account that the first link makes', 'administrator')
  .action(signIn);

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** A signal during a command, or before the server is up, ends the process by `exit`: what it started is stopped then. */
function leave(): void {
  process.exit(INTERRUPTED);
}

async function serve(): Promise<void> {
  const environment = readEnvironment(process.env, process.cwd());
  if (cluster.isWorker) return (await import('./workers.js')).runWorker(environment);
  const start =
    environment.workers > 1 ? (await import('./workers.js')).startWorkers : (await import('./main.js')).startServer;
  let current: RunningServer | undefined;
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    print('Stopping...');
    current?.stop().then(
      () => {
        print('Stopped.');
        process.exit(DONE);
      },
      (error: unknown) => {
        complain(String(error));
        process.exit(WORK_HAS_ERRORS);
      },
    );
  };
  const stopAtSignal = (server: RunningServer): void => {
    // In this order: a signal without a listener is not watched for, and one that came meanwhile would be lost.
    if (current === undefined) for (const signal of SIGNALS) process.on(signal, stop).off(signal, leave);
    current = server;
  };
  try {
    stopAtSignal(await start(environment, print, { onServing: stopAtSignal }));
  } catch (error) {
    // Who stops a start hears no more of how it fails.
    if (!stopping) throw error;
  }
}

async function check(flags: { json?: boolean }): Promise<void> {
  await withServices(async (services) => {
    const { CheckService } = await import('./import-export/check.service.js');
    const findings = await services.get(CheckService).findProblems();
    for (const finding of findings) {
      const { file, path, line, column, severity, message } = finding;
      const place = `${file ?? path}:${line}:${column}`;
      print(flags.json ? JSON.stringify(finding) : onOneLine(`${severity.padEnd(9)} ${place}  ${message}`));
    }
    const errors = findings.filter(({ severity }) => severity === 'error').length;
    if (!flags.json) print(`${errors} errors, ${findings.length - errors} warnings`);
    if (errors > 0) process.exitCode = WORK_HAS_ERRORS;
  });
}

interface ReportFlags {
  readonly by: readonly string[];
  readonly from?: Date;
  readonly to?: Date;
  readonly timeZone: string;
  readonly first: number;
  readonly json?: boolean;
  readonly csv?: boolean;
}

async function reportClicks(flags: ReportFlags): Promise<void> {
  await withServices(async (services) => {
    const { ReportsService } = await import('./reports/reports.service.js');
    const { from, to, timeZone, first } = flags;
    const groupBy = flags.by.map((group) => group.toUpperCase() as ClickReportGroup);
    const report = await services.get(ReportsService).clickReport({ from, to, timeZone, first, groupBy }, new Date());
    if (flags.json) return print(JSON.stringify(report, undefined, 2));
    const keys = groupBy.map((group) => REPORT_COLUMNS[group]);
    const columns = [...keys, 'clicks', 'uniqueVisitors', 'filteredClicks'] as const;
    const rows = report.rows.map((row) =>
      columns.map((column) => {
        const value = row[column];
        return value instanceof Date ? value.toISOString() : value;
      }),
    );
    process.stdout.write(flags.csv ? toCsv({ columns, rows }) : toAlignedText({ columns, rows }));
    if (report.hasMore) complain(`There are more rows; --first ${first} cut them.`);
  });
}

async function renewChanges(): Promise<void> {
  await withServices(async (services) => {
    const { FeedService } = await import('./changes/feed.service.js');
    await services.get(FeedService).renewGeneration();
    print('Every sync token that was given out is refused from now on.');
  });
}

async function createToken(flags: {
  name: string;
  scope: string[];
  expires?: Date;
  untrusted?: boolean;
}): Promise<void> {
  const scopes = flags.scope.flatMap((text) => text.split(',')).filter((text) => text !== '');
  const unknown = scopes.find((scope) => !isScope(scope));
  if (unknown !== undefined) throw new UsageError(`"${unknown}" is no scope. Write one of: ${SCOPES.join(', ')}.`);
  await withServices(async (services) => {
    const { ApiTokensService } = await import('./auth/api-tokens.service.js');
    const input = {
      name: flags.name,
      scopes: scopes as Scope[],
      expiresAt: flags.expires,
      isTrusted: !flags.untrusted,
    };
    print((await services.get(ApiTokensService).createToken(input)).token);
  });
}

async function listTokens(): Promise<void> {
  await withServices(async (services) => {
    const { ApiTokensService } = await import('./auth/api-tokens.service.js');
    for (const one of await services.get(ApiTokensService).listTokens()) {
      const end = one.revokedAt ? 'revoked' : (one.expiresAt?.toISOString() ?? 'does not expire');
      const used = one.lastUsedAt?.toISOString() ?? 'never used';
      print([one.id, one.prefix, one.name, one.scopes.join(','), end, used].join('\t'));
    }
  });
}

async function signIn(flags: { login: string }): Promise<void> {
  await withServices(async (services) => {
    const { PeopleService } = await import('./auth/people.service.js');
    const environment = readEnvironment(process.env, process.cwd());
    const people = services.get(PeopleService);
    const { id, login } = await people.ensureAdministrator(flags.login);
    const origin = environment.publicUrl ?? `http://${environment.host}:${environment.port}`;
    complain(`Open this within 15 minutes to sign in as "${login}". It works once; the server must run.`);
    print(origin + signInPath(await people.makeSignInLink(id)));
  });
}

async function rotateToken(id: string, flags: { overlap: number }): Promise<void> {
  await withServices(async (services) => {
    const { ApiTokensService } = await import('./auth/api-tokens.service.js');
    const made = await services.get(ApiTokensService).rotateToken(id, flags.overlap);
    if (made) return print(made.token);
    complain(`No living token has the id or prefix "${id}". "waypost token list" shows them.`);
    process.exitCode = WORK_HAS_ERRORS;
  });
}

async function revokeToken(id: string): Promise<void> {
  await withServices(async (services) => {
    const { ApiTokensService } = await import('./auth/api-tokens.service.js');
    if (await services.get(ApiTokensService).revokeToken(id)) return print('Revoked.');
    complain(`No living token has the id or prefix "${id}". "waypost token list" shows them.`);
    process.exitCode = WORK_HAS_ERRORS;
  });
}

function readCount(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('Write a whole number from 1 to 999999.');
  return Number(text);
}

function readDate(text: string): Date {
  const date = new Date(text);
  if (!/^\d{4}-\d\d-\d\d/.test(text) || Number.isNaN(date.getTime())) {
    throw new InvalidArgumentError('Write a date such as 2027-01-31.');
  }
  return date;
}

function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

function wordsOf(action: Command): string[] {
  return [...(action.parent ? wordsOf(action.parent) : []), action.name()];
}

/** A person reads one sentence; a stack is for what nobody foresaw. */
function exitStatus(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? DONE : WRONG_USAGE;
  if (error instanceof EnvironmentError || error instanceof UsageError) {
    complain(error.message);
    return WRONG_USAGE;
  }
  const foreseen = [StartError, EmbeddedPostgresError, DataDirectoryError, WaypostError, RefusedError, BackupError];
  if (error instanceof Error && foreseen.some((type) => error instanceof type)) complain(error.message);
  else complain(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return WORK_HAS_ERRORS;
}

program.hook('preAction', (_program, action) => nameCommand(wordsOf(action)));
for (const signal of SIGNALS) process.on(signal, leave);
try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitStatus(error);
}
