import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { TestWaypost } from '../../../src/testing/index.js';
import { startWaypost } from '../../../src/testing/index.js';
import type { Receiver } from '../../integration/webhooks/receiver.js';
import { startReceiver } from '../../integration/webhooks/receiver.js';
import type { TestDatabase } from '../../support/test-database.js';
import { createTestDatabase } from '../../support/test-database.js';

const CREATE = `mutation ($input: CreateWebhookInput!) {
  createWebhook(input: $input) { webhook { id url events enabled revision } secret userErrors { code message field } }
}`;
const UPDATE = `mutation ($input: UpdateWebhookInput!) {
  updateWebhook(input: $input) { webhook { url events description revision } userErrors { code field } }
}`;
const DELIVERIES = `query ($filter: WebhookDeliveryFilter) {
  webhookDeliveries(filter: $filter) {
    totalCount
    nodes { id event payload status attempts responseStatus errorCode errorMessage nextAttemptAt finishedAt }
  }
}`;
const on = (mutation: string, fields: string): string =>
  `mutation ($id: ID!) { ${mutation} { ${fields} userErrors { code field } } }`;
const WAITING = { timeout: 40_000, interval: 50 };

const byName = (left: string, right: string): number => (left < right ? -1 : 1);
/** The first example of the docs. */
const documented = JSON.parse(
  /```json\n(.*?)```/s.exec(readFileSync(new URL('../../../docs/webhooks.md', import.meta.url), 'utf8'))?.[1] ?? '',
) as { data: object };

let database: TestDatabase;
let waypost: TestWaypost;
const receivers: Receiver[] = [];

const boot = () =>
  startWaypost({
    databaseUrl: database.url,
    waypost: {
      redirects: false,
      outbound: { allow: ['127.0.0.1'] },
      webhooks: { encryptionKey: Buffer.alloc(32, 7).toString('base64') },
    },
  });

beforeAll(async () => {
  database = await createTestDatabase();
  waypost = await boot();
});

afterAll(async () => {
  await waypost.close();
  await database.drop();
});

afterEach(async () => {
  await Promise.all(receivers.splice(0).map((receiver) => receiver.close()));
});

const create = async (input: object) => (await waypost.data(CREATE, { input })).createWebhook;

async function subscribe(...events: string[]): Promise<{ id: string; receiver: Receiver }> {
  const receiver = await startReceiver();
  receivers.push(receiver);
  const made = await create({ url: receiver.url, events });
  receiver.secret = made.secret;
  return { id: made.webhook.id, receiver };
}

const received = (receiver: Receiver, count: number) =>
  vi.waitFor(() => expect(receiver.messages).toHaveLength(count), WAITING);

/** The answer has come, and was written down. */
const delivered = (id: string) =>
  vi.waitFor(async () => expect((await deliveries(id))[0]).toMatchObject({ status: 'DELIVERED' }), WAITING);

const deliveries = async (webhookId: string) =>
  (await waypost.data(DELIVERIES, { filter: { webhookId } })).webhookDeliveries.nodes;

