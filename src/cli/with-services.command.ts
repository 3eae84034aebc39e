import { userInfo } from 'node:os';
import type { INestApplicationContext } from '@nestjs/common';
import type { Environment } from '../config/environment.js';
import { readEnvironment } from '../config/environment.js';
import { joinEmbeddedPostgres } from '../database/embedded-postgres.js';
import type { Origin } from '../kernel/origin.js';
import { causedBy } from '../kernel/origin.js';
import { complain } from './output.js';

/** Which of the words on the command line are the command: `token revoke`, and no argument of it. Set before any command runs. */
let command = 'waypost';

export function nameCommand(words: readonly string[]): void {
  command = words.join(' ');
}

/** Runs a command beside a server that runs, or with a database started for it alone. */
export async function withServices(
  work: (services: INestApplicationContext, database: { readonly url: string }) => Promise<void>,
): Promise<void> {
  await withDatabase(async (url, environment) => {
    // Read when a command runs: saying what commands there are needs none of it, and it takes a second.
    const { startServices } = await import('./start-services.command.js');
    const services = await startServices(url, environment);
    try {
      await causedBy(commandOrigin(), () => work(services, { url }));
    } finally {
      await services.close();
    }
  });
}

/** A database as it is, with nothing of Waypost started on it. */
export async function withDatabase(work: (url: string, environment: Environment) => Promise<void>): Promise<void> {
  const environment = readEnvironment(process.env, process.cwd());
  const database = await openDatabase(environment);
  try {
    await work(database.url, environment);
  } finally {
    await database.close();
  }
}

async function openDatabase(environment: Environment): Promise<{ url: string; close: () => Promise<void> }> {
  if (environment.databaseUrl !== undefined) return { url: environment.databaseUrl, close: async () => {} };
  const postgres = await joinEmbeddedPostgres({ dataDirectory: environment.dataDirectory, report: complain });
  return { url: postgres.connectionString, close: () => postgres.stop() };
}

/** For the audit log: the account on this machine and the command, without its arguments, which may be anything. */
function commandOrigin(): Origin {
  return { kind: 'command', name: accountName(), action: command };
}

/** In a container the account may have a number only. */
function accountName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
