import { createHash, randomBytes } from 'node:crypto';
import { lstat, mkdir, open, realpath, rename, rm } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { readableReason, readRegularFile } from './read-regular-file.js';

/** What stands under a name before it is written. */
export type FileState = 'absent' | 'same' | 'imported' | 'different';

/** Why a file was not written. */
export class FileNotWrittenError extends Error {
  override readonly name = 'FileNotWrittenError';

  constructor(
    readonly code: 'FILE_EXISTS' | 'FOLDER_LEADS_OUT' | 'FILE_NOT_WRITTEN',
    message: string,
  ) {
    super(message);
  }
}

/** Writes files below one folder, and never outside it, whatever links lie in it. */
export class TreeWriter {
  private readonly checked = new Set<string>();
  private root: string | undefined;

  constructor(private readonly folder: string) {}

  /** `importedHash`: SHA-256 in hex of the bytes that were imported under this name; such a file may be replaced. */
  async stateOf(name: string, bytes: Buffer, importedHash: string | undefined): Promise<FileState> {
    const path = join(this.folder, name);
    const stats = await lstat(path).catch(() => undefined);
    if (!stats) return 'absent';
    if (!stats.isFile()) return 'different';
    if (stats.size === bytes.length && bytes.equals(await readRegularFile(path, bytes.length))) return 'same';
    if (importedHash === undefined) return 'different';
    const found = await readRegularFile(path, Math.max(stats.size, 1));
    return createHash('sha256').update(found).digest('hex') === importedHash ? 'imported' : 'different';
  }

  /**
   * Puts the whole file in place at once: who reads meanwhile sees the old or the new one.
   * @throws FileNotWrittenError
   */
  async write(name: string, bytes: Buffer): Promise<void> {
    const path = join(this.folder, name);
    const temporary = join(dirname(path), `.waypost-${randomBytes(6).toString('hex')}.tmp`);
    try {
      await this.makeFolder(dirname(name));
      const file = await open(temporary, 'wx');
      try {
        await file.writeFile(bytes);
      } finally {
        await file.close();
      }
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined);
      if (error instanceof FileNotWrittenError) throw error;
      throw new FileNotWrittenError('FILE_NOT_WRITTEN', `The file cannot be written: ${readableReason(error)}`);
    }
  }

  /** Makes the folders one by one, so that none is made behind a link that leads out. */
  private async makeFolder(name: string): Promise<void> {
    if (this.root === undefined) {
      await mkdir(this.folder, { recursive: true });
      this.root = await realpath(this.folder);
    }
    let path = this.folder;
    for (const part of name === '.' ? [] : name.split('/')) {
      path = join(path, part);
      if (this.checked.has(path)) continue;
      await mkdir(path).catch((error: { code?: string }) => {
        if (error.code !== 'EEXIST') throw error;
      });
      const real = await realpath(path);
      if (!real.startsWith(this.root.endsWith(sep) ? this.root : this.root + sep)) {
        throw new FileNotWrittenError('FOLDER_LEADS_OUT', `"${part}" is a link that leads out of the target folder.`);
      }
      this.checked.add(path);
    }
  }
}