describe('a webhook', () => {
  it('is told of changes, and signs with a secret that is shown once and stored encrypted', async () => {
    const { id, receiver } = await subscribe('article.upserted', 'article.deleted');
    expect(receiver.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const article = await waypost.createArticle({ slug: 'told', description: 'Of it.', tags: ['News'] });
    await received(receiver, 1);
    expect(receiver.messages[0]).toMatchObject({
      type: 'article.upserted',
      data: {
        id: article.id,
        path: '/told',
        locale: 'en',
        slug: 'told',
        url: 'https://waypost.test/told',
        title: 'told',
        description: 'Of it.',
        tags: [{ slug: 'news', name: 'News' }],
        contentChangeCause: { kind: 'ARTICLE' },
      },
    });
    expect(Object.keys(receiver.messages[0]?.data ?? {}).sort(byName)).toEqual(
      Object.keys(documented.data).sort(byName),
    );
    await delivered(id);
    const { webhook } = await waypost.data(`query ($id: ID!) { webhook(id: $id) { url lastSuccessAt } }`, { id });
    expect(webhook).toEqual({ url: receiver.url, lastSuccessAt: expect.any(String) });
    const { __type } = await waypost.data('{ __type(name: "Webhook") { fields { name } } }');
    expect(JSON.stringify(__type)).not.toMatch(/secret/i);
    const log = await deliveries(id);
    expect(log[0]).toMatchObject({ status: 'DELIVERED', attempts: 1, responseStatus: 200, nextAttemptAt: null });
    expect(JSON.parse(log[0].payload)).toMatchObject({ type: 'article.upserted' });
  });

  it.each([
    ['a private address', 'http://10.1.2.3/hook', 'ADDRESS_REFUSED'],
    ['loopback in IPv6', 'http://[::1]/', 'ADDRESS_REFUSED'],
    ['metadata', 'http://169.254.169.254/', 'ADDRESS_REFUSED'],
    ['another scheme', 'ftp://example.org/', 'SCHEME_REFUSED'],
    ['a password', 'https://a:b@example.org/', 'CREDENTIALS_REFUSED'],
    ['no URL', 'hook', 'URL_INVALID'],
  ])('cannot lead to %s', async (_name, url, code) => {
    const refused = await create({ url, events: ['cache.purge'] });
    expect(refused).toMatchObject({ webhook: null, secret: null, userErrors: [{ code, field: 'input.url' }] });
  });

  it.each([
    ['no event', []],
    ['an unknown event', ['article.read']],
    ['an event twice', ['cache.purge', 'cache.purge']],
  ])('is refused with %s', async (_name, events) => {
    const refused = await create({ url: 'https://example.org/', events });
    expect(refused.userErrors[0].field).toBe('input.events');
  });

  it('is changed where its revision is the one that was read', async () => {
    const { id } = await subscribe('cache.purge');
    const update = async (input: object) => (await waypost.data(UPDATE, { input: { id, ...input } })).updateWebhook;
    const changed = await update({ expectedRevision: 1, description: 'CDN', events: ['cache.purge', 'tag.deleted'] });
    expect(changed.webhook).toMatchObject({ description: 'CDN', events: ['cache.purge', 'tag.deleted'], revision: 2 });
    expect((await update({ expectedRevision: 1, description: 'x' })).userErrors[0].code).toBe('REVISION_CONFLICT');
    expect((await update({ expectedRevision: 2, url: 'http://10.0.0.1/' })).userErrors[0].code).toBe('ADDRESS_REFUSED');
    const same = await update({ expectedRevision: 2, events: ['cache.purge', 'tag.deleted'] });
    expect(same.webhook.revision).toBe(2);
  });

  it('gets a new secret, beside which the former one holds for a day', async () => {
    const { id, receiver } = await subscribe('article.upserted');
    const former = receiver.secret;
    const rotated = (await waypost.data(on('rotateWebhookSecret(id: $id)', 'secret'), { id })).rotateWebhookSecret;
    expect(rotated.secret).not.toBe(former);
    for (const [index, secret] of [former, rotated.secret].entries()) {
      receiver.secret = secret;
      await waypost.createArticle({ slug: `rotated-${index}` });
      await received(receiver, index + 1);
    }
  });

  it('is disabled and enabled by hand, and then told what changed meanwhile', async () => {
    const { id, receiver } = await subscribe('article.upserted');
    await waypost.data(on('disableWebhook(id: $id)', 'webhook { enabled }'), { id });
    const { webhook } = await waypost.data('query ($id: ID!) { webhook(id: $id) { enabled disabledReason } }', { id });
    expect(webhook).toEqual({ enabled: false, disabledReason: 'Disabled by hand.' });
    await waypost.createArticle({ slug: 'meanwhile' });
    await waypost.data(on('enableWebhook(id: $id)', 'webhook { enabled }'), { id });
    await received(receiver, 1);
  });

  it('sends a message again by hand, unless a later one has overtaken it', async () => {
    const { id, receiver } = await subscribe('article.upserted');
    const article = await waypost.createArticle({ slug: 'again' });
    await received(receiver, 1);
    const redeliver = async (delivery: string) =>
      (await waypost.data(on('redeliverWebhook(deliveryId: $id)', 'delivery { status }'), { id: delivery }))
        .redeliverWebhook;
    await delivered(id);
    const [first] = await deliveries(id);
    expect(await redeliver(first.id)).toMatchObject({ delivery: { status: 'PENDING' }, userErrors: [] });
    await received(receiver, 2);
    expect(receiver.messages[1]).toEqual(receiver.messages[0]);
    await waypost.data(
      `mutation ($id: ID!) { updateArticle(input: { id: $id, expectedRevision: 1, title: "New" }) { article { id } } }`,
      { id: article.id },
    );
    await received(receiver, 3);
    expect((await redeliver(first.id)).userErrors[0].code).toBe('DELIVERY_OVERTAKEN');
  });

  it('is deleted with its log', async () => {
    const { id } = await subscribe('article.upserted');
    const deleted = (await waypost.data(on('deleteWebhook(id: $id)', 'deletedId'), { id })).deleteWebhook;
    expect(deleted).toEqual({ deletedId: id, userErrors: [] });
    expect(await deliveries(id)).toEqual([]);
    const again = (await waypost.data(on('deleteWebhook(id: $id)', 'deletedId'), { id })).deleteWebhook;
    expect(again.userErrors).toEqual([{ code: 'WEBHOOK_NOT_FOUND', field: 'id' }]);
    const { updateWebhook } = await waypost.data(UPDATE, { input: { id, expectedRevision: 1 } });
    expect(updateWebhook.userErrors).toEqual([{ code: 'WEBHOOK_NOT_FOUND', field: 'input.id' }]);
  });

  it('whose receiver is down over a restart is told when both are there again', async () => {
    const { receiver } = await subscribe('article.upserted', 'content.changed');
    await receiver.close();
    await waypost.createArticle({ slug: 'before-the-restart' });
    await vi.waitFor(async () => {
      const { webhooks } = await waypost.data('{ webhooks(last: 1) { nodes { failingSince } } }');
      expect(webhooks.nodes[0].failingSince).not.toBeNull();
    }, WAITING);
    await waypost.close();
    waypost = await boot();
    await receiver.reopen();
    await waypost.createArticle({ slug: 'after-the-restart' });
    await vi.waitFor(
      () =>
        expect(new Set([...receiver.mirror.values()].map(({ slug }) => slug))).toEqual(
          new Set(['before-the-restart', 'after-the-restart']),
        ),
      WAITING,
    );
  });
});

describe('webhooks', () => {
  it.each(['webhooks { totalCount }', 'webhook(id: "x") { id }', 'webhookDeliveries { totalCount }'])(
    'are shown to administrators only: %s',
    async (field) => {
      const { errors } = await waypost.query(`{ ${field} }`, {}, null);
      expect(errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
    },
  );
});
