import { copyFile, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FeedService } from '../../../src/changes/feed.service.js';
import { migrate } from '../../../src/database/migrate.js';
import { createDataSource } from '../../../src/database/waypost.datasource.js';
import { backUpDatabase } from '../../../src/import-export/back-up-database.service.js';
import type { BackupSummary } from '../../../src/import-export/back-up-database.service.js';
import { restoreDatabase, verifyBackup } from '../../../src/import-export/restore-database.service.js';
import { PartnersService } from '../../../src/partners/partners.service.js';
import type { TestDatabase } from '../../support/test-database.js';
import { createTestDatabase } from '../../support/test-database.js';
import type { FilesWorld } from './files-world.js';
import { articleText, openFilesWorld } from './files-world.js';

let world: FilesWorld;
let file: string;
const databases: TestDatabase[] = [];

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
  });
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
});

afterAll(async () => {
  await world.close();
  for (const database of databases) await database.drop();
});

describe('a backup', () => {
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
    const summary = await backUpDatabase(world.databaseUrl, file);
    isWriting = false;
    await writing;
    expect(Object.keys(summary.tables)).toEqual(
      expect.arrayContaining(['articles', 'clicks', 'change_log', 'api_tokens']),
    );
    expect(Object.keys(summary.tables)).not.toEqual(expect.arrayContaining(['click_salts']));
    expect((await stat(file)).mode & 0o777).toBe(0o600);

    const url = await emptyDatabase();
    const verified = await restoreDatabase(url, file);
    const again = await backUpDatabase(url, `${file}-2`);
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
  }, 60_000);

  it('gives a database that goes on: numbers, triggers, and a feed that is followed anew', async () => {
    await rm(file, { force: true });
    const before = await world.services.get(FeedService).takeToken();
    await backUpDatabase(world.databaseUrl, file);
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
  }, 60_000);
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

  it('that fails in the middle changes nothing', async () => {
    const url = await emptyDatabase();
    await restoreDatabase(url, file);
    await sql(url, `INSERT INTO waypost.tags (slug, name) VALUES ('mine', 'Mine')`);
    await sql(url, `ALTER TABLE waypost.placements ADD CONSTRAINT test_full CHECK (position < 0) NOT VALID`);
    await expect(restoreDatabase(url, file, { replace: true })).rejects.toThrow(/test_full/);
    expect(await sql(url, `SELECT slug FROM waypost.tags WHERE slug = 'mine'`)).toHaveLength(1);
    await sql(url, `ALTER TABLE waypost.placements DROP CONSTRAINT test_full`);
  });

  it('brings a backup of an older version to this one', async () => {
    const old = await emptyDatabase();
    const source = await createDataSource({ url: old }, [], () => {}).initialize();
    await migrate(source, { url: old });
    await source.undoLastMigration();
    await source.query(`INSERT INTO waypost.tags (slug, name) VALUES ('old', 'Old')`);
    await source.destroy();
    const path = `${file}-old`;
    await backUpDatabase(old, path);
    const url = await emptyDatabase();
    const fresh = await createDataSource({ url }, [], () => {}).initialize();
    await migrate(fresh, { url });
    await fresh.destroy();
    await restoreDatabase(url, path);
    expect(await sql(url, `SELECT slug FROM waypost.tags`)).toEqual([{ slug: 'old' }]);
    const names = await sql<{ name: string }>(url, `SELECT name FROM waypost.migrations ORDER BY id`);
    expect(names).toHaveLength((await verifyBackup(path)).head.migrations.length + 1);
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

  it('does not take away what a host built on the tables', async () => {
    const url = await emptyDatabase();
    const path = `${file}-old`;
    const source = await createDataSource({ url }, [], () => {}).initialize();
    await migrate(source, { url });
    await source.query(`CREATE VIEW public.my_tags AS SELECT slug FROM waypost.tags`);
    await expect(restoreDatabase(url, path)).rejects.toThrow(/my_tags/);
    expect(await source.query(`SELECT * FROM public.my_tags`)).toEqual([]);
    await source.destroy();
  });
});
