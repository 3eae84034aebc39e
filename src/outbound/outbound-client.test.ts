import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import type { LocalServer } from '../../test/support/local-server.js';
import { startLocalServer } from '../../test/support/local-server.js';
import { AddressRules } from './address-rules.js';
import { OutboundClient, type Resolve } from './outbound-client.js';

/** In these tests 127.0.0.1 stands for everything public. */
const PUBLIC = ['127.0.0.1'];
const strict = new OutboundClient({ rules: AddressRules.parse([]) });
const servers: LocalServer[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => unknown): Promise<LocalServer> {
  const server = await startLocalServer(answer);
  servers.push(server);
  return server;
}

/** Answers each question with the next of the lists; the last one stays. */
function resolving(...answers: string[][]): { resolve: Resolve; asked: string[] } {
  const asked: string[] = [];
  const resolve: Resolve = async (host) => {
    const addresses = answers[Math.min(asked.length, answers.length - 1)] ?? [];
    asked.push(host);
    return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  };
  return { resolve, asked };
}

const client = (...answers: string[][]) =>
  new OutboundClient({
    rules: AddressRules.parse(PUBLIC),
    ...(answers.length > 0 && { resolve: resolving(...answers).resolve }),
  });

const hello = (_request: IncomingMessage, response: ServerResponse) => response.end('hello');

describe('a URL', () => {
  it.each([
    ['nothing', '', 'URL_INVALID'],
    ['a path', '/hook', 'URL_INVALID'],
    ['a file', 'file:///etc/passwd', 'SCHEME_REFUSED'],
    ['gopher', 'gopher://127.0.0.1:6379/_FLUSHALL', 'SCHEME_REFUSED'],
    ['data', 'data:text/plain,x', 'SCHEME_REFUSED'],
    ['a user', 'http://user@example.org/', 'CREDENTIALS_REFUSED'],
    ['a password', 'http://:secret@example.org/', 'CREDENTIALS_REFUSED'],
    ['loopback', 'http://127.0.0.1/', 'ADDRESS_REFUSED'],
    ['a decimal address', 'http://2130706433/', 'ADDRESS_REFUSED'],
    ['an octal address', 'http://0177.0.0.1/', 'ADDRESS_REFUSED'],
    ['a hexadecimal address', 'http://0x7f.0x0.0x0.0x1/', 'ADDRESS_REFUSED'],
    ['a short address', 'http://127.1/', 'ADDRESS_REFUSED'],
    ['zero', 'http://0/', 'ADDRESS_REFUSED'],
    ['full-width digits', 'http://１２７.０.０.１/', 'ADDRESS_REFUSED'],
    ['a root dot', 'http://127.0.0.1./', 'ADDRESS_REFUSED'],
    ['metadata', 'http://169.254.169.254/latest/meta-data/', 'ADDRESS_REFUSED'],
    ['metadata in decimal', 'http://2852039166/', 'ADDRESS_REFUSED'],
    ['IPv6 loopback', 'http://[::1]/', 'ADDRESS_REFUSED'],
    ['IPv4-mapped', 'http://[::ffff:169.254.169.254]/', 'ADDRESS_REFUSED'],
    ['NAT64', 'http://[64:ff9b::a00:1]/', 'ADDRESS_REFUSED'],
    ['6to4', 'http://[2002:a00:1::]/', 'ADDRESS_REFUSED'],
    ['a local name', 'http://localhost/', 'ADDRESS_REFUSED'],
  ])('with %s is refused', async (_name, url, code) => {
    await expect(strict.send({ url })).rejects.toMatchObject({ name: 'OutboundError', code });
    await expect(strict.checkUrl(url)).rejects.toMatchObject({ code });
  });

  it('of a host nobody knows yet passes the check, and fails when it is used', async () => {
    const unknown = new OutboundClient({ rules: AddressRules.parse([]), resolve: resolving([]).resolve });
    await unknown.checkUrl('http://later.example/');
    await expect(unknown.send({ url: 'http://later.example/' })).rejects.toMatchObject({ code: 'HOST_UNKNOWN' });
  });
});

