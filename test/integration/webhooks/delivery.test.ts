import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startLocalServer } from '../../support/local-server.js';
import { seededRandom } from '../../support/random.js';
import type { TestDatabase } from '../../support/test-database.js';
import { createTestDatabase } from '../../support/test-database.js';
import type { Message, Receiver } from './receiver.js';
import { startReceiver } from './receiver.js';
import type { WebhookNode } from './webhook-node.js';
import { startWebhookNode } from './webhook-node.js';

const CONTENT = ['article.upserted', 'article.deleted', 'tag.upserted', 'tag.deleted'] as const;
const HOUR_MS = 3_600_000;

let database: TestDatabase;
let node: WebhookNode;
const receivers: Receiver[] = [];
/** The tests' own clock, which starts now and never stands still. */
let nowMs = Date.now();
const later = (ms: number): Date => new Date((nowMs += ms));

beforeAll(async () => {
  database = await createTestDatabase();
  node = await startWebhookNode(database.url);
});

afterAll(async () => {
  await node.close();
  await database.drop();
});

beforeEach(async () => {
  nowMs = Math.max(nowMs, Date.now());
  await node.dataSource.query('DELETE FROM waypost.webhooks');
});

afterEach(async () => {
  await Promise.all(receivers.splice(0).map((receiver) => receiver.close()));
});

async function start(trap?: string, onMessage?: (message: Message) => void): Promise<Receiver> {
  const receiver = await startReceiver(trap, onMessage);
  receivers.push(receiver);
  return receiver;
}

const set = (sql: string, ...parameters: unknown[]) => node.dataSource.query(sql, parameters);
const rename = (id: string, title: string) =>
  set('UPDATE waypost.articles SET title = $2, revision = revision + 1 WHERE id = $1', id, title);
const withdraw = (id: string) =>
  set(`UPDATE waypost.articles SET status = 'draft', revision = revision + 1 WHERE id = $1`, id);
const webhookState = async (id: string) => (await node.webhooks.findWebhook(id)) ?? expect.fail('It is gone.');
const statuses = async (): Promise<Record<string, number>> => {
  const rows = await node.dataSource.query<{ status: string; count: number }[]>(
    `SELECT status, count(*)::integer AS count FROM waypost.webhook_deliveries GROUP BY status`,
  );
  return Object.fromEntries(rows.map(({ status, count }) => [status, count]));
};

/** What anonymous callers see, as a receiver would have it. */
async function publicState(): Promise<Map<string, string>> {
  const { articles, tags } = await node.data(
    '{ articles(first: 100) { nodes { id title } } tags(first: 100) { nodes { id name } } }',
    {},
    null,
  );
  const nodes = [...articles.nodes, ...tags.nodes] as { id: string; title?: string; name?: string }[];
  return new Map(nodes.map(({ id, title, name }) => [id, title ?? name ?? '']));
}

function mirrored({ mirror }: Receiver): Map<string, string> {
  return new Map([...mirror].map(([id, data]) => [id, (data['title'] ?? data['name']) as string]));
}

const sorted = (state: Map<string, string>): [string, string][] =>
  [...state].sort(([left], [right]) => (left < right ? -1 : 1));

