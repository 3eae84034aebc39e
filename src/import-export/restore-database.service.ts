import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { DataSource, QueryRunner } from 'typeorm';
import { waitForMigrationLock, migrate } from '../database/migrate.js';
import { createDataSource } from '../database/waypost.datasource.js';
import { BackupError } from './backup-error.js';
import type { BackupEnd, BackupHead, BackupPart, BackupPartition, BackupTable } from './backup-format.js';
import { corrupt, readBackup } from './backup-format.js';
import {
  COPY_SETTINGS,
  findMigrations,
  findPartitions,
  findTables,
  LEFT_OUT,
  quoted,
} from './backup-tables.service.js';

export interface RestoreOptions {
  /** Whether what the database holds is thrown away for it. Default false: only an empty one is restored into. */
  readonly replace?: boolean;
  readonly onVerified?: (backup: VerifiedBackup) => void;
  /** Called when a table is loaded. */
  readonly onTable?: (name: string, rows: number) => void;
}

export interface VerifiedBackup {
  readonly head: BackupHead;
  readonly end: BackupEnd;
}

/**
 * Reads the whole file and changes nothing.
 * @throws BackupError when it is not whole and unchanged.
 */
export async function verifyBackup(path: string): Promise<VerifiedBackup> {
  let head: BackupHead | undefined;
  let end: BackupEnd | undefined;
  for await (const part of readBackup(path)) {
    if (part.kind === 'head') head = part.head;
    if (part.kind === 'end') end = part.end;
  }
  if (!head || !end) throw corrupt('no head');
  return { head, end };
}

/**
 * Puts a backup into a database, all in one transaction: it is there as a whole, or nothing has changed. The tables are
 * made as they were when it was written, and brought to this version afterwards. Followers of the change feed start anew.
 * @throws BackupError
 */
export async function restoreDatabase(
  url: string,
  path: string,
  options: RestoreOptions = {},
): Promise<VerifiedBackup> {
  const verified = await verifyBackup(path);
  options.onVerified?.(verified);
  const dataSource = createDataSource({ url, poolSize: 2 }, [], () => {});
  refuseUnknownMigrations(dataSource, verified.head);
  await dataSource.initialize();
  try {
    const runner = dataSource.createQueryRunner();
    try {
      const client = (await runner.connect()) as pg.ClientBase;
      await runner.startTransaction();
      await restoreInto({ runner, client }, path, verified, options);
      await runner.commitTransaction();
    } catch (error) {
      if (runner.isTransactionActive) await runner.rollbackTransaction();
      throw error;
    } finally {
      await runner.release();
    }
    await migrate(dataSource, { url });
    return verified;
  } finally {
    await dataSource.destroy();
  }
}

/** A transaction of TypeORM's, which migrations want, and the connection it runs on. */
interface Target {
  readonly runner: QueryRunner;
  readonly client: pg.ClientBase;
}

async function restoreInto(
  { runner, client }: Target,
  path: string,
  { head, end }: VerifiedBackup,
  options: RestoreOptions,
): Promise<void> {
  for (const setting of COPY_SETTINGS) await client.query(setting);
  await waitForMigrationLock(client);
  await lockTables(client);
  await refuseFullDatabase(client, options.replace ?? false);
  await makeTables(runner, client, head);
  const tables = await findTables(client);
  refuseOtherTables(tables, end);
  await makePartitions(client, head.partitions, tables);
  const triggers = (change: 'DISABLE' | 'ENABLE') =>
    tables.map(({ name }) => `ALTER TABLE waypost.${quoted(name)} ${change} TRIGGER USER`).join('; ');
  await client.query(triggers('DISABLE'));
  await emptyTables(client, tables);
  await loadTables(client, path, tables, options);
  for (const { name, value, isCalled } of end.sequences) {
    await client.query(`SELECT setval(to_regclass($1), $2::bigint, $3)`, [`waypost.${quoted(name)}`, value, isCalled]);
  }
  await client.query(triggers('ENABLE'));
  await announce(client);
}

/**
 * Nobody writes into a database between the look whether it is empty and the end. Nodes that run take tables in any order: where
 * that makes a deadlock, what was locked is given back to them, and locked again.
 */
