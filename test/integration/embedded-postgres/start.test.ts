import { once } from 'node:events';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  compileProgram,
  copyStoppedDatabase,
  isAlive,
  postmasterIdOf,
  query,
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

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

// By itself, so that the times it prints are those of one start.
describe('the first start', () => {
  it('makes a database, keeps it over a stop, and hides it from other users', async () => {
    const folder = join(folders.make('first'), 'made', 'by the "start" für $HOME');
    const first = run('serve', folder, { settings: {} });
    const cold = await first.next('ready');
    await query(cold.connectionString, 'CREATE TABLE kept AS SELECT 7 AS number');
    const postmaster = postmasterIdOf(folder);
    first.say('stop');
    expect(await first.ended).toBe(0);
    expect(isAlive(postmaster)).toBe(false);

    const second = run('serve', folder, { settings: {} });
    const warm = await second.next('ready');
    expect(await query(warm.connectionString, 'SELECT number FROM kept')).toEqual([{ number: 7 }]);
    expect(warm.connectionString).toBe(cold.connectionString);
    second.say('stop');
    await second.ended;

    expect(modeOf(folder)).toBe('700');
    expect(modeOf(join(folder, 'postgres'))).toBe('700');
    expect(modeOf(join(folder, 'postgres-connection.json'))).toBe('600');
    expect(modeOf(join(folder, 'postgres.log'))).toBe('600');
    console.log(`Embedded Postgres: cold start ${cold.milliseconds} ms, warm start ${warm.milliseconds} ms.`);
  });
});

