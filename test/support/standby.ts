import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../src/database/embedded-postgres.js';

/** One real Postgres, and a real standby that streams from it. */
export interface Pair {
  readonly primaryUrl: string;
  readonly standbyUrl: string;
  /** As the superuser of both. */
  askPrimary<Row extends object>(sql: string, values?: unknown[]): Promise<Row[]>;
  askStandby<Row extends object>(sql: string, values?: unknown[]): Promise<Row[]>;
  /** Kills it without a word; it is started again at once, as an operator's supervisor would. */
  crashStandby(): void;
  stopStandby(): Promise<void>;
  startStandby(): Promise<void>;
  close(): Promise<void>;
}

/** Nothing here outlives the tests, so nothing waits for the disk. */
const SETTINGS = {
  // Commits are written at once all the same: the standby gets nothing before.
  fsync: 'off',
  wal_keep_size: '256MB',
  wal_retrieve_retry_interval: '100ms',
  // A statement that is in the way of the WAL is cancelled at once.
  max_standby_streaming_delay: '0',
};

export async function startPair(): Promise<Pair> {
  const folder = await mkdtemp(join(tmpdir(), 'waypost-standby-'));
  const start = (name: string): Promise<EmbeddedPostgres> =>
    startEmbeddedPostgres({ dataDirectory: join(folder, name), settings: SETTINGS });
  const primary = await start('primary');
  const primaryUrl = primary.connectionString;
  await copyCluster(primaryUrl, join(folder, 'primary'), join(folder, 'standby'));
  let standby: EmbeddedPostgres | undefined = await start('standby');
  const standbyUrl = standby.connectionString;
  return {
    primaryUrl,
    standbyUrl,
    askPrimary: (sql, values) => ask(primaryUrl, sql, values),
    askStandby: (sql, values) => askInTheWay(standbyUrl, sql, values),
    crashStandby: () => process.kill(postmasterOf(join(folder, 'standby')), 'SIGKILL'),
    stopStandby: async () => {
      await standby?.stop();
      standby = undefined;
    },
    startStandby: async () => {
      standby ??= await start('standby');
    },
    close: async () => {
      await standby?.stop();
      await primary.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function ask<Row extends object>(url: string, sql: string, values?: unknown[]): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(sql, values)).rows;
  } finally {
    await client.end();
  }
}

/** By the settings above a statement of the test itself may be in the way of the WAL, too. */
async function askInTheWay<Row extends object>(url: string, sql: string, values?: unknown[]): Promise<Row[]> {
  for (;;) {
    try {
      return await ask<Row>(url, sql, values);
    } catch (error) {
      if ((error as { code?: string }).code !== '40001') throw error;
    }
  }
}

/** What `pg_basebackup -R` does; the embedded Postgres comes without it. */
async function copyCluster(url: string, from: string, to: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`SELECT pg_backup_start('standby', true)`);
    mkdirSync(to);
    execFileSync('cp', ['-a', from + '/postgres', to + '/postgres']);
    const { rows } = await client.query<{ label: string }>('SELECT labelfile AS label FROM pg_backup_stop(false)');
    writeOwned(join(to, 'postgres'), 'backup_label', rows[0]?.label ?? '');
  } finally {
    await client.end();
  }
  for (const name of ['postmaster.pid', 'postmaster.opts']) rmSync(join(to, 'postgres', name), { force: true });
  const log = join(to, 'postgres', 'pg_wal');
  for (const name of readdirSync(log)) if (/^[0-9A-F]{24}/.test(name)) rmSync(join(log, name));
  await becomeStandby(url, from, to);
}

async function becomeStandby(url: string, from: string, to: string): Promise<void> {
  const { port, username, password } = new URL(url);
  const place = `host=127.0.0.1 port=${port} user=${username} password=${decodeURIComponent(password)}`;
  writeOwned(join(to, 'postgres'), 'standby.signal', '');
  appendFileSync(join(to, 'postgres', 'postgresql.auto.conf'), `\nprimary_conninfo = '${place}'\n`);
  const connection = JSON.parse(readFileSync(join(from, 'postgres-connection.json'), 'utf8')) as object;
  const text = JSON.stringify({ ...connection, port: await findPort() });
  writeFileSync(join(to, 'postgres-connection.json'), text, { mode: 0o600 });
}

/** Root starts Postgres as another user, who has to read it. */
function writeOwned(folder: string, name: string, text: string): void {
  const path = join(folder, name);
  writeFileSync(path, text, { mode: 0o600 });
  const { uid, gid } = statSync(folder);
  chownSync(path, uid, gid);
}

async function findPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function postmasterOf(dataDirectory: string): number {
  return Number(readFileSync(join(dataDirectory, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]);
}
