import { makeDataDirectory, presenceFolderOf } from './data-directory.js';
import { announcePresence, findPresences, LockHeldError, takeLock, type Presence } from './data-directory-presence.js';
import { chooseAccount } from './embedded-postgres-account.js';
import { findPostgresBinaries } from './embedded-postgres-binaries.js';
import {
  clusterDirectoryOf,
  connectionFileOf,
  ensureCluster,
  keepConnection,
  ROLE,
  saveConnection,
  type Cluster,
  type Connection,
} from './embedded-postgres-cluster.js';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import { findPostmaster, isAlive, type ProcessHandle } from './embedded-postgres-process.js';
import {
  chooseFreePort,
  clearLeftovers,
  ensureDatabase,
  isPortFree,
  logFileOf,
  resetPassword,
  spawnPostmaster,
  stopServer,
  waitUntilReady,
} from './embedded-postgres-server.js';

export { EmbeddedPostgresError, type EmbeddedPostgresErrorCode } from './embedded-postgres-error.js';

export interface EmbeddedPostgres {
  readonly connectionString: string;
  /** True when this process started the server or took it over from a killed one; it then also restarts it. */
  readonly owned: boolean;
  /** Ends this process's use. The last process that uses the server stops it, whoever started it. */
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  readonly dataDirectory: string;
  /** Created when missing. Default `waypost`. */
  readonly database?: string;
  readonly report?: (line: string) => void;
  /** More settings of the server, for tests. Without effect on a server that already runs. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Long enough for another process to finish a start; a stop that gives up leaves the server to that process. */
const STOP_LOCK_WAIT_MS = 2_000;

const START_ATTEMPTS = 5;
const WATCH_INTERVAL_MS = 200;
const FIRST_RESTART_DELAY_MS = 100;
const LONGEST_RESTART_DELAY_MS = 10_000;

/** A server that lived this long has recovered: the next failure starts again with the shortest delay. */
const STEADY_AFTER_MS = 60_000;

/** Starts the server, or takes over the one that a killed process left, and keeps it running until `stop`. */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  return useServer(options, 'keep-running');
}

/** Joins the running server, or starts one for this process. */
export async function joinEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  return useServer(options, 'use');
}

async function useServer(options: EmbeddedPostgresOptions, intent: 'keep-running' | 'use'): Promise<EmbeddedPostgres> {
  const dataDirectory = makeDataDirectory(options.dataDirectory);
  const session = new Session(dataDirectory, options);
  const { server, started } = await session.open();
  const owned = started || intent === 'keep-running';
  if (owned) session.watch(server);
  return {
    connectionString: connectionStringOf(session.connection, options.database ?? 'waypost'),
    owned,
    stop: () => session.close(),
  };
}

function connectionStringOf({ port, password }: Connection, database: string): string {
  return `postgres://${ROLE}:${password}@127.0.0.1:${port}/${encodeURIComponent(database)}`;
}

interface OpenedServer {
  readonly server: ProcessHandle;
  readonly started: boolean;
}

/** One process's use of the server, from the announcement of its presence to its withdrawal. */
class Session {
  private readonly presenceFolder: string;
  private readonly report: (line: string) => void;
  private readonly stopping = new AbortController();
  private presence: Presence | undefined;
  private current: Connection | undefined;
  private watching: Promise<void> | undefined;
  private closing: Promise<void> | undefined;

  constructor(
    private readonly dataDirectory: string,
    private readonly options: EmbeddedPostgresOptions,
  ) {
    this.presenceFolder = presenceFolderOf(dataDirectory);
    this.report = options.report ?? (() => undefined);
  }

  get connection(): Connection {
    if (this.current === undefined) throw new Error('The server is not open.');
    return this.current;
  }

