import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  compileProgram,
  copyStoppedDatabase,
  isAlive,
  postmasterIdOf,
  query,
  queryWithin,
  runServer,
  TestFolders,
  useOnce,
  type RunOptions,
  type ServerProcess,
} from './server-programs.js';

let program: string;
const folders = new TestFolders();

beforeAll(async () => {
  program = await compileProgram();
});

afterAll(() => folders.clear());

const run = (mode: string, folder: string, options?: RunOptions) => runServer(program, mode, folder, options);
const databaseFor = (name: string) => copyStoppedDatabase(program, folders.make(name));

async function insertRow(server: ServerProcess) {
  const ready = await server.next('ready');
  await query(ready.connectionString, 'CREATE TABLE IF NOT EXISTS rounds (at timestamptz DEFAULT now())');
  await query(ready.connectionString, 'INSERT INTO rounds DEFAULT VALUES');
  return ready;
}

/** Unless it has not started, or has ended. */
function killPostmaster(folder: string): void {
  if (!existsSync(join(folder, 'postgres/postmaster.pid'))) return;
  const processId = postmasterIdOf(folder);
  if (isAlive(processId)) process.kill(processId, 'SIGKILL');
}

describe.concurrent('after kill -9', () => {
  it('of Waypost, the next start takes the running server over', async () => {
    const folder = databaseFor('adopt');
    const killed = run('serve', folder);
    const first = await killed.next('ready');
    await query(first.connectionString, 'CREATE TABLE kept AS SELECT 7 AS number');
    const postmaster = postmasterIdOf(folder);
    killed.child.kill('SIGKILL');
    await killed.ended;
    expect(isAlive(postmaster)).toBe(true);

    const next = run('serve', folder);
    const second = await next.next('ready');
    expect(postmasterIdOf(folder)).toBe(postmaster);
    expect(second).toMatchObject({ owned: true, connectionString: first.connectionString });
    expect(await query(second.connectionString, 'SELECT number FROM kept')).toEqual([{ number: 7 }]);
    next.say('stop');
    expect(await next.ended).toBe(0);
    expect(isAlive(postmaster)).toBe(false);
  });

  it.each([['started'], ['taken over']])('of a Postgres that was %s, it runs again on the same port', async (how) => {
    const folder = databaseFor('restart');
    let server = run('serve', folder);
    let ready = await server.next('ready');
    if (how === 'taken over') {
      server.child.kill('SIGKILL');
      await server.ended;
      server = run('serve', folder);
      ready = await server.next('ready');
    }
    await query(ready.connectionString, 'CREATE TABLE kept AS SELECT 7 AS number');
    process.kill(postmasterIdOf(folder), 'SIGKILL');
    const rows = await queryWithin(20_000, ready.connectionString, 'SELECT number FROM kept');
    expect(rows).toEqual([{ number: 7 }]);
    server.say('stop');
    expect(await server.ended).toBe(0);
    expect(server.events.map(({ line }) => line)).toContain('Postgres runs again.');
  });

  it('of both, the next start works and has what was committed', async () => {
    const folder = databaseFor('both');
    const killed = run('serve', folder);
    const first = await killed.next('ready');
    await query(first.connectionString, 'CREATE TABLE kept AS SELECT 7 AS number');
    process.kill(postmasterIdOf(folder), 'SIGKILL');
    killed.child.kill('SIGKILL');
    await killed.ended;

    const next = run('serve', folder);
    const second = await next.next('ready');
    expect(await query(second.connectionString, 'SELECT number FROM kept')).toEqual([{ number: 7 }]);
    next.say('stop');
    await next.ended;
  });

  it.each([[200], [500], [900]])(
    'of Waypost %i ms into its first start, the next start works and leaves nothing behind',
    async (milliseconds) => {
      const folder = folders.make('initdb');
      const killed = run('serve', folder);
      await pause(milliseconds);
      killed.child.kill('SIGKILL');
      await killed.ended;
      expect(await useOnce(program, folder)).toMatchObject({ answer: 42 });
      expect(readdirSync(folder).filter((name) => name.includes('.new'))).toEqual([]);
    },
  );

  it('at random moments of either or both, starts work and no committed row is lost', async () => {
    const folder = databaseFor('random');
    let committed = 0;
    for (let round = 0; round < 6; round++) {
      const server = run('serve', folder);
      const work = insertRow(server).then(
        () => committed++,
        () => undefined, // killed before it was done
      );
      await pause(Math.random() * 600);
      if (round % 3 !== 0) server.child.kill('SIGKILL');
      if (round % 3 !== 1) killPostmaster(folder);
      await pause(Math.random() * 200);
      server.child.kill('SIGKILL');
      await server.ended;
      await work;
    }
    const last = run('serve', folder);
    const { connectionString } = await insertRow(last);
    const [row] = await query<{ count: number }>(connectionString, 'SELECT count(*)::integer FROM rounds');
    expect(row?.count).toBeGreaterThan(committed);
    last.say('stop');
    expect(await last.ended).toBe(0);
  });

  it('of one that serves, its claim is free, even when its process id has been given to another program', async () => {
    const folder = folders.make('claim');
    const claims = join(folder, 'processes');
    const killed = run('lock', folder);
    await killed.next('ready');
    const [name = ''] = readdirSync(claims).filter((entry) => entry.startsWith('serve-'));
    killed.child.kill('SIGKILL');
    await killed.ended;
    renameSync(join(claims, name), join(claims, name.replace(/-\d+-/, `-${process.pid}-`)));
    const next = run('lock', folder);
    await next.next('ready');
    next.say('stop');
    expect(await next.ended).toBe(0);
    expect(readdirSync(claims)).toEqual([]);
  });

  it('is not fooled by a postmaster.pid whose process id has been given to another program', async () => {
    const folder = databaseFor('recycled');
    const killed = run('serve', folder);
    await killed.next('ready');
    process.kill(postmasterIdOf(folder), 'SIGSTOP'); // so that it keeps its file
    killed.child.kill('SIGKILL');
    await killed.ended;
    const file = join(folder, 'postgres/postmaster.pid');
    const lines = readFileSync(file, 'utf8').split('\n');
    process.kill(postmasterIdOf(folder), 'SIGKILL');

    // Postgres would believe in any living process of its own user.
    const { uid, gid } = statSync(join(folder, 'postgres'));
    const stranger = spawn('sleep', ['60'], { uid, gid, stdio: 'ignore' });
    await once(stranger, 'spawn');
    writeFileSync(file, [stranger.pid, ...lines.slice(1)].join('\n'));
    expect(await useOnce(program, folder)).toMatchObject({ answer: 42 });
    expect(stranger.kill('SIGTERM')).toBe(true);
    expect((await once(stranger, 'exit'))[1]).toBe('SIGTERM');
  });
});
