import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import type { TestApp } from './test-app.js';

/** One connection of the schema, and how to fill it with rows of which several tie. */
export interface ConnectionCase {
  /** Fields from the root to what has the connection, with their arguments. */
  readonly above: readonly string[];
  /** Arguments of its own that have to be given. */
  readonly given?: string;
  /** Selection of a node, and what is read from it, by which it is told from others. */
  readonly key: string;
  readonly keyOf: (node: Record<string, unknown>) => string;
  /** Adds so many rows at any places of the list. @returns their keys. */
  readonly insert: (count: number) => Promise<string[]>;
  readonly remove: (keys: readonly string[]) => Promise<void>;
}

/** Of an id: one of three moments. */
const MOMENT = `'2026-01-01'::timestamptz + (ascii(id::text) % 3) * interval '1 millisecond'`;

/** By `Type.field`. Each needs a database of its own. */
export async function connectionCases(
  waypost: TestApp,
  database: DataSource,
): Promise<Readonly<Record<string, ConnectionCase>>> {
  const { id: articleId } = await waypost.createArticle({ slug: 'standing', tags: ['standing'] });
  const { tag } = await waypost.data('{ tag(slug: "standing") { id } }');
  const webhookId = randomUUID();
  await database.query(
    `INSERT INTO waypost.webhooks (id, url, events, secret, position, created_at, enabled)
     VALUES ($1, 'https://hook.example/', '{article.upserted}', 'x', 0, '2020-01-01', false)`,
    [webhookId],
  );

  /** `columns` and `values`: SQL, of rows that have an `id`. */
  const inserted = async (table: string, columns: string, values: string, count: number): Promise<string[]> => {
    const ids = Array.from({ length: count }, () => randomUUID());
    await database.query(
      `INSERT INTO waypost.${table} (${columns}) SELECT ${values} FROM unnest($1::uuid[]) AS row (id)`,
      [ids],
    );
    return ids;
  };
  const byId = (field: string, table: string, columns: string, values: string): ConnectionCase => ({
    above: [],
    key: field,
    keyOf: (node) => String(node[field]),
    insert: (count) => inserted(table, `id, ${columns}`, `id, ${values}`, count),
    remove: async (keys) => {
      await database.query(`DELETE FROM waypost.${table} WHERE id = ANY($1::uuid[])`, [keys]);
    },
  });

  const articles = byId(
    'id',
    'articles',
    'path, slug, title, source, compiled, content_hash, published_at',
    `'/' || id, id::text, CASE ascii(id::text) % 2 WHEN 0 THEN 'tie' ELSE 'tie tie' END, '', '{}', '',
     CASE ascii(id::text) % 4 WHEN 0 THEN NULL ELSE ${MOMENT} END`,
  );
  let lastRevision = 1;
  return {
    'Query.articles': articles,
    'Query.searchArticles': {
      ...articles,
      given: 'query: "tie"',
      key: 'article { id }',
      keyOf: ({ article }) => (article as { id: string }).id,
    },
    'Tag.articles': {
      ...articles,
      above: ['tag(slug: "standing")'],
      insert: async (count) => {
        const ids = await articles.insert(count);
        await database.query(
          `INSERT INTO waypost.article_tags (article_id, tag_id, position) SELECT id, $2, 0 FROM unnest($1::uuid[]) AS id`,
          [ids, tag.id],
        );
        return ids;
      },
    },
    'Article.revisions': {
      above: ['article(slug: "standing")'],
      key: 'revision',
      keyOf: ({ revision }) => String(revision),
      insert: async (count) => {
        const numbers = Array.from({ length: count }, () => (lastRevision += 1));
        await database.query(
          `INSERT INTO waypost.article_revisions
             (article_id, revision, at, path, locale, slug, title, source, source_line, is_trusted, params, tags, status)
           SELECT $1, number, now(), '/p', 'en', 's', 'T', '', 1, true, '{}', '{}', 'draft'
             FROM unnest($2::integer[]) AS number`,
          [articleId, numbers],
        );
        return numbers.map(String);
      },
      remove: async (keys) => {
        await database.query(
          `DELETE FROM waypost.article_revisions WHERE article_id = $1 AND revision = ANY($2::integer[])`,
          [articleId, keys],
        );
      },
    },
    'Query.articleRedirects': {
      above: [],
      key: 'locale',
      keyOf: ({ locale }) => String(locale),
      // Several paths, each in several languages.
      insert: (count) =>
        inserted(
          'former_addresses',
          'article_id, path, locale, slug, was_public, left_at',
          `'${articleId}', '/was' || ascii(id::text) % 3, id::text, 'was', true, now()`,
          count,
        ),
      remove: async (keys) => {
        await database.query(`DELETE FROM waypost.former_addresses WHERE locale = ANY($1::text[])`, [keys]);
      },
    },
    'Query.tags': byId('id', 'tags', 'slug, name', 'id::text, id::text'),
    'Query.affiliatePartners': byId(
      'id',
      'partners',
      'key, name, destination_url, network',
      `replace(id::text, '-', ''), 'P', 'https://p.example/', 'custom'`,
    ),
    'Query.apiTokens': byId(
      'id',
      'api_tokens',
      'name, prefix, hash, scopes, created_at',
      `'T', 'wpt_', uuid_send(id), '{admin}', ${MOMENT}`,
    ),
    'Query.people': byId('id', 'people', 'login, name, role, created_at', `id::text, 'N', 'editor', ${MOMENT}`),
    'Query.auditLog': {
      ...byId(
        'id',
        'audit_log',
        'actor_kind, actor_name, action, operation, entity_type, at',
        `'system', 'test', 'tie', 'CREATE', 'thing', ${MOMENT}`,
      ),
      given: 'filter: { action: { eq: "tie" } }',
      remove: (keys) =>
        database.transaction(async (manager) => {
          await manager.query(`SELECT set_config('waypost.prunes_audit_log', 'yes', true)`);
          await manager.query(`DELETE FROM waypost.audit_log WHERE id = ANY($1::uuid[])`, [keys]);
        }),
    },
    'Query.incomingFeeds': byId(
      'id',
      'feeds',
      'url, template, every_minutes, created_at',
      `'https://' || id || '.example/', '{}', 0, ${MOMENT}`,
    ),
    'Query.webhooks': byId(
      'id',
      'webhooks',
      'url, events, secret, position, created_at, enabled',
      `'https://hook.example/', '{article.upserted}', 'x', 0, ${MOMENT}, false`,
    ),
    'Query.webhookDeliveries': byId(
      'id',
      'webhook_deliveries',
      'webhook_id, event, seq, payload, next_attempt_at, created_at',
      `'${webhookId}', 'article.upserted', 1, '{}', now() + interval '1 year', ${MOMENT}`,
    ),
  };
}
