import { once } from 'node:events';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WAYPOST_DATA_SOURCE } from '../../../src/database/database.module.js';
import type { FileResult } from '../../../src/import-export/import-run.js';
import { ImportService } from '../../../src/import-export/import.service.js';
import { committedSchema } from '../../support/schema-paths.js';
import type { TestApp } from '../../support/test-app.js';
import { startTestApp } from '../../support/test-app.js';

const schema = committedSchema();
const CONTENT = fileURLToPath(new URL('../../fixtures/content', import.meta.url));

let waypost: TestApp;
let dataSource: DataSource;

beforeAll(async () => {
  await startFeed();
  waypost = await startTestApp({ background: false, outbound: { allow: ['127.0.0.1'] } });
  dataSource = waypost.app.get<DataSource>(WAYPOST_DATA_SOURCE, { strict: false });
});

afterAll(async () => {
  await waypost?.close();
  feed.close();
});

const feed = createServer((_request, response) => {
  response.end(
    '{"version":"https://jsonfeed.org/version/1.1","title":"F","items":[{"id":"1","title":"Fed","content_text":"T"}]}',
  );
});

const startFeed = async (): Promise<void> => {
  feed.listen(0, '127.0.0.1');
  await once(feed, 'listening');
};

interface Entry {
  readonly actorKind: string;
  readonly actorId: string | null;
  readonly actorName: string;
  readonly action: string;
  readonly operation: string;
  readonly entityType: string;
  readonly entityId: string | null;
  readonly entityName: string | null;
  readonly requestId: string | null;
  readonly before: Record<string, unknown> | null;
  readonly after: Record<string, unknown> | null;
}

async function entries(filter: object): Promise<Entry[]> {
  const { auditLog } = await waypost.data(
    `query ($filter: AuditLogFilter) { auditLog(first: 100, filter: $filter) { nodes {
       at actorKind actorId actorName action operation entityType entityId entityName requestId before after } } }`,
    { filter },
  );
  return auditLog.nodes;
}

const of = (field: string, value: string): object => ({ [field]: { eq: value } });
const payload = `{ userErrors { code } }`;

