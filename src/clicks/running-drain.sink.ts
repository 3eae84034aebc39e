import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { ClickDrain, type DrainState } from './click-drain.js';
import type { ClickSource } from './click-source.js';
import type { DrainPaceOptions } from './drain-pace.js';
import { ClickStore } from './click-store.sink.js';
import { connectPostgres } from './connect-postgres.sink.js';
import { LocalClickSource } from './local-click-source.js';
import { NatsClickSource } from './nats-click-source.js';

/** Everything that a drain needs to know, in a form that can be sent to a thread. */
export interface DrainSettings {
  readonly databaseUrl: string;
  /** Folder of the local log. */
  readonly directory: string;
  readonly retentionDays: number;
  readonly duplicateWindowMs: number;
  readonly livingWriters: readonly string[];
  /** Clicks come from NATS JetStream there, besides what is left in the local log. */
  readonly natsUrl?: string;
  readonly pace?: DrainPaceOptions;
  readonly maxBatch?: number;
}

export interface RunningDrain {
  readonly state: DrainState;
  /** How many clicks the redirecting processes log in a second at the moment. */
  setClickRate(clicksPerSecond: number): void;
  setLivingWriters(writers: readonly string[]): void;
  stop(maxMs: number): Promise<void>;
}

export type TellProblem = (sentence: string) => void;

/** In this thread: for tests, and for a process that does nothing else. */
export function startDrainHere(settings: DrainSettings, tell: TellProblem): RunningDrain {
  const shared: Shared = { clicksPerSecond: 0, livingWriters: new Set(settings.livingWriters) };
  // The folder is drained also where clicks go through a broker: an earlier run may have left some there.
  const drains = [
    startOneDrain(settings, tell, shared, (store) => localSource(settings, tell, shared, store)),
    ...(settings.natsUrl === undefined
      ? []
      : [startOneDrain(settings, tell, shared, () => natsSource(settings.natsUrl ?? '', settings, tell))]),
  ];
  return {
    get state() {
      return drains.map((drain) => drain.state()).reduce(addStates);
    },
    setClickRate: (clicksPerSecond) => (shared.clicksPerSecond = clicksPerSecond),
    setLivingWriters: (writers) => (shared.livingWriters = new Set(writers)),
    stop: async (maxMs) => {
      await Promise.all(drains.map((drain) => drain.stop(maxMs)));
    },
  };
}

interface Shared {
  clicksPerSecond: number;
  livingWriters: ReadonlySet<string>;
}

type CountingSource = ClickSource & { readonly setAside: number };

const setAsideFolderOf = (settings: DrainSettings): string => join(settings.directory, 'set-aside');

const localSource = (settings: DrainSettings, tell: TellProblem, shared: Shared, store: ClickStore): CountingSource =>
  new LocalClickSource({
    directory: settings.directory,
    positions: (segments) => store.positions(segments),
    isWriterAlive: (writer) => shared.livingWriters.has(writer),
    onSetAside: tell,
  });

const natsSource = (url: string, settings: DrainSettings, tell: TellProblem): CountingSource =>
  new NatsClickSource({ url, setAsideFolder: setAsideFolderOf(settings), onSetAside: tell });

function startOneDrain(
  settings: DrainSettings,
  tell: TellProblem,
  shared: Shared,
  openSource: (store: ClickStore) => CountingSource,
) {
  const store = new ClickStore({
    connect: () => connectPostgres(settings.databaseUrl, 'drain'),
    retentionDays: settings.retentionDays,
    duplicateWindowMs: settings.duplicateWindowMs,
  });
  const source = openSource(store);
  const drain = new ClickDrain({
    source,
    target: store,
    setAsideFolder: setAsideFolderOf(settings),
    clicksPerSecond: () => shared.clicksPerSecond,
    pace: settings.pace,
    maxBatch: settings.maxBatch,
    onProblem: tell,
    isPoison,
  });
  drain.start();
  return {
    state: (): DrainState => ({ ...drain.state, setAside: drain.state.setAside + source.setAside }),
    stop: async (maxMs: number): Promise<void> => {
      await drain.stop(maxMs);
      await source.close();
      await store.close();
    },
  };
}

