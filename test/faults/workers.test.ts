import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { platform, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileServer, FaultyPostgres, judge, nothingWrong, Readers } from './fault-world.js';
import { filesWithAddresses, holdsAddress, WholeWaypost } from './server-world.js';

let postgres: FaultyPostgres;
let waypost: WholeWaypost;
let directory: string;

beforeAll(async () => {
  compileServer();
  postgres = await FaultyPostgres.start();
  directory = await mkdtemp(join(tmpdir(), 'waypost-fault-'));
  waypost = await WholeWaypost.start({
    DATABASE_URL: postgres.url,
    WAYPOST_DATA_DIR: directory,
    WAYPOST_WORKERS: '2',
    WAYPOST_TRUSTED_PROXIES: '127.0.0.1/32',
    WAYPOST_CLICK_ID_HEADER: 'X-Click-Id',
  });
}, 180_000);
afterAll(async () => {
  await waypost?.stop();
  await postgres?.stop();
  await rm(directory, { recursive: true, force: true });
});

describe('Waypost with two workers', () => {
  it.skipIf(platform() !== 'linux')(
    'replaces a worker that is killed, drains its segment and loses no acknowledged click',
    async () => {
      const readers = new Readers(waypost, 8);
      for (let round = 0; round < 2; round++) {
        await delay(500);
        await waypost.replaceKilledWorker();
        const before = readers.acknowledged.size;
        await expect.poll(() => readers.acknowledged.size, { timeout: 60_000 }).toBeGreaterThan(before + 200);
      }
      await readers.stop();
      expect(waypost.output.match(/A worker ended \(SIGKILL\) and is replaced\./g)).toHaveLength(2);
      expect(readers.refused).toEqual([]);
      expect(await judge(postgres, readers.acknowledged)).toEqual(nothingWrong);
    },
  );

  it('shows all of them in one picture, whichever answers', async () => {
    const redirects = async (): Promise<number[]> => {
      const texts = await Promise.all(Array.from({ length: 4 }, () => text('/metrics')));
      return texts.map((one) => Number(/waypost_redirects_total\{outcome="redirect"\} (\d+)/.exec(one)?.[1]));
    };
    await expect.poll(async () => new Set(await redirects()).size, { timeout: 30_000 }).toBe(1);
    expect((await redirects())[0]).toBeGreaterThan(200);
  });

  it('refuses a second process on its data directory', async () => {
    await expect(WholeWaypost.start({ DATABASE_URL: postgres.url, WAYPOST_DATA_DIR: directory })).rejects.toThrow(
      /Waypost already runs in/,
    );
  });

  it('leaves no address of a reader in a file, a table, a metric or a line of output', async () => {
    const readers = new Readers(waypost, 4);
    await expect.poll(() => readers.acknowledged.size, { timeout: 60_000 }).toBeGreaterThan(200);
    const asked = await Promise.all(['/metrics', '/health/ready', '/health/live'].map(text));
    await readers.stop();
    // Before the end, so that segments of the log are there, and after it.
    expect((await readdir(join(directory, 'clicks'))).filter((name) => name.endsWith('.log'))).not.toEqual([]);
    expect(await filesWithAddresses(directory)).toEqual([]);
    await judge(postgres, readers.acknowledged);
    await waypost.stop();
    expect(await filesWithAddresses(directory)).toEqual([]);
    // Postgres' own files: rows and their old versions, the write-ahead log, what it printed.
    await postgres.query('CHECKPOINT');
    expect(await filesWithAddresses(postgres.directory)).toEqual([]);
    expect(await tablesWithAddresses()).toEqual([]);
    for (const one of [...asked, waypost.output]) expect(holdsAddress(one)).toBe(false);
  });
});

const text = async (path: string): Promise<string> => (await fetch(waypost.url + path)).text();

/** Also where Postgres keeps long values compressed, which no search of its files would find. */
async function tablesWithAddresses(): Promise<string[]> {
  const tables = await postgres.query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'waypost' AND table_type = 'BASE TABLE'`,
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const rows = await postgres.query(
      `SELECT 1 FROM waypost."${name}" AS one WHERE one::text ~ '(^|[^0-9.])10\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}([^0-9.]|$)' LIMIT 1`,
    );
    if (rows.length > 0) found.push(name);
  }
  expect(tables.map(({ name }) => name)).toContain('clicks');
  return found;
}
