import type { DataSource } from 'typeorm';

interface ScopedNode {
  readonly scope: 'admin' | 'content:write';
  /** SQL that makes `$1` rows and answers their ids. */
  readonly insert: string;
}

const rows = (table: string, columns: string, values: string): string =>
  `INSERT INTO waypost.${table} (${columns}) SELECT ${values} FROM generate_series(1, $1::integer) AS number RETURNING id`;

/** Types that `node` finds for one scope alone, and how to make some. A delivery needs a webhook. */
export const SCOPED_NODES: Readonly<Record<string, ScopedNode>> = {
  ApiToken: {
    scope: 'admin',
    insert: rows('api_tokens', 'name, prefix, hash, scopes', `'T', 'wpt_', uuid_send(gen_random_uuid()), '{admin}'`),
  },
  Person: { scope: 'admin', insert: rows('people', 'login, name, role', `'p' || number, 'P', 'editor'`) },
  AuditEntry: {
    scope: 'admin',
    insert: rows(
      'audit_log',
      'actor_kind, actor_name, action, operation, entity_type',
      `'system', 's', 'a', 'CREATE', 'thing'`,
    ),
  },
  Webhook: {
    scope: 'admin',
    insert: rows(
      'webhooks',
      'url, events, secret, position, enabled',
      `'https://hook.example/', '{cache.purge}', 'x', 0, false`,
    ),
  },
  WebhookDelivery: {
    scope: 'admin',
    insert: rows(
      'webhook_deliveries',
      'webhook_id, event, seq, payload, next_attempt_at',
      `(SELECT id FROM waypost.webhooks LIMIT 1), 'cache.purge', number, '{}', now() + interval '1 year'`,
    ),
  },
  IncomingFeed: {
    scope: 'content:write',
    insert: rows('feeds', 'url, template, every_minutes', `'https://feed.example/' || number, '{}', 0`),
  },
};

/** @returns ids by type. */
export async function makeScopedNodes(database: DataSource, count: number): Promise<Record<string, string[]>> {
  const ids: Record<string, string[]> = {};
  for (const [type, { insert }] of Object.entries(SCOPED_NODES)) {
    ids[type] = (await database.query<{ id: string }[]>(insert, [count])).map(({ id }) => id);
  }
  return ids;
}
