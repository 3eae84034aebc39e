import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { readableReason } from './read-regular-file.js';

export interface FoundFile {
  /** Absolute. */
  readonly path: string;
  /** Below the folder, with `/` on every system. */
  readonly name: string;
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

/**
 * Finds the Markdown files below a folder, sorted by name. A symbolic link is followed only where it stays inside the
 * folder, and a folder that it leads to is taken once, under its own name; devices and pipes are never opened. Hidden files and folders, `node_modules` and the folders in `ignored` are
 * passed over. Folders that cannot be read are refused by name.
 */
export async function findFiles(folder: string, ignored: ReadonlySet<string> = new Set()): Promise<FoundFiles> {
  const root = await realpath(folder);
  const files: FoundFile[] = [];
  const refused: RefusedFile[] = [];
  const seen = new Set<string>();
  const links: { path: string; name: string; entry: Dirent }[] = [];

  async function walk(directory: string, below: string): Promise<void> {
    const real = await realpath(directory);
    // A link to a folder above would lead round in a circle.
    if (seen.has(real)) return;
    seen.add(real);
    const entries = await readdir(directory, { withFileTypes: true });
    for (const entry of entries.sort((left, right) => (left.name < right.name ? -1 : 1))) {
      if (entry.name.startsWith('.') || entry.name === 'node_modules' || ignored.has(below + entry.name)) continue;
      const found = { path: join(directory, entry.name), name: below + entry.name, entry };
      if (entry.isSymbolicLink()) links.push(found);
      else await visit(found.path, found.name, entry);
    }
  }

  async function visit(path: string, name: string, entry: Dirent): Promise<void> {
    const refuse = (message: string): void => void refused.push({ name, message });
    const isMarkdown = MARKDOWN.test(name);
    try {
      const isLink = entry.isSymbolicLink();
      if (isLink && !isInside(root, await realpath(path))) {
        if (isMarkdown || (await stat(path)).isDirectory())
          refuse('This symbolic link leads out of the folder. Copy what it leads to instead.');
        return;
      }
      const target = isLink ? await stat(path) : entry;
      if (target.isDirectory()) return await walk(path, `${name}/`);
      if (!isMarkdown) return;
      if (!target.isFile()) return refuse('This is not a regular file.');
      const problem = nameProblem(name);
      if (problem !== undefined) return refuse(problem);
      files.push({ path, name });
    } catch (error) {
      refuse(`It cannot be read: ${readableReason(error)}`);
    }
  }

  await walk(folder, '');
  // A folder is known by its own name, not by that of a link to it; links may lead to further ones.
  for (const { path, name, entry } of links) await visit(path, name, entry);
  files.sort((left, right) => (left.name < right.name ? -1 : 1));
  return { files, refused };
}

/** A name that would not stand in a path, or not in a message. */
function nameProblem(name: string): string | undefined {
  if (/[\u0000-\u001F\u007F\\]/.test(name)) return 'Its name has a control character or a backslash. Rename it.';
  return name.includes('\uFFFD') ? 'Its name is not UTF-8. Rename it.' : undefined;
}

function isInside(root: string, path: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
}
