import { execFileSync, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';

const ROOT = resolve(import.meta.dirname, '../../..');
const CACHE = join(ROOT, '.cache/embedded-postgres');
const SOURCE = fileURLToPath(new URL('./server-process.ts', import.meta.url));
const STOPPED_DATABASE = 'stopped-database';
const PROGRAM = relative(ROOT, SOURCE).replace(/\.ts$/, '.js');

/** Nothing of these databases outlives its test, except where a test is about just that. */
const QUICK = { fsync: 'off' };

/**
 * The compiled program, in a folder of this checkout that Node finds the packages from, with a stopped database beside
 * it. Compiled without type checks, and only what it needs, so that it takes a moment and no error elsewhere matters;
 * kept for the next run.
 */
export async function compileProgram(): Promise<string> {
  const sources = readSources();
  const hash = createHash('sha256')
    .update(JSON.stringify([sources, process.getuid?.()]))
    .digest('hex')
    .slice(0, 16);
  const folder = join(CACHE, hash);
  if (!existsSync(folder)) {
    const unfinished = `${folder}.new-${process.pid}`;
    await compileInto(unfinished, sources);
    await useOnce(join(unfinished, PROGRAM), join(unfinished, STOPPED_DATABASE));
    // Test files run side by side; the second one to get here has made the same.
    if (existsSync(folder)) removeFolder(unfinished);
    else renameSync(unfinished, folder);
  }
  for (const name of readdirSync(CACHE)) if (!name.startsWith(hash)) removeFolder(join(CACHE, name));
  return join(folder, PROGRAM);
}

/** Text of what the program needs, by path. */
function readSources(): Record<string, string> {
  const names = readdirSync(join(ROOT, 'src/database')).filter(
    (name) => /^(embedded-postgres|data-directory).*\.ts$/.test(name) && !name.endsWith('.test.ts'),
  );
  const paths = [...names.map((name) => `src/database/${name}`), relative(ROOT, SOURCE)];
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(ROOT, path), 'utf8')]));
}

async function compileInto(folder: string, sources: Readonly<Record<string, string>>): Promise<void> {
  const { default: ts } = await import('typescript');
  const compilerOptions = { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext };
  for (const [path, text] of Object.entries(sources)) {
    const compiled = join(folder, path.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(compiled), { recursive: true });
    writeFileSync(compiled, ts.transpileModule(text, { compilerOptions }).outputText);
  }
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
}

/** Folders of one test file. The names say which test left one, should that ever happen. */
export class TestFolders {
  private readonly made: string[] = [];

  make(name: string): string {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), `waypost-${name}-`)));
    this.made.push(folder);
    return folder;
  }

  /** Ends what a failed test left, and removes everything. */
  clear(): void {
    for (const child of running) child.kill('SIGKILL');
    for (const folder of this.made.splice(0)) {
      killPostgresIn(folder);
      removeFolder(folder);
    }
  }
}

function killPostgresIn(folder: string): void {
  if (!existsSync(join(folder, 'postgres/postmaster.pid'))) return;
  const processId = postmasterIdOf(folder);
  if (commandOf(processId).includes('cluster_name=waypost-')) process.kill(processId, 'SIGKILL');
}

/** Puts a data directory as a stopped Waypost leaves it into `folder`: initdb takes most of a first start. */
export function copyStoppedDatabase(program: string, folder: string): string {
  cpSync(join(program.slice(0, -PROGRAM.length), STOPPED_DATABASE), folder, { recursive: true });
  return folder;
}

/** Copies the program without the packages of the checkout. @returns the path of the copy. */
export function copyProgram(program: string, folder: string): string {
  const root = program.slice(0, -PROGRAM.length);
  for (const name of ['src', 'test', 'package.json']) cpSync(join(root, name), join(folder, name), { recursive: true });
  return join(folder, PROGRAM);
}

/** Copies packages with what they depend on, but without links: as npm leaves them when it runs no scripts. */
export function copyPackages(names: readonly string[], folder: string, done = new Set<string>()): void {
  for (const name of names) {
    const source = join(ROOT, 'node_modules', name);
    if (done.has(name) || !existsSync(source)) continue;
    done.add(name);
    cpSync(source, join(folder, 'node_modules', name), {
      recursive: true,
      filter: (path) => !isLibraryLink(source, path),
    });
    const { dependencies, optionalDependencies } = JSON.parse(
      readFileSync(join(source, 'package.json'), 'utf8'),
    ) as Record<string, Record<string, string> | undefined>;
    copyPackages(Object.keys({ ...dependencies, ...optionalDependencies }), folder, done);
  }
}

