import { existsSync } from 'node:fs';
import { describeUnusableDirectory, presenceFolderOf } from './data-directory.js';
import {
  announcePresence,
  findPresences,
  listPresenceNames,
  LockHeldError,
  takeLock,
  type LockOptions,
  type OtherPresence,
  type Presence,
} from './data-directory-presence.js';
import { chooseAccount } from './embedded-postgres-account.js';
import { findPostgresBinaries } from './embedded-postgres-binaries.js';
import {
  clusterDirectoryOf,
  connectionFileOf,
  ensureCluster,
  keepConnection,
  saveConnection,
  type Cluster,
  type Connection,
} from './embedded-postgres-cluster.js';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import {
  findPostmaster,
  isAlive,
  signalProcess,
  type Postmaster,
  type ProcessHandle,
} from './embedded-postgres-process.js';
import {
  chooseFreePort,
  clearLeftovers,
  ensureDatabase,
  isPortFree,
  isRace,
  logFileOf,
  resetPassword,
  spawnPostmaster,
  stopServer,
  waitUntilReady,
  type Readiness,
} from './embedded-postgres-server.js';

export interface SessionOptions {
  readonly database: string;
  readonly report?: (line: string) => void;
  readonly settings?: Readonly<Record<string, string>>;
}

/** Long enough for another process to finish a start; a stop that gives up leaves the server to that process. */
const STOP_LOCK_WAIT_MS = 2_000;

/** More than one, because a port or the lock file may be taken at the last moment. */
const START_ATTEMPTS = 5;

/** Elsewhere than on Linux each look starts a `ps`. */
const WATCH_INTERVAL_MS = process.platform === 'linux' ? 200 : 1_000;

const FIRST_RESTART_DELAY_MS = 100;
const LONGEST_RESTART_DELAY_MS = 10_000;

/** A server that lived this long has recovered: the next failure starts again with the shortest delay. */
const STEADY_AFTER_MS = 60_000;

export interface OpenedServer {
  readonly server: ProcessHandle;
  /** False: it ran already. */
  readonly started: boolean;
}

/** One process's use of the server, from the announcement of its presence to its withdrawal. */
export class Session {
  private readonly clusterDirectory: string;
  private readonly presenceFolder: string;
  private readonly report: (line: string) => void;
  private readonly stopping = new AbortController();
  private presence: Presence | undefined;
  private current: Connection | undefined;
  private server: ProcessHandle | undefined;
  private watching: Promise<void> | undefined;
  private closing: Promise<void> | undefined;

  constructor(
    private readonly dataDirectory: string,
    private readonly options: SessionOptions,
  ) {
    this.clusterDirectory = clusterDirectoryOf(dataDirectory);
    this.presenceFolder = presenceFolderOf(dataDirectory);
    this.report = options.report ?? (() => undefined);
  }

  get connection(): Connection {
    if (this.current === undefined) throw new Error('The server is not open.');
    return this.current;
  }

  async open(): Promise<OpenedServer> {
    try {
      this.presence = await announcePresence(this.presenceFolder, 'user', 'contending');
      process.once('exit', this.stopAtExit);
      return await this.underStartLock(async () => {
        const opened = await this.bringUp('may-create');
        await ensureDatabase(this.connection, this.options.database);
        this.presence?.hold();
        return opened;
      });
    } catch (error) {
      await this.close().catch(() => undefined); // the first error is the one to tell
      throw isFileSystemError(error) ? describeUnusableDirectory(this.dataDirectory, error) : error;
    }
  }

  /** Restarts the server on the same port whenever it ends, until `close`. */
  watch(): void {
    this.watching = this.keepRunning();
  }

  close(): Promise<void> {
    this.closing ??= this.leave();
    return this.closing;
  }

