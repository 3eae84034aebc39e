import { execFileSync, fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../src/database/embedded-postgres.js';
import { migrate } from '../../src/database/migrate.js';
import { createDataSource } from '../../src/database/waypost.datasource.js';
import type { LinksState } from '../../src/redirects/engine-states.js';
import { recountClicks } from '../support/click-recount.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Some faults are tried more often with `npm run test:faults`. */
export const isThorough = process.env['FAULTS'] === 'thorough';

export function compileServer(): void {
  // Types are checked elsewhere.
  execFileSync(process.execPath, [
    join(root, 'node_modules/typescript/bin/tsc'),
    '-p',
    join(root, 'test/faults/tsconfig.json'),
    '--noCheck',
  ]);
}

/** A Postgres that can be killed, behind a proxy that can make it slow or unreachable. */
export class FaultyPostgres {
  private constructor(
    readonly directory: string,
    private readonly postgres: EmbeddedPostgres,
    private readonly proxy: Server,
  ) {}

  /** 0: at once. Infinity: not at all. */
  delayMs = 0;
  private readonly sockets = new Set<Socket>();

  static async start(): Promise<FaultyPostgres> {
    const directory = await mkdtemp(join(tmpdir(), 'waypost-faults-'));
    const postgres = await startEmbeddedPostgres({ dataDirectory: directory });
    const proxy = createServer().listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const faulty = new FaultyPostgres(directory, postgres, proxy);
    proxy.on('connection', (socket) => faulty.join(socket));
    await faulty.prepare();
    return faulty;
  }

  /** Through the proxy. */
  get url(): string {
    const url = new URL(this.postgres.connectionString);
    url.hostname = '127.0.0.1';
    url.port = String((this.proxy.address() as { port: number }).port);
    return url.href;
  }

  /** Past it. */
  get directUrl(): string {
    return this.postgres.connectionString;
  }

  /** Past the proxy. */
  async query<Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<Row[]> {
    const client = new pg.Client({ connectionString: this.postgres.connectionString });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query<Row>(sql, values)).rows;
    } finally {
      await client.end();
    }
  }

  async kill(): Promise<void> {
    const text = await readFile(join(this.directory, 'postgres', 'postmaster.pid'), 'utf8');
    process.kill(Number(text.split('\n')[0]), 'SIGKILL');
    await delay(200);
  }

  /** Its keeper sees that it died and starts it again. Meanwhile nobody listens, or it says that it recovers; anything else is a fault. */
  async isBack(): Promise<void> {
    const deadlineMs = Date.now() + 60_000;
    for (;;) {
      try {
        await this.query('SELECT 1');
        return;
      } catch (error) {
        if (!isComingUp(error) || Date.now() > deadlineMs) throw error;
        await delay(50);
      }
    }
  }

  goAway(): void {
    this.delayMs = Infinity;
    for (const socket of this.sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.proxy.close();
    await this.postgres.stop();
    await rm(this.directory, { recursive: true, force: true });
  }

  private join(socket: Socket): void {
    const target = new URL(this.postgres.connectionString);
    if (this.delayMs === Infinity) {
      socket.destroy();
      return;
    }
    const postgres = connect(Number(target.port), target.hostname);
    for (const [one, other] of [
      [socket, postgres],
      [postgres, socket],
    ] as const) {
      this.sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.sockets.delete(one);
        other.destroy();
      });
    }
    postgres.pipe(socket);
    socket.on('data', (bytes) => void this.pass(bytes, postgres));
  }

  private async pass(bytes: Buffer, postgres: Socket): Promise<void> {
    if (this.delayMs > 0) await delay(this.delayMs);
    if (!postgres.destroyed) postgres.write(bytes);
  }

  private async prepare(): Promise<void> {
    const dataSource = createDataSource({ url: this.postgres.connectionString }, [], () => undefined);
    await dataSource.initialize();
    await migrate(dataSource, { url: this.postgres.connectionString });
    await dataSource.destroy();
    await this.query(
      `INSERT INTO waypost.partners (key, name, destination_url, network)
       SELECT 'partner_' || number, 'x', 'https://shop.example/' || number, 'custom' FROM generate_series(0, 9) AS number`,
    );
    await this.query(
      `INSERT INTO waypost.placements (id, article_id, partner_key, ordinal, position, text, line, "column")
       SELECT 'aaaaaaaaaaa' || number, gen_random_uuid(), 'partner_' || number, 1, 0, 'x', 1, 1 FROM generate_series(0, 9) AS number`,
    );
  }
}

/** Nobody listens, the connection ends before it began, or (57P03) "the database system is starting up". */
function isComingUp(error: unknown): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== undefined) return ['ECONNREFUSED', 'ECONNRESET', '57P03'].includes(code);
  return message === 'Connection terminated unexpectedly';
}

/** A Waypost that can be killed. */
export class FaultyWaypost {
  readonly problems: string[] = [];
  private child: ChildProcess | undefined;
  port = 0;
  /** How much the click log may take. undefined: what the disk has. */
  logDiskBytes: number | undefined;

  constructor(
    readonly dataDirectory: string,
    private readonly databaseUrl: string,
    private readonly natsUrl = '',
  ) {}

  async start(): Promise<void> {
    const path = join(root, '.cache/faults/test/faults/fault-server.js');
    const disk = this.logDiskBytes === undefined ? '' : String(this.logDiskBytes);
    const child = fork(path, [this.dataDirectory, this.databaseUrl, this.natsUrl, disk]);
    this.child = child;
    child.on('message', (message: { kind: string; sentence?: string }) => {
      if (message.kind === 'problem') this.problems.push(message.sentence ?? '');
    });
    const { port } = (await this.hear('listening')) as { port: number };
    this.port = port;
  }

