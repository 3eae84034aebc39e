import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/** A file that is not read, and what to do about it. */
export class FileRefusedError extends Error {
  override readonly name = 'FileRefusedError';

  constructor(
    readonly code: 'FILE_REFUSED' | 'FILE_TOO_LARGE' | 'FILE_UNREADABLE',
    message: string,
  ) {
    super(message);
  }
}

/**
 * Reads a whole file. What is opened is looked at, not the name: a pipe that takes the file's place meanwhile is not
 * waited for, and a file that grows is not followed.
 * @throws FileRefusedError
 */
export async function readRegularFile(path: string, mostBytes: number): Promise<Buffer> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stats = await file.stat();
      if (!stats.isFile()) throw new FileRefusedError('FILE_REFUSED', 'This is not a regular file.');
      if (stats.size > mostBytes) throw tooLarge(stats.size, mostBytes);
      // One byte more than expected shows that it grew.
      const buffer = Buffer.allocUnsafe(stats.size + 1);
      let length = 0;
      while (length < buffer.length) {
        const { bytesRead } = await file.read(buffer, length, buffer.length - length);
        if (bytesRead === 0) break;
        length += bytesRead;
      }
      if (length > stats.size)
        throw new FileRefusedError('FILE_UNREADABLE', 'The file grew while it was read. Import again.');
      return buffer.subarray(0, length);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof FileRefusedError) throw error;
    throw new FileRefusedError('FILE_UNREADABLE', `The file cannot be read: ${readableReason(error)}`);
  }
}

function tooLarge(size: number, most: number): FileRefusedError {
  return new FileRefusedError(
    'FILE_TOO_LARGE',
    `This file has ${size.toLocaleString('en')} bytes; an article has at most ${most.toLocaleString('en')}. Split it.`,
  );
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission is denied. Let this user read it.',
  EPERM: 'permission is denied. Let this user read it.',
  ENOENT: 'it is gone.',
  ELOOP: 'its symbolic links lead round in a circle.',
  ENAMETOOLONG: 'its name is too long.',
};

/** A sentence for a person in place of `EACCES: permission denied, open '…'`. */
export function readableReason(error: unknown): string {
  const code = (error as { code?: string }).code ?? '';
  return REASONS[code] ?? (error instanceof Error ? error.message : String(error));
}