  /** A newcomer announces itself before it takes the start lock: here it is seen, or it finds the server stopped. */
  private async leave(): Promise<void> {
    this.stopping.abort();
    await this.watching;
    try {
      await this.underStartLock(
        async () => {
          // One in another container is still outside, and will not see this server: it is stopped before that one starts its own.
          const others = (await this.otherUsers()).filter(({ isVisible }) => isVisible);
          if (others.length === 0) await stopServer(this.clusterDirectory, this.server);
          await this.withdraw();
        },
        { waitMs: STOP_LOCK_WAIT_MS },
      );
    } catch (error) {
      await this.withdraw();
      if (!(error instanceof LockHeldError)) throw error;
    }
  }

  private async withdraw(): Promise<void> {
    process.off('exit', this.stopAtExit);
    await this.presence?.withdraw();
  }

  /** For a process that ends without `stop`, on an uncaught error perhaps. After kill -9 the next start takes over. */
  private readonly stopAtExit = (): void => {
    if (this.server === undefined || !existsSync(this.presenceFolder)) return;
    const names = listPresenceNames(this.presenceFolder, 'user');
    if (names.every((name) => name === this.presence?.name)) signalProcess(this.server, 'SIGINT');
  };

  private async underStartLock<T>(
    work: () => Promise<T>,
    wait: Pick<LockOptions, 'signal' | 'waitMs'> = { signal: this.stopping.signal },
  ): Promise<T> {
    const lock = await takeLock(this.presenceFolder, 'start', {
      whenHeld: 'wait',
      onLongWait: this.reportWait,
      ...wait,
    });
    try {
      return await work();
    } finally {
      await lock.release();
    }
  }

  private readonly reportWait = ({ processId }: OtherPresence): void => {
    this.report(`Waiting for process ${processId}, which starts or stops the database in ${this.dataDirectory}.`);
  };

  private otherUsers(): Promise<OtherPresence[]> {
    return findPresences(this.presenceFolder, 'user', this.presence?.name ?? '');
  }

  /** Others that know the server by its port. One that still contends has yet to be told. */
  private async hasOtherGuests(): Promise<boolean> {
    return (await this.otherUsers()).some(({ phase }) => phase !== 'contending');
  }

  /** Its Postgres cannot be seen from here, and a second one on the same files would destroy them. */
  private async refuseOtherContainers(): Promise<void> {
    const users = await this.otherUsers();
    const stranger = users.find(({ isVisible, phase }) => !isVisible && phase !== 'contending');
    if (stranger === undefined) return;
    throw new EmbeddedPostgresError(
      'IN_USE',
      `The database in ${this.dataDirectory} is in use by process ${stranger.processId} of another container. ` +
        'Run this inside that container, stop it first, or set DATABASE_URL in both.',
    );
  }

