import type { GraphQLField } from 'graphql';
import { getNamedType, isLeafType } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiTokensService } from '../../../src/auth/api-tokens.service.js';
import type { Scope } from '../../../src/auth/scope.js';
import { SCOPES } from '../../../src/auth/scope.js';
import type { Credential, Verdict } from '../../support/access-table.js';
import { CREDENTIALS, scopeOf, verdictOf } from '../../support/access-table.js';
import type { SchemaPath } from '../../support/schema-paths.js';
import { callOf, committedSchema, documentOf, pathsOfQueries } from '../../support/schema-paths.js';
import type { TestApp } from '../../support/test-app.js';
import { startTestApp } from '../../support/test-app.js';

const schema = committedSchema();

let waypost: TestApp;
let tokens: ApiTokensService;
let credentials: Readonly<Record<Credential, string | null>>;
/** Arguments under which a root has something to answer. */
let found: Readonly<Record<string, string>>;

beforeAll(async () => {
  waypost = await startTestApp({ background: false });
  tokens = waypost.app.get(ApiTokensService, { strict: false });
  const { syncToken } = await waypost.data('{ syncToken }');
  await waypost.createPartner({ key: 'shop' });
  const { id } = await waypost.createArticle({
    title: 'Findable',
    slug: 'former',
    tags: ['Tag'],
    source: '{{< aff "shop" "place" "text" >}}',
  });
  await waypost.data(
    `mutation { updateArticle(input: { id: "${id}", expectedRevision: 1, path: "/public" }) { userErrors { code } } }`,
  );
  const { tag } = await waypost.data('{ tag(slug: "tag") { id } }');
  found = {
    article: 'slug: "public"',
    tag: 'slug: "tag"',
    node: `id: "${id}"`,
    nodes: `ids: ["${id}", "${tag.id}"]`,
    'node of Tag': `id: "${tag.id}"`,
    searchArticles: 'query: "findable"',
    changes: `since: "${syncToken}"`,
    affiliatePartner: 'key: "shop"',
    previewMarkdown: 'source: "{{< aff \\"shop\\" \\"place\\" \\"text\\" >}}"',
    clickReport: 'input: { groupBy: [ARTICLE] }',
  };
  credentials = await makeCredentials();
});

afterAll(() => waypost?.close());

async function makeCredentials(): Promise<typeof credentials> {
  const alone = await Promise.all(
    SCOPES.map(async (scope) => [scope, (await tokens.createToken({ name: scope, scopes: [scope] })).token] as const),
  );
  const expired = await tokens.createToken({ name: 'expired', scopes: SCOPES, expiresAt: new Date(0) });
  const revoked = await tokens.createToken({ name: 'revoked', scopes: SCOPES });
  await tokens.revokeToken(revoked.id);
  return {
    none: null,
    ...(Object.fromEntries(alone) as Record<Scope, string>),
    expired: expired.token,
    revoked: revoked.token,
    malformed: 'wpt_of another length',
  };
}

async function ask(document: string, credential: Credential): Promise<{ verdict: Verdict; data: unknown }> {
  const { data, errors } = await waypost.query(document, {}, credentials[credential]);
  const codes = errors?.map((error) => error.extensions.code) ?? [];
  if (codes.includes('GRAPHQL_VALIDATION_FAILED')) throw new Error(`${document}: ${errors?.[0]?.message}`);
  if (codes.includes('UNAUTHENTICATED')) return { verdict: '401', data };
  if (codes.includes('FORBIDDEN')) return { verdict: '403', data };
  return { verdict: 'yes', data };
}

const argumentsOf = (field: GraphQLField<unknown, unknown>): string | undefined =>
  field.args.length > 0 ? found[field.name] : undefined;

/** A protected field may have fields of its own. */
const selectionOf = (field: GraphQLField<unknown, unknown>): string =>
  isLeafType(getNamedType(field.type)) ? '' : '{ __typename }';

function rootDocument(kind: 'query' | 'mutation', field: GraphQLField<unknown, unknown>): string {
  return `${kind} { ${callOf(field, argumentsOf)} ${selectionOf(field)} }`;
}

describe.each(['query', 'mutation'] as const)('each %s', (kind) => {
  const type = kind === 'query' ? schema.getQueryType() : schema.getMutationType();

  it.each(Object.values(type?.getFields() ?? {}).map((field) => [field.name, field] as const))(
    '%s is answered or refused as the table says',
    async (_name, field) => {
      const document = rootDocument(kind, field);
      for (const credential of CREDENTIALS) {
        const { verdict, data } = await ask(document, credential);
        expect([credential, verdict]).toEqual([credential, verdictOf([scopeOf(field)], credential)]);
        if (verdict !== 'yes') expect(Object.values(data ?? {}).filter((value) => value !== null)).toEqual([]);
      }
    },
  );
});

/** Every path to a type that has a protected field, with that field. */
const protectedPaths = pathsOfQueries(schema).flatMap((path) =>
  Object.values(path.type.getFields())
    .filter((field) => scopeOf(field) !== undefined)
    .map((field) => [`${path.steps.map(({ name }) => name).join('.')}.${field.name}`, path, field] as const),
);

/** Every value at the end of the path that the answer has. */
function valuesAt(data: unknown, names: readonly string[]): unknown[] {
  if (data === null || data === undefined) return [];
  if (Array.isArray(data)) return data.flatMap((one: unknown) => valuesAt(one, names));
  const [name, ...rest] = names;
  return name === undefined ? [data] : valuesAt((data as Record<string, unknown>)[name], rest);
}

describe('each way to a protected field', () => {
  it('is known', () => {
    expect(protectedPaths.length).toBeGreaterThan(10);
  });

  it.each(protectedPaths)('%s is answered or refused as the table says', async (_name, path: SchemaPath, field) => {
    const scopes = [...path.steps, field].map((step) => scopeOf(step));
    const names = [...path.steps.map(({ name }) => name), field.name];
    const givenTo: typeof argumentsOf = (step) =>
      found[`${step.name} of ${path.conditions.get(step)?.name}`] ?? argumentsOf(step);
    for (const credential of CREDENTIALS) {
      const { verdict, data } = await ask(
        documentOf(path, `${callOf(field, argumentsOf)} ${selectionOf(field)}`, givenTo),
        credential,
      );
      // A path that ends early has nothing to refuse; it must have nothing to show either.
      const expected = verdictOf(scopes, credential);
      if (expected === 'yes') expect([credential, verdict]).toEqual([credential, expected]);
      else expect(valuesAt(data, names)).toEqual([]);
      if (scopeOf(path.steps[0] ?? field) === undefined && path.steps.length < 4) {
        expect([credential, verdict]).toEqual([credential, expected]);
      }
    }
  });

  it('shows the field to a caller with its scope', async () => {
    const [, path, field] = protectedPaths.find(([name]) => name === 'articles.nodes.placements.label') ?? [];
    if (!path || !field) throw new Error('There is no such path.');
    const { data } = await ask(documentOf(path, callOf(field), argumentsOf), 'affiliates:read');
    expect(valuesAt(data, ['articles', 'nodes', 'placements', 'label'])).toEqual(['place']);
  });
});
