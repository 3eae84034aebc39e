/**
 * How long `npm start` takes to its ready line: the first time in a fresh checkout with its packages installed (build,
 * new cluster, migrations, sample) and every later time. Beside it, in the same run, what cannot be avoided: the
 * TypeScript compiler alone on the same sources, and the embedded Postgres alone, new and stopped before.
 *
 * `npm run bench -- start [rounds]`, 3 rounds unless told; a round takes about half a minute.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../src/database/embedded-postgres.js';

const ROUNDS = Number(process.argv[3] ?? 3);
const AIMS = { 'first start': 15, 'later start': 4 } as const;
const root = process.cwd();

/** Seconds of every round. */
const times = new Map<string, number[]>();

async function measure(name: string, call: () => unknown): Promise<void> {
  const startedAt = performance.now();
  await call();
  times.set(name, [...(times.get(name) ?? []), (performance.now() - startedAt) / 1000]);
}

function copyCheckout(folder: string): string {
  const checkout = join(folder, 'checkout');
  const files = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0').filter(Boolean);
  for (const file of files) cpSync(join(root, file), join(checkout, file));
  symlinkSync(join(root, 'node_modules'), join(checkout, 'node_modules'));
  return checkout;
}

function environment(folder: string): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(WAYPOST_|DATABASE_|NATS_)/.test(name));
  return { ...Object.fromEntries(own), PORT: '0', WAYPOST_DATA_DIR: join(folder, 'data') };
}

async function untilReady(checkout: string, env: NodeJS.ProcessEnv): Promise<ChildProcess> {
  const server = spawn('npm', ['start'], { cwd: checkout, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let output = '';
  await new Promise<void>((resolve, reject) => {
    const read = (text: Buffer): void => {
      output += text.toString();
      if (/^Waypost is ready on /m.test(output)) resolve();
    };
    server.stdout.on('data', read);
    server.stderr.on('data', read);
    server.on('exit', (code) => reject(new Error(`npm start ended with ${code}:\n${output}`)));
  });
  return server;
}

/** As Ctrl-C does: the whole group; waits until the last process that holds the output has ended. */
async function stop(server: ChildProcess): Promise<void> {
  const closed = new Promise((resolve) => server.on('close', resolve));
  server.removeAllListeners('exit');
  process.kill(-(server.pid ?? 0), 'SIGINT');
  await closed;
}

async function measureNpmStart(name: string, checkout: string, env: NodeJS.ProcessEnv): Promise<void> {
  let server: ChildProcess | undefined;
  await measure(name, async () => {
    server = await untilReady(checkout, env);
  });
  if (server) await stop(server);
}

async function measurePostgres(name: string, dataDirectory: string): Promise<void> {
  let stopPostgres = async (): Promise<void> => undefined;
  await measure(name, async () => {
    const postgres = await startEmbeddedPostgres({ dataDirectory });
    stopPostgres = () => postgres.stop();
  });
  await stopPostgres();
}

async function runRound(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'waypost-bench-start-'));
  try {
    const checkout = copyCheckout(folder);
    const compiler = join(root, 'node_modules/typescript/bin/tsc');
    const options = ['-p', 'tsconfig.build.json', '--outDir', join(folder, 'out'), '--tsBuildInfoFile', 'null'];
    await measure('compiler alone', () =>
      execFileSync(process.execPath, [compiler, ...options, '--incremental', 'false'], { cwd: checkout }),
    );
    await measurePostgres('Postgres alone, new', join(folder, 'postgres'));
    await measurePostgres('Postgres alone, stopped before', join(folder, 'postgres'));
    const env = environment(folder);
    await measureNpmStart('first start', checkout, env);
    await measureNpmStart('later start', checkout, env);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

for (let round = 1; round <= ROUNDS; round += 1) {
  console.error(`round ${round} of ${ROUNDS}`);
  await runRound();
}

const median = (name: string): number => {
  const sorted = [...(times.get(name) ?? [])].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
};
const limits = {
  'first start': median('compiler alone') + median('Postgres alone, new'),
  'later start': median('Postgres alone, stopped before'),
};

console.log('medians, seconds');
for (const name of times.keys()) console.log(`${name.padEnd(32)}${median(name).toFixed(2).padStart(7)}`);
for (const name of ['first start', 'later start'] as const) {
  const ratio = (median(name) / limits[name]).toFixed(1);
  const verdict = median(name) < AIMS[name] ? 'met' : 'MISSED';
  console.log(`${name}: ${ratio} times what cannot be avoided; aim under ${AIMS[name]} s: ${verdict}`);
}
