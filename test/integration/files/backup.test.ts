import { copyFile, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FeedService } from '../../../src/changes/feed.service.js';
import { migrate } from '../../../src/database/migrate.js';
import { createDataSource } from '../../../src/database/waypost.datasource.js';
import { backUpDatabase } from '../../../src/import-export/back-up-database.service.js';
import type { BackupSummary } from '../../../src/import-export/back-up-database.service.js';
import { LEFT_OUT } from '../../../src/import-export/backup-tables.service.js';
import { sealSecret, unsealSecret } from '../../../src/webhooks/webhook-secret.js';
import { restoreDatabase, verifyBackup } from '../../../src/import-export/restore-database.service.js';
import { startWaypost } from '../../../src/testing/index.js';
import { PartnersService } from '../../../src/partners/partners.service.js';
import type { TestDatabase } from '../../support/test-database.js';
import { createTestDatabase } from '../../support/test-database.js';
import { until } from '../../support/until.js';
import type { FilesWorld } from './files-world.js';
import { articleText, openFilesWorld } from './files-world.js';
import { findOtherPostgres, startOtherPostgres } from './other-postgres.js';

/**
 * Every table of the schema is here or in `LEFT_OUT`. To a new one: what is it worth to somebody whose database is gone?
 * Mostly everything; what is not stands in `LEFT_OUT` with its reason.
 */
const KEPT =
  `api_tokens article_files article_revisions article_tags article_texts articles audit_log bundle_files change_epochs
  change_log click_agents click_counts_daily click_counts_hourly click_counts_spans click_dimensions_daily click_dimensions_spans
  click_filtered_hourly click_links_daily click_links_spans click_log_positions click_spans click_totals_hourly click_visits
  clicks due_moments feed_items feeds
  former_addresses partner_targets partners people placements settings shown_contents tag_aliases tags
  webhook_deliveries webhooks`.split(/\s+/);

let world: FilesWorld;
let file: string;
const databases: TestDatabase[] = [];
const otherPostgres = findOtherPostgres();

async function emptyDatabase(): Promise<string> {
  const database = await createTestDatabase();
  databases.push(database);
  return database.url;
}

async function sql<Row>(url: string, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows as Row[];
  } finally {
    await client.end();
  }
}

/** Checksums per table, but for what a restore renews. */
function checksums({ tables }: Pick<BackupSummary, 'tables'>): Record<string, string> {
  const renewed = new Set(['settings', 'change_epochs']);
  return Object.fromEntries(
    Object.entries(tables)
      .filter(([name]) => !renewed.has(name))
      .map(([name, { rows, sha256 }]) => [name, `${rows} rows ${sha256}`]),
  );
}

const KEY = Buffer.alloc(32, 7);
const HOOK = '3f9a0c1b-e27d-4000-8000-000000000001';

/** A row in each table that is empty, with whatever fits its columns. */
async function fillTables(names: readonly string[]): Promise<void> {
  for (const name of names) {
    const columns = await world.query<{ name: string; type: string }>(
      `SELECT attname AS name, format_type(atttypid, NULL) AS type FROM pg_attribute
        WHERE attrelid = $1::regclass AND attnum > 0 AND attnotnull AND NOT atthasdef AND attidentity = ''`,
      [`waypost.${name}`],
    );
    const values = columns.map((column) => KINDS[column.name] ?? VALUES[column.type] ?? `'x'`);
    await world.query(
      `INSERT INTO waypost.${name} (${columns.map((column) => `"${column.name}"`).join(', ')})
       SELECT ${values.join(', ')} WHERE NOT EXISTS (SELECT FROM waypost.${name})`,
    );
  }
}

/** Where the name of the column says what is allowed. */
const KINDS: Record<string, string> = {
  kind: `'partner'`,
  device: `'mobile'`,
  dimension: `'country'`,
  to_day: 'current_date + 1',
};

