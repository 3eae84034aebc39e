import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startLocalServer } from '../support/local-server.js';
import { compileServer, FaultyPostgres, Readers } from './fault-world.js';
import { holdsAddress, runWaypost, WholeWaypost, type CommandResult } from './server-world.js';

/** What docker-compose.yml gives a stop, which promises ten seconds itself. */
const GRACE_MS = 15_000;
const SECRETS = /wpt_[A-Za-z0-9_-]{20,}|#[A-Za-z0-9_-]{43}|waypost_session=/;

let postgres: FaultyPostgres;
let waypost: WholeWaypost;
let directory: string;
let environment: Record<string, string>;

beforeAll(async () => {
  compileServer();
  postgres = await FaultyPostgres.start();
  directory = await mkdtemp(join(tmpdir(), 'waypost-operation-'));
  environment = {
    DATABASE_URL: postgres.url,
    WAYPOST_DATA_DIR: directory,
    WAYPOST_TRUSTED_PROXIES: '127.0.0.1/32',
    WAYPOST_CLICK_ID_HEADER: 'X-Click-Id',
    WAYPOST_OUTBOUND_ALLOW: '127.0.0.1',
    WAYPOST_LOG_REQUESTS: 'true',
    WAYPOST_LOG_LEVEL: 'debug',
  };
}, 180_000);

afterAll(async () => {
  await waypost?.stop();
  await postgres?.stop();
  await rm(directory, { recursive: true, force: true });
});

const command = (...words: string[]): Promise<CommandResult> =>
  runWaypost(words, { ...environment, PORT: String(waypost.port) });

function post(path: string, body: object, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(waypost.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-forwarded-for': '10.9.8.7', ...headers },
    body: JSON.stringify(body),
  });
}

/** undefined: it was let in. */
async function refusalOf(token: string): Promise<string | undefined> {
  const response = await post(
    '/graphql',
    { query: '{ affiliatePartners { nodes { key } } }' },
    { authorization: `Bearer ${token}` },
  );
  const { errors } = (await response.json()) as { errors?: { message: string; extensions: { code: string } }[] };
  return errors?.[0] && `${errors[0].extensions.code}: ${errors[0].message}`;
}

describe('a start', () => {
  it('waits for a Postgres that is not there yet, and says so once', async () => {
    postgres.goAway();
    waypost = await WholeWaypost.begin(environment);
    await waypost.says(/is waited for, 30 seconds at most/);
    // Long enough for a second attempt.
    await delay(1500);
    expect(waypost.output).not.toMatch(/Waypost is ready/);
    postgres.delayMs = 0;
    await waypost.isReady();
    expect(waypost.output.match(/is waited for/g)).toHaveLength(1);
    expect((await fetch(`${waypost.url}/health/ready`)).status).toBe(200);
  });

  it('gives up a Postgres that does not come, in one sentence', async () => {
    const elsewhere = await mkdtemp(join(tmpdir(), 'waypost-operation-'));
    const { status, stdout, stderr } = await runWaypost(['serve'], {
      ...environment,
      PORT: '0',
      WAYPOST_DATA_DIR: elsewhere,
      DATABASE_URL: 'postgres://waypost:hidden-word@127.0.0.1:1/waypost',
      WAYPOST_DATABASE_WAIT_SECONDS: '1',
    });
    await rm(elsewhere, { recursive: true, force: true });
    expect(status).toBe(1);
    expect(stderr).toMatch(/Postgres .*127\.0\.0\.1/);
    expect(stdout + stderr).not.toMatch(/hidden-word|\n {4}at /);
  });
});

