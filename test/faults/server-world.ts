import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';

const root = fileURLToPath(new URL('../..', import.meta.url));
const readyPattern = /Waypost is ready on (http:\/\/127\.0\.0\.1:(\d+))/;

/** The whole server, as the command line starts it: its worker processes, its output, its routes. */
export class WholeWaypost {
  port = 0;
  url = '';
  /** Everything it has said so far. */
  output = '';

  private constructor(private readonly child: ChildProcess) {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (bytes: Buffer) => (this.output += bytes.toString()));
    }
  }

  static async start(environment: Readonly<Record<string, string>>): Promise<WholeWaypost> {
    const waypost = await WholeWaypost.begin(environment);
    await waypost.isReady();
    return waypost;
  }

  /** It may have a lot to wait for. */
  static async begin(environment: Readonly<Record<string, string>>): Promise<WholeWaypost> {
    return new WholeWaypost(await spawnWaypost(['serve'], { PORT: '0', WAYPOST_SAMPLE: 'false', ...environment }));
  }

  async isReady(): Promise<void> {
    await this.says(readyPattern);
    const [, url = '', port = '0'] = readyPattern.exec(this.output) ?? [];
    this.url = url;
    this.port = Number(port);
  }

  async says(pattern: RegExp, maxMs = 90_000): Promise<void> {
    await this.waitFor(() => pattern.test(this.output), maxMs, `it never said ${pattern}`);
  }

  /** Kills one, and waits until as many are there as before. */
  async replaceKilledWorker(): Promise<void> {
    const before = await this.workers();
    const [victim] = before;
    if (victim === undefined) throw new Error('Waypost has no worker.');
    process.kill(victim, 'SIGKILL');
    await this.hasWorkers(before.length, victim);
  }

  /** Processes that serve, as Linux knows them. */
  private async workers(): Promise<number[]> {
    const { pid = 0 } = this.child;
    const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
    return text.split(' ').filter(Boolean).map(Number);
  }

  private async hasWorkers(count: number, without: number): Promise<void> {
    const deadlineMs = Date.now() + 60_000;
    for (;;) {
      const workers = await this.workers();
      if (workers.length === count && !workers.includes(without)) return;
      if (Date.now() > deadlineMs) throw new Error(`Waypost has ${workers.length} workers after a minute.`);
      await delay(50);
    }
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGTERM');
    await once(this.child, 'exit');
  }

  /** As an orchestrator does it, which kills what has not ended after `graceMs`. @returns how it ended. */
  async stopWithin(graceMs: number): Promise<number | NodeJS.Signals | null> {
    const kill = setTimeout(() => this.child.kill('SIGKILL'), graceMs);
    await this.stop();
    clearTimeout(kill);
    return this.child.exitCode ?? this.child.signalCode;
  }

  private async waitFor(isSo: () => boolean, maxMs: number, otherwise: string): Promise<void> {
    const deadlineMs = Date.now() + maxMs;
    while (!isSo()) {
      const hasEnded = this.child.exitCode !== null || this.child.signalCode !== null;
      if (hasEnded || Date.now() > deadlineMs) throw new Error(`Waypost: ${otherwise}. It said:\n${this.output}`);
      await delay(50);
    }
  }
}

/** What a command printed, and how it ended. */
export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number | null;
}

/** One command of the command line, in a process of its own. */
export async function runWaypost(
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<CommandResult> {
  const child = await spawnWaypost(words, environment);
  const [stdout, stderr] = [child.stdout, child.stderr].map(async (stream) => {
    let text = '';
    for await (const bytes of stream ?? []) text += String(bytes);
    return text;
  });
  const [status] = (await once(child, 'close')) as [number | null];
  return { stdout: (await stdout) ?? '', stderr: (await stderr) ?? '', status };
}

async function spawnWaypost(
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<ChildProcess> {
  // The command line reads its version from the package above it.
  await copyFile(join(root, 'package.json'), join(root, '.cache/package.json'));
  return spawn(process.execPath, [join(root, '.cache/faults/src/cli.js'), ...words], {
    env: { PATH: process.env['PATH'], HOST: '127.0.0.1', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Readers of these tests come from 10.0.0.0/8. */
const readerAddress = /(?<![\d.])10\.\d{1,3}\.\d{1,3}\.\d{1,3}(?![\d.])/;

export const holdsAddress = (text: string): boolean => readerAddress.test(text);

/** Names of files below a folder that hold an address of a reader, whatever else is in them. */
export async function filesWithAddresses(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    // A file that is gone meanwhile holds nothing.
    if (holdsAddress(await readFile(path, 'latin1').catch(() => ''))) found.push(path);
  }
  return found;
}
