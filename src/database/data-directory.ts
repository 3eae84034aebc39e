import { accessSync, constants, existsSync, mkdirSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { LockHeldError, takeLock } from './data-directory-presence.js';

export interface DataDirectory {
  /** Absolute, without symbolic links. */
  readonly path: string;
  release(): Promise<void>;
}

export type DataDirectoryErrorCode = 'DATA_DIRECTORY_UNUSABLE' | 'DATA_DIRECTORY_IN_USE';

/** The message is a complete sentence that names the folder and what to do. */
export class DataDirectoryError extends Error {
  override readonly name = 'DataDirectoryError';
  constructor(
    readonly code: DataDirectoryErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/**
 * Claims the data directory for one server. The claim ends with the process, also after kill -9.
 * @throws DataDirectoryError when the folder cannot be used or another living server has it.
 */
export async function lockDataDirectory(path: string): Promise<DataDirectory> {
  const directory = makeDataDirectory(path);
  try {
    const lock = await takeLock(presenceFolderOf(directory), 'serve', { whenHeld: 'refuse' });
    return { path: directory, release: () => lock.release() };
  } catch (error) {
    if (!(error instanceof LockHeldError)) throw describeUnusableDirectory(directory, error);
    const { processId, isVisible } = error.holder;
    throw new DataDirectoryError(
      'DATA_DIRECTORY_IN_USE',
      `Waypost already runs in ${directory} (process ${processId}${isVisible ? '' : ' of another container'}). ` +
        'Stop that one first, or set WAYPOST_DATA_DIR to another folder.',
      { cause: error },
    );
  }
}

/** Makes the folder (0700) where it is missing, and returns its real path. */
export function makeDataDirectory(path: string): string {
  const absolute = resolve(path);
  try {
    makeFolder(absolute);
    const real = realpathSync(absolute);
    accessSync(real, constants.R_OK | constants.W_OK | constants.X_OK);
    return real;
  } catch (error) {
    throw describeUnusableDirectory(absolute, error);
  }
}

/** Node's own `recursive` never ends where a folder is there and none can be made in it because of ENOENT, as in /proc. */
function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && statSync(path).isDirectory()) return;
    if (code !== 'ENOENT' || existsSync(dirname(path))) throw error;
    makeFolder(dirname(path));
    mkdirSync(path, { mode: 0o700 });
  }
}

/** Where the processes that share a data directory find each other. */
export function presenceFolderOf(directory: string): string {
  return join(directory, 'processes');
}

/** In words, for what the file system answered. */
export function describeUnusableDirectory(directory: string, error: unknown): DataDirectoryError {
  const { code } = error as NodeJS.ErrnoException;
  return new DataDirectoryError(
    'DATA_DIRECTORY_UNUSABLE',
    `The data folder ${directory} cannot be used: ${reasonOf(code, error)}. ` +
      'Make it writable for this user, or set WAYPOST_DATA_DIR to another folder.',
    { cause: error },
  );
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no folder can be made there',
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'it lies on a read-only file system',
  ENOTDIR: 'a part of its path is a file',
  EEXIST: 'a file has its name',
  ENOSPC: 'the disk is full',
  ELOOP: 'its symbolic links run in a circle',
};

function reasonOf(code: string | undefined, error: unknown): string {
  return REASONS[code ?? ''] ?? (error instanceof Error ? error.message : String(error));
}
