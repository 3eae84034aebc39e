import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import pg from 'pg';
import { DATABASE_OPTIONS, type DatabaseOptions } from './database.options.js';
import { placeOf } from './postgres-failure.js';
import type { Reader, ReadRows } from './reader.js';
import type { ReplicaState } from './replica-state.js';
import { Replica, type ReadingFloor } from './replica.datasource.js';

const CHECK_MS = 1000;
/** SQLSTATE of a statement that was ended; by what, only its message says. */
const CANCELED = '57014';

/**
 * Standbys that answer what strangers ask. One is read from only while it has everything up to the last change that this
 * process knows of: then nothing is told from before a mutation that it answered, from before a sync token that it was
 * sent, or from before the position that an answer is kept under. Every other statement, and every doubt, is the primary's.
 */
@Injectable()
export class Replicas implements OnApplicationShutdown {
  private readonly logger = new Logger('Replicas');
  private readonly replicas: readonly Replica[];
  private floor: ReadingFloor | undefined;
  private nextMomentMs: number | undefined;
  private turn = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(@Inject(DATABASE_OPTIONS) options: DatabaseOptions) {
    const urls = options.replicaUrls ?? [];
    this.replicas = urls.map((url, index) => {
      const name = `Read replica ${index + 1} (${placeOf(url)})`;
      return new Replica(url, options, (problem) => this.tell(name, problem));
    });
  }

  get areConfigured(): boolean {
    return this.replicas.length > 0;
  }

  get states(): readonly ReplicaState[] {
    return this.replicas.map(({ problem, counts }, index) => ({ number: index + 1, problem, ...counts }));
  }

  /** From here on they are looked after; before, nobody reads from them. */
  start(): void {
    if (!this.areConfigured || this.timer !== undefined) return;
    this.timer = setInterval(() => this.checkAll(), CHECK_MS).unref();
    this.checkAll();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all(this.replicas.map((replica) => replica.close()));
  }

  /**
   * `primary`: what it had at a look. `isNews`: something changed that readers may see; else what they had to have is
   * enough. `nextMomentMs`: when the next thing changes by itself, by the clock.
   */
  follow(primary: ReadingFloor, isNews: boolean, nextMomentMs: number | undefined): void {
    this.nextMomentMs = nextMomentMs;
    if (!this.floor) this.checkAll(primary);
    if (isNews || this.floor?.generation !== primary.generation) this.floor = primary;
  }

  /**
   * A reader for one request, that is over within `longestMs`; undefined where no replica is fit. `mayRead` says of each
   * statement whether it may be run there. End it with the request.
   */
  async findReader(longestMs: number, mayRead: () => boolean): Promise<ReplicaReader | undefined> {
    this.turn += 1;
    const inTurn = this.replicas.map((_one, index, all) => all[(index + this.turn) % all.length] as Replica);
    const isFit = (replica: Replica): boolean => this.isFit(replica, longestMs);
    let found = inTurn.find(isFit);
    for (const replica of found ? [] : inTurn) {
      if (this.floor) await replica.askSoon(this.floor);
      // What it must have may be more by now.
      found ??= inTurn.find(isFit);
      if (found) break;
    }
    return found && new ReplicaReader(found, mayRead);
  }

  /** Its clock may be ahead of the primary's: what is still to come there must not be shown. */
  private isFit(replica: Replica, longestMs: number): boolean {
    const beforeMs = this.nextMomentMs === undefined ? undefined : this.nextMomentMs - longestMs;
    return this.floor !== undefined && replica.isFit(this.floor, beforeMs);
  }

  private checkAll(floor = this.floor): void {
    for (const replica of this.replicas) void replica.check(floor);
  }

  private tell(name: string, problem: string | undefined): void {
    if (problem === undefined) this.logger.log(`${name} answers public queries.`);
    else this.logger.warn(`${name} is left out, and the primary answers: ${problem}`);
  }
}

/** Reads of one request from one replica, until that fails; then from the primary, which is never behind it. */
export class ReplicaReader implements Reader {
  private isPrimarys = false;
  private isOver = false;

  constructor(
    private readonly replica: Replica,
    private readonly mayRead: () => boolean,
  ) {}

  async query(sql: string, values: unknown[] | undefined): Promise<ReadRows | undefined> {
    if (this.isPrimarys || !this.mayRead()) return undefined;
    try {
      return await this.replica.query(sql, values);
    } catch (error) {
      this.turnToPrimary();
      // Nobody waits for it any more; or it would take as long again.
      if (this.isOver || isTooSlow(error)) throw error;
      return undefined;
    }
  }

  turnToPrimary(): void {
    this.isPrimarys = true;
  }

  /** What is still asked afterwards, in the name of nobody, is asked of the primary. */
  end(): void {
    this.isOver = true;
    this.turnToPrimary();
  }
}

function isTooSlow(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === CANCELED && /statement timeout/.test(error.message);
}