function addStates(one: DrainState, other: DrainState): DrainState {
  const filtered = { ...one.filtered };
  for (const [reason, requests] of Object.entries(other.filtered)) {
    filtered[reason] = (filtered[reason] ?? 0) + requests;
  }
  return {
    counted: one.counted + other.counted,
    filtered,
    setAside: one.setAside + other.setAside,
    batches: one.batches + other.batches,
    lagClicks: one.lagClicks + other.lagClicks,
    lagMs: Math.max(one.lagMs, other.lagMs),
    problem: one.problem ?? other.problem,
  };
}

/** SQLSTATE classes of data that Postgres cannot store, as against a Postgres that cannot work. */
const isPoison = (error: unknown): boolean => /^2[23]/.test((error as { code?: string }).code ?? '');

export type MessageToDrain =
  | { readonly kind: 'rate'; readonly clicksPerSecond: number }
  | { readonly kind: 'writers'; readonly writers: readonly string[] }
  | { readonly kind: 'stop'; readonly maxMs: number };

export type MessageFromDrain =
  | { readonly kind: 'state'; readonly state: DrainState }
  | { readonly kind: 'problem'; readonly sentence: string }
  | { readonly kind: 'stopped' };

const restartDelayMs = 1000;

/** In a thread of its own, so that no redirect waits while a batch is planned. A thread that dies is replaced: it holds nothing that is not in the log. */
export function startDrainThread(settings: DrainSettings, tell: TellProblem): RunningDrain {
  return new DrainThread(settings, tell);
}

class DrainThread implements RunningDrain {
  state: DrainState = { counted: 0, filtered: {}, setAside: 0, batches: 0, lagClicks: 0, lagMs: 0, problem: undefined };
  private worker: Worker;
  private writers: readonly string[];
  private isStopping = false;
  /** Until the thread has ended; between its end and its replacement there is nobody to wait for. */
  private isAlive = false;
  private whenStopped: () => void = () => undefined;

  constructor(
    private readonly settings: DrainSettings,
    private readonly tell: TellProblem,
  ) {
    this.writers = settings.livingWriters;
    this.worker = this.startWorker();
  }

  setClickRate(clicksPerSecond: number): void {
    this.post({ kind: 'rate', clicksPerSecond });
  }

  setLivingWriters(writers: readonly string[]): void {
    this.writers = writers;
    this.post({ kind: 'writers', writers });
  }

  async stop(maxMs: number): Promise<void> {
    this.isStopping = true;
    if (!this.isAlive) return;
    const stopped = new Promise<void>((resolve) => {
      this.whenStopped = resolve;
    });
    this.post({ kind: 'stop', maxMs });
    const timer = setTimeout(() => this.whenStopped(), maxMs + 1000);
    await stopped;
    clearTimeout(timer);
    await this.worker.terminate();
  }

  private post(message: MessageToDrain): void {
    this.worker.postMessage(message);
  }

  private startWorker(): Worker {
    const worker = new Worker(new URL('./drain-thread.sink.js', import.meta.url), {
      workerData: { ...this.settings, livingWriters: this.writers },
    });
    worker.on('message', (message: MessageFromDrain) => this.receive(message));
    worker.on('error', (error) => this.tell(`The drain of clicks failed and is started again: ${error.message}`));
    this.isAlive = true;
    worker.on('exit', () => {
      this.isAlive = false;
      if (this.isStopping) this.whenStopped();
      else setTimeout(() => this.restart(), restartDelayMs).unref();
    });
    worker.unref();
    return worker;
  }

  private restart(): void {
    if (!this.isStopping) this.worker = this.startWorker();
  }

  private receive(message: MessageFromDrain): void {
    if (message.kind === 'state') this.state = message.state;
    else if (message.kind === 'problem') this.tell(message.sentence);
    else this.whenStopped();
  }
}
