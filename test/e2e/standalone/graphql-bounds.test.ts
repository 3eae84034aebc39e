import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import type { IntrospectionQuery } from 'graphql';
import { getIntrospectionQuery } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GraphqlAnswer } from '../../../src/testing/index.js';
import type { ProductionApp } from '../../support/production-app.js';
import { startProductionApp } from '../../support/production-app.js';
import { ADMIN_TOKEN } from '../../support/test-app.js';

const REGISTERED = '{ tags { nodes { name } } }';

let waypost: ProductionApp;
let closed: ProductionApp;

beforeAll(async () => {
  waypost = await startProductionApp();
  closed = await startProductionApp({
    graphql: {
      introspection: false,
      registeredDocuments: [REGISTERED],
      limits: { pageSize: 10, bodyBytes: 500, executionMs: 1 },
    },
  });
});

afterAll(() => Promise.all([waypost.close(), closed.close()]));

async function post(
  to: ProductionApp,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<GraphqlAnswer & { status: number }> {
  const response = await fetch(`${to.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, ...((await response.json()) as GraphqlAnswer) };
}

/** As a client of few lines does it, that reads nothing before it has written everything. */
async function writeThenRead(to: ProductionApp, type: string, body: Buffer): Promise<string> {
  const socket = connect(Number(new URL(to.url).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.pause();
  socket.write(`POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n`);
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject).write(body, () => resolve());
  });
  return text(socket);
}

const bearer = { authorization: `Bearer ${ADMIN_TOKEN}` };

const extensionsOf = async (query: string, variables?: object) =>
  (await post(waypost, { query, variables })).errors?.map(({ extensions }) => extensions);

const nested = (fields: readonly string[]): string => fields.reduceRight((inner, field) => `{ ${field} ${inner} }`, '');
const around = Array.from({ length: 4 }, () => ['articles', 'nodes', 'tags']).flat();

describe('a request beyond a bound is refused, and told the bound and what was found', () => {
  it.each([
    ['depth', nested(['tags', 'nodes', ...around, 'name']), { code: 'QUERY_TOO_DEEP', limit: 12, found: 15 }],
    [
      'depth through fragments',
      `{ tags { nodes { ...A } } } fragment A on Tag ${nested([...around.slice(0, 6), '...B'])} fragment B on Tag ${nested([...around, 'name'])}`,
      { code: 'QUERY_TOO_DEEP', limit: 12, found: 21 },
    ],
    [
      'aliases',
      `{ ${Array.from({ length: 31 }, (_none, index) => `a${index}: syncToken`).join(' ')} }`,
      { code: 'QUERY_TOO_MANY_ALIASES', limit: 30, found: 31 },
    ],
    [
      'aliases in fragments that multiply',
      `{ ...A ...A ...A ...A } fragment A on Query { ...B ...B ...B ...B } fragment B on Query { a: syncToken b: syncToken }`,
      { code: 'QUERY_TOO_MANY_ALIASES', limit: 30, found: 32 },
    ],
    ['tokens', `{ ${'syncToken '.repeat(2500)} }`, { code: 'QUERY_TOO_LONG', limit: 2000, found: 2502 }],
    [
      'cost',
      '{ tags(first: 100) { nodes { articles(first: 100) { nodes { tags { name } } } } } }',
      { code: 'QUERY_TOO_COSTLY', limit: 50_000, found: 1 + 1 + 100 * (1 + 1 + 100 * 11) },
    ],
    ['page size', '{ articles(first: 101) { nodes { title } } }', { code: 'PAGE_TOO_LARGE', limit: 100, found: 101 }],
  ])('%s', async (_name, query, expected) => {
    expect(await extensionsOf(query)).toEqual([expected]);
  });

  it('page size in a variable', async () => {
    const query = 'query ($n: Int) { articles(last: $n) { nodes { title } } }';
    expect(await extensionsOf(query, { n: 400 })).toEqual([{ code: 'PAGE_TOO_LARGE', limit: 100, found: 400 }]);
  });

  it('cost by ids in a variable, also of a document that was answered before', async () => {
    const query = `query ($ids: [ID!]!) { nodes(ids: $ids) {
      ... on Article { related(first: 20) { tags { articles(first: 20) { nodes { title } } } } } } }`;
    const ids = Array.from({ length: 100 }, () => crypto.randomUUID());
    for (let time = 0; time < 2; time += 1) expect(await extensionsOf(query, { ids: ids.slice(0, 2) })).toBeUndefined();
    expect(await extensionsOf(query, { ids })).toMatchObject([{ code: 'QUERY_TOO_COSTLY', limit: 50_000 }]);
  });

  it('page size as it was configured', async () => {
    const { errors } = await post(closed, { query: '{ articles(first: 11) { nodes { id } } }' }, bearer);
    expect(errors?.[0]?.extensions).toEqual({ code: 'PAGE_TOO_LARGE', limit: 10, found: 11 });
  });

  it('body size', async () => {
    const answer = await post(closed, { query: REGISTERED, padding: 'x'.repeat(500) });
    expect(answer.status).toBe(413);
    expect(answer.errors?.[0]?.extensions).toEqual({ code: 'BODY_TOO_LARGE', limit: 500, found: 552 });
    // The server goes on with the next.
    expect((await post(waypost, { query: REGISTERED })).status).toBe(200);
  });

  it('a body that grows on the way', async () => {
    const endless = request(`${closed.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
    });
    endless.write('{"query": "'.padEnd(600));
    const [response] = (await once(endless, 'response')) as [IncomingMessage];
    expect([response.statusCode, response.headers.connection]).toEqual([413, 'close']);
    endless.destroy();
  });

  it.each([
    ['application/json', 413, 'BODY_TOO_LARGE'],
    ['text/plain', 415, 'CONTENT_TYPE_UNKNOWN'],
  ])('a body of %s that its sender writes to the end before it looks at the answer', async (type, status, code) => {
    const body = Buffer.alloc(4 * 1024 * 1024, 'x');
    const answer = await writeThenRead(waypost, type, body);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} [^]*"code":"${code}"`));
  });

  it('a body that fetch goes on sending while it is refused', async () => {
    const body = JSON.stringify({ query: REGISTERED, padding: 'x'.repeat(4 * 1024 * 1024) });
    for (let time = 0; time < 10; time += 1) expect((await post(waypost, body)).status).toBe(413);
  });

  it('several operations at once', async () => {
    const answer = await post(waypost, [{ query: REGISTERED }, { query: REGISTERED }]);
    expect([answer.status, answer.errors?.[0]?.extensions.code]).toEqual([400, 'BATCHING_OFF']);
  });

  it('a subscription, which is no fault of ours', async () => {
    const { status, data, errors } = await post(waypost, { query: 'subscription { anything }' });
    expect([status, data, errors?.map(({ extensions }) => extensions.code)]).toEqual([
      200,
      undefined,
      ['BAD_ARGUMENT'],
    ]);
  });

  it('errors themselves', async () => {
    const { errors } = await post(waypost, {
      query: `{ ${Array.from({ length: 50 }, (_none, i) => `no${i}`).join(' ')} }`,
    });
    expect(errors?.length).toBeLessThanOrEqual(6);
  });

  it('fragments in a circle', async () => {
    const { errors } = await post(waypost, {
      query: '{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }',
    });
    expect(errors?.[0]?.message).toMatch(/Cannot spread fragment "A" within itself/);
  });

  it('fragments that spread each other in twos, at once', async () => {
    const levels = Array.from({ length: 40 }, (_n, i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`);
    const { errors } = await post(waypost, {
      query: `{ ...F0 } ${levels.join(' ')} fragment F40 on Query { a: syncToken }`,
    });
    expect(errors?.[0]?.extensions.code).toBe('QUERY_TOO_MANY_ALIASES');
  });
});