  async open(): Promise<OpenedServer> {
    this.presence = await announcePresence(this.presenceFolder, 'user', 'holding');
    try {
      return await this.underStartLock(async () => {
        const opened = await this.bringUp();
        await ensureDatabase(this.connection, this.options.database ?? 'waypost');
        return opened;
      });
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** Restarts the server on the same port whenever it ends, until `close`. */
  watch(server: ProcessHandle): void {
    this.watching = this.keepRunning(server);
  }

  close(): Promise<void> {
    this.closing ??= this.leave();
    return this.closing;
  }

  private async leave(): Promise<void> {
    this.stopping.abort();
    await this.watching;
    try {
      await this.underStartLock(async () => {
        const others = await this.otherUsers();
        if (others.length === 0) await stopServer({ directory: clusterDirectoryOf(this.dataDirectory) });
        await this.presence?.withdraw();
      }, STOP_LOCK_WAIT_MS);
    } catch (error) {
      await this.presence?.withdraw();
      if (!(error instanceof LockHeldError)) throw error;
    }
  }

  private async underStartLock<T>(work: () => Promise<T>, waitMs?: number): Promise<T> {
    const lock = await takeLock(this.presenceFolder, 'start', 'wait', waitMs);
    try {
      return await work();
    } finally {
      await lock.release();
    }
  }

  private otherUsers() {
    return findPresences(this.presenceFolder, 'user', this.presence?.name ?? '');
  }

  private async bringUp(): Promise<OpenedServer> {
    const cluster = await this.prepareCluster();
    let log = '';
    for (let attempt = 0; attempt < START_ATTEMPTS && !this.stopping.signal.aborted; attempt++) {
      const running = findPostmaster(cluster.directory);
      if (running !== undefined) {
        if (await this.adopt(cluster, running)) return { server: running, started: false };
        continue;
      }
      await clearLeftovers(cluster);
      await this.movePortIfTaken();
      const started = await spawnPostmaster(cluster, this.connection.port, this.options.settings ?? {});
      const readiness = await waitUntilReady(cluster, started.process, this.connection, this.stopping.signal);
      if (readiness === 'ready') return { server: started.process, started: true };
      log = await started.readLog();
      await stopServer(cluster);
      if (readiness === 'password-refused') await this.repairPassword(cluster);
    }
    throw this.describeFailure(log);
  }

  private async prepareCluster(): Promise<Cluster> {
    const { dataDirectory, options } = this;
    const directory = clusterDirectoryOf(dataDirectory);
    const account = chooseAccount(directory);
    const binaries = await findPostgresBinaries(dataDirectory, account);
    const cluster = { dataDirectory, directory, account, binaries };
    this.current ??= await keepConnection(dataDirectory, chooseFreePort);
    await ensureCluster(cluster, this.current.password, options.settings?.['fsync'] !== 'off');
    return cluster;
  }

  /** Also waits for one that still starts. One that does not answer is stopped. */
  private async adopt(cluster: Cluster, running: ProcessHandle & { port: number; status: string }): Promise<boolean> {
    const connection = { ...this.connection, port: running.port };
    const readiness = await waitUntilReady(cluster, running, connection, this.stopping.signal);
    if (readiness === 'ready') {
      this.current = connection;
      return true;
    }
    await stopServer(cluster);
    if (readiness === 'password-refused') await this.repairPassword(cluster);
    return false;
  }

  /** Other processes know the server by its port, so it moves only when nobody else is there. */
  private async movePortIfTaken(): Promise<void> {
    if (await isPortFree(this.connection.port)) return;
    if (this.watching !== undefined || (await this.otherUsers()).length > 0) {
      throw new EmbeddedPostgresError(
        'PORT_TAKEN',
        `Port ${this.connection.port} on 127.0.0.1, where the database of ${this.dataDirectory} belongs, is taken by another program. ` +
          'Stop that program, or stop all of Waypost and start it again: it then picks another port.',
      );
    }
    this.current = await saveConnection(this.dataDirectory, { ...this.connection, port: await chooseFreePort() });
  }

  private async repairPassword(cluster: Cluster): Promise<void> {
    this.report(`The password in ${connectionFileOf(this.dataDirectory)} is not the database's; setting it anew.`);
    await clearLeftovers(cluster);
    await resetPassword(cluster, this.connection.password);
  }

  private async keepRunning(first: ProcessHandle): Promise<void> {
    let server = first;
    let delayMs = FIRST_RESTART_DELAY_MS;
    let readyAtMs = performance.now();
    while (!this.stopping.signal.aborted) {
      if (isAlive(server)) {
        await this.pauseUnlessStopping(WATCH_INTERVAL_MS);
        continue;
      }
      if (performance.now() - readyAtMs > STEADY_AFTER_MS) delayMs = FIRST_RESTART_DELAY_MS;
      this.report('Postgres has stopped unexpectedly; starting it again.');
      try {
        ({ server } = await this.underStartLock(() => this.bringUp()));
        readyAtMs = performance.now();
        this.report('Postgres runs again.');
      } catch (error) {
        if (!this.stopping.signal.aborted) this.report(error instanceof Error ? error.message : String(error));
      }
      await this.pauseUnlessStopping(delayMs);
      delayMs = Math.min(delayMs * 2, LONGEST_RESTART_DELAY_MS);
    }
  }

  /** Never keeps the process alive. */
  private pauseUnlessStopping(milliseconds: number): Promise<void> {
    const { signal } = this.stopping;
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, milliseconds).unref();
      signal.addEventListener('abort', end);
    });
  }

  private describeFailure(log: string): EmbeddedPostgresError {
    if (this.stopping.signal.aborted) {
      return new EmbeddedPostgresError('STOPPED', `The start of Postgres in ${this.dataDirectory} was given up.`);
    }
    const reason = log.split('\n').filter((line) => /FATAL|PANIC|HINT|could not/.test(line));
    return new EmbeddedPostgresError(
      'START_FAILED',
      `Postgres does not start in ${this.dataDirectory}. Its log is ${logFileOf(this.dataDirectory)}. ` +
        `It ends: ${(reason.length > 0 ? reason : [log]).slice(-4).join(' ')}`,
    );
  }
}
