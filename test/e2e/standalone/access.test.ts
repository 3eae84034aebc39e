import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiTokensService } from '../../../src/auth/api-tokens.service.js';
import type { TestApp } from '../../support/test-app.js';
import { startTestApp } from '../../support/test-app.js';

let waypost: TestApp;

beforeAll(async () => {
  waypost = await startTestApp();
});

afterAll(() => waypost.close());

describe('every mutation', () => {
  it('is never done by GET', async () => {
    const response = await fetch(
      `${waypost.url}/graphql?query=${encodeURIComponent('mutation { pauseAffiliatePartner(key: "x") { __typename } }')}`,
      {
        headers: { 'apollo-require-preflight': 'true' },
      },
    );
    expect(response.status).toBe(405);
  });
});

describe('a token', () => {
  const tokens = (): ApiTokensService => waypost.app.get(ApiTokensService, { strict: false });
  const partners = (token: string | null) => waypost.query('{ affiliatePartners { nodes { key } } }', {}, token);
  const codeOf = async (token: string | null) => (await partners(token)).errors?.[0]?.extensions.code;

  it('opens what its scope says', async () => {
    const { token } = await tokens().createToken({ name: 'reader', scopes: ['affiliates:read'] });
    expect((await partners(token)).errors).toBeUndefined();
  });

  it('that is revoked, expired, unknown or malformed is refused, never taken for anonymous', async () => {
    const expired = await tokens().createToken({ name: 'e', scopes: ['affiliates:read'], expiresAt: new Date(0) });
    const revoked = await tokens().createToken({ name: 'r', scopes: ['affiliates:read'] });
    expect(await tokens().revokeToken(revoked.id)).toBe(true);
    for (const token of [expired.token, revoked.token, 'wpt_nobody', 'two words']) {
      expect(await codeOf(token)).toBe('UNAUTHENTICATED');
      expect((await waypost.query('{ articles { nodes { id } } }', {}, token)).errors?.[0]?.extensions.code).toBe(
        'UNAUTHENTICATED',
      );
    }
  });

  it('is kept as a hash only', async () => {
    const { token } = await tokens().createToken({ name: 'hashed', scopes: [] });
    const rows = await tokens().listTokens();
    expect(JSON.stringify(rows)).not.toContain(token.slice(12));
  });
});

describe('an error', () => {
  it.each([
    ['syntax', '{ article('],
    ['validation', '{ nothing }'],
    ['a cursor of another list', '{ articles(after: "x") { nodes { id } } }'],
    ['first with last', '{ articles(first: 1, last: 1) { nodes { id } } }'],
    ['a negative page', '{ articles(first: -1) { nodes { id } } }'],
    ['a page of 101', '{ articles(first: 101) { nodes { id } } }'],
    ['a NUL in a slug', '{ article(slug: "\\u0000") { id } }'],
    ['a lone surrogate in a slug', '{ article(slug: "\\ud800") { id } }'],
    [
      'a date that does not exist',
      '{ articles(filter: { publishedAt: { after: "2025-02-30T00:00:00Z" } }) { nodes { id } } }',
    ],
  ])('of %s has a code and a sentence, and no stack', async (_name, document) => {
    const { errors } = await waypost.query(document, {}, null);
    expect(errors).toHaveLength(1);
    expect(errors?.[0]?.extensions.code).toMatch(/^(BAD_|GRAPHQL_|PAGE_|VALUE_)/);
    expect(JSON.stringify(errors)).not.toMatch(/node_modules|\.js:\d|stacktrace/);
  });

  it('never is a wrong id', async () => {
    expect(await waypost.data('{ article(id: "no-uuid") { id } }', {}, null)).toEqual({ article: null });
  });
});
