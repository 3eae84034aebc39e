import { createServer, request, type IncomingHttpHeaders, type Server } from 'node:http';
import { once } from 'node:events';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AddressNetworks, parseTrustedProxies } from '../clicks/client-address.js';
import { noClicksCounted, type ClickLogOutcome } from '../clicks/click-log.js';
import { clickMarks, type LoggedClick } from '../clicks/logged-click.js';
import { VisitorHasher } from '../clicks/visitor-hash.js';
import { compileDestination } from './destination-url.js';
import { LinkDirectory } from './link-directory.js';
import { PlacementIds } from './placement-ids.js';
import { createRedirectHandler } from './redirect-handler.js';

const nowMs = Date.UTC(2026, 10, 24, 12);
const logged: LoggedClick[] = [];
let outcome: ClickLogOutcome = 'logged';
let server: Server;

const to = (url: string) =>
  compileDestination({ url, network: 'custom', subIdTemplate: 'sub={placement}', passthrough: [] });
const open = {
  isPaused: false,
  startsAtMs: -Infinity,
  endsAtMs: Infinity,
  targets: [],
  placements: PlacementIds.of(['3f9a0c1be27d']),
};
const directory = LinkDirectory.of([
  { ...open, key: 'training_partner', destination: to('https://shop.example/course'), fallback: undefined },
  { ...open, key: 'paused', isPaused: true, destination: to('https://shop.example/'), fallback: undefined },
]);

