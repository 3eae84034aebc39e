import { randomBytes } from 'node:crypto';
import {
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';

/*
 * A presence is a Unix socket that a process listens on, in a folder that all who share a data directory can see.
 * The kernel closes it when the process ends, however it ends, so nothing here can be stale and no process id is
 * ever trusted: an id may have been given to another process, a listening socket cannot. It also works between
 * containers that share a volume and cannot see each other's processes.
 *
 * Deliberately absent: lock files with process ids and times, and flock, which Node does not offer.
 */

/** What a presence answers to a caller: it has the lock, or it only tries to get it. */
type Phase = 'holding' | 'contending';

/** A living process that shares the folder. `unknown`: it lives and was too busy to answer. */
export interface OtherPresence {
  readonly name: string;
  readonly processId: number;
  readonly phase: Phase | 'unknown';
  /** False: it runs in another container, where its process id, and its Postgres, mean nothing to this process. */
  readonly isVisible: boolean;
}

export interface Presence {
  readonly name: string;
  hold(): void;
  withdraw(): Promise<void>;
}

export interface Lock {
  release(): Promise<void>;
}

export class LockHeldError extends Error {
  override readonly name = 'LockHeldError';
  constructor(readonly holder: OtherPresence) {
    super(`Process ${holder.processId} holds the lock.`);
  }
}

/** Bytes in a socket's path: 108 on Linux and 104 on macOS, with the closing zero. */
const LONGEST_SOCKET_PATH = 103;

/** A slash, a dot, a role, a process id, the number of a namespace, 16 digits and `.sock`. */
const LONGEST_NAME = 52;

/** What bind answers on a file system without sockets, such as some that are shared with a virtual machine. */
const NO_SOCKETS_HERE = new Set(['EOPNOTSUPP', 'ENOTSUP', 'EPERM', 'EINVAL', 'ENOSYS']);

/** A living process that does not answer for this long counts as holding: it is busy, not gone. */
const ANSWER_TIMEOUT_MS = 3_000;

const PAUSE_MS = 20;
const LONG_WAIT_MS = 3_000;

/** A temporary name that is older belongs to a process that ended between two system calls. */
const TEMPORARY_NAME_AGE_MS = 60_000;

/** Linux: number of the namespace that this process's id belongs to. */
const NAMESPACE = readNamespace();

const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

/** Announces this process under `role` until it withdraws or ends. */
export async function announcePresence(folder: string, role: string, phase: Phase): Promise<Presence> {
  try {
    return await announceIn(openOwnFolder(folder), role, phase);
  } catch (error) {
    if (!NO_SOCKETS_HERE.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
    return announceIn(openSubstituteFolder(folder), role, phase);
  }
}

async function announceIn(place: SocketFolder, role: string, phase: Phase): Promise<Presence> {
  let current = phase;
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.end(current);
  });
  const name = `${role}-${process.pid}-${NAMESPACE}-${randomBytes(8).toString('hex')}.sock`;
  const temporary = `.${name}`;
  try {
    await listen(server, place.pathOf(temporary));
    // Between bind and listen a caller would be refused and take us for dead, so the name appears only afterwards.
    renameSync(join(place.folder, temporary), join(place.folder, name));
  } catch (error) {
    await close(server);
    place.close();
    throw error;
  }
  server.on('error', () => undefined); // a caller that could not be accepted asks again or takes us for busy
  server.unref();
  let withdrawal: Promise<void> | undefined;
  return {
    name,
    hold: () => {
      current = 'holding';
    },
    withdraw: () => {
      rmSync(join(place.folder, name), { force: true });
      withdrawal ??= close(server).then(() => place.close());
      return withdrawal;
    },
  };
}

/** The other living processes under `role`, by name. Removes what dead ones left: names are never used again. */
export async function findPresences(folder: string, role: string, except: string): Promise<OtherPresence[]> {
  const places = [openOwnFolder(folder), findSubstituteFolder(folder)].filter((place) => place !== undefined);
  try {
    const found = [];
    for (const place of places) found.push(...(await findIn(place, role, except)));
    return found.sort((a, b) => (a.name < b.name ? -1 : 1));
  } finally {
    for (const place of places) place.close();
  }
}

/** What lies in the folder under `role`, dead or alive, without asking: for the last moment of a process. */
export function listPresenceNames(folder: string, role: string): string[] {
  const place = openOwnFolder(folder);
  try {
    return readdirSync(place.folder).filter((name) => name.startsWith(`${role}-`));
  } finally {
    place.close();
  }
}

async function findIn(place: SocketFolder, role: string, except: string): Promise<OtherPresence[]> {
  const names = readdirSync(place.folder);
  dropOldTemporaryNames(place.folder, names);
  const found: OtherPresence[] = [];
  for (const name of names) {
    if (!name.startsWith(`${role}-`) || name === except) continue;
    const phase = await askPhase(place.pathOf(name));
    if (phase === 'dead') rmSync(join(place.folder, name), { force: true });
    else found.push({ ...readName(name), phase });
  }
  return found;
}

