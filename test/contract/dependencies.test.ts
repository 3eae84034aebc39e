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

it('asks for no other React than GraphiQL does', async () => {
  // Both are optional, and npm refuses to install the package into an empty project where their ranges differ.
  const manifest = JSON.parse(await read('package.json')) as Record<Group, Record<string, string>>;
  const graphiql = JSON.parse(await read('node_modules/graphiql/package.json')) as Record<
    Group,
    Record<string, string>
  >;
  expect(manifest.peerDependencies).toMatchObject({
    react: graphiql.peerDependencies['react'],
    'react-dom': graphiql.peerDependencies['react-dom'],
  });
});
