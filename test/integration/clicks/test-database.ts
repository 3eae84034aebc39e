import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { createDataSource } from '../../../src/database/waypost.datasource.js';
import { migrate } from '../../../src/database/migrate.js';

export interface TestDatabase {
  readonly url: string;
  readonly client: pg.Client;
  connect(): Promise<pg.Client>;
  drop(): Promise<void>;
}

/** A database of its own, with the schema of this version. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const name = `clicks_${randomBytes(6).toString('hex')}`;
  const admin = await connect(inject('postgresUrl'));
  await admin.query(`CREATE DATABASE ${name}`);
  const url = new URL(inject('postgresUrl'));
  url.pathname = `/${name}`;
  const dataSource = createDataSource({ url: url.href }, [], () => undefined);
  await dataSource.initialize();
  await migrate(dataSource, { url: url.href });
  await dataSource.destroy();
  const client = await connect(url.href);
  return {
    url: url.href,
    client,
    connect: () => connect(url.href),
    drop: async () => {
      await client.end();
      await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
      await admin.end();
    },
  };
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  // The query under way reports it.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
