import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, openSync, readFileSync, statSync } from 'node:fs';
import { chmod, chown, lchown, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Account } from './embedded-postgres-account.js';
import { POSTGRES_ENVIRONMENT, type PostgresBinaries } from './embedded-postgres-binaries.js';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import { findProcessesStandingIn, signalProcess, waitForEnd } from './embedded-postgres-process.js';

/** The superuser that initdb makes. Only this machine reaches the server, and only with the password. */
export const ROLE = 'waypost';

/** One data directory and how Postgres is run in it. */
export interface Cluster {
  readonly dataDirectory: string;
  /** What Postgres calls its data directory: `postgres` inside ours. */
  readonly directory: string;
  readonly account: Account | undefined;
  readonly binaries: PostgresBinaries;
}

/** What the next start needs to know; a file that only the owner can read. */
export interface Connection {
  readonly port: number;
  readonly password: string;
}

export function clusterDirectoryOf(dataDirectory: string): string {
  return join(dataDirectory, 'postgres');
}

/**
 * How a program is started in the cluster. As root, the folders above may be closed to the account (0700 /root):
 * the child enters the folder before it gives up root, and from then on calls it by the link to its own working
 * directory, which the kernel follows without asking the folders above. So the data stays where the user wants it.
 */
export function placeInside({ account }: Pick<Cluster, 'account'>, directory: string) {
  const path = account !== undefined && process.platform === 'linux' ? '/proc/self/cwd' : directory;
  // A session of its own: Ctrl-C reaches this process only, which writes what it has and then stops Postgres.
  const options = { ...account, cwd: directory, detached: true, env: POSTGRES_ENVIRONMENT } satisfies SpawnOptions;
  return { path, options };
}

/** Reads the connection file, or writes one with a new password where it is missing or torn. */
export async function keepConnection(dataDirectory: string, choosePort: () => Promise<number>): Promise<Connection> {
  return (
    readConnection(dataDirectory) ??
    saveConnection(dataDirectory, { port: await choosePort(), password: newPassword() })
  );
}

function readConnection(dataDirectory: string): Connection | undefined {
  try {
    const { port, password } = JSON.parse(readFileSync(connectionFileOf(dataDirectory), 'utf8')) as Connection;
    const isWhole =
      Number.isInteger(port) && port > 0 && port < 65_536 && typeof password === 'string' && password !== '';
    return isWhole ? { port, password } : undefined;
  } catch {
    return undefined;
  }
}

export async function saveConnection(dataDirectory: string, connection: Connection): Promise<Connection> {
  const path = connectionFileOf(dataDirectory);
  const temporary = `${path}.new`;
  await rm(temporary, { force: true });
  await writeFile(temporary, `${JSON.stringify({ role: ROLE, ...connection })}\n`, { mode: 0o600, flush: true });
  await rename(temporary, path);
  return connection;
}

export function connectionFileOf(dataDirectory: string): string {
  return join(dataDirectory, 'postgres-connection.json');
}

function newPassword(): string {
  return randomBytes(24).toString('base64url');
}

/**
 * Makes the cluster where there is none. It is made beside its place and moved there when it is complete, so a start
 * that is killed meanwhile leaves nothing that looks like a cluster.
 */
export async function ensureCluster(cluster: Cluster, password: string, sync: boolean): Promise<void> {
  await removeUnfinishedClusters(cluster.dataDirectory);
  if (existsSync(cluster.directory)) {
    checkVersion(cluster);
    await giveToAccount(cluster);
    return;
  }
  const unfinished = `${cluster.directory}.new-${randomBytes(6).toString('hex')}`;
  await mkdir(unfinished, { mode: 0o700 });
  await chmod(unfinished, 0o700);
  if (cluster.account !== undefined) await chown(unfinished, cluster.account.uid, cluster.account.gid);
  await runInitdb(cluster, unfinished, password, sync);
  await rename(unfinished, cluster.directory);
  await syncFolder(cluster.dataDirectory);
}

