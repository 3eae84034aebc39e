import type { EntityTarget, ObjectLiteral } from 'typeorm';
import { DataSource } from 'typeorm';
import { migrations } from '../../migrations/index.js';
import type { DatabaseOptions } from './database.options.js';

/** Waypost keeps everything in a Postgres schema of its own, so that it can share a host's database. */
export const WAYPOST_SCHEMA = 'waypost';

export type EntityClass = EntityTarget<ObjectLiteral> & (new () => unknown);

/** The data source of one mounted Waypost. It is not registered anywhere globally: a guest brings its own. */
export function createDataSource(
  options: DatabaseOptions,
  entities: readonly EntityClass[],
  onPoolError: (error: Error) => void,
): DataSource {
  return new DataSource({
    type: 'postgres',
    url: options.url,
    schema: WAYPOST_SCHEMA,
    entities: [...entities],
    migrations: [...migrations],
    migrationsTableName: 'migrations',
    migrationsTransactionMode: 'each',
    synchronize: false,
    // gen_random_uuid() is part of Postgres; no extension is ever installed into a host's database.
    installExtensions: false,
    poolSize: options.poolSize ?? 10,
    // A pool without this listener ends the process when Postgres dies.
    poolErrorHandler: onPoolError,
    applicationName: 'waypost',
    connectTimeoutMS: 5000,
    extra: {
      statement_timeout: options.statementTimeoutMs ?? 30_000,
      idle_in_transaction_session_timeout: 60_000,
    },
  });
}
