import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { placeInside, readLogFrom, ROLE, type Cluster, type Connection } from './embedded-postgres-cluster.js';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import {
  clusterNameOf,
  findClusterProcesses,
  findForeignPostmaster,
  findPostmaster,
  findProcess,
  isAlive,
  readPostmasterFile,
  signalProcess,
  waitForEnd,
  type ProcessHandle,
} from './embedded-postgres-process.js';

const POLL_MS = 20;
const CONNECT_TIMEOUT_MS = 5_000;

/** After a crash Postgres first replays its log; it is left alone as long as it works on that. */
const RECOVERY_TIMEOUT_MS = 10 * 60_000;

/** Fast stop, then immediate stop, then the end: under 10 seconds in all. */
const STOP_STEPS = [
  { signal: 'SIGINT', waitMs: 8_000 },
  { signal: 'SIGQUIT', waitMs: 1_000 },
  { signal: 'SIGKILL', waitMs: 500 },
] as const;

/** Backends of a killed postmaster notice and end by themselves, unless they are deep in a computation. */
const LEFTOVER_STEPS = [
  { signal: undefined, waitMs: 1_000 },
  { signal: 'SIGQUIT', waitMs: 2_000 },
  { signal: 'SIGKILL', waitMs: 2_000 },
] as const;

const LARGEST_LOG_BYTES = 16 * 1024 * 1024;

/** Below the ports that Linux (32768) and macOS (49152) give to outgoing connections, so that it stays free. */
const FIRST_PORT = 20_000;
const LAST_PORT = 32_000;

/** Work that takes longer than this is announced, so that nobody takes it for a hang. */
const ANNOUNCE_AFTER_MS = 3_000;

/** `given-up`: the caller's signal. */
export type Readiness = 'ready' | 'ended' | 'unresponsive' | 'password-refused' | 'given-up';

const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

export function logFileOf(dataDirectory: string): string {
  return join(dataDirectory, 'postgres.log');
}

export async function chooseFreePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT));
    if (await isPortFree(port)) return port;
  }
  throw new EmbeddedPostgresError(
    'PORT_TAKEN',
    `No free port was found on 127.0.0.1 between ${FIRST_PORT} and ${LAST_PORT}. Stop other servers, or set DATABASE_URL.`,
  );
}

export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

export interface StartedServer {
  readonly process: ProcessHandle;
  /** What Postgres has logged since. */
  readLog(): Promise<string>;
}

/** What the log says when another process was faster. */
const RACE =
  /Address already in use|could not create any TCP\/IP sockets|lock file "postmaster.pid" already exists|pre-existing shared memory block/;

export function isRace(log: string): boolean {
  return RACE.test(log);
}

/** Starts the postmaster; it outlives this process unless it is stopped. */
export async function spawnPostmaster(
  cluster: Cluster,
  port: number,
  settings: Readonly<Record<string, string>>,
): Promise<StartedServer> {
  const logFile = logFileOf(cluster.dataDirectory);
  const logOffset = rotateLog(logFile);
  const log = openSync(logFile, 'a', 0o600);
  try {
    const { path, options } = placeInside(cluster, cluster.directory);
    const args = ['-D', path, ...settingArguments({ ...settings, ...serverSettings(cluster, port) })];
    const child = spawn(cluster.binaries.postgres, args, { ...options, stdio: ['ignore', log, log] });
    const processId = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('spawn', () => resolve(child.pid as number));
    });
    child.unref();
    const handle = findProcess(processId) ?? { processId, startedAt: 'ended' };
    return { process: handle, readLog: () => readLogFrom(logFile, logOffset) };
  } finally {
    closeSync(log);
  }
}

/**
 * Loopback only, no socket file. The log keeps what happens to the server (starts, crashes, deadlocks) and leaves out
 * failed statements: they may hold personal data, and the caller reports them.
 */
function serverSettings(cluster: Cluster, port: number): Record<string, string> {
  return {
    cluster_name: clusterNameOf(cluster.directory),
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    logging_collector: 'off',
    log_destination: 'stderr',
    log_min_messages: 'log',
    log_checkpoints: 'off',
  };
}

function settingArguments(settings: Readonly<Record<string, string>>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** Keeps one older log. @returns the size of the log that goes on. */
function rotateLog(path: string): number {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size <= LARGEST_LOG_BYTES) return size;
  rmSync(`${path}.1`, { force: true });
  renameSync(path, `${path}.1`);
  return 0;
}

