import type { GraphQLInterfaceType } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DataSource } from 'typeorm';
import { ApiTokensService } from '../../../src/auth/api-tokens.service.js';
import type { Scope } from '../../../src/auth/scope.js';
import { SCOPES } from '../../../src/auth/scope.js';
import { committedSchema } from '../../support/schema-paths.js';
import { makeScopedNodes, SCOPED_NODES } from '../../support/scoped-nodes.js';
import type { TestApp } from '../../support/test-app.js';
import { startTestApp } from '../../support/test-app.js';

const NODE = `query ($id: ID!) { node(id: $id) { type: __typename id ... on Article { slug } ... on Tag { slug } ... on AffiliatePartner { key } } }`;

let waypost: TestApp;
let draft: string;
let hiddenTag: string;
let partner: string;
let scoped: Record<string, string[]>;

beforeAll(async () => {
  waypost = await startTestApp();
  await waypost.createPartner({ key: 'course' });
  draft = (await waypost.createArticle({ slug: 'draft', status: 'DRAFT', tags: ['hidden'] })).id;
  const found = await waypost.data(`{ tag(slug: "hidden") { id } affiliatePartner(key: "course") { id } }`);
  hiddenTag = found.tag.id;
  partner = found.affiliatePartner.id;
  scoped = await makeScopedNodes(waypost.app.get(DataSource, { strict: false }), 1);
});

afterAll(() => waypost.close());

const node = async (id: string, token?: string | null) => (await waypost.data(NODE, { id }, token)).node;

async function tokenWith(scope: Scope): Promise<string> {
  const tokens = waypost.app.get(ApiTokensService, { strict: false });
  return (await tokens.createToken({ name: scope, scopes: [scope] })).token;
}

describe('node', () => {
  it('finds every type that implements it', async () => {
    const ids = [draft, hiddenTag, partner, ...Object.values(scoped).flat()];
    const types = await Promise.all(ids.map(async (id) => (await node(id)).type));
    const schema = committedSchema();
    const promised = schema.getPossibleTypes(schema.getType('Node') as GraphQLInterfaceType).map(({ name }) => name);
    expect(new Set(types)).toEqual(new Set(promised));
  });

  it('finds an article and a tag of readers, for everybody', async () => {
    const { id } = await waypost.createArticle({ slug: 'seen', tags: ['shown'] });
    expect(await node(id, null)).toEqual({ type: 'Article', id, slug: 'seen' });
    const { tag } = await waypost.data(`{ tag(slug: "shown") { id } }`);
    expect(await node(tag.id, null)).toEqual({ type: 'Tag', id: tag.id, slug: 'shown' });
    expect((await node(id.toUpperCase(), null)).id).toBe(id);
  });

  it('shows nothing of drafts, their tags and partners to strangers, not even that they are there', async () => {
    for (const id of [draft, hiddenTag, partner]) expect(await node(id, null)).toBeNull();
  });

  it.each([
    ['content:read' as const, ['Article', 'Tag', undefined]],
    ['affiliates:read' as const, [undefined, undefined, 'AffiliatePartner']],
  ])('shows to %s what it may see', async (scope, types) => {
    const token = await tokenWith(scope);
    const found = await Promise.all([draft, hiddenTag, partner].map((id) => node(id, token)));
    expect(found.map((one) => one?.type)).toEqual(types);
  });

  it.each(Object.entries(SCOPED_NODES))(
    'shows a thing of type %s to who has its scope, and to nobody else',
    async (type, { scope }) => {
      const id = scoped[type]?.[0] ?? '';
      const seen = await Promise.all(
        [null, ...SCOPES].map(async (one) => ((await node(id, one && (await tokenWith(one)))) === null ? [] : [one])),
      );
      expect(seen.flat()).toEqual([scope]);
    },
  );

  it.each(['', 'x', '00000000-0000-0000-0000-000000000000', 'e0e0'])('is null for the id "%s"', async (id) => {
    expect(await node(id)).toBeNull();
  });
});

describe('nodes', () => {
  it('answers in the order of the ids, with null for what is not to be seen', async () => {
    const { nodes } = await waypost.data(`query ($ids: [ID!]!) { nodes(ids: $ids) { type: __typename } }`, {
      ids: [hiddenTag, 'nothing', draft, hiddenTag, partner],
    });
    expect(nodes.map((one: { type: string } | null) => one?.type ?? null)).toEqual([
      'Tag',
      null,
      'Article',
      'Tag',
      'AffiliatePartner',
    ]);
  });

  it('refuses more than a page', async () => {
    const { errors } = await waypost.query(`query ($ids: [ID!]!) { nodes(ids: $ids) { id } }`, {
      ids: Array.from({ length: 101 }, () => draft),
    });
    expect(errors?.[0]).toMatchObject({
      extensions: { code: 'BAD_ARGUMENT' },
      message: expect.stringContaining('101'),
    });
  });
});