describe('a query that was answered before, sent with other variables', () => {
  const query = 'query ($n: Int, $order: [ArticleOrder!]) { articles(first: $n, orderBy: $order) { nodes { title } } }';
  /** GraphQL reads another text from the start. */
  let spaces = '';
  const asNew = (): string => query + (spaces += ' ');

  it.each([
    ['that are fine', { n: 7 }],
    ['that are missing', {}],
    ['that ask for too large a page', { n: 101 }],
    ['that are of another type', { n: 'ten' }],
    ['that have no such value', { order: [{ field: 'SIZE', direction: 'ASC' }] }],
    ['that nobody declared', { n: 5, other: 'x' }],
  ])('is answered as if it was new: %s', async (_name, variables) => {
    for (const headers of [{}, bearer]) {
      expect((await post(waypost, { query, variables: { n: 3 } }, headers)).status).toBe(200);
      const again = await post(waypost, { query, variables }, headers);
      expect(again).toEqual(await post(waypost, { query: asNew(), variables }, headers));
    }
  });

  it.each([
    ['application/json', {}],
    ['application/graphql-response+json', {}],
    ['application/json', bearer],
  ])('has the same headers and bytes: %s %o', async (accept, headers) => {
    const raw = async (text: string, n: number) => {
      const response = await fetch(`${waypost.url}/graphql`, {
        method: 'POST',
        headers: { accept, 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ query: text, variables: { n } }),
      });
      const { date: _date, ...told } = Object.fromEntries(response.headers);
      return { status: response.status, told, text: await response.text() };
    };
    await raw(query, 20);
    expect(await raw(query, 21)).toEqual(await raw(asNew(), 21));
  });

  it('finds each operation of a document by its name', async () => {
    const text = 'query A { tags { nodes { id } } } query B { __typename }';
    for (const variables of [{}, { other: 1 }]) {
      expect((await post(waypost, { query: text, operationName: 'A', variables })).data).toEqual({
        tags: { nodes: [] },
      });
      expect((await post(waypost, { query: text, operationName: 'B', variables })).data).toEqual({
        __typename: 'Query',
      });
      expect((await post(waypost, { query: text, variables })).errors?.[0]?.message).toMatch(/Must provide operation/);
    }
  });

  it('may fail each time', async () => {
    const failing = 'query ($path: String, $slug: String) { article(path: $path, slug: $slug) { title } }';
    expect((await post(waypost, { query: failing, variables: { path: '/none' } })).data).toEqual({ article: null });
    for (const slug of ['a', 'b']) {
      const { errors } = await post(waypost, { query: failing, variables: { path: '/none', slug } });
      expect(errors?.[0]?.extensions.code).toBe('BAD_ARGUMENT');
    }
    expect((await post(waypost, { query: failing, variables: { path: '/no' } })).data).toEqual({ article: null });
  });

  it('is found by its hash', async () => {
    const sha256Hash = createHash('sha256').update(query).digest('hex');
    const extensions = { persistedQuery: { version: 1, sha256Hash } };
    const url = (n: number): string =>
      `${waypost.url}/graphql?${new URLSearchParams({ extensions: JSON.stringify(extensions), variables: JSON.stringify({ n }) }).toString()}`;
    expect((await post(waypost, { query, extensions })).status).toBe(200);
    for (const n of [4, 5]) {
      expect(await (await fetch(url(n))).json()).toEqual({ data: { articles: { nodes: [] } } });
      expect((await post(waypost, { extensions, variables: { n } })).data).toEqual({ articles: { nodes: [] } });
    }
    const wrong = { persistedQuery: { version: 1, sha256Hash: 'x'.repeat(64) } };
    const { status, errors } = await post(waypost, { query, extensions: wrong });
    expect([status, errors]).toEqual([
      400,
      [{ message: 'provided sha does not match query', extensions: { code: 'BAD_USER_INPUT' } }],
    ]);
  });
});