describe('a host name', () => {
  it('is resolved once, and the connection made to what was judged', async () => {
    const server = await serve(hello);
    const rebinding = resolving(['127.0.0.1'], ['10.0.0.1']);
    const sender = new OutboundClient({ rules: AddressRules.parse(PUBLIC), resolve: rebinding.resolve });
    const answer = await sender.send({ url: `http://rebind.example:${server.port}/` });
    expect([answer.status, answer.body.toString(), rebinding.asked]).toEqual([200, 'hello', ['rebind.example']]);
    expect(server.requests[0]?.headers.host).toBe(`rebind.example:${server.port}`);
    await expect(sender.send({ url: `http://rebind.example:${server.port}/` })).rejects.toMatchObject({
      code: 'ADDRESS_REFUSED',
    });
    expect(server.requests).toHaveLength(1);
  });

  it.each([[['10.0.0.1', '127.0.0.1']], [['127.0.0.1', '::ffff:10.0.0.1']], [['127.0.0.1', 'fe80::1']]])(
    'is refused when any of its addresses is: %s',
    async (addresses) => {
      const server = await serve(hello);
      const sent = client(addresses).send({ url: `http://mixed.example:${server.port}/` });
      await expect(sent).rejects.toMatchObject({ code: 'ADDRESS_REFUSED' });
      expect(server.requests).toHaveLength(0);
    },
  );

  it('that the operator allows may have any address', async () => {
    const server = await serve(hello);
    const rules = AddressRules.parse(['hooks.internal']);
    const sender = new OutboundClient({ rules, resolve: resolving(['127.0.0.1']).resolve });
    expect((await sender.send({ url: `http://hooks.internal:${server.port}/` })).status).toBe(200);
    await expect(sender.send({ url: `http://other.internal:${server.port}/` })).rejects.toMatchObject({
      code: 'ADDRESS_REFUSED',
    });
  });
});

describe('a redirect', () => {
  it('is followed, and told', async () => {
    const server = await serve((request, response) => {
      if (request.url === '/new') return response.end('there');
      return response.writeHead(301, { location: '/new' }).end();
    });
    const answer = await client().send({ url: `${server.url}/old` });
    expect(answer).toMatchObject({ status: 200, url: `${server.url}/new` });
    expect(answer.redirectedFrom).toEqual([{ url: `${server.url}/old`, status: 301 }]);
  });

  it.each([
    ['a private address', 'http://10.0.0.1/', 'ADDRESS_REFUSED'],
    ['metadata', 'http://[::ffff:a9fe:a9fe]/', 'ADDRESS_REFUSED'],
    ['another scheme', 'file:///etc/passwd', 'SCHEME_REFUSED'],
    ['a password', 'http://a:b@127.0.0.1/', 'CREDENTIALS_REFUSED'],
    ['nowhere', 'http://', 'URL_INVALID'],
  ])('to %s is refused', async (_name, location, code) => {
    const server = await serve((_request, response) => response.writeHead(302, { location }).end());
    await expect(client().send({ url: server.url })).rejects.toMatchObject({ code });
  });

  it('to a name that has become private is refused', async () => {
    const server = await serve((_request, response) =>
      response.writeHead(302, { location: `http://rebind.example:${server.port}/next` }).end(),
    );
    const sent = client(['127.0.0.1'], ['192.168.0.1']).send({ url: `http://rebind.example:${server.port}/` });
    await expect(sent).rejects.toMatchObject({ code: 'ADDRESS_REFUSED' });
    expect(server.requests).toHaveLength(1);
  });

  it('without end is given up', async () => {
    const server = await serve((request, response) =>
      response.writeHead(302, { location: `/${Number(request.url?.slice(1)) + 1}` }).end(),
    );
    await expect(client().send({ url: `${server.url}/1` })).rejects.toMatchObject({ code: 'TOO_MANY_REDIRECTS' });
    expect(server.requests).toHaveLength(6);
  });

  it('is an answer where none are followed', async () => {
    const server = await serve((_request, response) => response.writeHead(302, { location: 'http://10.0.0.1/' }).end());
    expect((await client().send({ url: server.url, mostRedirects: 0 })).status).toBe(302);
  });

  it('to another origin carries no credentials, to the same one it does', async () => {
    const other = await serve(hello);
    const server = await serve((request, response) =>
      response.writeHead(302, { location: request.url === '/' ? '/again' : `${other.url}/` }).end(),
    );
    const headers = { Authorization: 'Bearer x', cookie: 'a=b', 'x-kind': 'kept' };
    await client().send({ url: server.url, headers });
    expect(server.requests[1]?.headers).toMatchObject({ authorization: 'Bearer x', cookie: 'a=b' });
    expect(other.requests[0]?.headers).toMatchObject({ 'x-kind': 'kept' });
    expect(other.requests[0]?.headers).not.toHaveProperty('authorization');
    expect(other.requests[0]?.headers).not.toHaveProperty('cookie');
  });

  it.each([
    [303, 'GET', ''],
    [307, 'POST', 'body'],
  ])('by %i sends on as %s', async (status, method, body) => {
    const seen: string[] = [];
    const server = await serve(async (request, response) => {
      if (request.url === '/') return response.writeHead(status, { location: '/next' }).end();
      const chunks = await request.toArray();
      seen.push(request.method ?? '', Buffer.concat(chunks).toString());
      return response.end();
    });
    await client().send({ url: `${server.url}/`, method: 'POST', body: 'body' });
    expect(seen).toEqual([method, body]);
  });
});

