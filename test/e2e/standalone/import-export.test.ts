import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { addBackupCommands } from '../../../src/cli/backup.command.js';
import { addConvertCommand } from '../../../src/cli/convert.command.js';
import { addExportCommand } from '../../../src/cli/export.command.js';
import { addImportCommand } from '../../../src/cli/import.command.js';
import { addPartnersCommands } from '../../../src/cli/partners.command.js';
import { migrate } from '../../../src/database/migrate.js';
import { createDataSource } from '../../../src/database/waypost.datasource.js';
import { startWaypost } from '../../../src/testing/index.js';
import type { TestDatabase } from '../../support/test-database.js';
import { createTestDatabase } from '../../support/test-database.js';

/** Builds what changed first, as `npm run waypost` does. */
const CLI = fileURLToPath(new URL('../../../scripts/waypost.mjs', import.meta.url));

let folder: string;
let content: string;
const databases: TestDatabase[] = [];
const clients: pg.Client[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waypost-command-'));
  content = join(folder, 'content');
  await mkdir(content);
  // The build is not part of what the tests wait for.
  await run('', '--version');
}, 300_000);

afterAll(async () => {
  for (const client of clients) await client.end();
  for (const database of databases) await database.drop();
  await rm(folder, { recursive: true, force: true });
});

async function openDatabase(): Promise<{ url: string; query: <Row>(sql: string) => Promise<Row[]> }> {
  const database = await createTestDatabase();
  databases.push(database);
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  clients.push(client);
  return { url: database.url, query: async <Row>(sql: string) => (await client.query(sql)).rows as Row[] };
}

function start(url: string, ...parameters: string[]): { child: ChildProcess; ended: Promise<CommandEnd> } {
  const env = { ...process.env, DATABASE_URL: url, WAYPOST_DATA_DIR: join(folder, 'data') };
  const child = spawn(process.execPath, [CLI, ...parameters], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let errors = '';
  child.stdout.on('data', (text: Buffer) => (out += text.toString()));
  child.stderr.on('data', (text: Buffer) => (errors += text.toString()));
  const ended = new Promise<CommandEnd>((resolve) => {
    child.on('close', (status) => resolve({ status, out, errors }));
  });
  return { child, ended };
}

interface CommandEnd {
  readonly status: number | null;
  readonly out: string;
  readonly errors: string;
}

/** A process of its own: what a person runs. It loads the whole program first. */
const run = (url: string, ...parameters: string[]): Promise<CommandEnd> => start(url, ...parameters).ended;

/** The same command in this process. */
async function runHere(url: string, ...parameters: string[]): Promise<CommandEnd> {
  const program = new Command('waypost').exitOverride();
  for (const add of [addImportCommand, addExportCommand, addBackupCommands, addPartnersCommands, addConvertCommand])
    add(program);
  const written = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      written[name] += String(text);
      return true;
    });
  }
  vi.spyOn(process, 'cwd').mockReturnValue(folder);
  vi.stubEnv('DATABASE_URL', url);
  vi.stubEnv('WAYPOST_DATA_DIR', join(folder, 'data'));
  try {
    await program.parseAsync(parameters, { from: 'user' });
    return { status: Number(process.exitCode ?? 0), out: written.stdout, errors: written.stderr };
  } finally {
    process.exitCode = undefined;
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  }
}

const text = (index: number): string => `+++
title = "Article ${index}"
tags = ["one", "two ${index % 5}"]
+++
${'A sentence with a link to https://example.org/ and "quotes". '.repeat(20)}

{{< aff "training_partner" "Recommended course" >}} and {{< aff "training_partner" "another" >}}
`;

async function writeTree(name: string, files: number): Promise<string> {
  const tree = join(folder, name);
  for (let index = 0; index < files; index += 1) {
    if (index < 10) await mkdir(join(tree, `s${index}`), { recursive: true });
    await writeFile(join(tree, `s${index % 10}/a${index}.md`), text(index));
  }
  return tree;
}

async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await sleep(10);
  }
}

