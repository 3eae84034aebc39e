import cluster, { type Worker } from 'node:cluster';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startDrainThread, type RunningDrain } from './clicks/running-drain.sink.js';
import type { Environment } from './config/environment.js';
import { isReadyText } from './config/ready-text.js';
import { lockDataDirectory } from './database/data-directory.js';
import { StartError } from './config/start-error.js';
import { findPort, startDatabase, startServer, type RunningServer, type ServerHooks, type WorkerRole } from './main.js';
import { sumStates, type LinksState } from './redirects/engine-states.js';

type ToWorker =
  | { readonly kind: 'begin'; readonly databaseUrl: string; readonly isFirst: boolean }
  | { readonly kind: 'state'; readonly state: LinksState }
  | { readonly kind: 'stop' };

type FromWorker =
  | { readonly kind: 'hello' }
  /** Before the worker writes its first click. */
  | { readonly kind: 'writer'; readonly writer: string }
  | { readonly kind: 'print'; readonly line: string }
  | { readonly kind: 'ready'; readonly url: string }
  | { readonly kind: 'state'; readonly state: LinksState; readonly clicksPerSecond: number }
  | { readonly kind: 'failed'; readonly message: string };

const stateMs = 1000;
const restartDelayMs = 500;
/** Of the ten seconds that a stop may take; the drain and Postgres come after it. */
const longestWorkerStopMs = 5000;
const finalDrainMs = 3000;

