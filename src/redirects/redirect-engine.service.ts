import type { IncomingMessage, ServerResponse } from 'node:http';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AddressNetworks } from '../clicks/client-address.js';
import type { ClickLog } from '../clicks/click-log.js';
import { keepSalts, maintainClicks } from '../clicks/click-maintenance.sink.js';
import { connectPostgres } from '../clicks/connect-postgres.sink.js';
import { noCountries, openCountryFile, type CountryReader } from '../clicks/country.js';
import { DailySalts } from '../clicks/daily-salts.js';
import { NatsClickLog } from '../clicks/nats-click-log.js';
import { LocalClickLog } from '../clicks/local-click-log.js';
import { measureLog } from '../clicks/local-click-source.js';
import {
  startDrainHere,
  startDrainThread,
  type DrainSettings,
  type RunningDrain,
} from '../clicks/running-drain.sink.js';
import { createAgentReader } from '../clicks/user-agent.js';
import type { LinksState } from './engine-states.js';
import { LinkDirectoryService } from './link-directory.service.js';
import { createRedirectHandler, type RedirectHandler } from './redirect-handler.js';
import type { LinksEngine, RedirectEngineOptions } from './redirects.options.js';

const housekeepingMs = 10 * 60_000;
const housekeepingRetryMs = 10_000;
const watchMs = 500;
const logMeasureMs = 5000;
/** Of the ten seconds that a stop may take. */
const finalDrainMs = 3000;

/**
 * Everything behind `/go/`: directory, log, drain, salts. It needs neither Nest nor a living Postgres: what was known last is served, and the clicks wait in the
 * log.
 */
export class RedirectEngine implements LinksEngine {
  private readonly links: LinkDirectoryService;
  private readonly salts = new DailySalts();
  private readonly timers: NodeJS.Timeout[] = [];
  private watched = { atMs: performance.now(), clicks: 0 };
  private logBytes = 0;
  private housekeepingTimer: NodeJS.Timeout | undefined;
  private housekeeping: Promise<void> = Promise.resolve();
  private isStopped = false;

  static async open(options: RedirectEngineOptions): Promise<RedirectEngine> {
    const folder = join(options.dataDirectory, 'clicks');
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const countries =
      options.countryDatabase === undefined ? noCountries : await openCountryFile(options.countryDatabase);
    const writer = newWriterName();
    options.onWriter?.(writer);
    let hasRoom = true;
    const log =
      options.natsUrl === undefined
        ? await LocalClickLog.open({
            directory: folder,
            durability: options.durability ?? 'durable',
            writer,
            hasRoom: () => hasRoom,
            onProblem: options.onProblem,
          })
        : new NatsClickLog({ url: options.natsUrl, onProblem: options.onProblem });
    const engine = new RedirectEngine(options, log, countries, () => startDrain(options, folder, writer));
    await engine.links.loadKept();
    engine.every(logMeasureMs, async () => {
      engine.logBytes = await measureLog(folder);
      hasRoom = engine.logBytes < (options.maxLogBytes ?? Infinity);
    });
    return engine;
  }

  private readonly handler: RedirectHandler;
  private drain: RunningDrain | undefined;
  private isStarted = false;

  private constructor(
    private readonly options: RedirectEngineOptions,
    private readonly log: ClickLog,
    countries: CountryReader,
    private readonly startDrain: () => RunningDrain | undefined,
  ) {
    this.links = new LinkDirectoryService({
      connect: () => connectPostgres(options.databaseUrl, 'links', directoryTimeoutMs),
      snapshotPath: join(options.dataDirectory, 'links.json'),
      ownOrigins: options.ownOrigins,
      onProblem: options.onProblem,
    });
    const readAgent = createAgentReader();
    this.handler = createRedirectHandler({
      directory: () => this.links.current,
      log,
      hashVisitor: (address, userAgent, nowMs) => this.salts.hash(address, userAgent, nowMs),
      countryOf: (address) => countries.countryOf(address),
      deviceOf: (userAgent) => readAgent(userAgent).device,
      trustedProxies: options.trustedProxies ?? { kind: 'none' },
      ownAddresses: options.ownAddresses ?? AddressNetworks.parse([]),
      ...(options.prefix === undefined ? {} : { prefix: options.prefix }),
      ...(options.clickIdHeader === undefined ? {} : { clickIdHeader: options.clickIdHeader }),
    });
  }