/** One call of every mutation that changes something, by name. */
const CHANGES: Record<string, () => Promise<unknown>> = {
  createAffiliatePartner: () => waypost.createPartner({ key: 'audited' }),
  updateAffiliatePartner: () =>
    waypost.data(
      `mutation { updateAffiliatePartner(input: { key: "audited", expectedRevision: 1, name: "New" }) ${payload} }`,
    ),
  pauseAffiliatePartner: () => waypost.data(`mutation { pauseAffiliatePartner(key: "audited") ${payload} }`),
  resumeAffiliatePartner: () => waypost.data(`mutation { resumeAffiliatePartner(key: "audited") ${payload} }`),
  createArticle: () => waypost.createArticle({ slug: 'audited', tags: ['Audit'] }),
  updateArticle: async () => {
    const { article } = await waypost.data('{ article(slug: "audited") { id revision } }');
    await waypost.data(
      `mutation { updateArticle(input: { id: "${article.id}", expectedRevision: ${article.revision}, title: "New" }) ${payload} }`,
    );
  },
  restoreArticleRevision: async () => {
    const { article } = await waypost.data('{ article(slug: "audited") { id revision } }');
    await waypost.data(
      `mutation { restoreArticleRevision(input: { id: "${article.id}", expectedRevision: ${article.revision}, revision: 1 }) ${payload} }`,
    );
  },
  deleteArticle: async () => {
    const { article } = await waypost.data('{ article(slug: "audited") { id } }');
    await waypost.data(`mutation { deleteArticle(input: { id: "${article.id}" }) ${payload} }`);
  },
  createTag: () => waypost.data(`mutation { createTag(input: { name: "Audited" }) ${payload} }`),
  updateTag: async () =>
    waypost.data(`mutation { updateTag(input: { id: "${await tag('audited')}", description: "x" }) ${payload} }`),
  mergeTags: async () => {
    await waypost.data(`mutation { createTag(input: { name: "Twin" }) ${payload} }`);
    await waypost.data(
      `mutation { mergeTags(input: { from: ["${await tag('twin')}"], into: "${await tag('audited')}" }) ${payload} }`,
    );
  },
  deleteTag: async () => waypost.data(`mutation { deleteTag(input: { id: "${await tag('audited')}" }) ${payload} }`),
  addIncomingFeed: () =>
    waypost.data(`mutation { addIncomingFeed(input: { url: "http://127.0.0.1:${portOf(feed)}/" }) ${payload} }`),
  runIncomingFeed: async () => waypost.data(`mutation { runIncomingFeed(id: "${await incomingFeed()}") ${payload} }`),
  removeIncomingFeed: async () =>
    waypost.data(`mutation { removeIncomingFeed(id: "${await incomingFeed()}") ${payload} }`),
  createApiToken: () =>
    waypost.data(`mutation { createApiToken(input: { name: "audited", scopes: ["admin"] }) ${payload} }`),
  rotateApiToken: async () =>
    waypost.data(`mutation { rotateApiToken(input: { id: "${await auditedToken()}" }) ${payload} }`),
  revokeApiToken: async () => waypost.data(`mutation { revokeApiToken(id: "${await auditedToken()}") ${payload} }`),
  createWebhook: () =>
    waypost.data(
      `mutation { createWebhook(input: { url: "https://hooks.example/", events: ["cache.purge"] }) ${payload} }`,
    ),
  updateWebhook: async () =>
    waypost.data(
      `mutation { updateWebhook(input: { id: "${await webhook()}", expectedRevision: 1, description: "x" }) ${payload} }`,
    ),
  disableWebhook: async () => waypost.data(`mutation { disableWebhook(id: "${await webhook()}") ${payload} }`),
  enableWebhook: async () => waypost.data(`mutation { enableWebhook(id: "${await webhook()}") ${payload} }`),
  rotateWebhookSecret: async () =>
    waypost.data(`mutation { rotateWebhookSecret(id: "${await webhook()}") ${payload} }`),
  redeliverWebhook: async () => {
    const [{ id }] = await dataSource.query(
      `INSERT INTO waypost.webhook_deliveries (webhook_id, event, seq, payload, status, next_attempt_at, finished_at)
       VALUES ($1, 'cache.purge', 1, '{}', 'failed', now(), now()) RETURNING id`,
      [await webhook()],
    );
    await waypost.data(`mutation { redeliverWebhook(deliveryId: "${id}") ${payload} }`);
  },
  deleteWebhook: async () => waypost.data(`mutation { deleteWebhook(id: "${await webhook()}") ${payload} }`),
  createPerson: () =>
    waypost.data(`mutation { createPerson(input: { login: "audited", name: "x", role: EDITOR }) ${payload} }`),
  updatePerson: async () =>
    waypost.data(`mutation { updatePerson(input: { id: "${await auditedPerson()}", name: "y" }) ${payload} }`),
  createSignInLink: async () =>
    waypost.data(`mutation { createSignInLink(input: { id: "${await auditedPerson()}" }) ${payload} }`),
  signOutEverywhere: async () => {
    const id = await auditedPerson();
    await dataSource.query(
      `INSERT INTO waypost.sessions (person_id, hash, by_link, expires_at) VALUES ($1, 'x', false, now() + interval '1 day')`,
      [id],
    );
    await waypost.data(`mutation { signOutEverywhere(input: { id: "${id}" }) ${payload} }`);
  },
};

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

async function tag(slug: string): Promise<string> {
  return (await waypost.data(`{ tag(slug: "${slug}") { id } }`)).tag.id;
}

async function incomingFeed(): Promise<string> {
  return (await waypost.data('{ incomingFeeds { nodes { id } } }')).incomingFeeds.nodes[0].id;
}

async function webhook(): Promise<string> {
  return (await waypost.data('{ webhooks { nodes { id } } }')).webhooks.nodes[0].id;
}

async function auditedPerson(): Promise<string> {
  return (await waypost.data('{ people { nodes { id } } }')).people.nodes[0].id;
}