function isLibraryLink(packageFolder: string, path: string): boolean {
  const list = join(packageFolder, 'native/pg-symlinks.json');
  if (!existsSync(list)) return false;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { target: string }[];
  return links.some(({ target }) => target === relative(packageFolder, path));
}

export interface ServerEvent {
  readonly event: string;
  readonly connectionString?: string;
  readonly owned?: boolean;
  readonly milliseconds?: number;
  readonly line?: string;
  readonly answer?: number;
  readonly name?: string;
  readonly code?: string;
  readonly message?: string;
}

export interface ServerProcess {
  readonly child: ChildProcessWithoutNullStreams;
  readonly events: readonly ServerEvent[];
  /** The first event of one of these names, past or to come. Fails when the process ends without it. */
  next(...names: string[]): Promise<ServerEvent>;
  say(line: string): void;
  /** Ends with the exit status, or the signal's name. */
  readonly ended: Promise<number | string>;
}

const running = new Set<ChildProcessWithoutNullStreams>();

export interface RunOptions {
  readonly uid?: number;
  readonly settings?: Readonly<Record<string, string>>;
  /** What runs Node; default Node itself. */
  readonly launcher?: readonly [string, ...string[]];
}

export function runServer(program: string, mode: string, folder: string, options: RunOptions = {}): ServerProcess {
  const [command, ...args] =
    options.launcher === undefined ? [process.execPath] : [...options.launcher, process.execPath];
  const identity = options.uid === undefined ? {} : { uid: options.uid, gid: options.uid };
  const child = spawn(command, [...args, program, mode, folder], {
    ...identity,
    cwd: '/',
    // A group of its own, so that a test can send it what a terminal sends on Ctrl-C.
    detached: true,
    env: { PATH: process.env['PATH'], SETTINGS: JSON.stringify(options.settings ?? QUICK) },
  });
  running.add(child);
  const events: ServerEvent[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    events.push(JSON.parse(line) as ServerEvent);
    child.emit('event');
  });
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaints += chunk.toString();
  });
  child.stdin.on('error', () => undefined);
  const ended = once(child, 'close').then(([code, signal]: unknown[]) => {
    running.delete(child);
    child.emit('event');
    return (code ?? signal) as number | string;
  });
  return {
    child,
    events,
    ended,
    say: (line) => child.stdin.write(`${line}\n`),
    next: async (...names) => {
      for (;;) {
        const found = events.find(({ event }) => names.includes(event));
        if (found !== undefined) return found;
        if (!running.has(child))
          throw new Error(`Ended without ${names.join()}: ${JSON.stringify(events)} ${complaints}`);
        await once(child, 'event');
      }
    },
  };
}

function commandOf(processId: number): string {
  try {
    if (existsSync('/proc')) return readFileSync(`/proc/${processId}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return execFileSync('ps', ['-ww', '-o', 'command=', '-p', String(processId)], { encoding: 'utf8' }).trim();
  } catch {
    return '';
  }
}

export function postmasterIdOf(folder: string): number {
  return Number(readFileSync(join(folder, 'postgres/postmaster.pid'), 'utf8').split('\n')[0]);
}

/** A zombie has no command line. */
export function isAlive(processId: number): boolean {
  return commandOf(processId) !== '';
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}

export async function query<Row extends object>(connectionString: string | undefined, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Tries until Postgres answers again. */
export async function queryWithin<Row extends object>(
  milliseconds: number,
  connectionString: string | undefined,
  text: string,
) {
  const deadline = performance.now() + milliseconds;
  for (;;) {
    try {
      return await query<Row>(connectionString, text);
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await pause(50);
    }
  }
}

/**
 * Starts in the folder, asks something, stops.
 * @throws when any of that fails.
 */
export async function useOnce(
  program: string,
  folder: string,
  options?: RunOptions,
): Promise<ServerEvent & { answer: number }> {
  const server = runServer(program, 'serve', folder, options);
  const ready = await server.next('ready');
  const [row] = await query<{ answer: number }>(ready.connectionString, 'SELECT 42 AS answer');
  server.say('stop');
  const status = await server.ended;
  if (status !== 0) throw new Error(`Ended with ${status}: ${JSON.stringify(server.events)}`);
  return { ...ready, answer: row?.answer ?? 0 };
}