describe.concurrent('a start', () => {
  it('listens on loopback only and asks for the password', async () => {
    const folder = databaseFor('password');
    const server = run('serve', folder);
    const { connectionString } = await server.next('ready');
    const settings = await query(
      connectionString,
      `SELECT name, setting FROM pg_settings WHERE name IN ('listen_addresses', 'unix_socket_directories') ORDER BY name`,
    );
    expect(settings).toEqual([
      { name: 'listen_addresses', setting: '127.0.0.1' },
      { name: 'unix_socket_directories', setting: '' },
    ]);
    const guessed = new URL(connectionString as string);
    guessed.password = 'waypost';
    await expect(query(guessed.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
    server.say('stop');
    await server.ended;
  });

  it('is refused while another one serves, in a sentence that names folder and process', async () => {
    const folder = databaseFor('second');
    const first = run('serve', folder);
    await first.next('ready');
    const second = run('serve', folder);
    const { code, message } = await second.next('failed');
    expect(code).toBe('DATA_DIRECTORY_IN_USE');
    expect(message).toBe(
      `Waypost already runs in ${folder} (process ${first.child.pid}). ` +
        'Stop that one first, or set WAYPOST_DATA_DIR to another folder.',
    );
    first.say('stop');
    expect(await first.ended).toBe(0);
    expect(await useOnce(program, folder)).toMatchObject({ answer: 42 });
  });

  it('takes another port when a program has taken its own', async () => {
    const folder = databaseFor('port');
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const file = join(folder, 'postgres-connection.json');
    const connection = JSON.parse(readFileSync(file, 'utf8')) as object;
    writeFileSync(file, JSON.stringify({ ...connection, port }));
    const moved = await useOnce(program, folder);
    other.close();
    expect(new URL(moved.connectionString as string).port).not.toBe(String(port));
  });

  it('sets the password anew when its file was lost', async () => {
    const folder = databaseFor('lost');
    rmSync(join(folder, 'postgres-connection.json'));
    expect(await useOnce(program, folder)).toMatchObject({ answer: 42 });
  });

  it('sets the password anew when it takes over a server and the file was lost', async () => {
    const folder = databaseFor('lost-twice');
    const killed = run('serve', folder);
    await killed.next('ready');
    killed.child.kill('SIGKILL');
    await killed.ended;
    writeFileSync(join(folder, 'postgres-connection.json'), '{"port":');
    expect(await useOnce(program, folder)).toMatchObject({ answer: 42 });
  });

  it('refuses the database of another Postgres version', async () => {
    const folder = databaseFor('version');
    writeFileSync(join(folder, 'postgres/PG_VERSION'), '16\n');
    const { code, message } = await run('serve', folder).next('failed');
    expect(code).toBe('DATA_VERSION');
    expect(message).toContain(`The database in ${folder}/postgres was made by Postgres 16`);
  });

  it('says why Postgres does not start', async () => {
    const folder = databaseFor('settings');
    const { code, message } = await run('serve', folder, { settings: { work_mem: 'much' } }).next('failed');
    expect(code).toBe('START_FAILED');
    expect(message).toContain(`Postgres does not start in ${folder}.`);
    expect(message).toContain('invalid value for parameter "work_mem": "much"');
  });
});

describe.concurrent('several processes', () => {
  it('that claim the folder at once: one gets it, the others name that one', async () => {
    const folder = folders.make('claims');
    const claimants = Array.from({ length: 4 }, () => run('lock', folder));
    const events = await Promise.all(claimants.map((claimant) => claimant.next('ready', 'failed')));
    const winner = claimants[events.findIndex(({ event }) => event === 'ready')] as ServerProcess;
    expect(events.filter(({ event }) => event === 'ready')).toHaveLength(1);
    for (const { message } of events.filter(({ event }) => event === 'failed')) {
      expect(message).toContain(`(process ${winner.child.pid})`);
    }
    winner.say('stop');
    expect(await winner.ended).toBe(0);
  });

  it('start one server when two commands begin at once, and the last one out stops it', async () => {
    const folder = databaseFor('two');
    const [one, other] = [run('join', folder), run('join', folder)];
    const readies = await Promise.all([one.next('ready'), other.next('ready')]);
    expect(readies[0].connectionString).toBe(readies[1].connectionString);
    expect(readies.filter(({ owned }) => owned)).toHaveLength(1);
    const postmaster = postmasterIdOf(folder);
    const owner = readies[0].owned ? one : other;
    const guest = readies[0].owned ? other : one;
    owner.say('stop');
    expect(await owner.ended).toBe(0);
    expect(await query(readies[0].connectionString, 'SELECT 42 AS answer')).toEqual([{ answer: 42 }]);
    guest.say('stop');
    expect(await guest.ended).toBe(0);
    expect(isAlive(postmaster)).toBe(false);
  });

  it('start one server when two commands begin at once in an empty folder', async () => {
    const folder = folders.make('two-first');
    const commands = [run('join', folder), run('join', folder)];
    const readies = await Promise.all(commands.map((command) => command.next('ready')));
    expect(new Set(readies.map(({ connectionString }) => connectionString)).size).toBe(1);
    for (const command of commands) command.say('stop');
    expect(await Promise.all(commands.map(({ ended }) => ended))).toEqual([0, 0]);
  });

  it('share the server of a command that serve takes over, beyond the end of the command', async () => {
    const folder = databaseFor('command-first');
    const command = run('join', folder);
    await command.next('ready');
    const postmaster = postmasterIdOf(folder);
    const server = run('serve', folder);
    const { connectionString, owned } = await server.next('ready');
    expect(owned).toBe(true);
    command.say('stop');
    expect(await command.ended).toBe(0);
    expect(await query(connectionString, 'SELECT 42 AS answer')).toEqual([{ answer: 42 }]);
    expect(postmasterIdOf(folder)).toBe(postmaster);
    server.say('stop');
    expect(await server.ended).toBe(0);
    expect(isAlive(postmaster)).toBe(false);
  });

  it('keep the server that a command still uses when serve ends first', async () => {
    const folder = databaseFor('serve-first');
    const server = run('serve', folder);
    await server.next('ready');
    const postmaster = postmasterIdOf(folder);
    const command = run('join', folder);
    const { connectionString, owned } = await command.next('ready');
    expect(owned).toBe(false);
    server.say('stop');
    expect(await server.ended).toBe(0);
    expect(await query(connectionString, 'SELECT 42 AS answer')).toEqual([{ answer: 42 }]);
    command.say('stop');
    expect(await command.ended).toBe(0);
    expect(isAlive(postmaster)).toBe(false);
  });

  it('do not wait for a command that was killed', async () => {
    const folder = databaseFor('killed-command');
    const server = run('serve', folder);
    await server.next('ready');
    const postmaster = postmasterIdOf(folder);
    const command = run('join', folder);
    await command.next('ready');
    command.child.kill('SIGKILL');
    await command.ended;
    server.say('stop');
    expect(await server.ended).toBe(0);
    expect(isAlive(postmaster)).toBe(false);
  });
});
