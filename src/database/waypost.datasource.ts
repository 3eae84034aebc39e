import type { EntityTarget, ObjectLiteral, QueryRunner, ReplicationMode } from 'typeorm';
import { DataSource, QueryFailedError, QueryResult } from 'typeorm';
import { migrations } from '../../migrations/index.js';
import type { DatabaseOptions } from './database.options.js';
import { LONGEST_CONNECTION_SECONDS, preparingClient } from './preparing-client.datasource.js';
import { currentReader, type Reader, type ReadRows } from './reader.js';

/** Waypost keeps everything in a Postgres schema of its own, so that it can share a host's database. */
export const WAYPOST_SCHEMA = 'waypost';

export type EntityClass = EntityTarget<ObjectLiteral> & (new () => unknown);

/** Its statements go to the primary, but for those of a request that has a reader. */
class WaypostDataSource extends DataSource {
  override createQueryRunner(mode?: ReplicationMode): QueryRunner {
    const runner = super.createQueryRunner(mode);
    const reader = currentReader();
    return reader ? readBy(reader, runner) : runner;
  }
}

/** The runner takes a connection of the primary only with the first statement that goes there. */
function readBy(reader: Reader, runner: QueryRunner): QueryRunner {
  const onPrimary = runner.query.bind(runner);
  runner.query = (async (sql: string, values?: unknown[], isStructured?: boolean): Promise<unknown> => {
    const read = runner.isTransactionActive ? undefined : await tryReader(reader, sql, values);
    if (read === undefined) return isStructured ? onPrimary(sql, values, true) : onPrimary(sql, values);
    return isStructured ? structured(read) : read.rows;
  }) as QueryRunner['query'];
  return runner;
}

async function tryReader(reader: Reader, sql: string, values?: unknown[]): Promise<ReadRows | undefined> {
  try {
    return await reader.query(sql, values);
  } catch (error) {
    throw new QueryFailedError(sql, values, error as Error);
  }
}

function structured({ rows, rowCount }: ReadRows): QueryResult {
  return Object.assign(new QueryResult(), { raw: rows, records: rows, affected: rowCount ?? undefined });
}

/** The data source of one mounted Waypost. It is not registered anywhere globally: a guest brings its own. */
export function createDataSource(
  options: DatabaseOptions,
  entities: readonly EntityClass[],
  onPoolError: (error: Error) => void,
): DataSource {
  return new WaypostDataSource({
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
      // Whoever names another way past it has a pooler here.
      Client: preparingClient(options.directUrl === undefined),
      maxLifetimeSeconds: LONGEST_CONNECTION_SECONDS,
      statement_timeout: options.statementTimeoutMs ?? 30_000,
      idle_in_transaction_session_timeout: 60_000,
    },
  });
}
