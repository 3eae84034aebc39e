import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProvidedContext } from 'vitest';
import type { TestProject } from 'vitest/node';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../src/database/embedded-postgres.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Connection string of the run's own Postgres; its user may create databases. */
    postgresUrl: string;
  }
}

const CONTEXT_KEY: keyof ProvidedContext = 'postgresUrl';

interface SharedPostgres {
  readonly server: Promise<EmbeddedPostgres>;
  readonly directory: Promise<string>;
  projects: number;
}

/** Vitest loads this file once per project that names it, all in one process; they share one server. */
const shared = globalThis as typeof globalThis & { waypostTestPostgres?: SharedPostgres };

/** Nothing here outlives the run, so nothing waits for the disk. */
const SETTINGS = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_connections: '200',
};

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const postgres = (shared.waypostTestPostgres ??= start());
  postgres.projects++;
  project.provide(CONTEXT_KEY, (await postgres.server).connectionString);
  return async () => {
    if (--postgres.projects > 0) return;
    delete shared.waypostTestPostgres;
    await (await postgres.server).stop();
    await rm(await postgres.directory, { recursive: true, force: true });
  };
}

function start(): SharedPostgres {
  const directory = mkdtemp(join(tmpdir(), 'waypost-test-'));
  const server = directory.then(async (path) => {
    watchOverRun(path);
    return startEmbeddedPostgres({ dataDirectory: path, settings: SETTINGS });
  });
  return { server, directory, projects: 0 };
}

/**
 * Waits for the end of this process, however it ends (the kernel closes the pipe), and then ends Postgres and removes
 * the folder. After a normal teardown there is nothing left to do. It signals only a process that calls itself a
 * cluster of Waypost's.
 */
const WATCH_SCRIPT = `
  cat > /dev/null
  for attempt in 1 2 3 4 5 6 7 8 9 10; do
    [ -d "$1" ] || exit 0
    pid=$(head -n 1 "$1/postgres/postmaster.pid" 2> /dev/null)
    case "$(tr '\\0' ' ' < "/proc/$pid/cmdline" 2> /dev/null || ps -ww -o command= -p "$pid" 2> /dev/null)" in
      *cluster_name=waypost-*) kill -QUIT "$pid" ;;
    esac
    sleep 0.3
    rm -rf "$1" 2> /dev/null
  done`;

/** In a session of its own, so that what ends the run by a signal to its group does not end the watch. */
function watchOverRun(directory: string): void {
  const watcher = spawn('/bin/sh', ['-c', WATCH_SCRIPT, 'watcher', directory], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  watcher.unref();
  (watcher.stdin as unknown as Socket).unref();
}
