import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PeopleService } from '../../../src/auth/people.service.js';
import { parseTrustedProxies } from '../../../src/clicks/client-address.js';
import { WAYPOST_DATA_SOURCE } from '../../../src/database/database.module.js';
import type { TestWaypost } from '../../../src/testing/index.js';
import { startWaypost } from '../../../src/testing/index.js';
import type { TestDatabase } from '../../support/test-database.js';
import { createTestDatabase } from '../../support/test-database.js';
import type { DataSource } from 'typeorm';

const PASSWORD = 'correct horse battery staple';

let database: TestDatabase;
let waypost: TestWaypost;
/** Another node on the same database. */
let second: TestWaypost;
let people: PeopleService;

beforeAll(async () => {
  database = await createTestDatabase();
  const options = {
    databaseUrl: database.url,
    waypost: { background: false },
    http: { trustedProxies: parseTrustedProxies('loopback'), requestsPerAddress: 0, requestsPerToken: 0 },
  };
  waypost = await startWaypost(options);
  second = await startWaypost(options);
  people = waypost.app.get(PeopleService, { strict: false });
});

afterAll(async () => {
  await second?.close();
  await waypost?.close();
  await database?.drop();
});

/** A browser: it keeps the cookie, and comes from an address of its own. */
class Browser {
  cookie = '';
  csrfToken: string | undefined;

  constructor(
    readonly address: string,
    readonly node: TestWaypost = waypost,
  ) {}