async function auditedToken(): Promise<string> {
  const { apiTokens } = await waypost.data('{ apiTokens { nodes { id name } } }');
  return apiTokens.nodes.find((token: { name: string }) => token.name === 'audited').id;
}

/** Tables whose changes make no entry, and why. */
const NOT_AUDITED: Record<string, string> = {
  audit_log: 'the log itself',
  migrations: 'written by upgrades',
  settings: 'facts about the installation that Waypost notes for itself',
  placements: 'follow from the source of an article',
  change_log: 'follows from what is audited',
  change_notes: 'follows from what is audited',
  change_markers: 'follows from what is audited',
  change_epochs: 'follows from what is audited',
  due_moments: 'follows from what is audited',
  sign_in_failures: 'counts of attempts',
  article_revisions: 'keeps what is audited',
  article_files: 'says where an import found an article',
  bundle_files: 'files that belong to an article, as an import found them',
  shown_contents: 'follows from what is audited',
  content_causes: 'follows from what is audited',
  link_changes: 'follows from what is audited',
  former_addresses: 'follow from what is audited',
  tag_aliases: 'follow from what is audited',
  article_texts: 'follow from what is audited',
  feed_items: 'say which article an item of a feed became',
  idempotency_keys: 'answers that are repeated for a while',
};

