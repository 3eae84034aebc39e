import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';

type Group = 'dependencies' | 'peerDependencies' | 'devDependencies';

const read = (path: string): Promise<string> => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');

it('every dependency has its reason in docs/dependencies.md', async () => {
  const manifest = JSON.parse(await read('package.json')) as Record<Group, Record<string, string>>;
  const wanted = new Set(
    (['dependencies', 'peerDependencies', 'devDependencies'] as const).flatMap((group) => Object.keys(manifest[group])),
  );
  const rows = (await read('docs/dependencies.md')).matchAll(/^\| `([^`]+)` +\| \S/gm);
  expect([...rows].map(([, name]) => name ?? '').sort()).toEqual([...wanted].sort());
});
