// npm run bench -- <name> [options]: compiles what is there and runs bench/<name>.ts.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { join } from 'node:path';

const root = fileURLToPath(new URL('..', import.meta.url));
const name = process.argv[2] ?? '';
if (!/^[a-z-]+$/.test(name) || !existsSync(join(root, 'bench', `${name}.ts`))) {
  console.error(`There is no bench/${name}.ts. Write: npm run bench -- redirect`);
  process.exit(2);
}
const output = join(root, '.cache', 'bench');
const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
execFileSync(process.execPath, [compiler, '-p', join(root, 'bench', 'tsconfig.json')], { stdio: 'inherit' });
await import(pathToFileURL(join(output, 'bench', `${name}.js`)).href);