describe('the audit log', () => {
  it('knows every mutation', () => {
    expect(Object.keys(CHANGES).sort()).toEqual(Object.keys(schema.getMutationType()?.getFields() ?? {}).sort());
  });

  it('has an entry of each, with who, what, before and after', async () => {
    for (const change of Object.values(CHANGES)) await change();
    for (const action of Object.keys(CHANGES)) {
      const found = await entries(of('action', action));
      expect([action, found.length]).not.toEqual([action, 0]);
      for (const entry of found) {
        expect(entry).toMatchObject({ actorKind: 'TOKEN', actorName: 'WAYPOST_ADMIN_TOKEN' });
        expect(entry.before ?? entry.after).not.toBeNull();
      }
    }
  });

  it('tells of an update what changed, and nothing else', async () => {
    const [entry] = await entries(of('action', 'updateAffiliatePartner'));
    expect(entry).toMatchObject({
      operation: 'UPDATE',
      entityType: 'partner',
      entityName: 'audited',
      before: { name: 'audited', revision: 1 },
      after: { name: 'New', revision: 2 },
    });
  });

  it('names the token that was sent', async () => {
    const { createApiToken } = await waypost.data(
      `mutation { createApiToken(input: { name: "desk", scopes: ["affiliates:write"] }) { token apiToken { id } } }`,
    );
    await waypost.query(`mutation { pauseAffiliatePartner(key: "audited") ${payload} }`, {}, createApiToken.token);
    const [entry] = await entries(of('actorId', createApiToken.apiToken.id));
    expect(entry).toMatchObject({ actorName: 'desk', action: 'pauseAffiliatePartner', after: { status: 'paused' } });
  });

  it('names each caller of several at once', async () => {
    const tokens = await Promise.all(
      Array.from({ length: 5 }, async (_, index) => {
        const { createApiToken } = await waypost.data(
          `mutation { createApiToken(input: { name: "caller ${index}", scopes: ["affiliates:write"] }) { token } }`,
        );
        return createApiToken.token as string;
      }),
    );
    await Promise.all(
      tokens.map((token, index) =>
        waypost.query(
          `mutation { createAffiliatePartner(input: { key: "by_${index}", name: "x", destinationUrl: "https://x.example/" }) ${payload} }`,
          {},
          token,
        ),
      ),
    );
    for (const index of tokens.keys()) {
      expect(await entries(of('entityName', `by_${index}`))).toMatchObject([{ actorName: `caller ${index}` }]);
    }
  });

  it('has nothing of what was refused or changed nothing', async () => {
    await waypost.data(`mutation { pauseAffiliatePartner(key: "by_0") ${payload} }`);
    const before = await entries({});
    await waypost.data(`mutation { pauseAffiliatePartner(key: "by_0") ${payload} }`);
    await waypost.data(`mutation { pauseAffiliatePartner(key: "nobody") ${payload} }`);
    await waypost.query(`mutation { resumeAffiliatePartner(key: "by_0") ${payload} }`, {}, null);
    expect(await entries({})).toEqual(before);
  });

  it('holds no secret', async () => {
    const [{ text }] = await dataSource.query<[{ text: string }]>(
      `SELECT string_agg(audit_log::text, ' ') AS text FROM waypost.audit_log`,
    );
    const hashes = await dataSource.query<{ hash: string }[]>(
      `SELECT encode(hash, 'hex') AS hash FROM waypost.api_tokens`,
    );
    for (const { hash } of hashes) expect(text).not.toContain(hash);
    expect(text).not.toMatch(/wpt_[A-Za-z0-9_-]{7,}/);
  });

  it('says the length and the hash of a long text', async () => {
    await waypost.createArticle({ slug: 'long', source: 'word '.repeat(2000) });
    const [entry] = await entries(of('entityName', '/long'));
    expect(entry?.after?.['source']).toEqual({ characters: 10_002, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });

  it('has one entry with counts for an import, and none when nothing changed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'waypost-audit-'));
    await cp(CONTENT, folder, { recursive: true });
    const imports = waypost.app.get(ImportService, { strict: false });
    const results: FileResult[] = [];
    const { created } = await imports.importFolder(folder, { onResult: (result) => results.push(result) });
    await imports.importFolder(folder);
    await rm(folder, { recursive: true });
    expect(created).toBeGreaterThan(1);
    expect(await entries(of('entityType', 'articleImport'))).toMatchObject([
      { actorKind: 'SYSTEM', operation: 'SUMMARY', entityName: folder, after: { created, updated: 0, pruned: 0 } },
    ]);
    for (const { path } of results) expect(await entries(of('entityName', path ?? ''))).toEqual([]);
  });

  it('names the database user of a change by SQL', async () => {
    await dataSource.query(`UPDATE waypost.partners SET name = 'By hand' WHERE key = 'audited'`);
    const [entry] = await entries(of('entityName', 'audited'));
    expect(entry).toMatchObject({ actorKind: 'DATABASE', action: 'SQL', after: { name: 'By hand' } });
  });

  it.each([
    `UPDATE waypost.audit_log SET actor_name = 'somebody else'`,
    `DELETE FROM waypost.audit_log`,
    `TRUNCATE waypost.audit_log`,
    `SELECT waypost.prune_audit_log(interval '1 day')`,
  ])('refuses %s', async (statement) => {
    const before = await entries({});
    await expect(dataSource.query(statement)).rejects.toThrow(/append-only|90 days at least/);
    expect(await entries({})).toEqual(before);
  });

  it('is pruned by its age alone, and says so', async () => {
    await dataSource.query(
      `INSERT INTO waypost.audit_log (at, actor_kind, actor_name, action, operation, entity_type)
       VALUES (now() - interval '2 years', 'system', 'x', 'x', 'CREATE', 'x')`,
    );
    const [{ pruned }] = await dataSource.query(`SELECT waypost.prune_audit_log(interval '1 year') AS pruned`);
    expect(pruned).toBe('1');
    expect(await entries(of('action', 'prune_audit_log'))).toMatchObject([{ after: { deleted: 1 } }]);
    await expect(dataSource.query(`DELETE FROM waypost.audit_log`)).rejects.toThrow('append-only');
  });

  it('watches every table, but for those that are named with their reason', async () => {
    const tables = await dataSource.query<{ name: string }[]>(
      `SELECT relname AS name FROM pg_class table_ WHERE relnamespace = 'waypost'::regnamespace AND relkind IN ('r', 'p')
          AND NOT relispartition AND relname NOT LIKE 'click%'
          AND NOT EXISTS (SELECT 1 FROM pg_trigger WHERE tgrelid = table_.oid AND tgname = 'audit')`,
    );
    expect(tables.map(({ name }) => name).filter((name) => !(name in NOT_AUDITED))).toEqual([]);
  });
});