const VALUES: Record<string, string> = {
  uuid: 'gen_random_uuid()',
  bytea: `'\\x00ff'`,
  'timestamp with time zone': `now() + interval '1 day'`,
  date: 'current_date',
  boolean: 'true',
  integer: '1',
  smallint: '1',
  bigint: '9007199254740993',
  jsonb: `'{"a": "\\\\ \\"x\\""}'`,
  'text[]': `ARRAY['a,b', 'c']`,
};

/** What cannot be filled without knowing what it refers to. */
async function fillTheRest(): Promise<void> {
  const secret = sealSecret('whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0', HOOK, KEY);
  await world.query(
    `INSERT INTO waypost.webhooks (id, url, events, secret, position) VALUES ($1, 'https://hook.example/', ARRAY['article.published'], $2, 1)`,
    [HOOK, secret],
  );
  await world.query(
    `INSERT INTO waypost.webhook_deliveries (webhook_id, event, seq, payload, next_attempt_at) VALUES ($1, 'article.published', 1, '{}', now())`,
    [HOOK],
  );
  await world.query(
    `WITH feed AS (INSERT INTO waypost.feeds (url, template, every_minutes) VALUES ('https://f.example/', '{}', 60) RETURNING id)
     INSERT INTO waypost.feed_items (feed_id, guid, revision, hash, taken_at) SELECT id, 'guid', 1, '\\xab', now() FROM feed`,
  );
  await world.query(
    `WITH person AS (INSERT INTO waypost.people (login, name, role) VALUES ('ed', 'Ed', 'editor') RETURNING id),
       link AS (INSERT INTO waypost.sign_in_links (hash, person_id, expires_at) SELECT '\\x01', id, now() FROM person)
     INSERT INTO waypost.sessions (person_id, hash, by_link, expires_at) SELECT id, '\\x02', false, now() FROM person`,
  );
  await world.query(`UPDATE waypost.articles SET path = '/moved', slug = 'moved' WHERE path = '/posts/a1'`);
  await world.query(`UPDATE waypost.articles SET published_at = now() + interval '1 day' WHERE path = '/posts/a2'`);
}

beforeAll(async () => {
  world = await openFilesWorld();
  file = join(world.folder, 'waypost.backup');
  for (let index = 0; index < 40; index += 1) {
    await world.write(`posts/a${index}.md`, articleText({ title: `Ünï ${index}\\tx`, tags: [`t${index % 5}`, 'all'] }));
  }
  await world.import();
  await world.services.get(PartnersService).createPartner({
    key: 'training_partner',
    name: 'Training',
    destinationUrl: 'https://training.example/?ref=1',
    passthrough: ['utm_source', 'a'],
    targets: [{ key: 'at', destinationUrl: 'https://at.example/', countries: ['AT'], weight: 3 }],
  });
  await world.query(`CREATE TABLE waypost.click_visits_all PARTITION OF waypost.click_visits DEFAULT`);
  await world.query(`INSERT INTO waypost.click_salts VALUES (current_date, decode(repeat('ab', 16), 'hex'))`);
  await world.query(`INSERT INTO waypost.click_agents (device, browser, os) VALUES ('desktop', 'Firefox', 'Linux')`);
  await world.query(
    `CREATE TABLE waypost.clicks_20250912 PARTITION OF waypost.clicks FOR VALUES FROM ('2025-09-12') TO ('2025-09-13')`,
  );
  await world.query(
    `INSERT INTO waypost.clicks SELECT '2025-09-12'::timestamptz + n * interval '1 s', gen_random_uuid(), 'training_partner', NULL,
            NULL, NULL, -n, 'DE', 1, E'a\\tb\\\\.\\n', false, true FROM generate_series(1, 20000) AS n`,
  );
  await world.query(
    `INSERT INTO waypost.click_counts_hourly SELECT '2025-09-12', 'training_partner', '', '', NULL, 20000, 0`,
  );
  await fillTheRest();
  await fillTables([...KEPT, 'sign_in_failures']);
  await backUpDatabase(world.databaseUrl, file);
});

afterAll(async () => {
  await world.close();
  for (const database of databases) await database.drop();
});

