import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const stamp = join(root, 'dist', '.built');
const sources = [
  'src',
  'migrations',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'nest-cli.json',
];

/** Builds when a source is newer than the last build that succeeded. The compiler itself builds only what changed. */
export function buildIfChanged() {
  const startedAt = new Date();
  if (newest(sources.map((name) => join(root, name))) <= modifiedAt(stamp)) return;
  // On stderr: what a command prints on stdout is its result.
  process.stderr.write('Building...\n');
  rmSync(stamp, { force: true });
  try {
    execFileSync(process.execPath, [join(root, 'node_modules/@nestjs/cli/bin/nest.js'), 'build'], {
      cwd: root,
      stdio: ['ignore', 2, 2],
    });
  } catch {
    process.stderr.write('The build failed; the messages above say where.\n');
    process.exit(1);
  }
  writeFileSync(stamp, '');
  // What was saved while the compiler ran is newer than the stamp, and is built next time.
  utimesSync(stamp, startedAt, startedAt);
}

function newest(paths) {
  let time = 0;
  for (const path of paths) {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (!stats) continue;
    time = Math.max(time, stats.mtimeMs);
    if (stats.isDirectory()) time = Math.max(time, newest(readdirSync(path).map((name) => join(path, name))));
  }
  return time;
}

function modifiedAt(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? -1;
}
