import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrate } from '../../src/database/migrate.js';
import { SettingEntity } from '../../src/database/setting.entity.js';
import { createDataSource } from '../../src/database/waypost.datasource.js';
import { waypostEntities } from '../../src/waypost.module.js';
import type { TestDatabase } from '../support/test-database.js';
import { createTestDatabase } from '../support/test-database.js';

describe('the migrations', () => {
  let database: TestDatabase;
  const opened: DataSource[] = [];

  async function open(): Promise<DataSource> {
    const source = createDataSource({ url: database.url }, [SettingEntity, ...waypostEntities], () => {});
    opened.push(source);
    return source.initialize();
  }

  beforeAll(async () => {
    database = await createTestDatabase();
  });

  afterAll(async () => {
    for (const source of opened) await source.destroy();
    await database.drop();
  });

  it('run once when five nodes start at the same time', async () => {
    const nodes = await Promise.all(Array.from({ length: 5 }, open));
    const ran = await Promise.all(nodes.map((node) => migrate(node, { url: database.url })));
    expect(ran.filter((names) => names.length > 0)).toHaveLength(1);
  });

  it('make exactly the tables that the entities describe', async () => {
    const source = await open();
    await migrate(source, { url: database.url });
    const drift = await source.driver.createSchemaBuilder().log();
    // Indexes, checks and foreign keys stand in the migrations alone; TypeORM would drop what no entity names.
    const ofColumns = drift.upQueries
      .map(({ query }) => query)
      .filter((query) => !/^DROP INDEX| DROP CONSTRAINT /.test(query));
    expect(ofColumns).toEqual([]);
  });

  it('can be taken back and run again', async () => {
    const source = await open();
    for (let left = source.migrations.length; left > 0; left -= 1) await source.undoLastMigration();
    const tables = await source.query<{ name: string }[]>(
      `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'waypost'`,
    );
    expect(tables.map((row) => row.name)).toEqual(['migrations']);
    expect(await migrate(source, { url: database.url })).toHaveLength(source.migrations.length);
  });

  it('leave the public schema of the host alone', async () => {
    const source = await open();
    const tables = await source.query(`SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'`);
    expect(tables).toEqual([]);
  });

  it('refuse a database that a newer version has migrated', async () => {
    const source = await open();
    await source.query(
      `INSERT INTO waypost.migrations (timestamp, name) VALUES (9999999999999, 'FromTheFuture9999999999999')`,
    );
    await expect(migrate(source, { url: database.url })).rejects.toThrow(
      'The database holds the migration FromTheFuture9999999999999, which this version of Waypost does not know.',
    );
    await source.query(`DELETE FROM waypost.migrations WHERE name LIKE 'FromTheFuture%'`);
  });
});
