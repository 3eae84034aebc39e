import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { ACCESS } from '../../src/auth/access.guard.js';
import { isScope } from '../../src/auth/scope.js';
import { waypostResolvers } from '../../src/waypost.module.js';
import { accessRows, withAccessTables } from '../support/access-table.js';
import { committedSchema } from '../support/schema-paths.js';

const DOCUMENT = new URL('../../docs/security.md', import.meta.url);
const schema = committedSchema();

describe('the table of what is allowed', () => {
  // A field that readers may see from now on has to be written down: no type becomes open by being reached.
  it('stands with the list of open fields in docs/security.md as the schema says it (npm run schema writes it)', async () => {
    const written = await readFile(DOCUMENT, 'utf8');
    const expected = withAccessTables(written, schema);
    if (process.env['UPDATE_SCHEMA'] === 'true') await writeFile(DOCUMENT, expected);
    expect(await readFile(DOCUMENT, 'utf8')).toBe(expected);
  });

  it('names scopes that exist', () => {
    expect(accessRows(schema).filter(({ scope }) => scope !== undefined && !isScope(scope))).toEqual([]);
  });

  it('says of every query and mutation what its door says', () => {
    const doors = new Map<string, unknown>();
    for (const resolver of waypostResolvers as (new () => object)[]) {
      for (const method of Object.values(Object.getOwnPropertyDescriptors(resolver.prototype))) {
        if (typeof method.value !== 'function') continue;
        const type = String(Reflect.getMetadata('graphql:resolver_type', method.value)).toLowerCase();
        const name = String(Reflect.getMetadata('graphql:resolver_name', method.value) ?? method.value.name);
        if (type === 'query' || type === 'mutation')
          doors.set(`${type} ${name}`, Reflect.getMetadata(ACCESS, method.value));
      }
    }
    const promised = accessRows(schema)
      .filter(({ kind }) => kind !== 'field')
      .map(({ kind, name, scope }) => [`${kind} ${name}`, scope ?? 'public'] as const);
    expect(Object.fromEntries(promised)).toEqual(Object.fromEntries(doors));
  });

  it('has no mutation that is open to everybody', () => {
    expect(accessRows(schema).filter(({ kind, scope }) => kind === 'mutation' && scope === undefined)).toEqual([]);
  });
});