function checkVersion({ directory, binaries }: Cluster): void {
  let version;
  try {
    version = readFileSync(join(directory, 'PG_VERSION'), 'utf8').trim();
  } catch (error) {
    throw new EmbeddedPostgresError('DATA_UNUSABLE', describeUnreadable(directory, error), { cause: error });
  }
  if (version === binaries.majorVersion) return;
  throw new EmbeddedPostgresError(
    'DATA_VERSION',
    `The database in ${directory} was made by Postgres ${version}, and this Waypost brings Postgres ${binaries.majorVersion}. ` +
      'Export with the Waypost that made it and import here, or set WAYPOST_DATA_DIR to another folder.',
  );
}

function describeUnreadable(directory: string, error: unknown): string {
  if ((error as NodeJS.ErrnoException).code === 'EACCES') {
    const { uid } = statSync(directory);
    return (
      `The database in ${directory} belongs to user id ${uid}, because another user or root started it first. ` +
      'Start Waypost as that user again, or set WAYPOST_DATA_DIR to another folder.'
    );
  }
  return (
    `The folder ${directory} holds no Postgres database. ` +
    'Move it away and start again, or set WAYPOST_DATA_DIR to another folder.'
  );
}

/** A copy of the folder made by root belongs to root. The folder itself comes last: who is killed before has it done again. */
async function giveToAccount({ directory, account }: Cluster): Promise<void> {
  if (account === undefined || statSync(directory).uid === account.uid) return;
  const names = await readdir(directory, { recursive: true });
  for (const name of [...names, '.']) await lchown(join(directory, name), account.uid, account.gid);
}

/** What a start that was killed during initdb left: the folder, and perhaps initdb itself, still writing into it. */
async function removeUnfinishedClusters(dataDirectory: string): Promise<void> {
  for (const name of await readdir(dataDirectory)) {
    if (!name.startsWith('postgres.new-')) continue;
    const directory = join(dataDirectory, name);
    const leftovers = findProcessesStandingIn(directory);
    for (const leftover of leftovers) signalProcess(leftover, 'SIGKILL');
    await waitForEnd(leftovers, 2_000);
    // One that still writes fails at the missing files and ends; the next start removes the rest.
    await rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }).catch(() => undefined);
  }
}

/**
 * One collation everywhere: the built-in C.UTF-8 sorts by code point, whatever the machine's locale.
 * The password goes through an open file, because the account could not reach its path.
 */
async function runInitdb(cluster: Cluster, directory: string, password: string, sync: boolean): Promise<void> {
  const { path, options } = placeInside(cluster, directory);
  const passwordFile = `${directory}.password`;
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  if (cluster.account !== undefined) await chown(passwordFile, cluster.account.uid, cluster.account.gid);
  const handle = openSync(passwordFile, 'r');
  try {
    const passwordPath = path === directory ? passwordFile : '/proc/self/fd/3';
    const child = spawn(
      cluster.binaries.initdb,
      [
        `--pgdata=${path}`,
        `--username=${ROLE}`,
        `--pwfile=${passwordPath}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        ...(sync ? [] : ['--no-sync']),
      ],
      { ...options, stdio: ['ignore', 'ignore', 'pipe', handle] },
    );
    const { status, output } = await readToEnd(child);
    if (status === 0) return;
    throw new EmbeddedPostgresError(
      'INITDB_FAILED',
      `Postgres could not make its database in ${cluster.dataDirectory} (${status}): ${output.trim()}`,
    );
  } finally {
    closeSync(handle);
    await rm(passwordFile, { force: true });
  }
}

function readToEnd(child: ChildProcess): Promise<{ status: number | string; output: string }> {
  return new Promise((resolve, reject) => {
    let output = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
    });
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ status: code ?? signal ?? 'unknown', output }));
  });
}

async function syncFolder(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The last lines of the log from `offset`, for an error message. */
export async function readLogFrom(path: string, offset: number): Promise<string> {
  const bytes = await readFile(path).catch(() => Buffer.alloc(0));
  return bytes.subarray(offset).toString('utf8').trim();
}