describe('a receiver', () => {
  it('that fails, hangs, redirects to a private address or is down over a restart gets every final state', async () => {
    const trap = await startLocalServer((_request, response) => response.end());
    const receiver = await start(trap.url);
    let impatient = await startWebhookNode(database.url, { timeoutMs: 1000 });
    await node.subscribe(receiver, ...CONTENT);
    const random = seededRandom(7);
    const ids: string[] = [];
    let count = 0;
    const change = async (): Promise<void> => {
      const id = random.pick(['', ...ids]);
      const kind = random.below(6);
      if (id === '' || kind === 0) {
        const slug = `random-${(count += 1)}`;
        const status = random.chance(0.3) ? 'DRAFT' : 'PUBLISHED';
        ids.push((await node.createArticle({ slug, status, tags: [`Tag ${random.below(4)}`] })).id);
      } else if (kind === 1) await withdraw(id);
      else if (kind === 2)
        await set(`UPDATE waypost.articles SET status = 'published', published_at = now() WHERE id = $1`, id);
      else if (kind === 3) await set('DELETE FROM waypost.articles WHERE id = $1', id);
      else if (kind === 4) await set('UPDATE waypost.tags SET name = name || $1', '!');
      else await rename(id, `Title ${(count += 1)}`);
    };
    for (const mood of ['receives', 'fails', 'hangs', 'redirects', 'receives', 'fails'] as const) {
      receiver.mood = mood;
      for (let index = 0; index < 8; index += 1) {
        await change();
        if (random.chance(0.4)) await impatient.serve(later(70_000));
      }
      await impatient.serve(later(70_000));
    }
    await receiver.close();
    for (let index = 0; index < 5; index += 1) await change();
    await impatient.serve(later(70_000));
    await impatient.close();
    impatient = await startWebhookNode(database.url, { timeoutMs: 1000 });
    for (let index = 0; index < 5; index += 1) await change();
    await impatient.serve(later(70_000));
    await receiver.reopen();
    receiver.mood = 'receives';
    await impatient.close();
    await node.serve(later(70_000));
    await node.serve(later(70_000));

    expect(sorted(mirrored(receiver))).toEqual(sorted(await publicState()));
    expect(await statuses()).not.toHaveProperty('pending');
    expect(receiver.messages.length).toBeGreaterThan(10);
    expect(trap.requests).toHaveLength(0);
    await trap.close();
  }, 120_000);

  it('is never told of what anonymous callers do not see', async () => {
    const receiver = await start();
    await node.subscribe(receiver, ...CONTENT, 'content.changed', 'cache.purge');
    const draft = await node.createArticle({ slug: 'secret-draft', status: 'DRAFT', tags: ['Secret tag'] });
    await rename(draft.id, 'Secret title');
    await set('DELETE FROM waypost.articles WHERE id = $1', draft.id);
    await node.serve(later(70_000));
    expect(receiver.attempts).toBe(0);
  });

  it('gets the latest state once, however often it changed meanwhile', async () => {
    const receiver = await start();
    const { id } = await node.createArticle({ slug: 'busy', tags: ['Busy'] });
    await node.subscribe(receiver, 'article.upserted', 'article.deleted');
    receiver.mood = 'fails';
    for (const title of ['First', 'Second', 'Third']) {
      await rename(id, title);
      await node.serve(later(70_000));
    }
    receiver.mood = 'receives';
    await node.serve(later(24 * HOUR_MS - 300_000));
    expect(receiver.messages.map(({ data }) => data['title'])).toEqual(['Third']);
    expect(await statuses()).toEqual({ delivered: 1, superseded: 2 });
  });

  it('is not told that an article was deleted which is there again', async () => {
    const receiver = await start();
    const { id } = await node.createArticle({ slug: 'back-again' });
    await node.subscribe(receiver, 'article.deleted');
    receiver.mood = 'fails';
    await withdraw(id);
    await node.serve(later(1000));
    await set(`UPDATE waypost.articles SET status = 'published' WHERE id = $1`, id);
    receiver.mood = 'receives';
    await node.serve(later(70_000));
    expect(receiver.messages).toEqual([]);
  });

  it('that starts a build is asked once for many changes', async () => {
    const receiver = await start();
    await node.subscribe(receiver, 'content.changed');
    const at = later(1000);
    for (let index = 0; index < 5; index += 1) {
      await node.createArticle({ slug: `build-${index}` });
      await node.serve(at);
    }
    expect(receiver.attempts).toBe(0);
    await node.serve(later(6000));
    expect(receiver.messages.map(({ type }) => type)).toEqual(['content.changed']);
  });
});

describe('purges', () => {
  it('go out before anything else, to whichever webhook, and name former tags and paths', async () => {
    const order: string[] = [];
    const note = ({ type }: Message): void => void order.push(type);
    const [builder, cdn] = [await start(undefined, note), await start(undefined, note)];
    const { id } = await node.createArticle({ slug: 'purged', tags: ['Old tag'] });
    await node.subscribe(builder, 'article.upserted');
    await node.subscribe(cdn, 'cache.purge');
    const [tag] = await node.dataSource.query<{ id: string }[]>(`SELECT id FROM waypost.tags WHERE slug = 'old-tag'`);
    await set(`UPDATE waypost.articles SET path = '/moved', revision = revision + 1 WHERE id = $1`, id);
    await set('DELETE FROM waypost.article_tags WHERE article_id = $1', id);
    await Promise.all([node.serve(later(1000)), node.serve(later(1000))]);
    expect(order).toEqual(['cache.purge', 'article.upserted']);
    expect(cdn.messages[0]?.data).toEqual({
      tags: expect.arrayContaining([`article:${id}`, `tag:${tag?.id}`, 'list:article']),
      paths: expect.arrayContaining(['/moved', '/purged']),
    });
  });

  it('that are refused do not hold up the others', async () => {
    const [builder, cdn] = [await start(), await start()];
    cdn.mood = 'fails';
    await node.subscribe(builder, 'article.upserted');
    await node.subscribe(cdn, 'cache.purge');
    await node.createArticle({ slug: 'not-held-up' });
    await node.serve(later(1000));
    expect(builder.messages).toHaveLength(1);
  });
});

