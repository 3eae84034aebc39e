import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

/** Where Debian's packages put the programs of each version. */
const INSTALLED = '/usr/lib/postgresql';
const NOBODY = 65534;

export interface OtherPostgres {
  readonly url: string;
  stop(): Promise<void>;
}

/** Folder of the programs of an installed Postgres of another major version than 18, from 15 on; undefined: there is none. */
export function findOtherPostgres(): string | undefined {
  if (!existsSync(INSTALLED)) return undefined;
  const found = readdirSync(INSTALLED).find((major) => Number(major) >= 15 && Number(major) !== 18);
  const programs = join(INSTALLED, found ?? '', 'bin');
  return found !== undefined && existsSync(join(programs, 'initdb')) ? programs : undefined;
}

/** Postgres does not run as root. */
const account = (): { uid?: number; gid?: number } => (process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {});

export async function startOtherPostgres(programs: string): Promise<OtherPostgres> {
  const folder = mkdtempSync(join(tmpdir(), 'waypost-other-'));
  const { uid, gid } = account();
  if (uid !== undefined && gid !== undefined) chownSync(folder, uid, gid);
  const data = join(folder, 'data');
  execFileSync(join(programs, 'initdb'), ['-D', data, '-U', 'waypost', '-A', 'trust', '-E', 'UTF8', '-N'], {
    ...account(),
    stdio: 'ignore',
  });
  const port = await freePort();
  const settings = { listen_addresses: '127.0.0.1', port: String(port), unix_socket_directories: folder, fsync: 'off' };
  const parameters = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawn(join(programs, 'postgres'), ['-D', data, ...parameters], { ...account(), stdio: 'ignore' });
  const url = `postgres://waypost@127.0.0.1:${port}/postgres`;
  const stop = async (): Promise<void> => {
    const ended = once(child, 'exit');
    child.kill('SIGINT');
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  await untilItAnswers(url, () => child.exitCode !== null);
  return { url, stop };
}

async function untilItAnswers(url: string, hasEnded: () => boolean): Promise<void> {
  for (;;) {
    if (hasEnded()) throw new Error('The other Postgres ended at its start.');
    const client = new pg.Client({ connectionString: url });
    try {
      await client.connect();
      await client.end();
      return;
    } catch {
      await sleep(50);
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