  async kill(): Promise<void> {
    const { child } = this;
    this.port = 0;
    child?.kill('SIGKILL');
    if (child !== undefined) await once(child, 'exit');
  }

  /** @returns how long it took. */
  async stop(): Promise<number> {
    const { child } = this;
    const startedMs = performance.now();
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return 0;
    child.kill('SIGTERM');
    await once(child, 'exit');
    return performance.now() - startedMs;
  }

  /** Waits until every answer's click is kept or counted as lost: on a slow disk, an answer may come before that. */
  async settled(answered: number): Promise<LinksState> {
    const deadlineMs = Date.now() + 60_000;
    for (;;) {
      const state = await this.state();
      if (state.log.logged + state.log.lost >= answered) return state;
      if (Date.now() > deadlineMs)
        throw new Error(`${answered} answers, but the log counts ${JSON.stringify(state.log)}.`);
      await delay(200);
    }
  }

  setClock(shiftMs: number): void {
    this.child?.send({ kind: 'clock', shiftMs });
  }

  async state(): Promise<LinksState> {
    this.child?.send({ kind: 'state' });
    return ((await this.hear('state')) as { state: LinksState }).state;
  }

  private hear(kind: string): Promise<unknown> {
    const { child } = this;
    return new Promise((resolve, reject) => {
      const listen = (message: { kind: string }): void => {
        if (message.kind !== kind) return;
        child?.off('message', listen);
        child?.off('exit', end);
        resolve(message);
      };
      const end = (): void => reject(new Error('Waypost ended.'));
      child?.on('message', listen);
      child?.once('exit', end);
    });
  }
}

/** Readers who never stop. Each request is another reader's, so that each click counts. */
export class Readers {
  /** Ids of clicks that the server said it has, in answers that came in whole. */
  readonly acknowledged = new Set<string>();
  /** Answers that were no redirect. */
  readonly refused: string[] = [];
  answered = 0;
  slowestMs = 0;
  private isStopped = false;
  private readonly agent = new Agent({ keepAlive: true });
  private readonly running: Promise<void>;
  private number = 0;

  constructor(
    /** Port 0: nobody answers at the moment. */
    private readonly waypost: { readonly port: number },
    count = 16,
  ) {
    this.running = Promise.all(Array.from({ length: count }, () => this.follow())).then(() => undefined);
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await this.running;
    this.agent.destroy();
  }

  private async follow(): Promise<void> {
    while (!this.isStopped) {
      if (this.waypost.port === 0) await delay(10);
      else await this.click();
    }
  }

  private async click(): Promise<void> {
    const number = ++this.number;
    const { port } = this.waypost;
    const startedMs = performance.now();
    const answer = await follow(this.agent, port, number).catch(() => undefined);
    // The server was killed meanwhile; nobody was told that the click is kept.
    if (answer === undefined) return;
    this.answered++;
    this.slowestMs = Math.max(this.slowestMs, performance.now() - startedMs);
    if (answer.status !== 302) this.refused.push(`${answer.status}`);
    if (answer.clickId !== undefined) this.acknowledged.add(answer.clickId);
  }
}

function follow(agent: Agent, port: number, number: number): Promise<{ status: number; clickId: string | undefined }> {
  return new Promise((resolve, reject) => {
    const partner = number % 10;
    const sent = request(
      {
        agent,
        port,
        host: '127.0.0.1',
        path: `/go/partner_${partner}/aaaaaaaaaaa${partner}`,
        timeout: 15_000,
        headers: {
          'User-Agent': 'Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0',
          Accept: 'text/html',
          'X-Forwarded-For': `10.${(number >>> 16) & 255}.${(number >>> 8) & 255}.${number & 255}`,
        },
      },
      (response) => {
        response.resume();
        response.on('error', reject);
        response.on('end', () => {
          const id = response.headers['x-click-id'];
          resolve({ status: response.statusCode ?? 0, clickId: typeof id === 'string' ? id : undefined });
        });
      },
    );
    sent.on('error', reject);
    // A connection that was on its way to a worker when that was killed.
    sent.on('timeout', () => sent.destroy());
    sent.end();
  });
}

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

function uuidOf(clickId: string): string {
  let value = 0n;
  for (const letter of clickId) value = value * 32n + BigInt(alphabet.indexOf(letter));
  const hex = value.toString(16).padStart(32, '0');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

export interface Verdict {
  readonly missing: number;
  readonly twice: number;
  readonly disagreements: unknown[];
}

/** Waits until every acknowledged click is in Postgres (or it has taken too long), and compares the rollups with a recount. */
export async function judge(
  postgres: FaultyPostgres,
  acknowledged: ReadonlySet<string>,
  maxMs = 120_000,
): Promise<Verdict> {
  const ids = [...acknowledged].map(uuidOf);
  const deadlineMs = Date.now() + maxMs;
  let missing = ids.length;
  while (missing > 0 && Date.now() < deadlineMs) {
    await delay(250);
    const [row] = await postgres.query<{ count: string }>(
      `SELECT count(DISTINCT id) FROM waypost.clicks WHERE id = ANY($1::uuid[])`,
      [ids],
    );
    missing = ids.length - Number(row?.count);
  }
  const [row] = await postgres.query<{ twice: string }>(
    `SELECT count(*) - count(DISTINCT id) AS twice FROM waypost.clicks`,
  );
  return { missing, twice: Number(row?.twice), disagreements: await postgres.query(recountClicks) };
}

export const nothingWrong: Verdict = { missing: 0, twice: 0, disagreements: [] };

export const randomMs = (least: number, most: number): number => least + Math.random() * (most - least);
