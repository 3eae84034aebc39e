import pg from 'pg';
import type { DataSource } from 'typeorm';
import { WaypostError } from '../kernel/errors.js';
import type { DatabaseOptions } from './database.options.js';
import { describePostgresFailure, placeOf } from './postgres-failure.js';
import { WAYPOST_SCHEMA } from './waypost.datasource.js';

/** Advisory lock that one migrating node holds. The number is arbitrary and fixed for ever. */
const MIGRATION_LOCK = 8_147_203_115;
const LOCK_POLL_MS = 100;
const OLDEST_POSTGRES = 150_000;

/**
 * Brings the schema to this version. Any number of nodes may call it at once: one migrates, the others wait.
 * The lock is polled, because a session that waits inside Postgres would block CREATE INDEX CONCURRENTLY.
 * @returns the names of the migrations that ran here.
 */
export async function migrate(dataSource: DataSource, options: DatabaseOptions): Promise<string[]> {
  const url = options.directUrl ?? options.url;
  const client = new pg.Client({ connectionString: url, application_name: 'waypost migrate' });
  client.on('error', () => {}); // the query in flight reports it
  try {
    await client.connect();
  } catch (error) {
    throw describePostgresFailure(url, error);
  }
  try {
    await refuseOldPostgres(client, url);
    await lock(client);
    // TypeORM makes its migrations table in the schema, so that the schema comes first.
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${WAYPOST_SCHEMA}`);
    await refuseNewerSchema(client, dataSource);
    const done = await dataSource.runMigrations();
    return done.map((migration) => migration.name);
  } finally {
    await client.end();
  }
}

async function lock(client: pg.Client): Promise<void> {
  for (;;) {
    const { rows } = await client.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1) AS locked', [
      MIGRATION_LOCK,
    ]);
    if (rows[0]?.locked) return;
    await new Promise((resolve) => setTimeout(resolve, LOCK_POLL_MS));
  }
}

/** Waits until no node migrates, and keeps them from it until the transaction ends. */
export async function waitForMigrationLock(client: pg.ClientBase): Promise<void> {
  for (;;) {
    const { rows } = await client.query<{ locked: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS locked', [
      MIGRATION_LOCK,
    ]);
    if (rows[0]?.locked) return;
    await new Promise((resolve) => setTimeout(resolve, LOCK_POLL_MS));
  }
}

async function refuseOldPostgres(client: pg.Client, url: string): Promise<void> {
  const { rows } = await client.query<{ number: string; version: string }>(
    `SELECT current_setting('server_version_num') AS number, current_setting('server_version') AS version`,
  );
  const row = rows[0];
  if (row && Number(row.number) < OLDEST_POSTGRES) {
    throw new WaypostError('DATABASE_TOO_OLD', [placeOf(url), row.version]);
  }
}

/** An older node that starts against a newer schema would write rows it does not understand. */
async function refuseNewerSchema(client: pg.Client, dataSource: DataSource): Promise<void> {
  const table = await client.query<{ name: string | null }>(`SELECT to_regclass('waypost.migrations') AS name`);
  if (!table.rows[0]?.name) return;
  const known = new Set(dataSource.migrations.map((migration) => migration.name));
  const { rows } = await client.query<{ name: string }>(`SELECT name FROM ${WAYPOST_SCHEMA}.migrations ORDER BY id`);
  const unknown = rows.find((row) => !known.has(row.name));
  if (unknown) throw new WaypostError('DATABASE_AHEAD', [unknown.name]);
}