describe('a backup', () => {
  it('holds every table of the schema that is not named as left out', async () => {
    const { tables } = await backUpDatabase(world.databaseUrl, `${file}-all`);
    const rows = await sql<{ name: string }>(
      world.databaseUrl,
      `SELECT relname AS name FROM pg_class WHERE relnamespace = 'waypost'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition`,
    );
    expect(rows.map(({ name }) => name).sort()).toEqual([...KEPT, ...Object.keys(LEFT_OUT)].sort());
    expect(Object.keys(tables).sort()).toEqual(KEPT);
    expect(KEPT.filter((name) => tables[name]?.rows === 0)).toEqual([]);
  });

  it('leaves nobody signed in, and the secrets of webhooks readable with the same key', async () => {
    const url = await emptyDatabase();
    await restoreDatabase(url, file);
    for (const name of ['sessions', 'sign_in_links', 'sign_in_failures', 'click_salts']) {
      expect(await sql(url, `SELECT FROM waypost.${name}`)).toEqual([]);
    }
    const [hook] = await sql<{ id: string; secret: string }>(url, `SELECT id, secret FROM waypost.webhooks`);
    expect(unsealSecret(hook?.secret ?? '', hook?.id ?? '', KEY)).toMatch(/^whsec_/);
    expect(() => unsealSecret(hook?.secret ?? '', hook?.id ?? '', Buffer.alloc(32))).toThrow(/another key/);
  });

  it('that is taken while others write is restored table by table as it was at one moment', async () => {
    let isWriting = true;
    const writing = (async () => {
      for (let index = 0; isWriting; index += 1) {
        await world.articles.createArticle(
          { path: `/w/${index}`, title: 'W', source: '{{< aff "p" "x" >}}', tags: ['w'] },
          { name: 'writer', isTrusted: true },
        );
        await world.query(
          `UPDATE waypost.partners SET name = name || '.', revision = revision + 1 WHERE key = 'training_partner'`,
        );
      }
      return true;
    })();
    const path = `${file}-live`;
    const summary = await backUpDatabase(world.databaseUrl, path);
    isWriting = false;
    await writing;
    expect(Object.keys(summary.tables)).toEqual(
      expect.arrayContaining(['articles', 'clicks', 'change_log', 'api_tokens']),
    );
    expect(Object.keys(summary.tables)).not.toEqual(expect.arrayContaining(['click_salts']));
    expect((await stat(path)).mode & 0o777).toBe(0o600);

    const url = await emptyDatabase();
    const verified = await restoreDatabase(url, path);
    const again = await backUpDatabase(url, `${path}-2`);
    expect(checksums(again)).toEqual(checksums(summary));
    expect(checksums(verified.end)).toEqual(checksums(summary));
    // One moment: every article has its own placement and its own line in the feed.
    const [row] = await sql<{ torn: number; rows: number }>(
      url,
      `SELECT count(*) FILTER (WHERE placement.id IS NULL OR log.seq IS NULL)::int AS torn, count(*)::int AS rows
         FROM waypost.articles article LEFT JOIN waypost.placements placement ON placement.article_id = article.id
         LEFT JOIN waypost.change_log log ON log.entity_id = article.id`,
    );
    expect(row).toEqual({ torn: 0, rows: summary.tables['articles']?.rows });
  });

  it('gives a database that goes on: numbers, triggers, and a feed that is followed anew', async () => {
    const before = await world.services.get(FeedService).takeToken();
    await backUpDatabase(world.databaseUrl, file, { force: true });
    const url = await emptyDatabase();
    await restoreDatabase(url, file);
    const dataSource = await createDataSource({ url }, [], () => {}).initialize();
    const feed = new FeedService(dataSource);
    await expect(feed.findPlace(before)).rejects.toMatchObject({ code: 'RESYNC_REQUIRED' });
    const token = await feed.takeToken();
    await dataSource.query(`INSERT INTO waypost.tags (slug, name) VALUES ('after', 'After')`);
    await dataSource.query(`INSERT INTO waypost.click_agents (device, browser, os) VALUES ('phone', 'x', 'y')`);
    const place = await feed.findPlace(token);
    expect(place.head.all).toBeGreaterThan(place.positions.all);
    const [links] = await dataSource.query<{ all: boolean }[]>(
      `SELECT bool_or(partner_key IS NULL AND placement_id IS NULL) AS all FROM waypost.link_changes`,
    );
    expect(links?.all).toBe(true);
    await dataSource.destroy();
  });

  it('is not written over another file, nor left half written', async () => {
    await writeFile(`${file}-mine`, 'mine');
    await expect(backUpDatabase(world.databaseUrl, `${file}-mine`)).rejects.toMatchObject({ code: 'BACKUP_FILE' });
    await expect(backUpDatabase(world.databaseUrl, join(world.folder, 'no/such'))).rejects.toMatchObject({
      code: 'BACKUP_FILE',
    });
    await expect(backUpDatabase(await emptyDatabase(), `${file}-none`)).rejects.toMatchObject({
      code: 'NOTHING_TO_BACK_UP',
    });
    expect((await readdir(world.folder)).filter((name) => name.endsWith('.tmp') || name.endsWith('-none'))).toEqual([]);
  });
});

