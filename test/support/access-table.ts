import type { GraphQLField, GraphQLSchema } from 'graphql';
import { isObjectType } from 'graphql';
import { SCOPES } from '../../src/auth/scope.js';
import { pathsOfQueries } from './schema-paths.js';

/** What somebody may send: nothing, a token with one scope alone, or one that is not valid. */
export const CREDENTIALS = ['none', ...SCOPES, 'expired', 'revoked', 'malformed'] as const;
export type Credential = (typeof CREDENTIALS)[number];

export type Verdict = 'yes' | '401' | '403';

export interface AccessRow {
  readonly kind: 'query' | 'mutation' | 'field';
  readonly name: string;
  /** undefined: open to everybody. */
  readonly scope: string | undefined;
}

/** "Needs `admin`." at the end of a description is the promise; it is what this table is made of. */
export function scopeOf(described: { readonly description?: string | null }): string | undefined {
  return /Needs `([a-z:]+)`/.exec(described.description ?? '')?.[1];
}

/** Every query, every mutation, and every field that needs more than its type. */
export function accessRows(schema: GraphQLSchema): AccessRow[] {
  const roots = (['query', 'mutation'] as const).flatMap((kind) => {
    const type = kind === 'query' ? schema.getQueryType() : schema.getMutationType();
    return Object.values(type?.getFields() ?? {}).map((field) => rowOf(kind, field.name, field));
  });
  const rootTypes = [schema.getQueryType(), schema.getMutationType()];
  const fields = Object.values(schema.getTypeMap())
    .filter((type) => isObjectType(type) && !rootTypes.includes(type))
    .flatMap((type) =>
      isObjectType(type)
        ? Object.values(type.getFields()).map((field) => rowOf('field', `${type.name}.${field.name}`, field))
        : [],
    );
  return [...roots, ...fields.filter(({ scope }) => scope !== undefined)];
}

function rowOf(kind: AccessRow['kind'], name: string, field: GraphQLField<unknown, unknown>): AccessRow {
  return { kind, name, scope: scopeOf(field) };
}

/** Where several scopes are needed, one after the other, the first that is missing decides. */
export function verdictOf(scopes: readonly (string | undefined)[], credential: Credential): Verdict {
  if (credential === 'expired' || credential === 'revoked' || credential === 'malformed') return '401';
  const missing = scopes.some((scope) => scope !== undefined && scope !== credential);
  if (!missing) return 'yes';
  return credential === 'none' ? '401' : '403';
}

/** The document with its tables as they must be. */
export function withAccessTables(document: string, schema: GraphQLSchema): string {
  return replaceSection(replaceSection(document, 'access table', tableText(schema)), 'open fields', openText(schema));
}

function replaceSection(document: string, name: string, text: string): string {
  const begin = `<!-- ${name}: written by \`npm run schema\` -->`;
  const start = document.indexOf(begin) + begin.length;
  const end = document.indexOf(`<!-- ${name}: end -->`);
  if (start < begin.length || end < start) throw new Error(`docs/security.md has no place for "${name}".`);
  return `${document.slice(0, start)}\n\n${text}\n\n${document.slice(end)}`;
}

/** Every field that somebody without a token can reach, by type. */
function openText(schema: GraphQLSchema): string {
  const open = pathsOfQueries(schema).filter(({ steps, conditions }) =>
    // What an interface leads to may need a scope that the interface does not.
    [...steps, ...conditions.values()].every((step) => scopeOf(step) === undefined),
  );
  const types = new Map(open.map(({ type }) => [type.name, type]));
  return [...types.values()]
    .sort((left, right) => (left.name < right.name ? -1 : 1))
    .map((type) => {
      const fields = Object.values(type.getFields()).filter((field) => scopeOf(field) === undefined);
      return `- \`${type.name}\`: ${fields.map((field) => `\`${field.name}\``).join(' ')}`;
    })
    .join('\n');
}

function tableText(schema: GraphQLSchema): string {
  const titles = ['', 'no token', ...SCOPES.map((scope) => `\`${scope}\``), 'expired', 'revoked', 'malformed'];
  const lines = accessRows(schema).map((row) => [
    row.kind === 'field' ? `\`${row.name}\`` : `${row.kind} \`${row.name}\``,
    ...CREDENTIALS.map((credential) => verdictOf([row.scope], credential)),
  ]);
  const widths = titles.map((_title, column) =>
    Math.max(...[titles, ...lines].map((line) => line[column]?.length ?? 0)),
  );
  const lineOf = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [lineOf(titles), lineOf(widths.map((width) => '-'.repeat(width))), ...lines.map(lineOf)].join('\n');
}