/** Several processes behind one port. This one holds the data directory and drains; it serves nobody. */
export async function startWorkers(
  environment: Environment,
  print: (line: string) => void,
  { onServing }: ServerHooks = {},
): Promise<RunningServer> {
  const directory = await lockDataDirectory(environment.dataDirectory);
  const stops: (() => Promise<void>)[] = [() => directory.release()];
  const stop = async (): Promise<void> => {
    while (stops.length > 0)
      await stops
        .pop()?.()
        .catch((error: unknown) => print(String(error)));
  };
  try {
    // A worker that replaces the last one has to find the same port again.
    const port = await findPort(environment);
    const databaseUrl = environment.databaseUrl ?? (await startDatabase(environment, print, stops));
    const pool = new WorkerPool({ ...environment, port }, databaseUrl, print);
    stops.push(() => pool.stop());
    // The first worker may serve links long before it is ready.
    onServing?.({ url: '', stop });
    return { url: await pool.start(), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Member {
  readonly worker: Worker;
  writer: string | undefined;
  state: LinksState | undefined;
  clicksPerSecond: number;
}

class WorkerPool {
  private readonly members = new Map<number, Member>();
  /** Last words of workers that have died: counters never go back. */
  private readonly departed: LinksState[] = [];
  private drain: RunningDrain | undefined;
  private isStopping = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly environment: Environment,
    private readonly databaseUrl: string,
    private readonly print: (line: string) => void,
  ) {}

  /** The first worker migrates and loads what a first start loads; the others follow. */
  async start(): Promise<string> {
    cluster.setupPrimary({ exec: fileURLToPath(new URL('./cli.js', import.meta.url)), args: ['serve'] });
    const text: string[] = [];
    // What is ready is told when all are; what is waited for, at once.
    const url = await this.fork(true, (line) => (isReadyText(line) ? text.push(line) : this.print(line)));
    this.drain = this.startDrain();
    await Promise.all(Array.from({ length: this.environment.workers - 1 }, () => this.fork(false, this.print)));
    for (const line of text) this.print(line);
    this.timer = setInterval(() => this.share(), stateMs).unref();
    return url;
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    clearInterval(this.timer);
    await Promise.all([...this.members.values()].map((member) => stopMember(member)));
    this.drain?.setLivingWriters([]);
    await this.drain?.stop(finalDrainMs);
  }

  private fork(isFirst: boolean, print: (line: string) => void): Promise<string> {
    const worker = cluster.fork({ PORT: String(this.environment.port) });
    const member: Member = { worker, writer: undefined, state: undefined, clicksPerSecond: 0 };
    this.members.set(worker.id, member);
    return new Promise((resolve, reject) => {
      worker.on('message', (message: FromWorker) => {
        if (message.kind === 'hello') tell(worker, { kind: 'begin', databaseUrl: this.databaseUrl, isFirst });
        else if (message.kind === 'print') print(message.line);
        else if (message.kind === 'ready') resolve(message.url);
        else if (message.kind === 'failed') reject(new StartError(message.message));
        else this.note(member, message);
      });
      worker.on('exit', (code, signal) => {
        reject(new Error(`A worker ended before it was ready (${signal ?? code}).`));
        this.bury(member, signal ?? String(code));
      });
    });
  }

  private note(member: Member, message: Extract<FromWorker, { kind: 'writer' | 'state' }>): void {
    if (message.kind === 'writer') {
      member.writer = message.writer;
      this.tellWriters();
    } else {
      member.state = message.state;
      member.clicksPerSecond = message.clicksPerSecond;
    }
  }

  /** What it had logged is drained as a dead writer's; another takes its place. */
  private bury(member: Member, cause: string): void {
    this.members.delete(member.worker.id);
    if (member.state !== undefined) this.departed.push(member.state);
    this.tellWriters();
    if (this.isStopping || this.drain === undefined) return;
    this.print(`A worker ended (${cause}) and is replaced.`);
    setTimeout(() => {
      if (this.isStopping) return;
      this.fork(false, this.print).catch((error: unknown) => {
        if (!this.isStopping) this.print(String(error));
      });
    }, restartDelayMs).unref();
  }

  private tellWriters(): void {
    this.drain?.setLivingWriters(this.livingWriters());
  }

  private livingWriters(): string[] {
    return [...this.members.values()].flatMap(({ writer }) => writer ?? []);
  }

  /** In a thread: this one hands new connections to the workers, and no reader waits for a batch. */
  private startDrain(): RunningDrain {
    return startDrainThread(
      {
        databaseUrl: this.environment.databaseDirectUrl ?? this.databaseUrl,
        directory: join(this.environment.dataDirectory, 'clicks'),
        retentionDays: this.environment.clicks.retentionDays,
        duplicateWindowMs: 2000,
        livingWriters: this.livingWriters(),
        natsUrl: this.environment.clicks.natsUrl,
      },
      this.print,
    );
  }

  private share(): void {
    const members = [...this.members.values()];
    this.drain?.setClickRate(members.reduce((sum, { clicksPerSecond }) => sum + clicksPerSecond, 0));
    const living = members.flatMap(({ state }) => state ?? []);
    if (living.length === 0) return;
    const gone = this.departed.map((state) => ({ ...state, problems: [], links: living[0]?.links ?? state.links }));
    const state = sumStates([...living, ...gone], this.drain?.state);
    for (const { worker } of members) tell(worker, { kind: 'state', state });
  }
}

function tell(worker: Worker, message: ToWorker): void {
  if (worker.isConnected()) worker.send(message);
}

async function stopMember({ worker }: Member): Promise<void> {
  if (worker.isDead()) return;
  const gone = new Promise<void>((resolve) => {
    worker.on('exit', () => resolve());
  });
  tell(worker, { kind: 'stop' });
  const timer = setTimeout(() => worker.process.kill('SIGKILL'), longestWorkerStopMs);
  await gone;
  clearTimeout(timer);
}

/** One of the processes that serve. It ends with the one that made it. */
export async function runWorker(environment: Environment): Promise<void> {
  const send = (message: FromWorker): void => {
    if (process.connected) process.send?.(message);
  };
  // A terminal sends its signals to all processes; the first one decides what to do.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.removeAllListeners(signal).on(signal, () => undefined);
  }
  let shared: LinksState | undefined;
  let server: RunningServer | undefined;
  const stop = async (): Promise<void> => {
    await server?.stop();
    process.exit(0);
  };
  process.on('disconnect', () => void stop());
  process.on('message', (message: ToWorker) => {
    if (message.kind === 'state') shared = message.state;
    else if (message.kind === 'stop') void stop();
  });
  const begin = await new Promise<Extract<ToWorker, { kind: 'begin' }>>((resolve) => {
    process.on('message', (message: ToWorker) => {
      if (message.kind === 'begin') resolve(message);
    });
    send({ kind: 'hello' });
  });
  try {
    const role: WorkerRole = {
      databaseUrl: begin.databaseUrl,
      isFirst: begin.isFirst,
      state: () => shared,
      onWriter: (writer) => send({ kind: 'writer', writer }),
      onState: (state, clicksPerSecond) => send({ kind: 'state', state, clicksPerSecond }),
    };
    const onServing = (early: RunningServer): void => void (server = early);
    server = await startServer(environment, (line) => send({ kind: 'print', line }), { role, onServing });
    send({ kind: 'ready', url: server.url });
  } catch (error) {
    send({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
    process.exit(1);
  }
}