describe('waypost import', () => {
  it('tells of every file, exits 1 for an error in one, and names it', async () => {
    const { url } = await openDatabase();
    await writeFile(join(content, 'good.md'), text(1));
    expect(await runHere(url, 'import', 'content')).toEqual({
      status: 0,
      out: 'created   content/good.md  ->  /good\n1 created, 0 updated, 0 unchanged, 0 failed\n',
      errors: expect.stringMatching(
        /^warning   content\/good\.md:7:1 .*training_partner.*\(and 1 more call like it\)\n$/,
      ),
    });
    await writeFile(join(content, 'bad.md'), '+++\ntitle = "a"\nx = [\n+++\n');
    const again = await run(url, 'import', 'content');
    expect(again.out).toBe('unchanged content/good.md  ->  /good\n0 created, 0 updated, 1 unchanged, 1 failed\n');
    expect(again.errors).toMatch(/^error {5}content\/bad\.md:\d+:\d+ /);
    expect(again.status).toBe(1);
    const lines = (await runHere(url, 'import', 'content', '--json', '--dry-run')).out.trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { outcome: string }).outcome).sort()).toEqual([
      'failed',
      'unchanged',
    ]);
    expect((await run(url, 'import', 'nowhere')).status).toBe(2);
  }, 120_000);

  it('that is killed in the middle leaves whole articles, and the next one finishes it', async () => {
    const { url, query } = await openDatabase();
    const dataSource = await createDataSource({ url }, [], () => {}).initialize();
    await migrate(dataSource, { url });
    await dataSource.destroy();
    const tree = await writeTree('tree', 800);
    const { child, ended } = start(url, 'import', tree);
    const counted = async (): Promise<number> =>
      (await query<{ n: number }>(`SELECT count(*)::int AS n FROM waypost.articles`))[0]?.n ?? 0;
    await until(async () => ((await counted()) > 0 ? true : undefined));
    child.kill('SIGKILL');
    expect((await ended).status).toBeNull();
    // What the server had begun for the process that is gone comes to its end.
    await until(async () => {
      const open = await query(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'`,
      );
      return open.length === 0 ? true : undefined;
    });
    const halves = `SELECT path FROM waypost.articles article WHERE 2 <> (
        SELECT count(*) FROM waypost.placements WHERE article_id = article.id AND retired_at IS NULL)
      OR 2 <> (SELECT count(*) FROM waypost.article_tags WHERE article_id = article.id)
      OR NOT EXISTS (SELECT FROM waypost.article_files WHERE article_id = article.id)
      OR NOT EXISTS (SELECT FROM waypost.change_log WHERE entity_id = article.id)`;
    const before = await counted();
    expect(before).toBeLessThan(800);
    expect(await query(halves)).toEqual([]);
    const { out, status } = await runHere(url, 'import', tree);
    expect(out.trimEnd().split('\n').at(-1)).toBe(`${800 - before} created, 0 updated, ${before} unchanged, 0 failed`);
    expect(status).toBe(0);
    expect(await query(halves)).toEqual([]);
  }, 180_000);

  it('that watches takes what is written, until it is told to end', async () => {
    const { url, query } = await openDatabase();
    const watched = join(folder, 'watched');
    await mkdir(watched);
    await writeFile(join(watched, 'first.md'), 'First');
    const { child, ended } = start(url, 'import', 'watched', '--watch');
    const find = (path: string, source: string) => async (): Promise<true | undefined> => {
      const rows = await query(`SELECT to_regclass('waypost.articles') IS NOT NULL AND EXISTS (SELECT) AS there`).then(
        () =>
          query(`SELECT source FROM waypost.articles WHERE path = '${path}' AND source = '${source}'`).catch(() => []),
      );
      return rows.length > 0 ? true : undefined;
    };
    await until(find('/first', 'First'));
    await until(async () => {
      // Written again and again: the watch may begin a moment after the first import ends.
      await writeFile(join(watched, 'second.md'), 'Second');
      await sleep(200);
      return find('/second', 'Second')();
    });
    await writeFile(join(watched, 'first.md'), 'Changed');
    await until(find('/first', 'Changed'));
    child.kill('SIGINT');
    expect((await ended).status).toBe(130);
  }, 120_000);
});