describe('time', () => {
  it('ends for a query', async () => {
    const query = `{ articles(first: 10, filter: { title: { contains: "x" } }) { totalCount nodes { tags { name } html } } }`;
    // One millisecond is little, but a quick machine may do it in less.
    const { status, errors } = await post(closed, { query }, bearer);
    expect([status, errors?.[0]?.extensions]).toEqual(
      errors ? [503, { code: 'QUERY_TIMEOUT', limit: 1, found: 1 }] : [200, undefined],
    );
  });

  it('does not end for a mutation', async () => {
    const query = 'mutation { createArticle(input: { slug: "late", title: "T", source: "" }) { article { slug } } }';
    expect((await post(closed, { query }, bearer)).data?.createArticle.article).toEqual({ slug: 'late' });
  });
});

describe('in production', () => {
  it('strangers are not told what else there is', async () => {
    expect((await post(waypost, { query: '{ article { titel } }' })).errors?.[0]?.message).toBe(
      'Cannot query field "titel" on type "Article".',
    );
  });

  it.each<Record<string, string>>([{ cookie: 'a=b' }, { 'x-api-key': 'made-up' }, { authorization: 'Bearer made-up' }])(
    'nor is who sends what is no credential: %j',
    async (headers) => {
      const { errors } = await post(waypost, { query: '{ article { titel } }' }, headers);
      expect(errors?.[0]?.message).toBe('Cannot query field "titel" on type "Article".');
    },
  );

  it('others are', async () => {
    expect((await post(waypost, { query: '{ article { titel } }' }, bearer)).errors?.[0]?.message).toMatch(
      /Did you mean "title"/,
    );
  });

  it('the schema can be read, because it is a public promise', async () => {
    const { data } = await post(waypost, { query: getIntrospectionQuery() });
    expect(data).toHaveProperty('__schema.types.20');
    const { types } = (data as IntrospectionQuery)['__schema'];
    const undescribed = types.filter(({ name, description }) => !name.startsWith('__') && !description);
    expect(undescribed.map(({ name }) => name)).toEqual([]);
  });

  it('unless somebody decided otherwise', async () => {
    const { errors } = await post(closed, { query: '{ __schema { types { name } } }' }, bearer);
    expect(errors?.[0]?.message).toMatch(/introspection is not allowed/);
  });
});

