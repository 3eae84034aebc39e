import { setTimeout as sleep } from 'node:timers/promises';
import { watch } from 'chokidar';

/** An editor writes a file in several steps, and a checkout many files: wait until it is quiet. */
const QUIET_MS = 150;

/**
 * Calls `onChange` when Markdown files below the folder changed, one call at a time, until the process ends or `signal`
 * does. A change during a call leads to another call.
 */
export async function watchFolder(folder: string, onChange: () => Promise<void>, signal?: AbortSignal): Promise<void> {
  let wake = (): void => {};
  let changes = 0;
  const watcher = watch(folder, {
    ignoreInitial: true,
    followSymlinks: false,
    ignored: (path, stats) =>
      /\/(?:\.[^/]+|node_modules)$/.test(path) || (stats?.isFile() === true && !/\.(?:md|markdown|mdx)$/i.test(path)),
  });
  watcher.on('all', () => {
    changes += 1;
    wake();
  });
  signal?.addEventListener('abort', () => wake());
  try {
    let seen = 0;
    while (!signal?.aborted) {
      if (changes === seen) await new Promise<void>((resolve) => (wake = resolve));
      while (changes !== seen) {
        seen = changes;
        await sleep(QUIET_MS);
      }
      if (!signal?.aborted) await onChange();
    }
  } finally {
    await watcher.close();
  }
}
