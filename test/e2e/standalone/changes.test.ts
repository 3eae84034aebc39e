import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TestWaypost } from '../../../src/testing/index.js';
import { startWaypost } from '../../../src/testing/index.js';
import { PUBLIC_URL } from '../../support/test-app.js';
import type { TestDatabase } from '../../support/test-database.js';
import { createTestDatabase } from '../../support/test-database.js';

const CHANGES = `query ($since: String!, $first: Int) {
  changes(since: $since, first: $first) {
    nodes { operation kind id path url at article { path title html tags { slug } } tag { slug name } } syncToken hasMore
  }
}`;

let database: TestDatabase;
let waypost: TestWaypost;
let otherNode: TestWaypost;
let since: string;

beforeAll(async () => {
  database = await createTestDatabase();
  waypost = await startWaypost({ databaseUrl: database.url, waypost: { redirects: false } });
  otherNode = await startWaypost({ databaseUrl: database.url, waypost: { redirects: false } });
});

afterAll(async () => {
  await otherNode.close();
  await waypost.close();
  await database.drop();
});

beforeEach(async () => {
  since = (await waypost.data('{ syncToken }', {}, null)).syncToken;
});

const follow = async (node: TestWaypost, token?: string | null) =>
  (await node.data(CHANGES, { since }, token)).changes.nodes;

describe('changes', () => {
  it('gives a follower what it needs, without a token too', async () => {
    const { id } = await waypost.createArticle({ slug: 'new', source: 'Hello', tags: ['A Tag'] });
    const { changes } = await waypost.data(CHANGES, { since }, null);
    expect(changes).toMatchObject({ hasMore: false, syncToken: expect.any(String) });
    expect(changes.nodes).toEqual([
      {
        operation: 'UPSERT',
        kind: 'ARTICLE',
        id,
        path: '/new',
        url: `${PUBLIC_URL}/new`,
        at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        article: { path: '/new', title: 'new', html: '<p>Hello</p>\n', tags: [{ slug: 'a-tag' }] },
        tag: null,
      },
      expect.objectContaining({ kind: 'TAG', path: null, article: null, tag: { slug: 'a-tag', name: 'A Tag' } }),
    ]);
    expect((await waypost.data(CHANGES, { since: changes.syncToken }, null)).changes.nodes).toEqual([]);
  });

  it('tells of a deletion on another node', async () => {
    const { id } = await waypost.createArticle({ slug: 'gone' });
    since = (await otherNode.data('{ syncToken }')).syncToken;
    await waypost.data(`mutation ($id: ID!) { deleteArticle(input: { id: $id }) { userErrors { code } } }`, { id });
    for (const token of [null, undefined]) {
      expect(await follow(otherNode, token)).toEqual([
        expect.objectContaining({ operation: 'DELETE', kind: 'ARTICLE', id, path: '/gone', article: null }),
      ]);
    }
  });

  it('shows an article at its second, on two nodes', async () => {
    const publishedAt = new Date(Math.ceil((Date.now() + 3500) / 1000) * 1000).toISOString();
    const { id } = await waypost.createArticle({ slug: 'at-its-second', status: 'SCHEDULED', publishedAt });
    const ask = async (node: TestWaypost) => {
      const query = `query ($since: String!) {
        article(path: "/at-its-second") { status } changes(since: $since) { nodes { operation id at } } }`;
      const { article, changes } = await node.data(query, { since }, null);
      return { article, told: changes.nodes };
    };
    const unseen = { article: null, told: [] };
    const seen = { article: { status: 'PUBLISHED' }, told: [{ operation: 'UPSERT', id, at: publishedAt }] };
    const secondMs = new Date(publishedAt).getTime();
    while (Date.now() < secondMs) {
      const answers = await Promise.all([waypost, otherNode].map(ask));
      // An answer that took until then may be of either side.
      if (Date.now() < secondMs) expect(answers).toEqual([unseen, unseen]);
      await sleep(Math.min(300, secondMs - Date.now()));
    }
    await sleep(50);
    expect(await Promise.all([waypost, otherNode].map(ask))).toEqual([seen, seen]);
  });

  it.each([
    ['SYNC_TOKEN_INVALID', { since: 'no token' }],
    ['BAD_ARGUMENT', { first: 0 }],
    ['BAD_ARGUMENT', { first: 1001 }],
  ])('is refused with %s for %j', async (code, variables) => {
    const { errors } = await waypost.query(CHANGES, { since, ...variables }, null);
    expect(errors?.[0]?.extensions.code).toBe(code);
  });
});
