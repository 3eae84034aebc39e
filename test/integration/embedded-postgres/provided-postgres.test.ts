import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, expect, inject, it } from 'vitest';
import { isAlive, postmasterIdOf, query, TestFolders } from './server-programs.js';

const folders = new TestFolders();

afterAll(() => folders.clear());

async function waitFor<T>(look: () => T | undefined): Promise<T> {
  for (let attempt = 0; attempt < 400; attempt++) {
    const found = look();
    if (found !== undefined) return found;
    await pause(50);
  }
  throw new Error('Waited in vain.');
}

it('is a Postgres 18 whose user may create databases', async () => {
  const url = inject('postgresUrl');
  await query(url, 'CREATE DATABASE made_by_a_test');
  await query(url, 'DROP DATABASE made_by_a_test');
  const [row] = await query<{ server_version: string }>(url, 'SHOW server_version');
  expect(row?.server_version).toMatch(/^18\./);
});

it('does not outlive a test run that is killed', async () => {
  const temporary = folders.make('killed-run');
  const filter = [
    '--project',
    'integration',
    'test/integration/embedded-postgres/provided-postgres',
    '-t',
    'may create',
  ];
  const run = spawn(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...filter], {
    env: { ...process.env, TMPDIR: temporary },
    stdio: 'ignore',
    detached: true,
  });
  const folder = await waitFor(() => {
    const [name] = readdirSync(temporary).filter((entry) => entry.startsWith('waypost-test-'));
    return name !== undefined && existsSync(join(temporary, name, 'postgres/postmaster.pid'))
      ? join(temporary, name)
      : undefined;
  });
  const postmaster = postmasterIdOf(folder);
  process.kill(-(run.pid as number), 'SIGKILL');
  await once(run, 'close');
  await waitFor(() => (isAlive(postmaster) || existsSync(folder) ? undefined : true));
  expect(readdirSync(temporary).filter((entry) => entry.startsWith('waypost-test-'))).toEqual([]);
});