describe('a webhook', () => {
  it('is disabled, with its reason, after 24 hours in which nothing got through, and then enabled loses nothing', async () => {
    const receiver = await start();
    const id = await node.subscribe(receiver, 'article.upserted');
    receiver.mood = 'fails';
    const article = await node.createArticle({ slug: 'unheard' });
    const firstAt = later(1000);
    await node.serve(firstAt);
    for (let hour = 1; hour < 24; hour += 1) await node.serve(later(HOUR_MS));
    expect((await webhookState(id)).enabled).toBe(true);
    expect(receiver.attempts).toBeLessThan(30);
    await node.serve(later(HOUR_MS));
    const disabled = await webhookState(id);
    expect(disabled.enabled).toBe(false);
    expect(disabled.disabledReason).toMatch(/^Nothing got through for 24 hours, since .* It answered 500;/);
    const { attempts } = receiver;
    await rename(article.id, 'Changed meanwhile');
    await node.serve(later(HOUR_MS));
    expect(receiver.attempts).toBe(attempts);

    receiver.mood = 'receives';
    await node.webhooks.enableWebhook(id);
    await node.serve(later(1000));
    expect(receiver.messages.map(({ data }) => data['title'])).toEqual(['Changed meanwhile']);
    expect(await webhookState(id)).toMatchObject({ enabled: true, disabledReason: null, failingSince: null });
  });

  it('whose receiver says that it is gone is disabled at once', async () => {
    const receiver = await start();
    const id = await node.subscribe(receiver, 'article.upserted');
    receiver.mood = 'is gone';
    await node.createArticle({ slug: 'for-nobody' });
    await node.serve(later(1000));
    expect(await webhookState(id)).toMatchObject({ enabled: false, disabledReason: expect.stringMatching(/410/) });
  });

  it('gives up a single message that is refused for 24 hours while others get through', async () => {
    const receiver = await start();
    const id = await node.subscribe(receiver, 'article.upserted');
    receiver.refuses = ({ data }) => data['title'] === 'Poison';
    await node.createArticle({ slug: 'poison', title: 'Poison' });
    await node.serve(later(1000));
    for (let hour = 0; hour < 26; hour += 1) {
      await node.createArticle({ slug: `hourly-${hour}` });
      await node.serve(later(HOUR_MS));
      await node.serve(later(120_000));
    }
    expect(await statuses()).toEqual({ delivered: 26, failed: 1 });
    expect((await webhookState(id)).enabled).toBe(true);
  });

  it('of a node that died is served by another once its lease is over', async () => {
    const receiver = await start();
    await node.subscribe(receiver, 'article.upserted');
    await node.createArticle({ slug: 'of-a-dead-node' });
    const at = later(1000);
    await node.plan(at);
    expect(await node.sender.claim(at)).toBeDefined();
    await node.serve(at);
    expect(receiver.attempts).toBe(0);
    await node.serve(later(61_000));
    expect(receiver.messages).toHaveLength(1);
  });

  it('is leased alone, also where Postgres believes that there is one only', async () => {
    const count = 12;
    for (let made = 0; made < count; made += 1) {
      await node.subscribe(await start(), 'article.upserted');
      if (made === 0) await set('VACUUM ANALYZE waypost.webhooks, waypost.webhook_deliveries');
    }
    await node.createArticle({ slug: 'for-twelve' });
    const at = later(1000);
    await node.plan(at);
    for (let claimed = 1; claimed <= count; claimed += 1) {
      expect(await node.sender.claim(at)).toBeDefined();
      const [row] = await set('SELECT count(leased_by)::integer AS leased FROM waypost.webhooks');
      expect(row).toEqual({ leased: claimed });
    }
    expect(await node.sender.claim(at)).toBeUndefined();
  });

  it('is served by several nodes without a message too many', async () => {
    const second = await startWebhookNode(database.url);
    try {
      const some = [await start(), await start(), await start()];
      for (const receiver of some) await node.subscribe(receiver, 'article.upserted');
      await node.dataSource.query(
        `INSERT INTO waypost.articles (path, slug, title, source, compiled, status, published_at, content_hash)
         SELECT '/bulk/' || n, 'bulk-' || n, 'Bulk ' || n, '', '{}', 'published', now() - interval '1 minute', ''
           FROM generate_series(1, 60) AS n`,
      );
      const at = later(1000);
      await Promise.all([node.serve(at), second.serve(at)]);
      await node.serve(at);
      expect(await node.dataSource.query('SELECT DISTINCT error_message FROM waypost.webhook_deliveries')).toEqual([
        { error_message: null },
      ]);
      expect(await statuses()).toEqual({ delivered: 180 });
      for (const { messages } of some) {
        expect(messages).toHaveLength(60);
        expect(new Set(messages.map(({ id }) => id)).size).toBe(60);
      }
    } finally {
      await second.close();
    }
  });

  it.each([
    ['has gone back behind it', 'UPDATE waypost.webhooks SET position = 1000000'],
    ['has begun anew', 'SELECT waypost.renew_feed_generation()'],
  ])('tells everything anew where the feed %s', async (_name, sql) => {
    const receiver = await start();
    await node.subscribe(receiver, 'article.upserted', 'content.reset');
    receiver.mood = 'fails';
    await node.createArticle({ slug: `before-${sql.length}` });
    await node.serve(later(1000));
    await set(sql);
    receiver.mood = 'receives';
    await node.serve(later(70_000));
    expect(receiver.messages.filter(({ type }) => type === 'content.reset')).toHaveLength(1);
    expect(receiver.mirror.size).toBe((await node.data('{ articles { totalCount } }', {}, null)).articles.totalCount);
  });
});

