import pg from 'pg';
import { inject, it, expect } from 'vitest';

it('provides a Postgres 18 whose user may create databases', async () => {
  const client = new pg.Client({ connectionString: inject('postgresUrl') });
  await client.connect();
  const { rows } = await client.query('SHOW server_version_num');
  await client.query('CREATE DATABASE made_by_a_test');
  await client.query('DROP DATABASE made_by_a_test');
  await client.end();
  expect(Number(rows[0].server_version_num)).toBeGreaterThanOrEqual(180000);
});
