import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { plannedOnce, preparingClient } from '../../../src/database/preparing-client.datasource.js';
import type { TestDatabase } from '../../support/test-database.js';
import { createTestDatabase } from '../../support/test-database.js';

let database: TestDatabase;
const pools: pg.Pool[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
});

afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.end()));
});

afterAll(() => database.drop());

/** One connection, so that what is prepared can be asked for. */
function connect(canPrepare = true): pg.Pool {
  const Client = preparingClient(canPrepare);
  const pool = new pg.Pool({ connectionString: database.url, max: 1, Client });
  pools.push(pool);
  return pool;
}

const prepared = async (pool: pg.Pool): Promise<string[]> => {
  const { rows } = await pool.query<{ statement: string }>('SELECT statement FROM pg_prepared_statements ORDER BY 1');
  return rows.map(({ statement }) => statement);
};

const double = plannedOnce('SELECT $1::integer * 2 AS double');

describe('a connection', () => {
  it('prepares what is planned once, and nothing else', async () => {
    const pool = connect();
    for (const number of [1, 2, 3]) {
      expect((await pool.query(double, [number])).rows).toEqual([{ double: number * 2 }]);
      await pool.query('SELECT $1::integer', [number]);
    }
    expect(await prepared(pool)).toEqual([double]);
  });

  it('prepares a bounded number of statements, and answers the others all the same', async () => {
    const pool = connect();
    for (let number = 0; number < 50; number += 1) {
      const { rows } = await pool.query(plannedOnce(`SELECT $1::integer + ${number} AS sum`), [1]);
      expect(rows).toEqual([{ sum: number + 1 }]);
    }
    expect(await prepared(pool)).toHaveLength(32);
  });

  it('prepares nothing where that is known not to work', async () => {
    const pool = connect(false);
    expect((await pool.query(double, [4])).rows).toEqual([{ double: 8 }]);
    expect(await prepared(pool)).toEqual([]);
  });

  it.each([
    ['does not know what was prepared', (pool: pg.Pool) => pool.query('DEALLOCATE ALL')],
    [
      'knows it already',
      async (pool: pg.Pool) => {
        const [row] = (await pool.query<{ name: string }>('SELECT name FROM pg_prepared_statements')).rows;
        await pool.query('DEALLOCATE ALL');
        await pool.query(`PREPARE "${row?.name}" AS SELECT 1`);
        // As a connection that has not prepared it.
        const client = await pool.connect();
        Object.assign((client as unknown as { connection: object }).connection, { parsedStatements: {} });
        client.release();
      },
    ],
  ])('whose server %s answers, and prepares nothing from then on', async (_what, change) => {
    const pool = connect();
    await pool.query(double, [1]);
    await change(pool);
    expect((await pool.query(double, [5])).rows).toEqual([{ double: 10 }]);
    const triple = plannedOnce('SELECT $1::integer * 3 AS triple');
    expect((await pool.query(triple, [5])).rows).toEqual([{ triple: 15 }]);
    expect(await prepared(pool)).not.toContain(triple);
  });

  it('answers also where a column has got another type', async () => {
    const pool = connect();
    await pool.query('CREATE TABLE public.things (size integer)');
    await pool.query('INSERT INTO public.things VALUES (7)');
    const read = plannedOnce('SELECT size FROM public.things WHERE size > $1');
    expect((await pool.query(read, [1])).rows).toEqual([{ size: 7 }]);
    await pool.query('ALTER TABLE public.things ALTER size TYPE text');
    const readText = plannedOnce(`SELECT size FROM public.things WHERE size > $1::text`);
    expect((await pool.query(readText, ['1'])).rows).toEqual([{ size: '7' }]);
    await pool.query('ALTER TABLE public.things ALTER size TYPE integer USING size::integer');
    expect((await pool.query(readText.replace('size >', 'size::text >'), ['1'])).rows).toEqual([{ size: 7 }]);
    expect((await pool.query(read, [1])).rows).toEqual([{ size: 7 }]);
  });

  it('tells what is wrong with a statement', async () => {
    const pool = connect();
    await expect(pool.query(double, ['many'])).rejects.toMatchObject({ code: '22P02' });
    expect((await pool.query(double, [6])).rows).toEqual([{ double: 12 }]);
  });
});
