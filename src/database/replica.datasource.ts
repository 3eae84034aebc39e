import pg from 'pg';
import type { DatabaseOptions } from './database.options.js';
import { LONGEST_CONNECTION_SECONDS, preparingClient } from './preparing-client.datasource.js';
import type { ReadRows } from './reader.js';

/** What a replica has to have before somebody may be answered from it. */
export interface ReadingFloor {
  /** Of the feed (`waypost.feed_generation`): which database, and which timeline of it. */
  readonly generation: string;
  /** Where the primary's WAL ended: whoever has replayed up to there has everything that was committed before. */
  readonly lsn: bigint;
  /** The primary's clock at that time. What began at a moment is there by a clock that has passed it. */
  readonly clockMs: number;
}

/** What a replica said of itself. Its position and its clock only go forward, so that this is the least it has. */
interface Sighting extends ReadingFloor {
  readonly isStandby: boolean;
  /** By this process's monotonic clock, before the question was sent. */
  readonly askedAtMs: number;
}

/** While it lags, it is asked again after this time at the earliest. */
const ASK_AGAIN_MS = 20;
/** For which a request waits to know whether it may be answered from here. */
const LONGEST_WAIT_MS = 50;
/** Whoever takes longer to connect, or to say where it is, is gone. */
const LONGEST_CHECK_MS = 2000;
/** Never fit for so long: somebody should look. */
const BEHIND_MS = 10_000;
/** SQLSTATE of a server that goes, comes, or takes nobody more. Anything else is about the statement. */
const SERVER_GONE = /^(?:57P0[1-5]|08|53|58|XX)/;

const SIGHTING_SQL = `
  SELECT pg_is_in_recovery() AS "isStandby", coalesce(pg_last_wal_replay_lsn() - '0/0'::pg_lsn, 0)::text AS lsn,
         waypost.feed_generation() AS generation, extract(epoch FROM clock_timestamp())::float8 * 1000 AS "clockMs"`;

/** One standby of the primary, and what is known of it. */
export class Replica {
  /** Why nobody reads from it, in a sentence for everybody: without names and addresses. Lagging for a moment is none. */
  problem: string | undefined = 'It was not asked yet.';
  /** Statements that it answered, and that went to the primary after it had failed. */
  readonly counts = { answered: 0, failed: 0 };
  private readonly busy = new Set<pg.PoolClient>();
  private readonly checks: pg.Pool;
  private pool: pg.Pool;
  private last: Sighting | undefined;
  /** A statement failed in a way that says nothing good of it. */
  private isSuspect = false;
  /** As it was told last. */
  private isLeftOut: boolean | undefined;
  private checking: Promise<void> | undefined;
  private checkedAtMs = -Infinity;
  private fitAtMs = performance.now();
  private isClosed = false;

  constructor(
    private readonly url: string,
    private readonly options: DatabaseOptions,
    /** Told when there is a `problem`, as whoever runs the server has to know it, and when it is over. */
    private readonly onTurn: (problem: string | undefined) => void,
  ) {
    this.checks = this.makePool({ max: 1, statement_timeout: LONGEST_CHECK_MS, query_timeout: LONGEST_CHECK_MS });
    this.pool = this.makeReadingPool();
  }

  /** Whether nothing that is read from it now is older than `floor`, and it will not pass `beforeMs` by its own clock. */
  isFit(floor: ReadingFloor, beforeMs: number | undefined): boolean {
    const { last } = this;
    if (!last || this.problem !== undefined || this.isSuspect || !reaches(last, floor)) return false;
    const mostClockMs = last.clockMs + (performance.now() - last.askedAtMs);
    return beforeMs === undefined || mostClockMs < beforeMs;
  }

