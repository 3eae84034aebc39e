import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ApiTokensService } from '../../../src/auth/api-tokens.service.js';
import type { TestWaypost } from '../../../src/testing/index.js';
import { startWaypost } from '../../../src/testing/index.js';
import { captureSql } from '../../support/capture-sql.js';
import type { TestDatabase } from '../../support/test-database.js';
import { createTestDatabase } from '../../support/test-database.js';

let database: TestDatabase;
let waypost: TestWaypost;
/** Another node on the same database. */
let second: TestWaypost;

beforeAll(async () => {
  database = await createTestDatabase();
  const options = { databaseUrl: database.url, waypost: { background: false } };
  waypost = await startWaypost(options);
  second = await startWaypost(options);
});

afterAll(async () => {
  await second?.close();
  await waypost?.close();
  await database?.drop();
});

const CREATE = `mutation ($input: CreateApiTokenInput!) { createApiToken(input: $input) {
  token apiToken { id name prefix scopes isTrusted expiresAt lastUsedAt revokedAt } userErrors { code field } } }`;
const ROTATE = `mutation ($input: RotateApiTokenInput!) { rotateApiToken(input: $input) {
  token apiToken { id prefix rotatedAt previousEndsAt } userErrors { code field } } }`;
const REVOKE = `mutation ($id: ID!) { revokeApiToken(id: $id) { apiToken { id revokedAt } userErrors { code field } } }`;

async function create(input: object, token?: string) {
  return (await waypost.data(CREATE, { input: { name: 'a token', scopes: ['affiliates:read'], ...input } }, token))
    .createApiToken;
}

/** undefined: it was let in. */
async function refusalOf(token: string, node = waypost): Promise<string | undefined> {
  const { errors } = await node.query('{ affiliatePartners { nodes { key } } }', {}, token);
  return errors && `${errors[0]?.extensions.code}: ${errors[0]?.message}`;
}

describe('a token made over GraphQL', () => {
  it('is shown once, recognised by its prefix, and let in', async () => {
    const { token, apiToken, userErrors } = await create({ name: 'site', expiresAt: '2999-01-01T00:00:00Z' });
    expect(userErrors).toEqual([]);
    expect(token).toMatch(/^wpt_[A-Za-z0-9_-]{43}$/);
    expect(apiToken).toMatchObject({ name: 'site', scopes: ['affiliates:read'], isTrusted: true, lastUsedAt: null });
    expect(token.startsWith(apiToken.prefix)).toBe(true);
    expect(await refusalOf(token)).toBeUndefined();
    const { apiTokens } = await waypost.data('{ apiTokens { totalCount nodes { id prefix lastUsedAt } } }');
    expect(JSON.stringify(apiTokens)).not.toContain(token.slice(12));
    const listed = apiTokens.nodes.find((one: { id: string }) => one.id === apiToken.id);
    expect(listed.lastUsedAt).not.toBeNull();
  });

  it.each([
    [{ name: '' }, 'input.name'],
    [{ scopes: [] }, 'input.scopes'],
    [{ scopes: ['everything'] }, 'input.scopes'],
    [{ scopes: ['admin', 'admin'] }, 'input.scopes'],
    [{ expiresAt: '2020-01-01T00:00:00Z' }, 'input.expiresAt'],
  ])('is refused with %j', async (input, field) => {
    const { token, userErrors } = await create(input);
    expect(token).toBeNull();
    expect(userErrors.map((one: { field: string }) => one.field)).toContain(field);
  });

  it('is trusted no more than the token that makes it', async () => {
    const { token } = await waypost.app
      .get(ApiTokensService, { strict: false })
      .createToken({ name: 'untrusted', scopes: ['admin'], isTrusted: false });
    expect((await create({ isTrusted: true }, token)).apiToken.isTrusted).toBe(false);
  });

  it('writes its last use once a minute, not with every request', async () => {
    const { token } = await create({});
    await refusalOf(token);
    const { statements } = await captureSql(async () => {
      for (let asked = 0; asked < 5; asked += 1) await refusalOf(token, asked % 2 === 0 ? waypost : second);
    });
    expect(statements.filter((sql) => sql.includes('last_used_at = now()'))).toEqual([]);
  });
});

describe('a token that is not valid is told apart', () => {
  it.each(['x', 'wpt_short', 'Bearer', `wpt_${'a'.repeat(44)}`])('as malformed: %s', async (token) => {
    expect(await refusalOf(token)).toMatch(/^UNAUTHENTICATED: .* malformed/);
  });

  it('as unknown, expired or revoked', async () => {
    const tokens = waypost.app.get(ApiTokensService, { strict: false });
    const expired = await tokens.createToken({ name: 'old', scopes: ['admin'], expiresAt: new Date(0) });
    const { token, apiToken } = await create({});
    await waypost.data(REVOKE, { id: apiToken.id });
    expect(await refusalOf(`wpt_${'a'.repeat(43)}`)).toMatch(/^UNAUTHENTICATED: .* unknown/);
    expect(await refusalOf(expired.token)).toMatch(/^UNAUTHENTICATED: .* expired/);
    expect(await refusalOf(token)).toMatch(/^UNAUTHENTICATED: .* revoked/);
  });
});

describe('another node', () => {
  it('refuses a revoked token with its next request', async () => {
    const { token, apiToken } = await create({});
    expect(await refusalOf(token, second)).toBeUndefined();
    const { revokeApiToken } = await waypost.data(REVOKE, { id: apiToken.id });
    expect(revokeApiToken.apiToken.revokedAt).not.toBeNull();
    expect(await refusalOf(token, second)).toMatch(/revoked/);
    const again = await waypost.data(REVOKE, { id: apiToken.id });
    expect(again.revokeApiToken.userErrors).toEqual([{ code: 'TOKEN_NOT_FOUND', field: 'id' }]);
  });

  it('takes the new secret of a rotated token, and refuses the old one', async () => {
    const old = await create({});
    const { rotateApiToken } = await waypost.data(ROTATE, { input: { id: old.apiToken.id } });
    expect(rotateApiToken.apiToken).toMatchObject({ id: old.apiToken.id });
    expect(rotateApiToken.token).not.toBe(old.token);
    expect(await refusalOf(rotateApiToken.token, second)).toBeUndefined();
    expect(await refusalOf(old.token, second)).toMatch(/replaced/);
  });

  it('takes both secrets while a rotation overlaps, and the one before them no more', async () => {
    const first = await create({});
    const rotate = async (overlapSeconds: number): Promise<string> =>
      (await waypost.data(ROTATE, { input: { id: first.apiToken.id, overlapSeconds } })).rotateApiToken.token;
    const two = await rotate(3600);
    expect(await refusalOf(first.token, second)).toBeUndefined();
    const three = await rotate(1);
    expect(await refusalOf(first.token, second)).toMatch(/unknown/);
    expect(await refusalOf(three, second)).toBeUndefined();
    await vi.waitFor(async () => expect(await refusalOf(two, second)).toMatch(/replaced/), { timeout: 20_000 });
  });

  it.each(['no-id', '00000000-0000-4000-8000-000000000000'])('knows no token %s to rotate', async (id) => {
    const { rotateApiToken } = await second.data(ROTATE, { input: { id } });
    expect(rotateApiToken).toMatchObject({ token: null, userErrors: [{ code: 'TOKEN_NOT_FOUND', field: 'input.id' }] });
  });
});
