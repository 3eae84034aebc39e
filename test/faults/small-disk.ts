import { readdirSync, statSync } from 'node:fs';
import files, { type FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';

type Write = (bytes: Uint8Array, offset: number, length: number, position: number) => Promise<{ bytesWritten: number }>;

/**
 * From here on the files of a folder take so many bytes in all, those of other processes included. A write that would take more is
 * refused as a full disk refuses it: what still fits is taken, and the next one fails. Like on a disk, what was written ahead stays.
 */
export function limitFolder(folder: string, bytes: number): void {
  const { open } = files;
  files.open = async (path, ...rest) => {
    const handle = await open(path, ...rest);
    if (String(path).startsWith(join(folder, '/'))) limitWrites(handle, () => bytes - takenIn(folder));
    return handle;
  };
  syncBuiltinESMExports();
}

function limitWrites(handle: FileHandle, freeBytes: () => number): void {
  const write = handle.write.bind(handle) as Write;
  const limited: Write = async (data, offset, length, position) => {
    const { size } = await handle.stat();
    const lacking = Math.max(0, position + length - size) - Math.max(0, freeBytes());
    if (lacking <= 0) return write(data, offset, length, position);
    if (lacking < length) return write(data, offset, length - lacking, position);
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  };
  handle.write = limited as FileHandle['write'];
}

function takenIn(folder: string): number {
  const sizes = readdirSync(folder).map((name) => statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0);
  return sizes.reduce((sum, size) => sum + size, 0);
}