  /** False where the request is not for a tracked link. */
  handle(request: IncomingMessage, response: ServerResponse): boolean {
    return this.handler(request, response);
  }

  /** The directory of an earlier run is there, so that links can be served without Postgres. */
  get hasKeptLinks(): boolean {
    return this.links.checkedAtMs > 0;
  }

  /**
   * Begins the work with the database, whose migrations must have run. Fulfils when the directory was read from it and the day's salt is there.
   * Calling it again only waits.
   */
  async start(): Promise<void> {
    if (!this.isStarted) {
      this.isStarted = true;
      this.links.start();
      this.drain = this.startDrain();
      this.housekeeping = this.keepHouse();
      this.every(watchMs, () => this.watchRate());
    }
    await Promise.all([this.links.loaded(), this.housekeeping]);
  }

  state(): LinksState {
    const drain = this.drain?.state;
    const problems = [this.log.problem, drain?.problem, this.links.problem];
    return {
      redirects: this.handler.counters,
      log: this.log.counters,
      logBytes: this.logBytes,
      drain,
      links: {
        partners: this.links.current.size,
        ageMs: this.links.checkedAtMs === 0 ? 0 : Date.now() - this.links.checkedAtMs,
      },
      problems: problems.filter((problem) => problem !== undefined),
    };
  }

  /** After the last request: writes what is pending, drains for a while what waits, and closes. */
  async stop(): Promise<void> {
    this.isStopped = true;
    for (const timer of this.timers) clearInterval(timer);
    clearTimeout(this.housekeepingTimer);
    await this.log.close();
    this.drain?.setLivingWriters([]);
    await this.drain?.stop(finalDrainMs);
    await this.links.stop();
    await this.housekeeping;
  }

  private watchRate(): void {
    const before = this.watched;
    const { redirects, gone } = this.handler.counters;
    this.watched = { atMs: performance.now(), clicks: redirects + gone };
    const clicksPerSecond = ((this.watched.clicks - before.clicks) / (this.watched.atMs - before.atMs)) * 1000;
    this.drain?.setClickRate(clicksPerSecond);
    this.options.onState?.(this.state(), clicksPerSecond);
  }

  /** Salts, partitions, retention. Without Postgres it tries again soon; salts that are over are forgotten all the same. */
  private async keepHouse(): Promise<void> {
    let nextMs = housekeepingMs;
    try {
      const client = await connectPostgres(this.options.databaseUrl, 'housekeeping');
      try {
        this.salts.set(await keepSalts(client, Date.now()), Date.now());
        await maintainClicks(client, { retentionDays: this.options.retentionDays ?? 90, nowMs: Date.now() });
      } finally {
        await client.end();
      }
    } catch (error) {
      this.salts.set([], Date.now());
      this.options.onProblem(
        `Housekeeping of clicks will be tried again: ${error instanceof Error ? error.message : String(error)}`,
      );
      nextMs = housekeepingRetryMs;
    }
    if (this.isStopped) return;
    this.housekeepingTimer = setTimeout(() => {
      this.housekeeping = this.keepHouse();
    }, nextMs).unref();
  }

  private every(ms: number, work: () => void | Promise<void>): void {
    const run = async (): Promise<void> => {
      try {
        await work();
      } catch (error) {
        this.options.onProblem(String(error));
      }
    };
    this.timers.push(setInterval(() => void run(), ms).unref());
  }
}

/** Half a second between two looks, and this for an answer: a connection that hangs is given up. */
const directoryTimeoutMs = 3000;

const newWriterName = (): string => `w${process.pid.toString(36)}x${Date.now().toString(36)}`;

function startDrain(options: RedirectEngineOptions, directory: string, writer: string): RunningDrain | undefined {
  if (options.drain === 'elsewhere') return undefined;
  const isHere = options.drain === 'here';
  const settings: DrainSettings = {
    databaseUrl: options.databaseUrl,
    directory,
    retentionDays: options.retentionDays ?? 90,
    duplicateWindowMs: options.duplicateWindowMs ?? 2000,
    livingWriters: [writer],
    ...(options.natsUrl === undefined ? {} : { natsUrl: options.natsUrl }),
    ...(options.drainPace === undefined ? {} : { pace: options.drainPace }),
    // In the redirects' own thread, a batch must be over within a few milliseconds.
    ...(isHere ? { maxBatch: 500 } : {}),
  };
  return isHere ? startDrainHere(settings, options.onProblem) : startDrainThread(settings, options.onProblem);
}