describe('where documents are registered', () => {
  it('strangers may send those', async () => {
    expect((await post(closed, { query: REGISTERED })).errors ?? []).not.toContainEqual(
      expect.objectContaining({ extensions: { code: 'DOCUMENT_NOT_REGISTERED' } }),
    );
  });

  it('and no other', async () => {
    const { errors } = await post(closed, { query: `${REGISTERED} ` });
    expect(errors?.[0]?.extensions.code).toBe('DOCUMENT_NOT_REGISTERED');
  });

  it.each([
    ['a cookie', { cookie: 'a=b' }, 'DOCUMENT_NOT_REGISTERED'],
    ['a key', { 'x-api-key': 'made-up' }, 'DOCUMENT_NOT_REGISTERED'],
    ['a token that is not valid', { authorization: 'Bearer made-up' }, 'UNAUTHENTICATED'],
  ])('and no other because of %s that nobody vouches for', async (_name, headers, code) => {
    // Whoever may send it has: nothing that is kept of it is anybody else's.
    await post(closed, { query: '{ __typename }' }, bearer);
    await post(closed, { query: '{ __typename }' }, bearer);
    const { data, errors } = await post(closed, { query: '{ __typename }' }, headers as Record<string, string>);
    expect([data, errors?.[0]?.extensions.code]).toEqual([undefined, code]);
  });

  it.each(['{ nothing }', '{ tags(', 'query A { __typename } query B { __typename }'])(
    'nor are they told what is wrong with another: %s',
    async (query) => {
      const { status, errors } = await post(closed, { query });
      expect([status, errors?.map(({ extensions }) => extensions)]).toEqual([
        403,
        [{ code: 'DOCUMENT_NOT_REGISTERED' }],
      ]);
    },
  );

  it('while whoever has a token may send any', async () => {
    expect((await post(closed, { query: '{ __typename }' }, bearer)).data).toEqual({ __typename: 'Query' });
  });
});

describe('GET', () => {
  const get = (query: string, headers: Record<string, string> = {}) =>
    fetch(`${waypost.url}/graphql?query=${encodeURIComponent(query)}`, { headers });

  it('answers a plain query', async () => {
    expect(await (await get('{ __typename }')).json()).toEqual({ data: { __typename: 'Query' } });
  });

  it.each([
    ['/graphql/', 200],
    ['/graphql/other', 404],
    ['/graphql/page/nothing.js', 400],
    ['/graphqlother', 404],
  ])('answers at its own address: %s %i', async (path, status) => {
    const query = path.startsWith('/graphql/page') ? '' : '?query={__typename}';
    expect((await fetch(`${waypost.url}${path}${query}`)).status).toBe(status);
  });

  it('never runs a mutation', async () => {
    const response = await get(
      'mutation { deleteArticle(input: { id: "x", expectedRevision: 1 }) { deletedId } }',
      bearer,
    );
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
  });

  it.each([
    ['is refused with cookies from who knows where', { cookie: 'a=b' }, 403],
    ['is refused with cookies from another site', { cookie: 'a=b', 'sec-fetch-site': 'cross-site' }, 403],
    ['is answered with cookies from this site', { cookie: 'a=b', 'sec-fetch-site': 'same-origin' }, 200],
    ['is answered with a header that no other site can set', { cookie: 'a=b', 'apollo-require-preflight': '1' }, 200],
  ])('%s', async (_name, headers, status) => {
    expect((await get('{ __typename }', headers as Record<string, string>)).status).toBe(status);
  });
});

describe('POST', () => {
  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])(
    'refuses %s, which another site can make a browser send',
    async (type) => {
      const answer = await post(waypost, '{"query":"{ __typename }"}', { 'content-type': type });
      expect([answer.status, answer.errors?.[0]?.extensions.code]).toEqual([415, 'CONTENT_TYPE_UNKNOWN']);
    },
  );
});