async function lockTables(client: pg.ClientBase): Promise<void> {
  const tables = [...(await findTables(client)), ...(await findEmptied(client))];
  if (tables.length === 0) return;
  const names = tables.map(({ name }) => `waypost.${quoted(name)}`).join(', ');
  for (let attempt = 1; ; attempt += 1) {
    await client.query('SAVEPOINT unlocked');
    try {
      await client.query(`LOCK TABLE ${names} IN ACCESS EXCLUSIVE MODE`);
      return;
    } catch (error) {
      if ((error as { code?: string }).code !== DEADLOCK || attempt === MOST_LOCKINGS) throw error;
      await client.query('ROLLBACK TO SAVEPOINT unlocked');
    }
  }
}

/** SQLSTATE */
const DEADLOCK = '40P01';
const MOST_LOCKINGS = 20;

function refuseUnknownMigrations(dataSource: DataSource, head: BackupHead): void {
  const known = new Set(
    (dataSource.options.migrations as (new () => { name: string })[]).map((type) => new type().name),
  );
  const unknown = head.migrations.find((name) => !known.has(name));
  if (unknown === undefined) return;
  const message = `The backup has the migration ${unknown}, which this version of Waypost does not know. Restore it with the newer version.`;
  throw new BackupError('BACKUP_TOO_NEW', message);
}

/** Has rows as soon as Waypost has started once. */
const FILLED_BY_A_START = new Set(['settings', 'change_epochs', 'click_log_positions']);

async function refuseFullDatabase(client: pg.ClientBase, replace: boolean): Promise<void> {
  if (replace) return;
  for (const { name } of await findTables(client)) {
    if (FILLED_BY_A_START.has(name)) continue;
    const { rows } = await client.query<{ full: boolean }>(
      `SELECT EXISTS (SELECT FROM waypost.${quoted(name)}) AS full`,
    );
    if (!rows[0]?.full) continue;
    const message = `The database is not empty: waypost.${name} has rows. Restore into an empty one, or throw away what it holds with --replace.`;
    throw new BackupError('RESTORE_REFUSED', message);
  }
}

/** Tables of the version that wrote the backup. Where they are that already, they stay, with the rights that were given. */
async function makeTables(runner: QueryRunner, client: pg.ClientBase, head: BackupHead): Promise<void> {
  const found = await findMigrations(client);
  if (found && isSameSet(found, head.migrations)) return;
  await refuseDependents(client);
  await client.query(`DROP SCHEMA IF EXISTS waypost CASCADE`);
  await client.query(`CREATE SCHEMA waypost`);
  await client.query(
    `CREATE TABLE waypost.migrations (id serial PRIMARY KEY, "timestamp" bigint NOT NULL, name varchar NOT NULL)`,
  );
  const byName = new Map(runner.dataSource.migrations.map((migration) => [migration.name ?? '', migration]));
  for (const name of head.migrations) {
    await byName.get(name)?.up(runner);
    const timestamp = /\d+$/.exec(name)?.[0] ?? '0';
    await client.query(`INSERT INTO waypost.migrations ("timestamp", name) VALUES ($1, $2)`, [timestamp, name]);
  }
}

function isSameSet(left: readonly string[], right: readonly string[]): boolean {
  return JSON.stringify([...left].sort()) === JSON.stringify([...right].sort());
}

