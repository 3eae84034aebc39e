import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';

/** Calls that open a connection to a server by HTTP. */
const SENDS =
  /\bfetch\(|import (?:\w+|\* as \w+|\{[^}]*\b(?:request|get|Agent)\b[^}]*\}) from '(?:node:)?https?'|from '(?:undici|axios)'/;
/** A host's tests ask the server that they started; the scripts of pages run in a browser. */
const EXCEPTIONS = new Set(['testing/start-waypost.service.ts', 'graphql/landing-page.ts', 'access/sign-in-page.ts']);

it('nothing but the outbound client sends requests', async () => {
  const source = new URL('../../src/', import.meta.url).pathname;
  const names = (await readdir(source, { recursive: true })).filter(
    (name) =>
      name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.startsWith('outbound/') && !EXCEPTIONS.has(name),
  );
  const senders = await Promise.all(
    names.map(async (name) => {
      const text = await readFile(join(source, name), 'utf8');
      return SENDS.test(text.replaceAll(/^import type .*$/gm, '')) ? [name] : [];
    }),
  );
  expect(senders.flat()).toEqual([]);
});
