import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { lstat, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { describePostgresFailure } from '../database/postgres-failure.js';
import { BackupError } from './backup-error.js';
import type { BackupHead, BackupTable, TableSummary } from './backup-format.js';
import { BACKUP_MAGIC, frame, MOST_DATA_BYTES } from './backup-format.js';
import {
  COPY_SETTINGS,
  findMigrations,
  findPartitions,
  findSequences,
  findTables,
  quoted,
} from './backup-tables.service.js';

export interface BackupOptions {
  /** Whether a file that is there is replaced. Default false. */
  readonly force?: boolean;
  /** Called when a table is written. */
  readonly onTable?: (name: string, summary: TableSummary) => void;
}

export interface BackupSummary {
  readonly tables: Readonly<Record<string, TableSummary>>;
  /** Of the file. */
  readonly bytes: number;
}

/** A third of the time of the usual level, for files that are a tenth larger. */
const COMPRESSION_LEVEL = 4;

/**
 * Writes everything that Waypost keeps in a database to one file, as it was at one moment; writers go on meanwhile. The
 * file appears when it is whole and on the disk. `url`: past a pooler.
 * @throws BackupError
 */
export async function backUpDatabase(url: string, path: string, options: BackupOptions = {}): Promise<BackupSummary> {
  if (!options.force && (await lstat(path).catch(() => undefined))) {
    throw new BackupError('BACKUP_FILE', `${path} exists already. Choose another name, or write over it with --force.`);
  }
  const client = await connect(url);
  const temporary = join(dirname(path), `.waypost-backup-${randomBytes(6).toString('hex')}.tmp`);
  try {
    const tables: Record<string, TableSummary> = {};
    const onTable: BackupOptions['onTable'] = (name, summary) => {
      tables[name] = summary;
      options.onTable?.(name, summary);
    };
    // It holds hashes of tokens and what visitors did: for nobody else to read.
    const file = createWriteStream(temporary, { mode: 0o600, flags: 'wx' });
    file.write(BACKUP_MAGIC);
    await pipeline(Readable.from(frames(client, onTable)), createGzip({ level: COMPRESSION_LEVEL }), file);
    const bytes = await flush(temporary);
    await rename(temporary, path);
    return { tables, bytes };
  } catch (error) {
    throw fileError(error, path);
  } finally {
    await client.end().catch(() => undefined);
    await rm(temporary, { force: true });
  }
}

export async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: 'waypost backup' });
  client.on('error', () => {}); // the query in flight reports it
  try {
    await client.connect();
    return client;
  } catch (error) {
    throw describePostgresFailure(url, error);
  }
}

/** A name is only in place once the bytes are on the disk. */
async function flush(path: string): Promise<number> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
    return (await file.stat()).size;
  } finally {
    await file.close();
  }
}

function fileError(error: unknown, path: string): unknown {
  const { code, syscall } = error as { code?: string; syscall?: string };
  if (syscall === undefined || error instanceof BackupError) return error;
  return new BackupError('BACKUP_FILE', `${path} cannot be written: ${code ?? String(error)}`, { cause: error });
}

async function* frames(client: pg.Client, onTable: BackupOptions['onTable']): AsyncGenerator<Buffer> {
  const migrations = await findMigrations(client);
  if (!migrations) throw new BackupError('NOTHING_TO_BACK_UP', 'This database holds nothing of Waypost.');
  // The names are known before the snapshot is taken, and locked, so that no partition is dropped under it.
  const names = (await findTables(client)).map(({ name }) => `waypost.${quoted(name)}`);
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  for (const setting of COPY_SETTINGS) await client.query(setting);
  await client.query(`LOCK TABLE ${names.join(', ')} IN ACCESS SHARE MODE`);
  yield frame('H', await readHead(client));
  const tables: Record<string, TableSummary> = {};
  for (const table of await findTables(client)) {
    const summary = yield* tableFrames(client, table);
    tables[table.name] = summary;
    onTable?.(table.name, summary);
  }
  // Sequences belong to no snapshot: read last, they are past every number in it.
  yield frame('Z', { tables, sequences: await findSequences(client) });
  await client.query('COMMIT');
}

async function readHead(client: pg.Client): Promise<BackupHead> {
  const { rows } = await client.query<{ createdAt: Date; serverVersion: string }>(
    `SELECT now() AS "createdAt", current_setting('server_version') AS "serverVersion"`,
  );
  const [row] = rows;
  return {
    createdAt: row?.createdAt.toISOString() ?? '',
    serverVersion: row?.serverVersion ?? '',
    migrations: (await findMigrations(client)) ?? [],
    partitions: await findPartitions(client),
  };
}

async function* tableFrames(client: pg.Client, table: BackupTable): AsyncGenerator<Buffer, TableSummary> {
  yield frame('T', table);
  const hash = createHash('sha256');
  let bytes = 0;
  const stream = client.query(
    copyTo(`COPY (SELECT ${table.columns.map(quoted).join(', ')} FROM waypost.${quoted(table.name)}) TO STDOUT`),
  );
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    for (let start = 0; start < chunk.length; start += MOST_DATA_BYTES) {
      const data = chunk.subarray(start, start + MOST_DATA_BYTES);
      hash.update(data);
      bytes += data.length;
      yield frame('D', data);
    }
  }
  const summary = { rows: stream.rowCount, bytes, sha256: hash.digest('hex') };
  yield frame('E', summary);
  return summary;
}
