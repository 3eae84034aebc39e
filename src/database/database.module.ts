import type { OnApplicationShutdown, Provider } from '@nestjs/common';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { DATABASE_OPTIONS, type DatabaseOptions } from './database.options.js';
import { migrate } from './migrate.js';
import { describePostgresFailure } from './postgres-failure.js';
import { Replicas } from './replicas.service.js';
import { SettingEntity } from './setting.entity.js';
import { TransactionsService } from './transactions.service.js';
import type { EntityClass } from './waypost.datasource.js';
import { createDataSource } from './waypost.datasource.js';

/** Waypost's own data source, for hosts. */
export const WAYPOST_DATA_SOURCE = Symbol('waypost data source');

@Injectable()
class DatabaseShutdown implements OnApplicationShutdown {
  constructor(@Inject(DataSource) private readonly dataSource: DataSource) {}

  async onApplicationShutdown(): Promise<void> {
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
  }
}

/** Connects, and brings the schema to this version before anything else of Waypost is made. */
async function openDatabase(options: DatabaseOptions, entities: readonly EntityClass[]): Promise<DataSource> {
  const logger = new Logger('Database');
  const dataSource = createDataSource(options, [SettingEntity, ...entities], (error) => {
    logger.warn(`A connection to Postgres was lost: ${error.message}`);
  });
  try {
    await dataSource.initialize();
  } catch (error) {
    throw describePostgresFailure(options.url, error);
  }
  try {
    if (options.migrateOnStart ?? true) {
      const done = await migrate(dataSource, options);
      if (done.length > 0) logger.log(`Ran ${done.length} migrations, up to ${done.at(-1)}.`);
    }
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
  return dataSource;
}

/** The database part of a mounted Waypost. `entities` are those of the features that are mounted with it. */
export function databaseProviders(entities: readonly EntityClass[]): Provider[] {
  return [
    {
      provide: DataSource,
      inject: [DATABASE_OPTIONS],
      useFactory: (options: DatabaseOptions) => openDatabase(options, entities),
    },
    // Inside Waypost it is known by its class; a host sees it under a name that cannot be mistaken for its own.
    { provide: WAYPOST_DATA_SOURCE, useExisting: DataSource },
    DatabaseShutdown,
    Replicas,
    TransactionsService,
  ];
}