describe('a file that is no whole backup', () => {
  it('is refused by name, and nothing is changed', async () => {
    const url = await emptyDatabase();
    const whole = await readFile(file);
    const damaged = `${file}-damaged`;
    const refuses = async (code: unknown): Promise<void> => {
      await expect(restoreDatabase(url, damaged)).rejects.toMatchObject({ name: 'BackupError', code });
    };
    for (let part = 0; part < 20; part += 1) {
      await copyFile(file, damaged);
      const length = Math.floor((whole.length * part) / 20);
      await truncate(damaged, length);
      await refuses(length === 0 ? 'BACKUP_FOREIGN' : 'BACKUP_TRUNCATED');
    }
    for (let part = 1; part < 40; part += 1) {
      const bytes = Buffer.from(whole);
      const at = 27 + Math.floor(((whole.length - 28) * part) / 40);
      bytes[at] = (bytes[at] ?? 0) ^ 0x10;
      await writeFile(damaged, bytes);
      await refuses(expect.stringMatching(/^BACKUP_(?:CORRUPT|TRUNCATED)$/));
    }
    for (const [text, code] of [
      ['PGDMP and so on', 'BACKUP_FOREIGN'],
      ['waypost-backup 2\nx', 'BACKUP_TOO_NEW'],
      ['waypost-backup 1\nno gzip', 'BACKUP_CORRUPT'],
    ] as const) {
      await writeFile(damaged, text);
      await refuses(code);
    }
    await rm(damaged);
    await refuses('BACKUP_FILE');
    expect(await sql(url, `SELECT 1 FROM pg_namespace WHERE nspname = 'waypost'`)).toEqual([]);
  });
});