  private async bringUp(creation: 'may-create' | 'must-exist'): Promise<OpenedServer> {
    await this.refuseOtherContainers();
    const cluster = await this.prepareCluster(creation);
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
      this.server = started.process;
      const readiness = await this.waitUntilReady(cluster, started.process, this.connection);
      if (readiness === 'ready') return { server: started.process, started: true };
      log = await started.readLog();
      if (readiness === 'given-up') break;
      await stopServer(cluster.directory, started.process);
      if (readiness === 'password-refused') await this.repairPassword(cluster);
      else if (!isRace(log)) break;
    }
    throw this.describeFailure(log);
  }

  private async prepareCluster(creation: 'may-create' | 'must-exist'): Promise<Cluster> {
    const { dataDirectory, options, clusterDirectory: directory } = this;
    if (creation === 'must-exist' && !existsSync(directory)) {
      throw new EmbeddedPostgresError(
        'DATA_UNUSABLE',
        `The database folder ${directory} was deleted while Waypost ran. Stop Waypost, put the folder back, and start again.`,
      );
    }
    const account = chooseAccount(directory);
    const binaries = await findPostgresBinaries(dataDirectory, account, this.report);
    const cluster = { dataDirectory, directory, account, binaries };
    this.current ??= await keepConnection(dataDirectory, chooseFreePort);
    await ensureCluster(cluster, this.current.password, options.settings?.['fsync'] !== 'off');
    return cluster;
  }

  private waitUntilReady(cluster: Cluster, server: ProcessHandle, connection: Connection): Promise<Readiness> {
    return waitUntilReady(cluster, server, connection, { signal: this.stopping.signal, report: this.report });
  }

  /** Waits for one that still starts. One that is of no use is stopped, unless others use it. */
  private async adopt(cluster: Cluster, running: Postmaster): Promise<boolean> {
    const connection = { ...this.connection, port: running.port };
    const readiness = await this.waitUntilReady(cluster, running, connection);
    const isAlone = !(await this.hasOtherGuests());
    const isOurProgram = running.program === cluster.binaries.postgres;
    if (readiness === 'ready' && (isOurProgram || !isAlone)) {
      this.current = connection;
      this.server = running;
      return true;
    }
    if (readiness === 'ended' || readiness === 'given-up') return false;
    if (!isAlone) throw this.describeUnusable(running);
    await stopServer(cluster.directory, running);
    if (readiness === 'password-refused') await this.repairPassword(cluster);
    return false;
  }

  /** Other processes know the server by its port, so it moves only when nobody else is there. */
  private async movePortIfTaken(): Promise<void> {
    if (await isPortFree(this.connection.port)) return;
    if (this.watching !== undefined || (await this.hasOtherGuests())) {
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

  private async keepRunning(): Promise<void> {
    let delayMs = FIRST_RESTART_DELAY_MS;
    let readyAtMs = performance.now();
    while (!this.stopping.signal.aborted) {
      if (this.server !== undefined && isAlive(this.server)) {
        await this.pauseUnlessStopping(WATCH_INTERVAL_MS);
        continue;
      }
      if (performance.now() - readyAtMs > STEADY_AFTER_MS) delayMs = FIRST_RESTART_DELAY_MS;
      if (await this.restart()) readyAtMs = performance.now();
      await this.pauseUnlessStopping(delayMs);
      delayMs = Math.min(delayMs * 2, LONGEST_RESTART_DELAY_MS);
    }
  }

  private async restart(): Promise<boolean> {
    this.report('Postgres has stopped unexpectedly; starting it again.');
    try {
      const { server } = await this.underStartLock(() => this.bringUp('must-exist'));
      this.server = server;
      this.report('Postgres runs again.');
      return true;
    } catch (error) {
      if (!this.stopping.signal.aborted) this.report(error instanceof Error ? error.message : String(error));
      return false;
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

  private describeUnusable(running: Postmaster): EmbeddedPostgresError {
    return new EmbeddedPostgresError(
      'START_FAILED',
      `The Postgres of ${this.dataDirectory} (process ${running.processId}) does not answer, and another Waypost process uses it. ` +
        'Stop that one, and start again.',
    );
  }

  private describeFailure(log: string): EmbeddedPostgresError {
    if (this.stopping.signal.aborted) {
      return new EmbeddedPostgresError('GIVEN_UP', `The start of Postgres in ${this.dataDirectory} was given up.`);
    }
    const reason = log.split('\n').filter((line) => /FATAL|PANIC|HINT|could not/.test(line));
    return new EmbeddedPostgresError(
      'START_FAILED',
      `Postgres does not start in ${this.dataDirectory}. Its log is ${logFileOf(this.dataDirectory)}. ` +
        `It ends: ${(reason.length > 0 ? reason : [log]).slice(-4).join(' ')}`,
    );
  }
}

/** Has a code of the operating system, such as ENOSPC, and not one of Postgres. */
function isFileSystemError(error: unknown): boolean {
  const { code, syscall } = error as NodeJS.ErrnoException;
  return typeof code === 'string' && typeof syscall === 'string' && !/^(connect|spawn)/.test(syscall);
}
