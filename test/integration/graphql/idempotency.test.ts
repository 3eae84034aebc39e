import { randomUUID } from 'node:crypto';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiTokensService } from '../../../src/auth/api-tokens.service.js';
import type { GraphqlAnswer } from '../../../src/testing/index.js';
import { committedSchema } from '../../support/schema-paths.js';
import type { TestApp } from '../../support/test-app.js';
import { ADMIN_TOKEN, startTestApp } from '../../support/test-app.js';

let waypost: TestApp;
let database: DataSource;

beforeAll(async () => {
  waypost = await startTestApp({ redirects: false, background: false });
  database = waypost.app.get(DataSource, { strict: false });
});

afterAll(() => waypost.close());

interface Answer extends GraphqlAnswer {
  readonly status: number;
  readonly isReplayed: boolean;
}

const create = (slug: string, key: string, token = ADMIN_TOKEN): Promise<Answer> =>
  send(
    `mutation { createArticle(input: { slug: "${slug}", title: "T", source: "" }) { article { id } userErrors { code } } }`,
    key,
    token,
  );

async function send(query: string, key: string, token = ADMIN_TOKEN): Promise<Answer> {
  const response = await fetch(`${waypost.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, 'idempotency-key': key },
    body: JSON.stringify({ query }),
  });
  const answer = (await response.json()) as GraphqlAnswer;
  return { ...answer, status: response.status, isReplayed: response.headers.get('idempotency-replayed') === 'true' };
}

const codeOf = ({ errors }: Answer) => errors?.[0]?.extensions.code;

async function count(slug: string): Promise<number> {
  const [row] = await database.query<{ count: number }[]>(
    `SELECT count(*)::integer AS count FROM waypost.articles WHERE slug = $1`,
    [slug],
  );
  return row?.count ?? 0;
}

const schema = committedSchema();
/** What each one that makes something is sent, and how to count what it makes. */
const MAKING: Readonly<Record<string, { readonly call: string; readonly table: string }>> = {
  createArticle: { call: '(input: { slug: "made", title: "T", source: "" })', table: 'articles' },
  createTag: { call: '(input: { name: "Made" })', table: 'tags' },
  createAffiliatePartner: {
    call: '(input: { key: "made", name: "Made", destinationUrl: "https://made.example/" })',
    table: 'partners',
  },
  createApiToken: { call: '(input: { name: "made", scopes: ["content:read"] })', table: 'api_tokens' },
  createPerson: { call: '(input: { login: "made", name: "Made", role: EDITOR })', table: 'people' },
  createSignInLink: { call: '(input: { id: "PERSON" })', table: 'sign_in_links' },
  createWebhook: {
    call: '(input: { url: "https://93.184.215.14/hook", events: ["article.upserted"] })',
    table: 'webhooks',
  },
  addIncomingFeed: { call: '(input: { url: "https://93.184.215.14/feed.xml", everyMinutes: 0 })', table: 'feeds' },
  runIncomingFeed: { call: '(id: "00000000-0000-4000-8000-000000000000")', table: 'feed_items' },
};

describe('every mutation that makes or imports something', () => {
  it('is among those below', () => {
    const making = Object.keys(schema.getMutationType()?.getFields() ?? {}).filter((name) =>
      /^(?:create|add|import|run)/.test(name),
    );
    expect(making.sort()).toEqual(Object.keys(MAKING).sort());
  });

  it.each(Object.entries(MAKING))(
    'is done once for one key, also at the same time: %s',
    async (name, { call, table }) => {
      const person = await database.query<{ id: string }[]>(
        `INSERT INTO waypost.people (login, name, role) VALUES ($1, 'P', 'editor') RETURNING id`,
        [randomUUID()],
      );
      const query = `mutation { made: ${name}${call.replace('PERSON', person[0]?.id ?? '')} { __typename userErrors { code } } }`;
      const key = randomUUID();
      const rows = async () => (await database.query<unknown[]>(`SELECT 1 FROM waypost.${table}`)).length;
      const before = await rows();
      const answers = [...(await Promise.all([send(query, key), send(query, key)])), await send(query, key)];
      expect(new Set(answers.map(({ data }) => JSON.stringify(data))).size).toBe(1);
      expect(answers.filter(({ isReplayed }) => !isReplayed)).toHaveLength(1);
      const refused = answers[0]?.data.made.userErrors.length > 0;
      expect((await rows()) - before).toBe(refused ? 0 : 1);
      expect(codeOf(await send(`${query} `, key))).toBe('IDEMPOTENCY_KEY_REUSED');
    },
  );
});

describe('a mutation with an Idempotency-Key', () => {
  it('has the same answer when it is sent again', async () => {
    const key = randomUUID();
    const first = await create('again', key);
    const second = await create('again', key);
    expect(first.data.createArticle).toEqual({ article: { id: expect.any(String) }, userErrors: [] });
    expect(second.data).toEqual(first.data);
    expect([first.isReplayed, second.isReplayed]).toEqual([false, true]);
  });

  it('is done once, however many are sent at the same time', async () => {
    const key = randomUUID();
    const answers = await Promise.all(Array.from({ length: 8 }, () => create('at-once', key)));
    expect(new Set(answers.map(({ data }) => data.createArticle.article.id)).size).toBe(1);
    expect(answers.filter(({ isReplayed }) => !isReplayed)).toHaveLength(1);
    expect(await count('at-once')).toBe(1);
  });

  it('is refused with another body', async () => {
    const key = randomUUID();
    await create('one-body', key);
    const other = await create('other-body', key);
    expect([other.status, codeOf(other)]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED']);
    expect(await count('other-body')).toBe(0);
  });

  it('keeps what was refused by the rules', async () => {
    const key = randomUUID();
    await create('taken', randomUUID());
    const refused = await create('taken', key);
    expect(refused.data.createArticle.userErrors).toEqual([{ code: 'PATH_TAKEN' }]);
    await database.query(`DELETE FROM waypost.articles WHERE slug = 'taken'`);
    expect((await create('taken', key)).data).toEqual(refused.data);
  });

  it('is tried again where nothing was done', async () => {
    const key = randomUUID();
    const tokens = waypost.app.get(ApiTokensService, { strict: false });
    const { token, id } = await tokens.createToken({ name: 'reader', scopes: ['content:read'] });
    expect(codeOf(await create('later', key, token))).toBe('FORBIDDEN');
    await database.query(`UPDATE waypost.api_tokens SET scopes = '{content:write}' WHERE id = $1`, [id]);
    expect((await create('later', key, token)).isReplayed).toBe(false);
    expect(await count('later')).toBe(1);
  });

  it('has nothing to do with the same key of somebody else', async () => {
    const key = randomUUID();
    const tokens = waypost.app.get(ApiTokensService, { strict: false });
    // Names are not unique.
    const [ann, ben] = await Promise.all(
      [1, 2].map(() => tokens.createToken({ name: 'same', scopes: ['content:write'] })),
    );
    await create('of-ann', key, ann?.token);
    expect((await create('of-ben', key, ben?.token)).data.createArticle.userErrors).toEqual([]);
  });

  it('is answered once with a secret, which is not kept', async () => {
    const key = randomUUID();
    const create = async () => {
      const query = `mutation { made: createApiToken(input: { name: "n", scopes: ["admin"] }) { secret: token apiToken { id } } }`;
      const response = await fetch(`${waypost.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${ADMIN_TOKEN}`, 'idempotency-key': key },
        body: JSON.stringify({ query }),
      });
      return ((await response.json()) as GraphqlAnswer).data.made;
    };
    const { secret, apiToken } = await create();
    expect(secret).toMatch(/^wpt_/);
    expect(await create()).toEqual({ secret: null, apiToken });
    const kept = await database.query(`SELECT answer FROM waypost.idempotency_keys WHERE key = $1`, [key]);
    expect(kept[0].answer).toContain(apiToken.id);
    expect(kept[0].answer).not.toContain(secret);
  });

  it('is forgotten after 24 hours', async () => {
    const key = randomUUID();
    await create('old', key);
    await database.query(
      `UPDATE waypost.idempotency_keys SET claimed_at = now() - interval '24 hours 1 minute' WHERE key = $1`,
      [key],
    );
    expect((await create('new', key)).isReplayed).toBe(false);
  });

  it('is taken over from a process that died', async () => {
    const key = randomUUID();
    await create('dead', key);
    await database.query(
      `UPDATE waypost.idempotency_keys SET answer = NULL, claimed_at = now() - interval '6 minutes' WHERE key = $1`,
      [key],
    );
    expect((await create('dead', key)).data.createArticle.userErrors).toEqual([{ code: 'PATH_TAKEN' }]);
  });

  it('refuses a key that is none', async () => {
    expect(codeOf(await create('bad-key', 'two words'))).toBe('BAD_ARGUMENT');
  });
});