describe('a restore', () => {
  it('into a database that holds something is refused, unless that is to be replaced', async () => {
    const url = await emptyDatabase();
    await restoreDatabase(url, file);
    await sql(url, `INSERT INTO waypost.tags (slug, name) VALUES ('mine', 'Mine')`);
    await expect(restoreDatabase(url, file)).rejects.toMatchObject({ code: 'RESTORE_REFUSED' });
    expect(await sql(url, `SELECT slug FROM waypost.tags WHERE slug = 'mine'`)).toHaveLength(1);
    await restoreDatabase(url, file, { replace: true });
    expect(await sql(url, `SELECT slug FROM waypost.tags WHERE slug = 'mine'`)).toEqual([]);
  });

  it('is not ended by a node that reads tables in another order', async () => {
    const url = await emptyDatabase();
    await restoreDatabase(url, file);
    const node = new pg.Client({ connectionString: url });
    await node.connect();
    // Whoever waits the longest ends a deadlock: not this one.
    await node.query(`SET deadlock_timeout = '1h'; BEGIN; SELECT FROM waypost.link_changes`);
    const restored = restoreDatabase(url, file, { replace: true });
    const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    await until(async () => (await sql(url, waiting)).length > 0);
    await node.query('SELECT FROM waypost.tags; COMMIT');
    expect(await Promise.all([restored, node.end()])).toHaveLength(2);
  });

  it('goes into a database on which a server has started, and nothing more', async () => {
    const url = await emptyDatabase();
    await (await startWaypost({ databaseUrl: url })).close();
    await restoreDatabase(url, file);
    expect(await sql(url, `SELECT FROM waypost.articles`)).not.toEqual([]);
  });

  it('that fails in the middle changes nothing', async () => {
    const url = await emptyDatabase();
    await restoreDatabase(url, file);
    await sql(url, `INSERT INTO waypost.tags (slug, name) VALUES ('mine', 'Mine')`);
    await sql(url, `ALTER TABLE waypost.placements ADD CONSTRAINT test_full CHECK (position < 0) NOT VALID`);
    await expect(restoreDatabase(url, file, { replace: true })).rejects.toThrow(/test_full/);
    expect(await sql(url, `SELECT slug FROM waypost.tags WHERE slug = 'mine'`)).toHaveLength(1);
    await sql(url, `ALTER TABLE waypost.placements DROP CONSTRAINT test_full`);
  });

  it.each([1, 10])('brings a backup of a version of %d migrations ago to this one', async (steps) => {
    const old = await emptyDatabase();
    const source = await createDataSource({ url: old }, [], () => {}).initialize();
    await migrate(source, { url: old });
    for (let step = 0; step < steps; step += 1) await source.undoLastMigration();
    await source.query(`INSERT INTO waypost.tags (slug, name) VALUES ('old', 'Old')`);
    await source.destroy();
    const path = `${file}-old-${steps}`;
    await backUpDatabase(old, path);
    const url = await emptyDatabase();
    const fresh = await createDataSource({ url }, [], () => {}).initialize();
    await migrate(fresh, { url });
    await fresh.destroy();
    await restoreDatabase(url, path);
    expect(await sql(url, `SELECT slug FROM waypost.tags`)).toEqual([{ slug: 'old' }]);
    const names = await sql<{ name: string }>(url, `SELECT name FROM waypost.migrations ORDER BY id`);
    expect(names).toHaveLength((await verifyBackup(path)).head.migrations.length + steps);
  });

  it('is refused for a backup of a newer version', async () => {
    const newer = await emptyDatabase();
    const source = await createDataSource({ url: newer }, [], () => {}).initialize();
    await migrate(source, { url: newer });
    await source.query(
      `INSERT INTO waypost.migrations ("timestamp", name) VALUES (9999999999999, 'Future9999999999999')`,
    );
    await source.destroy();
    await backUpDatabase(newer, `${file}-newer`);
    await expect(restoreDatabase(await emptyDatabase(), `${file}-newer`)).rejects.toMatchObject({
      code: 'BACKUP_TOO_NEW',
    });
  });

  it.skipIf(otherPostgres === undefined)(
    'moves a database to another major version of Postgres and back (needs one beside 18: apt-get install postgresql)',
    async () => {
      const other = await startOtherPostgres(otherPostgres ?? '');
      try {
        const first = await backUpDatabase(world.databaseUrl, `${file}-here`);
        await restoreDatabase(other.url, `${file}-here`);
        const there = await backUpDatabase(other.url, `${file}-there`);
        expect(checksums(there)).toEqual(checksums(first));
        const back = await emptyDatabase();
        await restoreDatabase(back, `${file}-there`);
        expect(checksums(await backUpDatabase(back, `${file}-back`))).toEqual(checksums(first));
      } finally {
        await other.stop();
      }
    },
    60_000,
  );

  it('does not take away what a host built on the tables', async () => {
    const url = await emptyDatabase();
    const source = await createDataSource({ url }, [], () => {}).initialize();
    await migrate(source, { url });
    await source.undoLastMigration();
    await source.query(`CREATE VIEW public.my_tags AS SELECT slug FROM waypost.tags`);
    await expect(restoreDatabase(url, file)).rejects.toThrow(/my_tags/);
    expect(await source.query(`SELECT * FROM public.my_tags`)).toEqual([]);
    await source.destroy();
  });
});
