import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { expectedFailure } from '../../../src/database/postgres-failure.js';
import type { TestWaypost } from '../../../src/testing/index.js';
import { startWaypost } from '../../../src/testing/index.js';
import type { TestDatabase } from '../../support/test-database.js';
import { createTestDatabase } from '../../support/test-database.js';

let database: TestDatabase;
let waypost: TestWaypost;
let client: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase();
  const options = {
    redirects: false as const,
    background: false,
    database: { url: database.url, statementTimeoutMs: 3000 },
  };
  waypost = await startWaypost({ databaseUrl: database.url, waypost: options });
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
});

afterAll(async () => {
  await client.end();
  await waypost.close();
  await database.drop();
});

it('a statement is given up after its time, and the answer says so; the next one is answered', async () => {
  await client.query(`BEGIN; LOCK TABLE waypost.tags IN ACCESS EXCLUSIVE MODE`);
  const { errors } = await waypost.query('{ tags { nodes { name } } }');
  expect(errors).toMatchObject([
    { extensions: { code: 'DATABASE_TIMEOUT' }, message: expect.stringContaining('Ask for less at once') },
  ]);
  await client.query('ROLLBACK');
  expect(await waypost.data('{ tags { nodes { name } } }')).toEqual({ tags: { nodes: [] } });
});

it('a wait for a connection that nobody gives back is told like a statement that takes too long', async () => {
  const pool = new pg.Pool({ connectionString: database.url, max: 1 });
  const busy = await pool.connect();
  pool.options.connectionTimeoutMillis = 50;
  const failure: unknown = await pool.connect().catch((error: unknown) => error);
  busy.release();
  await pool.end();
  expect(expectedFailure(failure)).toMatchObject({ code: 'DATABASE_TIMEOUT' });
});