beforeAll(async () => {
  const hasher = new VisitorHasher(new Uint8Array(16).fill(7));
  const handle = createRedirectHandler({
    directory: () => directory,
    log: {
      append: (click, receipt) => {
        logged.push(click);
        receipt.settle(outcome);
      },
      counters: noClicksCounted(),
      problem: undefined,
      close: () => Promise.resolve(),
    },
    hashVisitor: (address, userAgent) => hasher.hash(address, userAgent),
    countryOf: (address) => (address.startsWith('192.0.2.') ? 'DE' : ''),
    deviceOf: () => 'desktop',
    trustedProxies: parseTrustedProxies('1'),
    ownAddresses: AddressNetworks.parse(['198.51.100.7']),
    clickIdHeader: 'X-Click-Id',
    now: () => nowMs,
  });
  server = createServer((incoming, response) => {
    if (!handle(incoming, response)) response.writeHead(200, { 'X-Rest': 'yes' }).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => server.close());
beforeEach(() => {
  logged.length = 0;
  outcome = 'logged';
});

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

async function ask(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  const { port } = server.address() as { port: number };
  const sent = request({
    port,
    path,
    method,
    headers: { Accept: 'text/html', 'User-Agent': 'Firefox', ...headers },
  }).end();
  const [response] = (await once(sent, 'response')) as [import('node:http').IncomingMessage];
  let body = '';
  for await (const chunk of response) body += String(chunk);
  return { status: response.statusCode ?? 0, headers: response.headers, body };
}

const always = {
  'cache-control': 'private, no-store',
  'referrer-policy': 'strict-origin-when-cross-origin',
  'x-robots-tag': 'noindex, nofollow',
};

describe('the redirect handler', () => {
  it('answers 302 with every header that is promised, and no cookie', async () => {
    const { status, headers, body } = await ask('/go/training_partner/3f9a0c1be27d');
    expect(status).toBe(302);
    expect(headers).toMatchObject({
      ...always,
      location: 'https://shop.example/course?sub=3f9a0c1be27d',
      'content-length': '0',
    });
    expect(headers['set-cookie']).toBeUndefined();
    expect(headers['x-click-id']).toMatch(/^[0-9a-hjkmnp-tv-z]{26}$/);
    expect(body).toBe('');
    expect(logged).toMatchObject([
      { partnerKey: 'training_partner', placementId: '3f9a0c1be27d', marks: clickMarks.hasVisitor },
    ]);
  });

  it('answers HEAD with the same headers', async () => {
    const get = await ask('/go/training_partner');
    const head = await ask('/go/training_partner', {}, 'HEAD');
    expect(head.status).toBe(302);
    const without = (headers: IncomingHttpHeaders) => ({ ...headers, date: '', 'x-click-id': '' });
    expect(without(head.headers)).toEqual(without(get.headers));
    expect(logged.map(({ marks }) => marks & clickMarks.isHead)).toEqual([0, clickMarks.isHead]);
  });

  it.each([
    ['/go/nobody', 404, 'Link not found'],
    ['/go/', 404, 'Link not found'],
    ['/go/training_partner/a/b', 404, 'Link not found'],
    ['/go/__proto__', 404, 'Link not found'],
    ['/go/paused', 410, 'Offer not available'],
  ])('answers %s with %i and a page', async (path, status, title) => {
    const answer = await ask(path);
    expect(answer).toMatchObject({ status, headers: { ...always, 'content-type': 'text/html; charset=utf-8' } });
    expect(answer.body).toContain(`<h1>${title}</h1>`);
    expect((await ask(path, {}, 'HEAD')).body).toBe('');
  });

  it('redirects an unknown placement, unattributed', async () => {
    expect((await ask('/go/training_partner/aaaaaaaaaaaa')).headers.location).toBe('https://shop.example/course');
    expect(logged).toMatchObject([{ placementId: '' }]);
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('allows no %s', async (method) => {
    expect(await ask('/go/training_partner', {}, method)).toMatchObject({
      status: 405,
      headers: { allow: 'GET, HEAD' },
    });
    expect(logged).toEqual([]);
  });

  it('leaves everything else alone', async () => {
    expect((await ask('/graphql')).headers['x-rest']).toBe('yes');
  });

  it.each(['late', 'lost'] as const)('redirects when the click is %s, and promises nothing', async (now) => {
    outcome = now;
    const { status, headers } = await ask('/go/training_partner');
    expect(status).toBe(302);
    expect(headers['x-click-id']).toBeUndefined();
  });

  it.each([{ 'Sec-GPC': '1' }, { DNT: '1' }])(
    'keeps no visitor and gives no id where the reader says %j',
    async (headers) => {
      const answer = await ask('/go/training_partner', headers as unknown as Record<string, string>);
      expect(answer).toMatchObject({ status: 302 });
      expect(answer.headers['x-click-id']).toBeUndefined();
      expect(logged).toMatchObject([{ marks: clickMarks.isPrivate, visitorHigh: 0, visitorLow: 0 }]);
    },
  );

  it('takes the address that the trusted proxy wrote, and nothing that stands before it', async () => {
    const from = async (forwarded: string): Promise<LoggedClick> => {
      await ask('/go/training_partner', { 'X-Forwarded-For': forwarded });
      return logged.at(-1) as LoggedClick;
    };
    const plain = await from('192.0.2.1');
    expect(plain.country).toBe('DE');
    expect(await from('203.0.113.9, 192.0.2.1')).toMatchObject({
      visitorHigh: plain.visitorHigh,
      visitorLow: plain.visitorLow,
    });
    expect((await from('192.0.2.2')).visitorLow).not.toBe(plain.visitorLow);
    expect((await from('198.51.100.7')).marks & clickMarks.isOwnAddress).toBe(clickMarks.isOwnAddress);
  });

  it.each(['X-Real-IP', 'Forwarded', 'X-Client-IP', 'True-Client-IP', 'CF-Connecting-IP', 'X-Forwarded', 'Client-IP'])(
    'believes no %s, whoever sends it',
    async (name) => {
      await ask('/go/training_partner');
      const answer = await ask('/go/training_partner', {
        [name]: name === 'Forwarded' ? 'for=192.0.2.1' : '192.0.2.1',
      });
      expect(answer.headers.location).toBe('https://shop.example/course');
      const [plain, forged] = logged;
      expect({ ...forged, id: plain?.id }).toEqual(plain);
    },
  );

  it('logs no address and no query', async () => {
    await ask('/go/training_partner?email=a@example.org', {
      'X-Forwarded-For': '192.0.2.55',
      Referer: 'https://blog.example.org/?token=secret',
    });
    const text = JSON.stringify(logged);
    for (const secret of ['192.0.2.55', 'example.org/?', 'secret', 'a@example']) expect(text).not.toContain(secret);
    expect(logged).toMatchObject([{ referrerHost: 'blog.example.org' }]);
  });
});
