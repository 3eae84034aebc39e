import { realpathSync } from 'node:fs';
import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

export interface FoundFile {
  /** Absolute. */
  readonly path: string;
  /** Below the folder, with `/` on every system. */
  readonly name: string;
  readonly size: number;
}

export interface RefusedFile {
  readonly name: string;
  readonly message: string;
}

export interface FoundFiles {
  readonly files: readonly FoundFile[];
  readonly refused: readonly RefusedFile[];
}

const MARKDOWN = /\.(md|markdown|mdx)$/i;
/** Larger than any article; a file of this size in a content folder is a mistake. */
const MOST_BYTES = 16 * 1024 * 1024;

/**
 * Finds the Markdown files below a folder, sorted by name. A symbolic link is followed only where it stays inside the
 * folder; devices and pipes are never opened. Hidden files and folders, and `node_modules`, are passed over.
 */
export async function findFiles(folder: string): Promise<FoundFiles> {
  const root = await realpath(folder);
  const files: FoundFile[] = [];
  const refused: RefusedFile[] = [];
  const seen = new Set<string>();

  async function walk(directory: string): Promise<void> {
    const real = realpathSync(directory);
    // A link to a folder above would lead round in a circle.
    if (seen.has(real)) return;
    seen.add(real);
    for (const name of (await readdir(directory)).sort()) {
      if (name.startsWith('.') || name === 'node_modules') continue;
      await visit(join(directory, name));
    }
  }

  async function visit(path: string): Promise<void> {
    const name = relative(folder, path).split(sep).join('/');
    const isMarkdown = MARKDOWN.test(name);
    try {
      const link = await lstat(path);
      if (link.isSymbolicLink() && !isInside(root, await realpath(path))) {
        if (isMarkdown)
          refused.push({ name, message: 'This symbolic link leads out of the folder. Copy the file instead.' });
        return;
      }
      const stats = await stat(path);
      if (stats.isDirectory()) return await walk(path);
      if (!isMarkdown) return;
      if (!stats.isFile()) refused.push({ name, message: 'This is not a regular file.' });
      else if (stats.size > MOST_BYTES)
        refused.push({ name, message: `This file has ${stats.size} bytes; an article has at most ${MOST_BYTES}.` });
      else files.push({ path, name, size: stats.size });
    } catch (error) {
      refused.push({ name, message: `It cannot be read: ${error instanceof Error ? error.message : String(error)}.` });
    }
  }

  await walk(folder);
  return { files, refused };
}

function isInside(root: string, path: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
}