  /** Looks whether it has become fit meanwhile. Whoever waits for it waits for a moment, and asks the primary then. */
  async askSoon(floor: ReadingFloor): Promise<void> {
    if (this.problem !== undefined || performance.now() - this.checkedAtMs < ASK_AGAIN_MS) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, LONGEST_WAIT_MS);
    });
    await Promise.race([this.check(floor), late]);
    clearTimeout(timer);
  }

  /** @throws whatever `pg` throws; then the primary is to be asked. */
  async query(sql: string, values: unknown[] | undefined): Promise<ReadRows> {
    try {
      const result = await this.pool.query<Record<string, unknown>>(sql, values);
      this.counts.answered += 1;
      return result;
    } catch (error) {
      this.counts.failed += 1;
      this.isSuspect ||= isOfServer(error);
      throw error;
    }
  }

  /** Never throws. `floor` undefined: what the primary has is not known yet. Whoever comes meanwhile waits for the same. */
  check(floor: ReadingFloor | undefined): Promise<void> {
    this.checking ??= this.look(floor).finally(() => {
      this.checking = undefined;
    });
    return this.checking;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await Promise.all([this.drop(this.checks), this.drop(this.pool)]);
  }

  private async look(floor: ReadingFloor | undefined): Promise<void> {
    this.checkedAtMs = performance.now();
    try {
      this.last = await this.see();
      this.isSuspect = false;
      // Before the primary was asked, nobody can say whose standby it is.
      if (floor) this.judge(this.problemOf(this.last, floor));
    } catch (error) {
      this.fitAtMs = performance.now();
      const cause = causeOf(error);
      const code = 'code' in cause && typeof cause.code === 'string' ? ` (${cause.code})` : '';
      const what = cause instanceof pg.DatabaseError ? 'It answers with an error' : 'It cannot be reached';
      this.judge(`${what}${code}.`, `${what}${code}: ${cause.message}`);
    }
  }

  private async see(): Promise<Sighting> {
    const askedAtMs = performance.now();
    const { rows } = await this.checks.query<Omit<Sighting, 'lsn' | 'askedAtMs'> & { lsn: string }>(SIGHTING_SQL);
    const [row] = rows;
    if (!row) throw new Error('A SELECT without FROM answers one row.');
    return { ...row, lsn: BigInt(row.lsn), askedAtMs };
  }

  private problemOf(sighting: Sighting, floor: ReadingFloor): string | undefined {
    if (!sighting.isStandby) return 'It is no standby: it takes writes of its own.';
    if (sighting.generation !== floor.generation)
      return 'It is no standby of the database that is written to, or follows another timeline of it.';
    const now = performance.now();
    if (reaches(sighting, floor)) this.fitAtMs = now;
    if (now - this.fitAtMs <= BEHIND_MS) return undefined;
    return sighting.lsn < floor.lsn
      ? `It has not caught up with the primary for ${BEHIND_MS / 1000} seconds.`
      : `Its clock is behind the primary's, ${BEHIND_MS / 1000} seconds or more.`;
  }

  private judge(problem: string | undefined, inDetail = problem): void {
    if (this.isClosed) return;
    this.problem = problem;
    const isLeftOut = problem !== undefined;
    if (isLeftOut === this.isLeftOut) return;
    this.isLeftOut = isLeftOut;
    this.onTurn(inDetail);
    if (!isLeftOut) return;
    const { pool } = this;
    this.pool = this.makeReadingPool();
    void this.drop(pool);
  }

  /** Statements under way are cut off: nobody waits for a server that is gone without a word. */
  private async drop(pool: pg.Pool): Promise<void> {
    await Promise.allSettled([pool.end(), ...[...this.busy].map((client) => client.end())]);
  }

  private makeReadingPool(): pg.Pool {
    return this.makePool({
      Client: preparingClient(true),
      max: this.options.poolSize ?? 10,
      statement_timeout: this.options.statementTimeoutMs ?? 30_000,
    });
  }

  private makePool(config: pg.PoolConfig): pg.Pool {
    const pool = new pg.Pool({
      connectionString: this.url,
      application_name: 'waypost replica',
      connectionTimeoutMillis: LONGEST_CHECK_MS,
      keepAlive: true,
      maxLifetimeSeconds: LONGEST_CONNECTION_SECONDS,
      ...config,
    });
    pool.on('acquire', (client) => this.busy.add(client));
    pool.on('release', (_error, client) => this.busy.delete(client));
    // A pool without this listener ends the process when Postgres dies. The next check says what is.
    pool.on('error', () => {
      this.isSuspect = true;
    });
    return pool;
  }
}

function reaches(sighting: Sighting, { generation, lsn, clockMs }: ReadingFloor): boolean {
  return sighting.generation === generation && sighting.lsn >= lsn && sighting.clockMs >= clockMs;
}

function isOfServer(error: unknown): boolean {
  return !(error instanceof pg.DatabaseError) || SERVER_GONE.test(error.code ?? '');
}

/** A name with several addresses, all of which refuse, has an error without a message. */
function causeOf(error: unknown): Error {
  if (error instanceof AggregateError && error.errors.length > 0) return causeOf(error.errors[0]);
  return error instanceof Error ? error : new Error(String(error));
}