describe('a message', () => {
  it('that is on its way when its node stops is sent by the next one at once, and counts as not tried', async () => {
    const receiver = await start();
    const id = await node.subscribe(receiver, 'article.upserted');
    await node.createArticle({ slug: 'on-its-way' });
    const stopping = new AbortController();
    await node.plan();
    const send = await node.sender.claim();
    stopping.abort();
    await send?.(stopping.signal);
    expect(await webhookState(id)).toMatchObject({ failures: 0, failingSince: null, leasedUntil: null });
    await node.serve(later(1000));
    expect(receiver.messages).toHaveLength(1);
  });

  it('is forgotten some time after it is finished, and never before', async () => {
    const receiver = await start();
    await node.subscribe(receiver, 'article.upserted');
    await node.createArticle({ slug: 'to-be-forgotten' });
    await node.serve();
    await node.createArticle({ slug: 'not-sent-yet' });
    await node.plan();
    await set(
      `UPDATE waypost.webhook_deliveries SET created_at = now() - interval '31 days', finished_at = finished_at - interval '31 days'`,
    );
    expect(await node.deliveries.forgetFinished(32)).toBe(true);
    expect(await statuses()).toEqual({ delivered: 1, pending: 1 });
    await node.deliveries.forgetFinished(30);
    expect(await statuses()).toEqual({ pending: 1 });
  });
});

describe('a secret', () => {
  it('is encrypted in the database, and without its key the log says so', async () => {
    const sealed = await startWebhookNode(database.url, { encryptionKey: Buffer.alloc(32, 1).toString('base64') });
    try {
      const receiver = await start();
      await sealed.subscribe(receiver, 'article.upserted');
      const [row] = await node.dataSource.query<{ secret: string }[]>('SELECT secret FROM waypost.webhooks');
      expect(row?.secret).toMatch(/^aes-256-gcm:/);
      await node.createArticle({ slug: 'sealed' });
      await node.serve(later(1000));
      expect(receiver.attempts).toBe(0);
      const [failed] = await node.dataSource.query('SELECT error_code, attempts FROM waypost.webhook_deliveries');
      expect(failed).toEqual({ error_code: 'SECRET_UNREADABLE', attempts: 1 });
      await sealed.serve(later(70_000));
      expect(receiver.messages).toHaveLength(1);
    } finally {
      await sealed.close();
    }
  });
});
