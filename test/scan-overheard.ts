import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OVERHEARD_FOLDER, secretsIn } from './support/overheard.js';

/** Vitest loads this file once per project that names it, all in one process; the last to leave looks. */
const shared = globalThis as typeof globalThis & { waypostListeners?: number };

/**
 * After the whole run: whatever the servers of all tests logged, and whatever errors they answered, holds no token, no
 * password, no address of a caller and no stack.
 */
export async function setup(): Promise<() => Promise<void>> {
  shared.waypostListeners = (shared.waypostListeners ?? 0) + 1;
  process.env[OVERHEARD_FOLDER] ??= await mkdtemp(join(tmpdir(), 'waypost-overheard-'));
  const folder = process.env[OVERHEARD_FOLDER];
  return async () => {
    shared.waypostListeners = (shared.waypostListeners ?? 1) - 1;
    if (shared.waypostListeners > 0) return;
    const files = await readdir(folder);
    const found = await Promise.all(
      files.map(async (file) =>
        secretsIn(await readFile(join(folder, file), 'utf8'), file.startsWith('answer') ? 'answer' : 'log'),
      ),
    );
    await rm(folder, { recursive: true, force: true });
    if (found.flat().length === 0) return;
    // Vitest tells of it, and would succeed all the same.
    process.exitCode = 1;
    throw new Error(
      `Logs or error answers hold what must not leave a server:\n${[...new Set(found.flat())].join('\n')}`,
    );
  };
}
