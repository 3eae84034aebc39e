/**
 * A program for the tests beside it: uses the embedded Postgres in a process of its own.
 * `node server-process.js serve|start|join|lock FOLDER`. It prints one JSON line per event, and takes `stop` on
 * its standard input. On SIGINT it first asks Postgres something, as Waypost writes its clicks before it ends.
 */
import { createInterface } from 'node:readline';
import pg from 'pg';
import { lockDataDirectory } from '../../../src/database/data-directory.js';
import { joinEmbeddedPostgres, startEmbeddedPostgres } from '../../../src/database/embedded-postgres.js';

const [mode, folder] = process.argv.slice(2) as [string, string];
const settings = JSON.parse(process.env['SETTINGS'] ?? '{}') as Record<string, string>;

function print(event: string, details: object = {}): void {
  process.stdout.write(`${JSON.stringify({ event, ...details })}\n`);
}

async function main(): Promise<void> {
  const directory = mode === 'serve' || mode === 'lock' ? await lockDataDirectory(folder) : undefined;
  const open = mode === 'join' ? joinEmbeddedPostgres : startEmbeddedPostgres;
  const report = (line: string) => print('report', { line });
  const startedAtMs = performance.now();
  const postgres = mode === 'lock' ? undefined : await open({ dataDirectory: folder, report, settings });
  print('ready', {
    connectionString: postgres?.connectionString,
    owned: postgres?.owned,
    milliseconds: Math.round(performance.now() - startedAtMs),
  });
  const stop = async () => {
    const stoppingAtMs = performance.now();
    await postgres?.stop();
    await directory?.release();
    print('stopped', { milliseconds: Math.round(performance.now() - stoppingAtMs) });
    process.exit(0);
  };
  process.on('SIGINT', () => {
    void ask(postgres?.connectionString ?? '').then((answer) => {
      print('flushed', { answer });
      return stop();
    });
  });
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === 'stop') await stop();
    if (line === 'throw') throw new Error('Thrown on request.');
  }
}

async function ask(connectionString: string): Promise<number> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  const { rows } = await client.query<{ answer: number }>('SELECT 42 AS answer');
  await client.end();
  return rows[0]?.answer ?? 0;
}

try {
  await main();
} catch (error) {
  const { name, code, message } = error as Error & { code?: string };
  print('failed', { name, code, message });
  process.exit(1);
}