/** Waits until the server accepts the password, or until it is clear that it will not. */
export async function waitUntilReady(
  cluster: Cluster,
  server: ProcessHandle,
  connection: Connection,
  { signal, report }: { signal: AbortSignal; report: (line: string) => void },
): Promise<Readiness> {
  const startedAtMs = performance.now();
  let announced = false;
  let failures = 0;
  for (;;) {
    if (signal.aborted) return 'given-up';
    if (!isAlive(server)) return 'ended';
    const file = readPostmasterFile(cluster.directory);
    if (file?.processId === server.processId && file.status === 'ready') {
      const answer = await tryConnection({ ...connection, port: file.port });
      if (answer === 'ready' || answer === 'password-refused') return answer;
      if (answer === 'silent' && ++failures >= 3) return 'unresponsive';
    }
    const waitedMs = performance.now() - startedAtMs;
    if (waitedMs > RECOVERY_TIMEOUT_MS) return 'unresponsive';
    if (waitedMs > ANNOUNCE_AFTER_MS && !announced) {
      announced = true;
      report('Postgres is still starting or stopping; after a crash it first replays its log.');
    }
    await pause(POLL_MS);
  }
}

/** An answer with a SQLSTATE comes from a living server, even a refusal: 53300 too many clients, 57P03 not yet. */
async function tryConnection(connection: Connection): Promise<'ready' | 'busy' | 'password-refused' | 'silent'> {
  const client = new pg.Client({ ...clientOptions(connection, 'postgres'), query_timeout: CONNECT_TIMEOUT_MS });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
    return 'ready';
  } catch (error) {
    return judgeFailure((error as { code?: string }).code ?? '');
  } finally {
    await client.end().catch(() => undefined);
  }
}

function judgeFailure(code: string): 'ready' | 'busy' | 'password-refused' | 'silent' {
  // 28P01 wrong password, 28000 the role is missing.
  if (code === '28P01' || code === '28000') return 'password-refused';
  if (code === '53300') return 'ready';
  return /^[0-9A-Z]{5}$/.test(code) ? 'busy' : 'silent';
}

function clientOptions({ port, password }: Connection, database: string): pg.ClientConfig {
  const account = { host: '127.0.0.1', port, user: ROLE, password, database };
  // Named, because pg would follow PGSSLMODE, which is meant for another server.
  return { ...account, ssl: false, connectionTimeoutMillis: CONNECT_TIMEOUT_MS };
}

/** Two processes may both find it missing: the second one is told that it exists, and that is as good. */
export async function ensureDatabase(connection: Connection, name: string): Promise<void> {
  const client = new pg.Client(clientOptions(connection, 'postgres'));
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
  } catch (error) {
    // 42P04 duplicate database, 23505 the same at the same moment.
    const { code } = error as { code?: string };
    if (code !== '42P04' && code !== '23505') throw error;
  } finally {
    await client.end();
  }
}

/**
 * Stops the server. `known` is the one that this process used: after the folder was deleted, no file names it.
 */
export async function stopServer(clusterDirectory: string, known?: ProcessHandle): Promise<void> {
  for (const { signal, waitMs } of STOP_STEPS) {
    const server = findPostmasterIn(clusterDirectory) ?? known;
    if (server === undefined) return;
    signalProcess(server, signal);
    if (await waitForEnd([server], waitMs)) return;
  }
}

function findPostmasterIn(clusterDirectory: string) {
  return existsSync(clusterDirectory) ? findPostmaster(clusterDirectory) : undefined;
}

/**
 * Clears what a killed postmaster left: backends that still work on the files, and postmaster.pid, whose process id
 * may by now be that of another program. Called under the start lock, when no living postmaster was found.
 */
export async function clearLeftovers(cluster: Cluster): Promise<void> {
  const foreign = findForeignPostmaster(cluster.directory);
  if (foreign !== undefined) {
    throw new EmbeddedPostgresError(
      'IN_USE',
      `A Postgres that Waypost did not start (process ${foreign.processId}) uses ${cluster.directory}. Stop it, and start again.`,
    );
  }
  for (const { signal, waitMs } of LEFTOVER_STEPS) {
    const leftovers = findClusterProcesses(cluster.directory);
    if (leftovers.length === 0) break;
    if (signal !== undefined) for (const leftover of leftovers) signalProcess(leftover, signal);
    await waitForEnd(leftovers, waitMs);
  }
  if (findPostmaster(cluster.directory) === undefined)
    rmSync(join(cluster.directory, 'postmaster.pid'), { force: true });
}

/**
 * Gives the role a new password while the server is stopped: Postgres alone with the files asks for none.
 * Needed when the connection file was lost, as after a restore of the cluster alone.
 */
export async function resetPassword(cluster: Cluster, password: string): Promise<void> {
  const { path, options } = placeInside(cluster, cluster.directory);
  const child = spawn(cluster.binaries.postgres, ['--single', '-D', path, 'postgres'], {
    ...options,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(`ALTER ROLE "${ROLE}" PASSWORD '${password.replaceAll("'", "''")}'\n`);
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve());
  });
}