describe('waypost sign-in', () => {
  it('prints a link that signs in once, and that nothing else ever shows', async () => {
    const { stdout, stderr, status } = await command('sign-in', '--login', 'owner');
    expect(status).toBe(0);
    const [, origin, token = ''] = /^(http:\S+)\/sign-in#([A-Za-z0-9_-]{43})\n$/.exec(stdout) ?? [];
    expect(origin).toBe(waypost.url);
    expect(stderr).toMatch(/within 15 minutes/);
    const [kept] = await postgres.query<{ text: string; seconds: number }>(
      `SELECT one::text AS text, extract(epoch FROM expires_at - created_at)::integer AS seconds FROM waypost.sign_in_links AS one`,
    );
    expect(kept?.seconds).toBe(15 * 60);
    expect(await (await fetch(`${waypost.url}/sign-in`)).text()).not.toContain(token);
    const signedIn = await post('/session/link', { token });
    expect(signedIn.status).toBe(200);
    expect(await signedIn.json()).toMatchObject({ person: { login: 'owner', role: 'administrator' } });
    expect((await post('/session/link', { token })).status).toBe(401);
    expect(`${kept?.text} ${stderr} ${waypost.output}`).not.toContain(token);
  });
});

describe('waypost token', () => {
  const create = async (): Promise<string> => {
    const { stdout } = await command('token', 'create', '--name', 'site', '--scope', 'affiliates:read');
    expect(stdout).toMatch(/^wpt_[A-Za-z0-9_-]{43}\n$/);
    return stdout.trim();
  };

  it('makes, rotates and revokes tokens of a server that runs', async () => {
    const first = await create();
    expect(await refusalOf(first)).toBeUndefined();
    const rotated = await command('token', 'rotate', first.slice(0, 10), '--overlap', '600');
    const second = rotated.stdout.trim();
    expect(second).toMatch(/^wpt_[A-Za-z0-9_-]{43}$/);
    expect([await refusalOf(first), await refusalOf(second)]).toEqual([undefined, undefined]);
    const third = (await command('token', 'rotate', second.slice(0, 10))).stdout.trim();
    expect(await refusalOf(first)).toMatch(/unknown/);
    expect(await refusalOf(second)).toMatch(/replaced/);
    expect(await refusalOf(third)).toBeUndefined();
    const { stdout: list } = await command('token', 'list');
    expect(list).toContain(third.slice(0, 10));
    expect(list).not.toMatch(SECRETS);
    expect((await command('token', 'revoke', third.slice(0, 10))).stdout).toBe('Revoked.\n');
    expect(await refusalOf(third)).toMatch(/revoked/);
  });
});

describe('a stop', () => {
  it('ends within ten seconds under load, with open connections and what hangs, and cuts no answer short', async () => {
    const hook = await startLocalServer(() => undefined);
    const lock = new pg.Client({ connectionString: postgres.directUrl });
    await lock.connect();
    const sockets: Socket[] = [];
    try {
      const { stdout } = await command(
        'token',
        'create',
        '--name',
        'all',
        '--scope',
        'admin',
        'content:write',
        'affiliates:write',
      );
      const authorization = { authorization: `Bearer ${stdout.trim()}` };
      await leaveWebhookHanging(`${hook.url}/hook`, authorization);
      await expect.poll(() => hook.requests.length, { timeout: 60_000 }).toBeGreaterThan(0);
      await lock.query(`BEGIN; UPDATE waypost.partners SET name = name WHERE key = 'partner_0'`);
      const held = post(
        '/graphql',
        { query: `mutation { pauseAffiliatePartner(key: "partner_0") { userErrors { code } } }` },
        authorization,
      );
      const heldEnd = held.then((response) => response.text()).catch(() => 'cut off');
      sockets.push(...openConnections(waypost.port));
      const readers = new Readers(waypost, 8);
      const queries = Array.from({ length: 4 }, () => askUntilRefused());
      await expect.poll(() => readers.acknowledged.size, { timeout: 60_000 }).toBeGreaterThan(200);
      // Postgres hangs, too: it takes what it is sent, and says nothing.
      postgres.delayMs = 3_600_000;
      const ended = waypost.stopWithin(GRACE_MS);
      const cutShort = (await Promise.all(queries)).flat();
      expect(await ended).toBe(0);
      waypost.port = 0;
      await readers.stop();
      expect(await heldEnd).toBe('cut off');
      expect(cutShort).toEqual([]);
      expect(readers.refused).toEqual([]);
      expect(waypost.output).toMatch(/Stopped\.\n$/);
    } finally {
      for (const socket of sockets) socket.destroy();
      await lock.end();
      await hook.close();
    }
  });

  it('has left nothing secret, no address and no stack in what the server said', () => {
    expect(waypost.output).toMatch(/POST \/graphql 200/);
    expect(waypost.output).not.toMatch(SECRETS);
    expect(holdsAddress(waypost.output)).toBe(false);
    expect(waypost.output).not.toMatch(/\\n +at /);
  });
});

