import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';

/** A process that cannot be mistaken for a later one with the same id. */
export interface ProcessHandle {
  readonly processId: number;
  /** Linux: clock ticks since boot. macOS: the date that ps prints. */
  readonly startedAt: string;
}

/** What postmaster.pid says. `status` is one of starting, stopping, ready, standby, or empty while it is written. */
export interface PostmasterFile {
  readonly processId: number;
  readonly port: number;
  readonly status: string;
}

export interface Postmaster extends ProcessHandle {
  readonly port: number;
  readonly status: string;
}

const POLL_MS = 20;

const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

/** Undefined when no such process lives. A zombie does not live: kill(pid, 0) would say that it does. */
export function findProcess(processId: number): ProcessHandle | undefined {
  const startedAt = process.platform === 'linux' ? startOnLinux(processId) : startElsewhere(processId);
  return startedAt === undefined ? undefined : { processId, startedAt };
}

export function isAlive(handle: ProcessHandle): boolean {
  return findProcess(handle.processId)?.startedAt === handle.startedAt;
}

/** Signals the process unless it has ended. */
export function signalProcess(handle: ProcessHandle, signal: NodeJS.Signals): void {
  if (!isAlive(handle)) return;
  try {
    process.kill(handle.processId, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** True when all have ended within `milliseconds`. */
export async function waitForEnd(handles: readonly ProcessHandle[], milliseconds: number): Promise<boolean> {
  const deadline = performance.now() + milliseconds;
  while (handles.some(isAlive)) {
    if (performance.now() > deadline) return false;
    await pause(POLL_MS);
  }
  return true;
}

/** The living postmaster of this cluster. A stale file that names a foreign process gives undefined. */
export function findPostmaster(clusterDirectory: string): Postmaster | undefined {
  const file = readPostmasterFile(clusterDirectory);
  if (file === undefined) return undefined;
  const handle = findProcess(file.processId);
  if (handle === undefined || !isPostmasterOf(clusterDirectory, file.processId)) return undefined;
  return { ...handle, port: file.port, status: file.status };
}

export function readPostmasterFile(clusterDirectory: string): PostmasterFile | undefined {
  let text;
  try {
    text = readFileSync(join(clusterDirectory, 'postmaster.pid'), 'utf8');
  } catch {
    return undefined;
  }
  const lines = text.split('\n').map((line) => line.trim());
  const processId = Number(lines[0]);
  if (!Number.isInteger(processId) || processId <= 1) return undefined;
  return { processId, port: Number(lines[3] ?? 0), status: lines[7] ?? '' };
}

/**
 * Postgres and initdb processes that stand in `directory`: what a killed postmaster or a killed start left behind.
 * Only Linux can tell; elsewhere Postgres finds its own leftovers by their shared memory and refuses to start.
 */
export function findLeftoverProcesses(directory: string): ProcessHandle[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((processId) => standsIn(directory, processId) && runsPostgres(processId))
    .flatMap((processId) => findProcess(processId) ?? []);
}

/**
 * A postmaster stands in its cluster and keeps the command line it was started with; its children stand there too,
 * and call themselves `postgres: checkpointer` and the like.
 */
function isPostmasterOf(clusterDirectory: string, processId: number): boolean {
  if (process.platform === 'linux') {
    return standsIn(clusterDirectory, processId) && basename(commandOnLinux(processId)) === 'postgres';
  }
  const command = askPs(processId, 'command');
  return command !== undefined && /(^|\/)postgres -D /.test(command) && command.includes(`-D ${clusterDirectory} `);
}

/** Compares device and inode, so that neither a rename nor a link in the path matters. */
function standsIn(directory: string, processId: number): boolean {
  try {
    const wanted = statSync(directory);
    const actual = statSync(`/proc/${processId}/cwd`);
    return wanted.dev === actual.dev && wanted.ino === actual.ino;
  } catch {
    return false;
  }
}

function runsPostgres(processId: number): boolean {
  const command = commandOnLinux(processId);
  return command.startsWith('postgres:') || ['postgres', 'initdb'].includes(basename(command));
}

function commandOnLinux(processId: number): string {
  try {
    return readFileSync(`/proc/${processId}/cmdline`, 'utf8').split('\0')[0] ?? '';
  } catch {
    return '';
  }
}

function startOnLinux(processId: number): string | undefined {
  try {
    // The command in parentheses may itself hold blanks and parentheses. After it: field 3 state, field 22 start.
    const text = readFileSync(`/proc/${processId}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

function startElsewhere(processId: number): string | undefined {
  const answer = askPs(processId, 'stat,lstart');
  return answer === undefined || answer.startsWith('Z') ? undefined : answer.replace(/^\S+\s+/, '');
}

function askPs(processId: number, columns: string): string | undefined {
  const format = columns.split(',').flatMap((column) => ['-o', `${column}=`]);
  try {
    const env = { PATH: process.env['PATH'], LC_ALL: 'C' };
    return execFileSync('ps', ['-ww', ...format, '-p', String(processId)], { encoding: 'utf8', env }).trim();
  } catch {
    return undefined;
  }
}