  async send(method: string, path: string, body?: object, headers: Record<string, string> = {}): Promise<Response> {
    const response = await fetch(this.node.url + path, {
      method,
      headers: {
        'x-forwarded-for': this.address,
        ...(this.cookie && { cookie: this.cookie }),
        ...(this.csrfToken !== undefined && { 'x-waypost-csrf': this.csrfToken }),
        ...(body && { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body && JSON.stringify(body),
    });
    this.cookie = response.headers.get('set-cookie')?.split(';')[0] ?? this.cookie;
    return response;
  }

  /** @returns the status. */
  async enter(path: string, body: object): Promise<number> {
    const response = await this.send('POST', path, body);
    if (response.ok) this.csrfToken = ((await response.json()) as { csrfToken: string }).csrfToken;
    return response.status;
  }

  signIn(login: string, password = PASSWORD): Promise<number> {
    return this.enter('/session', { login, password });
  }

  async query(
    query: string,
  ): Promise<{ data: Record<string, unknown> | null; errors?: { extensions: { code: string } }[] }> {
    return (await (await this.send('POST', '/graphql', { query })).json()) as never;
  }
}

async function codeOf(response: Response): Promise<string | undefined> {
  return ((await response.json()) as { errors?: { extensions: { code: string } }[] }).errors?.[0]?.extensions.code;
}

let addresses = 0;
const newAddress = (): string => `198.51.100.${(addresses += 1)}`;
const newBrowser = (node = waypost): Browser => new Browser(newAddress(), node);

let logins = 0;
/** Somebody with the password. */
async function somebody(
  role: 'editor' | 'affiliate_manager' | 'administrator' = 'editor',
): Promise<{ id: string; login: string }> {
  const login = `person-${(logins += 1)}`;
  const { id } = await people.createPerson({ login, name: login, role });
  const browser = newBrowser();
  await browser.enter('/session/link', { token: await people.makeSignInLink(id) });
  expect((await browser.send('POST', '/session/password', { newPassword: PASSWORD })).status).toBe(204);
  return { id, login };
}

describe('a sign-in link', () => {
  it('makes the first administrator, and signs in once', async () => {
    const { id } = await people.ensureAdministrator('owner');
    expect((await people.ensureAdministrator('another')).id).toBe(id);
    const token = await people.makeSignInLink(id);
    const browser = newBrowser();
    expect(await browser.enter('/session/link', { token })).toBe(200);
    expect((await browser.query('{ people { nodes { login role } } }')).data).toEqual({
      people: { nodes: [{ login: 'owner', role: 'ADMINISTRATOR' }] },
    });
    expect(await newBrowser().enter('/session/link', { token })).toBe(401);
  });

  it('signs in one of many who use it at the same time', async () => {
    const { id } = await somebody();
    const token = await people.makeSignInLink(id);
    const statuses = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        newBrowser(index % 2 ? second : waypost).enter('/session/link', { token }),
      ),
    );
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
  });

  it('ends after 15 minutes, and with the next link', async () => {
    const { id } = await somebody();
    const old = await people.makeSignInLink(id);
    const next = await people.makeSignInLink(id);
    expect(await newBrowser().enter('/session/link', { token: old })).toBe(401);
    const dataSource = waypost.app.get<DataSource>(WAYPOST_DATA_SOURCE, { strict: false });
    const [row] = await dataSource.query(
      `SELECT extract(epoch FROM expires_at - created_at)::integer AS seconds FROM waypost.sign_in_links WHERE person_id = $1`,
      [id],
    );
    expect(row).toEqual({ seconds: 900 });
    await dataSource.query(`UPDATE waypost.sign_in_links SET expires_at = now() WHERE person_id = $1`, [id]);
    expect(await newBrowser().enter('/session/link', { token: next })).toBe(401);
  });

  it('is redeemed by a page that no other site frames, and by POST alone', async () => {
    const page = await newBrowser().send('GET', '/sign-in');
    expect(page.headers.get('content-security-policy')).toMatch(/script-src 'sha256-.*frame-ancestors 'none'/);
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(await page.text()).toContain('<button>Sign in</button>');
    expect((await newBrowser().send('GET', '/session/link?token=x')).status).toBe(404);
  });

  it('is made by an administrator for others, over GraphQL', async () => {
    const { data } = await waypost.query(
      `mutation { createPerson(input: { login: "New@Example.org", name: "New", role: EDITOR }) { person { id login } userErrors { code } } }`,
    );
    const { id, login } = data.createPerson.person;
    expect(login).toBe('new@example.org');
    const made = await waypost.data(`mutation { createSignInLink(input: { id: "${id}" }) { link } }`);
    const token = made.createSignInLink.link.replace('/sign-in#', '');
    expect(await newBrowser().enter('/session/link', { token })).toBe(200);
    const again = await waypost.data(
      `mutation { createPerson(input: { login: "NEW@example.org", name: "New", role: EDITOR }) { userErrors { code field } } }`,
    );
    expect(again.createPerson.userErrors).toEqual([{ code: 'LOGIN_TAKEN', field: 'input.login' }]);
  });
});

describe('a session', () => {
  it('is kept in a cookie that scripts, other sites and plain http do not get', async () => {
    const { login } = await somebody();
    const response = await newBrowser().send('POST', '/session', { login, password: PASSWORD });
    expect(response.headers.get('set-cookie')).toMatch(
      /^waypost_session=[A-Za-z0-9_-]{43}; Path=\/; Max-Age=604800; HttpOnly; SameSite=Strict$/,
    );
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  it.each([
    ['editor', ['articles { nodes { id } }'], ['affiliatePartners { nodes { id } }', 'people { nodes { id } }']],
    [
      'affiliate_manager',
      ['affiliatePartners { nodes { id } }'],
      ['people { nodes { id } }', 'auditLog { nodes { id } }'],
    ],
    ['administrator', ['people { nodes { id } }', 'affiliatePartners { nodes { id } }'], []],
  ] as const)('opens to an %s what the role says, on every node', async (role, open, closed) => {
    const { login } = await somebody(role);
    const browser = newBrowser();
    expect(await browser.signIn(login)).toBe(200);
    const there = Object.assign(newBrowser(second), { cookie: browser.cookie, csrfToken: browser.csrfToken });
    for (const query of open) expect((await there.query(`{ ${query} }`)).errors).toBeUndefined();
    for (const query of closed) {
      expect((await there.query(`{ ${query} }`)).errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    }
  });

  it('is nobody without the CSRF token, and refused with a wrong one', async () => {
    const { login } = await somebody('administrator');
    const browser = newBrowser();
    await browser.signIn(login);
    const { csrfToken } = browser;
    browser.csrfToken = undefined;
    expect((await browser.query('{ people { nodes { id } } }')).errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
    expect(await codeOf(await browser.send('DELETE', '/session'))).toBe('CSRF_REFUSED');
    browser.csrfToken = 'guessed';
    expect((await browser.query('{ people { nodes { id } } }')).errors?.[0]?.extensions.code).toBe('CSRF_REFUSED');
    browser.csrfToken = undefined;
    expect(((await (await browser.send('GET', '/session')).json()) as { csrfToken: string }).csrfToken).toBe(csrfToken);
  });

  it.each([
    [{ 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'same-site' }],
    [{ origin: 'https://evil.example' }],
    [{ origin: 'null' }],
  ])('is not begun by a page with %j', async (headers) => {
    const { login } = await somebody();
    const response = await newBrowser().send('POST', '/session', { login, password: PASSWORD }, headers as never);
    expect(response.status).toBe(403);
    expect(response.headers.get('set-cookie')).toBeNull();
  });

  it('ends by signing out, by signing out everywhere, and with the account, on every node', async () => {
    const { id, login } = await somebody();
    const signedIn = async (): Promise<Browser> => {
      const browser = newBrowser();
      expect(await browser.signIn(login)).toBe(200);
      return browser;
    };
    const isIn = async (browser: Browser): Promise<boolean> =>
      (await Object.assign(newBrowser(second), { cookie: browser.cookie }).send('GET', '/session')).ok;
    const [one, two, three] = [await signedIn(), await signedIn(), await signedIn()];
    expect(await isIn(one)).toBe(true);
    const { cookie } = one;
    expect((await one.send('DELETE', '/session')).status).toBe(204);
    expect(await isIn(Object.assign(newBrowser(), { cookie }))).toBe(false);
    expect(await isIn(two)).toBe(true);
    await waypost.data(`mutation { signOutEverywhere(input: { id: "${id}" }) { userErrors { code } } }`);
    expect([await isIn(two), await isIn(three)]).toEqual([false, false]);
    const four = await signedIn();
    await waypost.data(`mutation { updatePerson(input: { id: "${id}", isDisabled: true }) { userErrors { code } } }`);
    expect(await isIn(four)).toBe(false);
    expect(await newBrowser().signIn(login)).toBe(401);
    await waypost.data(`mutation { updatePerson(input: { id: "${id}", isDisabled: false }) { userErrors { code } } }`);
    expect(await isIn(four)).toBe(false);
    await signedIn();
  });

  it('ends elsewhere when the password is changed, which needs the old one', async () => {
    const { login } = await somebody();
    const [here, elsewhere] = [newBrowser(), newBrowser()];
    await here.signIn(login);
    await elsewhere.signIn(login);
    const change = (body: object): Promise<Response> => here.send('POST', '/session/password', body);
    expect((await change({ newPassword: 'another long password' })).status).toBe(400);
    expect((await change({ newPassword: 'another long password', currentPassword: 'no' })).status).toBe(401);
    expect((await change({ newPassword: 'short', currentPassword: PASSWORD })).status).toBe(400);
    expect((await change({ newPassword: 'another long password', currentPassword: PASSWORD })).status).toBe(204);
    expect((await here.send('GET', '/session')).status).toBe(200);
    expect((await elsewhere.send('GET', '/session')).status).toBe(401);
    expect(await newBrowser().signIn(login)).toBe(401);
    expect(await newBrowser().signIn(login, 'another long password')).toBe(200);
  });
});

describe('the last administrator', () => {
  it('can be neither demoted nor disabled, also by two at once', async () => {
    const { data } = await waypost.query('{ people(first: 100) { nodes { id role disabledAt } } }');
    const others = data.people.nodes.filter((one: { role: string }) => one.role === 'ADMINISTRATOR');
    const change = (id: string): Promise<{ updatePerson: { userErrors: { code: string }[] } }> =>
      waypost.data(`mutation { updatePerson(input: { id: "${id}", role: EDITOR }) { userErrors { code } } }`);
    const answers = await Promise.all(others.map(({ id }: { id: string }) => change(id)));
    const refused = answers.flatMap(({ updatePerson }) => updatePerson.userErrors);
    expect(refused).toEqual([{ code: 'LAST_ADMINISTRATOR' }]);
  });
});

describe('guessing a password', () => {
  it('is slowed by address, whatever the account', async () => {
    const browser = newBrowser();
    const statuses: number[] = [];
    for (let guess = 0; guess < 10; guess += 1) statuses.push(await browser.signIn(`nobody-${guess}`, 'wrong'));
    expect(statuses.slice(0, 3)).toEqual([401, 401, 401]);
    expect(statuses).toContain(429);
    const response = await browser.send('POST', '/session', { login: 'nobody', password: 'wrong' });
    if (response.status === 429) expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('is slowed by account, from wherever it comes, on every node, and does not lock the owner out', async () => {
    const { login } = await somebody();
    const guessers = Array.from({ length: 9 }, (_, index) => newBrowser(index % 2 ? second : waypost));
    // Each address has one guess of its own; what comes after it, the account holds.
    for (const guesser of guessers) expect(await guesser.signIn(login, 'wrong')).toBe(401);
    const again = [];
    for (const guesser of guessers) again.push(await guesser.signIn(login, 'wrong'));
    expect(again).toContain(429);
    expect(await newBrowser().signIn(login)).toBe(200);
    expect(await newBrowser(second).signIn(login)).toBe(200);
  });

  it('many times at once gains nothing', async () => {
    const { login } = await somebody();
    const browser = newBrowser();
    const statuses = await Promise.all(Array.from({ length: 20 }, () => browser.signIn(login, 'wrong')));
    expect(statuses.filter((status) => status === 401).length).toBeLessThan(20);
    expect(statuses).toContain(429);
  });

  it('is slowed also for whoever holds a session', async () => {
    const { login } = await somebody();
    const browser = newBrowser();
    await browser.signIn(login);
    const statuses = [];
    for (let guess = 0; guess < 10; guess += 1) {
      const body = { currentPassword: `guess ${guess}`, newPassword: 'another long password' };
      statuses.push((await browser.send('POST', '/session/password', body)).status);
    }
    expect(statuses.slice(0, 3)).toEqual([401, 401, 401]);
    expect(statuses).toContain(429);
    expect(await newBrowser().signIn(login)).toBe(200);
  });

  it('tells nothing of who has an account', async () => {
    const { login } = await somebody();
    const known = await (await newBrowser().send('POST', '/session', { login, password: 'wrong' })).json();
    const unknown = await (await newBrowser().send('POST', '/session', { login: 'who', password: 'wrong' })).json();
    expect(known).toEqual(unknown);
  });
});