/** Nothing that takes its time to end. */
const QUIET = { redirects: false, background: false } as const;

describe('waypost export, backup and restore', () => {
  it('give back what was imported, with the one edit that was made over the API', async () => {
    const { url } = await openDatabase();
    const tree = await writeTree('site', 12);
    expect((await runHere(url, 'import', tree)).status).toBe(0);
    const waypost = await startWaypost({ databaseUrl: url, waypost: QUIET });
    const { article } = await waypost.data('{ article(path: "/s3/a3") { id revision } }');
    const { updateArticle } = await waypost.data(
      `mutation ($input: UpdateArticleInput!) { updateArticle(input: $input) { userErrors { message } } }`,
      { input: { id: article.id, expectedRevision: article.revision, title: 'Edited' } },
    );
    expect(updateArticle.userErrors).toEqual([]);
    const token = (await waypost.data('{ syncToken }')).syncToken as string;
    await waypost.close();

    expect(await runHere(url, 'export', 'out')).toMatchObject({ status: 0, errors: '' });
    for (let index = 0; index < 12; index += 1) {
      const expected = index === 3 ? text(index).replace('"Article 3"', '"Edited"') : text(index);
      expect(await readFile(join(folder, `out/s${index % 10}/a${index}.md`), 'utf8')).toBe(expected);
    }
    const file = join(folder, 'waypost.backup');
    expect(await runHere(url, 'backup', file)).toMatchObject({ status: 0, errors: '' });
    const mirror = await openDatabase();
    expect(await runHere(mirror.url, 'restore', file)).toMatchObject({ status: 0, errors: '' });
    const restored = await startWaypost({ databaseUrl: mirror.url, waypost: QUIET });
    expect((await restored.data('{ article(path: "/s3/a3") { title } }')).article).toEqual({ title: 'Edited' });
    const answer = await restored.query(`{ changes(since: "${token}") { hasMore } }`);
    expect(answer.errors?.[0]?.extensions.code).toBe('RESYNC_REQUIRED');
    await restored.close();
  }, 180_000);

  it('take partners from a file of another system', async () => {
    const { url } = await openDatabase();
    const links = join(folder, 'links.csv');
    await writeFile(links, 'Link Name,Destination URL,Slug,Categories\nVPN,https://v.example/?a=1,vpn,x\nNo,,no,\n');
    const plan = await runHere(url, 'partners', 'import', links, '--dry-run');
    expect(plan.status).toBe(1);
    expect(plan.out).toContain('Categories               is not taken over');
    expect(plan.errors).toContain(`${links}:3:1`);
    await runHere(url, 'partners', 'import', links);
    expect(JSON.parse((await runHere(url, 'partners', 'export')).out)).toEqual({
      vpn: { name: 'VPN', destinationUrl: 'https://v.example/?a=1', network: 'custom' },
    });
  }, 120_000);

  it("convert a site's own shortcodes only when told to write", async () => {
    const { url } = await openDatabase();
    const site = join(folder, 'old');
    await mkdir(site);
    await writeFile(join(site, 'a.md'), '---\ntitle: x\n---\r\n{{< aff "Book it" "training" >}}\n');
    const plan = await runHere(url, 'convert', 'old');
    expect(plan).toMatchObject({ status: 0 });
    expect(plan.out).toContain('old/a.md:4:1  aff "Book it" "training"  ->  aff "training" "Book it"');
    expect(await readFile(join(site, 'a.md'), 'utf8')).toContain('"Book it" "training"');
    await runHere(url, 'convert', 'old', '--write');
    expect(await readFile(join(site, 'a.md'), 'utf8')).toBe('---\ntitle: x\n---\r\n{{< aff "training" "Book it" >}}\n');
  }, 120_000);
});