/** What a host built on Waypost's tables would be dropped with them. */
async function refuseDependents(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT conrelid::regclass::text AS name FROM pg_constraint
      WHERE contype = 'f' AND confrelid IN (SELECT oid FROM pg_class WHERE relnamespace = to_regnamespace('waypost'))
        AND connamespace IS DISTINCT FROM to_regnamespace('waypost')
     UNION SELECT ev_class::regclass::text FROM pg_depend JOIN pg_rewrite ON pg_rewrite.oid = objid
      WHERE classid = 'pg_rewrite'::regclass AND refclassid = 'pg_class'::regclass
        AND refobjid IN (SELECT oid FROM pg_class WHERE relnamespace = to_regnamespace('waypost'))
        AND ev_class NOT IN (SELECT oid FROM pg_class WHERE relnamespace = to_regnamespace('waypost'))`,
  );
  if (rows.length === 0) return;
  const names = rows.map(({ name }) => name).join(', ');
  const message = `Tables of another version must be replaced, and ${names} depend on them. Drop those first, or restore into a database without them.`;
  throw new BackupError('RESTORE_REFUSED', message);
}

/** Names from the file are only ever compared with names of the catalogue. */
function refuseOtherTables(tables: readonly BackupTable[], end: BackupEnd): void {
  const there = new Set(tables.map(({ name }) => name));
  const other = Object.keys(end.tables).find((name) => !there.has(name));
  if (other !== undefined) throw corrupt(`a table "${other}" that its version of Waypost does not have`);
}

const BOUND = /^(?:FOR VALUES FROM \((?:'[^'\\]*'|MINVALUE)\) TO \((?:'[^'\\]*'|MAXVALUE)\)|DEFAULT)$/;

async function makePartitions(
  client: pg.ClientBase,
  partitions: readonly BackupPartition[],
  tables: readonly BackupTable[],
): Promise<void> {
  const there = new Set((await findPartitions(client)).map(({ name }) => name));
  for (const { table, name, bound } of partitions) {
    if (there.has(name)) continue;
    const isKnown = tables.some((one) => one.name === table);
    if (!isKnown || !/^[a-z0-9_]{1,63}$/.test(name) || !BOUND.test(bound)) throw corrupt(`a partition "${name}"`);
    await client.query(`CREATE TABLE waypost.${quoted(name)} PARTITION OF waypost.${quoted(table)} ${bound}`);
  }
}

async function emptyTables(client: pg.ClientBase, tables: readonly BackupTable[]): Promise<void> {
  const names = [...tables, ...(await findEmptied(client))].map(({ name }) => `waypost.${quoted(name)}`);
  await client.query(`TRUNCATE ${names.join(', ')}`);
}

/** What is in no backup goes as well: it is of what is thrown away. What is unlogged is of this transaction, which uses it. */
async function findEmptied(client: pg.ClientBase): Promise<{ readonly name: string }[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relnamespace = to_regnamespace('waypost') AND relkind IN ('r', 'p')
        AND relpersistence = 'p' AND relname = ANY($1) AND relname <> 'migrations'`,
    [Object.keys(LEFT_OUT)],
  );
  return rows;
}

async function loadTables(
  client: pg.ClientBase,
  path: string,
  tables: readonly BackupTable[],
  options: RestoreOptions,
): Promise<void> {
  const parts = readBackup(path);
  try {
    for (;;) {
      const { value: part, done } = await parts.next();
      if (done) return;
      if (part.kind === 'table') await loadTable(client, part.table, parts, tables, options);
    }
  } finally {
    await parts.return(undefined);
  }
}

async function loadTable(
  client: pg.ClientBase,
  { name, columns }: BackupTable,
  parts: AsyncGenerator<BackupPart>,
  tables: readonly BackupTable[],
  options: RestoreOptions,
): Promise<void> {
  const known = new Set(tables.find((table) => table.name === name)?.columns);
  const other = columns.find((column) => !known.has(column));
  if (other !== undefined) throw corrupt(`a column "${other}" that ${name} does not have`);
  let expected: number | undefined;
  async function* rows(): AsyncGenerator<Buffer> {
    for (;;) {
      const { value: part, done } = await parts.next();
      if (done) return;
      if (part.kind === 'tableEnd') expected = part.summary.rows;
      if (part.kind !== 'data') return;
      yield part.data;
    }
  }
  const sql = `COPY waypost.${quoted(name)} (${columns.map(quoted).join(', ')}) FROM STDIN`;
  const copying = client.query(copyFrom(sql));
  await pipeline(rows(), copying as Writable);
  if (copying.rowCount !== expected) throw corrupt(`${copying.rowCount} rows of ${name} in place of ${expected}`);
  options.onTable?.(name, copying.rowCount);
}

/** Tokens of followers are refused from now on, and nodes that run already read everything again. */
async function announce(client: pg.ClientBase): Promise<void> {
  await client.query(`SELECT waypost.renew_feed_generation()`);
  await client.query(`SELECT waypost.open_change_epoch()`);
  await client.query(`INSERT INTO waypost.link_changes DEFAULT VALUES`);
  await client.query(`SELECT pg_notify('waypost_links', '')`);
}