describe('a restart while Postgres is away', () => {
  it('serves links, is alive, and says how old they are and what it waits for', async () => {
    postgres.goAway();
    waypost = await WholeWaypost.begin(environment);
    await waypost.says(/Tracked links are served meanwhile on http:\S+:\d+\./);
    const [, url = ''] = /served meanwhile on (\S+)\./.exec(waypost.output) ?? [];
    const redirect = await fetch(`${url}/go/partner_1`, { redirect: 'manual' });
    expect([redirect.status, redirect.headers.get('location')]).toEqual([302, 'https://shop.example/1']);
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    const ready = await fetch(`${url}/health/ready`);
    expect(ready.status).toBe(503);
    const { problems, links } = (await ready.json()) as { problems: string[]; links: Record<string, number> };
    expect(problems.join(' ')).toMatch(/waits for its database.*the one of the last run/);
    expect(links).toEqual({ partners: 10, ageSeconds: expect.any(Number) as number });
    expect(links['ageSeconds']).toBeGreaterThan(0);
    expect(await (await fetch(`${url}/metrics`)).text()).toMatch(/\nwaypost_redirects_total\{outcome="redirect"\} 1\n/);
    expect((await fetch(`${url}/graphql`)).status).toBe(503);
    postgres.delayMs = 0;
    await waypost.isReady();
    expect(waypost.url).toBe(url);
    await expect.poll(async () => (await fetch(`${url}/health/ready`)).status, { timeout: 30_000 }).toBe(200);
    await waypost.stop();
  });

  it.each(['1', '2'])('is stopped as at any other time, with WAYPOST_WORKERS=%s', async (workers) => {
    postgres.goAway();
    waypost = await WholeWaypost.begin({ ...environment, WAYPOST_WORKERS: workers });
    await waypost.says(/Tracked links are served meanwhile/);
    expect(await waypost.stopWithin(GRACE_MS)).toBe(0);
    expect(waypost.output).toMatch(/Stopping\.\.\.\nStopped\.\n$/);
  });
});

async function leaveWebhookHanging(url: string, authorization: Record<string, string>): Promise<void> {
  const webhook = `createWebhook(input: { url: "${url}", events: ["article.upserted"] }) { userErrors { code message } }`;
  const made = await post('/graphql', { query: `mutation { ${webhook} }` }, authorization);
  expect(await made.json()).toEqual({ data: { createWebhook: { userErrors: [] } } });
  const article = `createArticle(input: { slug: "news", title: "News", source: "", status: PUBLISHED }) { userErrors { code } }`;
  await post('/graphql', { query: `mutation { ${article} }` }, authorization);
}

/** Idle ones, and some that have begun a request and do not go on. */
function openConnections(port: number): Socket[] {
  const starts = [
    '',
    'GET /robots.txt HTTP/1.1\r\nHost: x\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ',
    'POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
  ];
  return starts.flatMap((start) =>
    Array.from({ length: 5 }, () => {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.resume();
      socket.write(start);
      return socket;
    }),
  );
}

/** Asks one after the other until nobody answers. @returns answers that began and did not end, or were none of ours. */
async function askUntilRefused(): Promise<string[]> {
  const wrong: string[] = [];
  for (;;) {
    const response = await post('/graphql', { query: '{ articles { nodes { id } } }' }).catch(() => undefined);
    if (!response) return wrong;
    const text = await response.text().catch(() => 'cut short');
    if (response.status !== 200 || (!text.endsWith('}\n') && !text.endsWith('}')))
      wrong.push(`${response.status} ${text}`);
  }
}