export interface LockOptions {
  readonly whenHeld: 'refuse' | 'wait';
  /** Waits no longer than this. Default: as long as it takes. */
  readonly waitMs?: number;
  /** Ends the wait with its reason. */
  readonly signal?: AbortSignal;
  /** Called once when the wait is a long one. */
  readonly onLongWait?: (rival: OtherPresence) => void;
}

/**
 * Takes the lock `role`. Everyone announces before looking, and holds only after seeing nobody: of two that both
 * held, the one that looked last would have seen the other. Among contenders the first name stays, the rest step
 * back and come again.
 * @throws LockHeldError when another holds it and `whenHeld` is `refuse`, or when `waitMs` has passed.
 */
export async function takeLock(folder: string, role: string, options: LockOptions): Promise<Lock> {
  const startedAtMs = performance.now();
  let isLong = false;
  for (;;) {
    options.signal?.throwIfAborted();
    const mine = await announcePresence(folder, role, 'contending');
    const rival = await contend(folder, role, mine).catch(async (error: unknown) => {
      await mine.withdraw();
      throw error;
    });
    if (rival === undefined) return { release: () => mine.withdraw() };
    await mine.withdraw();
    const isRefused = rival.phase !== 'contending' && options.whenHeld === 'refuse';
    const waitedMs = performance.now() - startedAtMs;
    if (isRefused || waitedMs > (options.waitMs ?? Number.POSITIVE_INFINITY)) throw new LockHeldError(rival);
    if (waitedMs > LONG_WAIT_MS && !isLong) {
      isLong = true;
      options.onLongWait?.(rival);
    }
    await pause(PAUSE_MS * (1 + Math.random()));
  }
}

/** The rival to step back for, or undefined when `mine` holds now. */
async function contend(folder: string, role: string, mine: Presence): Promise<OtherPresence | undefined> {
  for (;;) {
    const others = await findPresences(folder, role, mine.name);
    if (others.length === 0) {
      mine.hold();
      return undefined;
    }
    const rival = others.find((other) => other.phase !== 'contending' || other.name < mine.name);
    if (rival !== undefined) return rival;
    await pause(PAUSE_MS / 4);
  }
}

function readName(name: string): Pick<OtherPresence, 'name' | 'processId' | 'isVisible'> {
  const [, processId, namespace] = name.split('-');
  return { name, processId: Number(processId), isVisible: namespace === NAMESPACE };
}

function readNamespace(): string {
  if (process.platform !== 'linux') return '0';
  return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0';
}

/** Asks again who ended without an answer: it was about to withdraw, or had too many callers. */
async function askPhase(path: string): Promise<Phase | 'unknown' | 'dead'> {
  const startedAtMs = performance.now();
  for (;;) {
    const answer = await askOnce(path);
    if (answer !== 'silent') return answer;
    if (performance.now() - startedAtMs > ANSWER_TIMEOUT_MS) return 'unknown';
    await pause(PAUSE_MS);
  }
}

function askOnce(path: string): Promise<Phase | 'unknown' | 'dead' | 'silent'> {
  return new Promise((resolve) => {
    const socket = connect(path);
    let answer = '';
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => {
      resolve('unknown');
      socket.destroy();
    });
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') resolve('dead');
    });
    socket.on('close', () => resolve(answer === 'holding' || answer === 'contending' ? answer : 'silent'));
  });
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

function dropOldTemporaryNames(folder: string, names: readonly string[]): void {
  for (const name of names) {
    if (!name.startsWith('.')) continue;
    const path = join(folder, name);
    const modifiedAtMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - modifiedAtMs > TEMPORARY_NAME_AGE_MS) rmSync(path, { force: true });
  }
}

interface SocketFolder {
  readonly folder: string;
  /** A path of `name` short enough for a socket. */
  pathOf(name: string): string;
  close(): void;
}

/** The folder itself; through an open handle where its path is too long for a socket and the system has /proc. */
function openOwnFolder(folder: string): SocketFolder {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (Buffer.byteLength(folder) + LONGEST_NAME <= LONGEST_SOCKET_PATH) {
    return { folder, pathOf: (name) => join(folder, name), close: () => undefined };
  }
  if (process.platform !== 'linux') return openSubstituteFolder(folder);
  const handle = openSync(folder, 'r');
  return { folder, pathOf: (name) => `/proc/self/fd/${handle}/${name}`, close: () => closeSync(handle) };
}

/** Under /tmp, named by the folder's device and inode, for file systems that hold no sockets. */
function openSubstituteFolder(folder: string): SocketFolder {
  const path = substitutePathOf(folder);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const status = lstatSync(path);
  if (!status.isDirectory() || status.uid !== process.getuid?.()) throw new Error(`${path} belongs to another user.`);
  return { folder: path, pathOf: (name) => join(path, name), close: () => undefined };
}

function findSubstituteFolder(folder: string): SocketFolder | undefined {
  const isThere = lstatSync(substitutePathOf(folder), { throwIfNoEntry: false }) !== undefined;
  return isThere ? openSubstituteFolder(folder) : undefined;
}

function substitutePathOf(folder: string): string {
  const { dev, ino } = statSync(folder);
  return `/tmp/waypost-${process.getuid?.()}-${dev}-${ino}`;
}
