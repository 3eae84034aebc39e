import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

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
  /** Path of the program it runs. */
  readonly program: string;
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

/**
 * Names a cluster in the command line of its postmaster and in the titles of all its processes, as `cluster_name`.
 * Device and inode stay when the folder is renamed. The command line is what everyone may read: where a process
 * stands (/proc/PID/cwd) is hidden from root in a container, which usually lacks CAP_SYS_PTRACE.
 */
export function clusterNameOf(clusterDirectory: string): string {
  const { dev, ino } = statSync(clusterDirectory);
  return `waypost-${dev}-${ino}`;
}

/** The living postmaster of this cluster. A stale file that names a foreign process gives undefined. */
export function findPostmaster(clusterDirectory: string): Postmaster | undefined {
  const file = readPostmasterFile(clusterDirectory);
  if (file === undefined) return undefined;
  const handle = findProcess(file.processId);
  const command = commandOf(file.processId);
  if (handle === undefined || !isPostmasterCommand(command, clusterNameOf(clusterDirectory))) return undefined;
  if (!ownsProcess(clusterDirectory, file.processId)) return undefined;
  return { ...handle, port: file.port, program: command.slice(0, command.indexOf(' -D ')) };
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

/** A living Postgres that postmaster.pid names and that somebody else started in this cluster, with pg_ctl perhaps. */
export function findForeignPostmaster(clusterDirectory: string): ProcessHandle | undefined {
  const file = readPostmasterFile(clusterDirectory);
  if (file === undefined || findPostmaster(clusterDirectory) !== undefined) return undefined;
  const command = commandOf(file.processId);
  if (!/(^|\/)(postgres|postmaster)( |$)/.test(command)) return undefined;
  const standsHere = `${command} `.includes(` ${clusterDirectory} `) || standsIn(clusterDirectory, file.processId);
  return standsHere ? findProcess(file.processId) : undefined;
}

/** Every process of this cluster: its postmaster, and the children that a killed postmaster left at work. */
export function findClusterProcesses(clusterDirectory: string): ProcessHandle[] {
  const name = clusterNameOf(clusterDirectory);
  return listProcessIds()
    .filter((processId) => {
      const command = commandOf(processId);
      return isPostmasterCommand(command, name) || command.startsWith(`postgres: ${name}:`);
    })
    .flatMap((processId) => findProcess(processId) ?? []);
}

/** initdb, and what it runs, in this folder. Linux only, and only where the system tells where a process stands. */
export function findProcessesStandingIn(directory: string): ProcessHandle[] {
  if (process.platform !== 'linux') return [];
  return listProcessIds()
    .filter((processId) => standsIn(directory, processId))
    .flatMap((processId) => findProcess(processId) ?? []);
}

/** Someone else's program may call itself anything. The check is left out where there is no /proc. */
function ownsProcess(clusterDirectory: string, processId: number): boolean {
  if (process.platform !== 'linux') return true;
  return statSync(`/proc/${processId}`, { throwIfNoEntry: false })?.uid === statSync(clusterDirectory).uid;
}

/** A child keeps this command line for a moment after it was forked, and then takes its title. */
function isPostmasterCommand(command: string, clusterName: string): boolean {
  return /(^|\/)postgres -D /.test(command) && `${command} `.includes(` cluster_name=${clusterName} `);
}

function listProcessIds(): number[] {
  const names = process.platform === 'linux' ? readdirSync('/proc') : (runPs(['-ax', '-o', 'pid=']) ?? '').split('\n');
  return names.map((name) => Number(name.trim())).filter((processId) => Number.isInteger(processId) && processId > 1);
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

/** The command line with blanks between its parts; empty when there is no such process. */
function commandOf(processId: number): string {
  if (process.platform !== 'linux') return askPs(processId, 'command') ?? '';
  try {
    return readFileSync(`/proc/${processId}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
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
  return runPs(['-ww', ...columns.split(',').flatMap((column) => ['-o', `${column}=`]), '-p', String(processId)]);
}

function runPs(args: readonly string[]): string | undefined {
  try {
    const env = { PATH: process.env['PATH'], LC_ALL: 'C' };
    return execFileSync('ps', args, { encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}