describe('an answer', () => {
  it.each([
    ['gzip', gzipSync('packed')],
    ['identity', Buffer.from('packed')],
  ])('in %s is read', async (encoding, bytes) => {
    const server = await serve((_request, response) => response.setHeader('content-encoding', encoding).end(bytes));
    expect((await client().send({ url: server.url })).body.toString()).toBe('packed');
  });

  it('to HEAD has no body, whatever its headers say', async () => {
    const headers = { 'content-length': 10 ** 9, 'content-encoding': 'gzip' };
    const server = await serve((_request, response) => response.writeHead(200, headers).end());
    expect((await client().send({ url: server.url, method: 'HEAD' })).body).toHaveLength(0);
  });

  it('that says it is too large is not read', async () => {
    const server = await serve((_request, response) =>
      response.writeHead(200, { 'content-length': 10 ** 9 }).write('x'),
    );
    await expect(client().send({ url: server.url })).rejects.toMatchObject({ code: 'BODY_TOO_LARGE' });
  });

  it('without end is cut', async () => {
    const server = await serve((_request, response) => {
      const chunk = Buffer.alloc(64 * 1024);
      const more = (): void => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', more);
      more();
    });
    await expect(client().send({ url: server.url })).rejects.toMatchObject({ code: 'BODY_TOO_LARGE' });
  });

  it('that unpacks to gigabytes is cut', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 2 ** 20));
    expect(bomb.length).toBeLessThan(100_000);
    const server = await serve((_request, response) => response.setHeader('content-encoding', 'gzip').end(bomb));
    await expect(client().send({ url: server.url })).rejects.toMatchObject({ code: 'BODY_TOO_LARGE' });
  });

  it.each([
    ['packed wrongly', 'gzip', Buffer.from('not gzip')],
    ['packed and cut off', 'gzip', gzipSync('a'.repeat(1000)).subarray(0, 20)],
    ['packed as nobody asked', 'zstd', Buffer.from('x')],
  ])('%s is named', async (_name, encoding, bytes) => {
    const server = await serve((_request, response) => response.setHeader('content-encoding', encoding).end(bytes));
    await expect(client().send({ url: server.url })).rejects.toMatchObject({ code: 'ANSWER_INVALID' });
  });

  it('that breaks off is named', async () => {
    const server = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('x');
      setImmediate(() => response.destroy());
    });
    await expect(client().send({ url: server.url })).rejects.toMatchObject({ code: 'ANSWER_INVALID' });
  });

  it('with headers without end is named', async () => {
    const server = await serve((_request, response) => response.setHeader('x-long', 'x'.repeat(100_000)).end());
    await expect(client().send({ url: server.url })).rejects.toMatchObject({ code: 'HEADERS_TOO_LARGE' });
  });

  it.each([
    ['headers', { headersMs: 50 }, () => undefined],
    ['a body', { idleMs: 50 }, (_request: IncomingMessage, response: ServerResponse) => response.write('x')],
    ['an end', { totalMs: 200 }, drip],
  ])('that keeps us waiting for %s is given up', async (_name, limits, answer) => {
    const server = await serve(answer);
    await expect(client().send({ url: server.url, ...limits })).rejects.toMatchObject({ code: 'TIMED_OUT' });
  });

  it('is given up with its caller', async () => {
    const controller = new AbortController();
    const server = await serve(() => controller.abort());
    const sent = client().send({ url: server.url, signal: controller.signal });
    await expect(sent).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('of a server that is not there is named', async () => {
    const server = await startLocalServer(hello);
    await server.close();
    await expect(client().send({ url: server.url })).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
    const tls = await serve(hello);
    const sent = client().send({ url: tls.url.replace('http:', 'https:') });
    await expect(sent).rejects.toMatchObject({ name: 'OutboundError' });
  });
});

/** A byte now and then: never silent, never done. */
function drip(_request: IncomingMessage, response: ServerResponse): void {
  const timer = setInterval(() => response.write('x'), 20);
  response.on('close', () => clearInterval(timer));
}
