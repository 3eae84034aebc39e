import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseTrustedProxies } from '../../../src/clicks/client-address.js';
import { SERVER_LIMITS } from '../../../src/http/http.options.js';
import { OperationsServer } from '../../../src/http/operations-server.middleware.js';
import { FrontServer } from '../../../src/redirects/front-server.js';
import type { TestApp } from '../../support/test-app.js';
import { startTestApp } from '../../support/test-app.js';

let waypost: TestApp;

beforeAll(async () => {
  waypost = await startTestApp(
    { background: false },
    {
      trustedProxies: parseTrustedProxies('loopback'),
      corsOrigins: ['https://app.example'],
      requestsPerAddress: 20,
      requestsPerToken: 10,
      isHttps: true,
      operationsElsewhere: true,
    },
  );
});

afterAll(() => waypost?.close());

let callers = 0;
/** Somebody new each time, behind the proxy on this machine. */
const newCaller = (): string => `198.51.100.${(callers += 1)}`;

async function get(path: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(waypost.url + path, { redirect: 'manual', headers: { 'x-forwarded-for': newCaller(), ...headers } });
}

const QUERY = `/graphql?query=${encodeURIComponent('{ __typename }')}`;

describe('an answer', () => {
  it.each(['/graphql', '/nothing-here', '/robots.txt', '/health/live'])(
    'of %s is no page, and says so',
    async (path) => {
      const { headers } = await get(path, { accept: 'application/json' });
      expect(headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('strict-transport-security')).toBe('max-age=31536000');
      expect(headers.get('x-powered-by')).toBeNull();
      expect(headers.get('set-cookie')).toBeNull();
    },
  );

  it('of a tracked link keeps its own headers', async () => {
    await waypost.createPartner({ key: 'shop' });
    await expect.poll(async () => (await get('/go/shop')).status, { timeout: 20_000 }).toBe(302);
    const { headers } = await get('/go/shop');
    expect(headers.get('referrer-policy')).toBe('strict-origin-when-cross-origin');
    expect(headers.get('x-robots-tag')).toBe('noindex, nofollow');
    expect(headers.get('cache-control')).toBe('private, no-store');
  });

  it("carries the id of the request: the caller's where it is one", async () => {
    expect((await get(QUERY, { 'x-request-id': 'my-id.1' })).headers.get('x-request-id')).toBe('my-id.1');
    expect((await get(QUERY, { 'x-request-id': 'not "mine"' })).headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('to nothing is a sentence with a code, and quotes nothing', async () => {
    const response = await get('/%3Cscript%3E');
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({
      errors: [
        { message: 'There is nothing at this address. The API is at /graphql.', extensions: { code: 'ROUTE_UNKNOWN' } },
      ],
    });
  });
});

describe('a page of another origin', () => {
  const preflight = (origin: string, method: string): Promise<Response> =>
    fetch(`${waypost.url}/graphql`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': method, 'x-forwarded-for': newCaller() },
    });

  it('may read, and not write, unless it is named', async () => {
    const read = await get(QUERY, { origin: 'https://any.example', 'apollo-require-preflight': 'true' });
    expect(read.headers.get('access-control-allow-origin')).toBe('*');
    const asked = await preflight('https://any.example', 'POST');
    expect(asked.headers.get('access-control-allow-origin')).toBeNull();
    const named = await preflight('https://app.example', 'POST');
    expect(named.status).toBe(204);
    expect(named.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect(named.headers.get('access-control-allow-headers')).toContain('Authorization');
  });
});

describe('a caller who asks too often', () => {
  it('is told when to come back, and nobody else is', async () => {
    const caller = { 'x-forwarded-for': newCaller() };
    let refused = await get(QUERY, caller);
    for (let asked = 1; asked < 60 && refused.status !== 429; asked += 1) refused = await get(QUERY, caller);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused.json()).toMatchObject({ errors: [{ extensions: { code: 'RATE_LIMITED' } }] });
    expect((await get(QUERY)).status).not.toBe(429);
    expect((await get('/health/live', caller)).status).toBe(200);
  });

  it('is counted by token from wherever it comes', async () => {
    const statuses = [];
    for (let asked = 0; asked < 14; asked += 1) {
      statuses.push((await get(QUERY, { authorization: `Bearer ${waypost.adminToken}x` })).status);
    }
    expect(statuses).toContain(429);
  });

  it('is not believed about its address by anybody but the proxy', async () => {
    // The rightmost entry is the proxy's; what stands before it, anybody can write.
    const statuses = [];
    for (let asked = 0; asked < 25; asked += 1) {
      statuses.push((await get(QUERY, { 'x-forwarded-for': `203.0.113.${asked}, 198.51.100.200` })).status);
    }
    expect(statuses).toContain(429);
  });
});

describe('metrics and details of readiness', () => {
  it('are not served to the world where they have a listener of their own', async () => {
    expect((await get('/metrics')).status).toBe(404);
    expect(Object.keys((await (await get('/health/ready')).json()) as object)).toEqual(['status']);
  });

  it('are served by that listener, and nothing else is', async () => {
    const operations = new OperationsServer((request, response) => response.end(`served ${request.url}`));
    await operations.listen(0, '127.0.0.1');
    try {
      const ask = async (path: string): Promise<number> =>
        (await fetch(`http://127.0.0.1:${operations.port}${path}`)).status;
      expect(await ask('/metrics')).toBe(200);
      expect(await ask('/health/ready')).toBe(200);
      expect(await ask('/graphql')).toBe(404);
      expect(await ask('/health/ready/../../graphql')).toBe(404);
    } finally {
      await operations.close();
    }
  });
});

describe('a client that sends slowly', () => {
  it.each([
    ['headers', 'GET / HTTP/1.1\r\nHost: x\r\nX-Slow: '],
    ['a body', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{'],
  ])('%s is cut off', async (_what, start) => {
    const server = new FrontServer(
      () => false,
      (request) => request.resume(),
      { ...SERVER_LIMITS, headersTimeout: 300, requestTimeout: 600, connectionsCheckingInterval: 50 },
    );
    await server.listen(0, '127.0.0.1');
    const socket = connect(server.address.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(start);
    socket.resume();
    await once(socket, 'close');
    expect(socket.destroyed).toBe(true);
    await server.close();
  });
});
