import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  compileProgram,
  copyStoppedDatabase,
  isAlive,
  postmasterIdOf,
  query,
  removeFolder,
  runServer,
  TestFolders,
  type RunOptions,
} from './server-programs.js';

let program: string;
const folders = new TestFolders();

beforeAll(async () => {
  program = await compileProgram();
});

afterAll(() => folders.clear());

const run = (mode: string, folder: string, options?: RunOptions) => runServer(program, mode, folder, options);
const databaseFor = (name: string) => copyStoppedDatabase(program, folders.make(name));

describe.concurrent('a stop', () => {
  it('comes after what Waypost does on Ctrl-C, because the signal does not reach Postgres', async () => {
    const folder = databaseFor('interrupt');
    const server = run('serve', folder);
    await server.next('ready');
    const postmaster = postmasterIdOf(folder);
    process.kill(-(server.child.pid as number), 'SIGINT'); // the whole group, as a terminal does
    expect(await server.next('flushed')).toMatchObject({ answer: 42 });
    expect(await server.ended).toBe(0);
    expect(isAlive(postmaster)).toBe(false);
  });

  it('does not wait for open connections and their transactions', async () => {
    const folder = databaseFor('busy');
    const server = run('serve', folder);
    const { connectionString } = await server.next('ready');
    const sleeping = query(connectionString, 'SELECT pg_sleep(60)').catch((error: { code?: string }) => error.code);
    await pause(200);
    server.say('stop');
    expect((await server.next('stopped')).milliseconds).toBeLessThan(5_000);
    expect(await sleeping).toBe('57P01');
  });

  it('ends a Postgres that does not react in less than 10 seconds', async () => {
    const folder = databaseFor('stuck');
    const server = run('serve', folder);
    await server.next('ready');
    const postmaster = postmasterIdOf(folder);
    process.kill(postmaster, 'SIGSTOP');
    server.say('stop');
    expect((await server.next('stopped')).milliseconds).toBeLessThan(10_000);
    expect(isAlive(postmaster)).toBe(false);
  });

  it('follows when a process ends by an error of its own', async () => {
    const folder = databaseFor('thrown');
    const server = run('start', folder);
    await server.next('ready');
    const postmaster = postmasterIdOf(folder);
    server.say('throw');
    expect(await server.ended).toBe(1);
    for (let wait = 0; isAlive(postmaster) && wait < 100; wait++) await pause(50);
    expect(isAlive(postmaster)).toBe(false);
  });

  it('finds the server also when its folder was deleted', async () => {
    const folder = databaseFor('deleted');
    const server = run('serve', folder);
    await server.next('ready');
    const postmaster = postmasterIdOf(folder);
    removeFolder(folder);
    server.say('stop');
    await server.ended;
    expect(isAlive(postmaster)).toBe(false);
  });
});
