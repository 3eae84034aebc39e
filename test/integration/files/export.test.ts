import { mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ExportOptions, ExportResult } from '../../../src/import-export/export.service.js';
import { ExportService } from '../../../src/import-export/export.service.js';
import { readDocumentBytes } from '../../../src/front-matter/read-document.js';
import { seededRandom } from '../../support/random.js';
import type { FilesWorld } from './files-world.js';
import { articleText, openFilesWorld } from './files-world.js';
import { randomFile } from './random-files.js';

let world: FilesWorld;
let target: string;

beforeAll(async () => {
  world = await openFilesWorld();
  target = join(world.folder, 'out');
});
afterEach(async () => {
  await world.clear();
  await rm(target, { recursive: true, force: true });
});
afterAll(() => world.close());

async function exportAll(options: ExportOptions = {}, folder = target) {
  const results: ExportResult[] = [];
  const onResult = (result: ExportResult): void => void results.push(result);
  const counts = await world.services.get(ExportService).exportFolder(folder, { ...options, onResult });
  const problems = Object.fromEntries(
    results.filter(({ diagnostics }) => diagnostics.length > 0).map((one) => [one.path, one.diagnostics[0]?.code]),
  );
  return { ...counts, problems };
}

const AUTHOR = { name: 'writer', isTrusted: true };

const create = (input: object) =>
  world.articles.createArticle({ title: 'New', source: 'Text.', ...input } as never, AUTHOR);

async function readTree(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const texts = await Promise.all(files.sort().map(async (file) => [file, await readFile(file, 'hex')] as const));
  return new Map(texts.map(([file, text]) => [file.slice(folder.length + 1), text]));
}

describe('an export', () => {
  it('gives 1,200 files of every format back byte for byte, under their names', async () => {
    const random = seededRandom(20240102);
    for (let index = 0; index < 1200; index += 1) {
      const folder = random.pick(['', 'posts/', 'Deep Er/and deeper/', `bundle ${index}/`]);
      const base = folder.startsWith('bundle') ? 'index' : `${random.pick(['Post', 'note: why?', 'ünï'])} ${index}`;
      const extension = random.pick(['.md', '.markdown', '.mdx', '.de.md', '.MD']);
      await world.write(`${folder}${base}${extension}`, randomFile(random, index));
      // Of a page bundle; in Hugo this is no page, whatever it holds.
      if (base === 'index' && extension !== '.MD')
        await world.write(`${folder}notes/Part one.md`, `---\nbroken ${index}\xff`);
    }
    const imported = await world.import({ locales: ['en', 'de'] });
    const { created, resource } = imported;
    expect(imported.results.filter(({ outcome }) => outcome !== 'created' && outcome !== 'resource')).toEqual([]);
    expect(created).toBe(1200);
    expect(resource).toBeGreaterThan(200);
    const files = created + resource;
    expect(await exportAll()).toEqual({ created: files, updated: 0, unchanged: 0, failed: 0, problems: {} });
    expect(await readTree(target)).toEqual(await readTree(join(world.folder, 'content')));
    expect(await exportAll()).toMatchObject({ created: 0, updated: 0, unchanged: files });
  }, 120_000);

  it('of an article with one key edited differs in the bytes of that key alone', async () => {
    const random = seededRandom(7);
    for (let index = 0; index < 120; index += 1) await world.write(`${index}.md`, randomFile(random, index));
    await world.import();
    const rows = await world.query<{ id: string; path: string; revision: number }>(
      `SELECT id, path, revision FROM waypost.articles`,
    );
    for (const { id, revision, path } of rows) {
      const edit = Number(path.slice(1)) % 2 === 0 ? { title: 'Another — "title"' } : { source: 'Another body\r\n' };
      await world.articles.updateArticle({ id, expectedRevision: revision, ...edit } as never, AUTHOR);
    }
    expect(await exportAll()).toMatchObject({ created: 120, failed: 0 });
    for (let index = 0; index < 120; index += 1) {
      const before = await readFile(join(world.folder, `content/${index}.md`));
      const after = await readFile(join(target, `${index}.md`));
      const { ranges, bodyRange } = readDocumentBytes(before);
      // A file without front matter gets some above its body.
      const title = ranges['title'] ?? { start: bodyRange.start, end: bodyRange.start };
      const { start, end } = index % 2 === 0 ? title : bodyRange;
      expect(after.subarray(0, start).equals(before.subarray(0, start))).toBe(true);
      expect(after.subarray(after.length - (before.length - end)).equals(before.subarray(end))).toBe(true);
      expect(after.equals(before)).toBe(false);
    }
    // What was edited here stays, and is known again when the exported files are imported.
    expect(await world.import()).toMatchObject({ unchanged: 120, failed: 0 });
  });

  it.each(['toml', 'yaml', 'json'] as const)(
    'writes an article that was never a file in %s, and reads it back',
    async (format) => {
      const input = {
        path: '/posts/new',
        slug: 'other-slug',
        title: 'A "new" one: ünï',
        description: 'What\nit is',
        canonicalUrl: 'https://example.org/new',
        source: '\nText {{< aff "training_partner" "x" >}}\r\n\n- a\n',
        tags: ['One', 'two words'],
        params: { author: { name: 'A', age: 3 }, list: [1, 'x', { y: true }], none: null },
        status: 'published',
        publishedAt: new Date('2024-01-02T03:04:05.678Z'),
        expiresAt: new Date('2199-01-02T00:00:00Z'),
      };
      await create(input);
      await create({ path: '/draft', locale: 'de', status: 'draft' });
      expect(await exportAll({ format })).toMatchObject({ created: 2, failed: 0 });
      const select = `SELECT path, locale, slug, title, description, canonical_url, source, status, published_at, expires_at,
                           CASE WHEN published_at IS NOT NULL THEN content_updated_at END AS updated, params - 'none' AS params
                      FROM waypost.articles ORDER BY path`;
      const before = await world.query<{ path: string }>(select);
      await world.clear();
      for (const [name, hex] of await readTree(target)) await world.write(name, Buffer.from(hex, 'hex'));
      expect(await world.import({ locales: ['de'] })).toMatchObject({ created: 2, failed: 0 });
      expect(await world.query(select)).toEqual(before);
    },
  );

  it('puts the resources of a page bundle where its page goes, and nowhere when it is gone', async () => {
    for (const name of ['a/index.md', 'a/in/x.md', 'b/index.md', 'b/y.md']) await world.write(name, articleText());
    await world.import();
    await world.query(`UPDATE waypost.articles SET path = '/moved/here' WHERE path = '/a'`);
    await world.query(`DELETE FROM waypost.articles WHERE path = '/b'`);
    expect(await exportAll()).toMatchObject({ created: 2, failed: 0, problems: {} });
    expect([...(await readTree(target)).keys()]).toEqual(['moved/here/in/x.md', 'moved/here/index.md']);
  });

  it('says so where an import would take an article for a resource', async () => {
    await world.write('a/index.md', articleText());
    await world.import();
    await create({ path: '/a/below' });
    expect((await exportAll()).problems).toEqual({ '/a/below': 'PATH_NOT_KEPT' });
  });

  it('never replaces a file that somebody changed, unless forced', async () => {
    await world.write('a.md', articleText());
    await world.import();
    await mkdir(target);
    await writeFile(join(target, 'a.md'), 'mine');
    expect(await exportAll()).toEqual({
      created: 0,
      updated: 0,
      unchanged: 0,
      failed: 1,
      problems: { '/a': 'FILE_EXISTS' },
    });
    expect(await readFile(join(target, 'a.md'), 'utf8')).toBe('mine');
    expect(await exportAll({ force: true, dryRun: true })).toMatchObject({ updated: 1, failed: 0 });
    expect(await readFile(join(target, 'a.md'), 'utf8')).toBe('mine');
    expect(await exportAll({ force: true })).toMatchObject({ updated: 1, failed: 0 });
    expect(await readFile(join(target, 'a.md'), 'utf8')).toBe(articleText());
    expect(await readdir(target)).toEqual(['a.md']);
  });

  it('replaces the file that was imported where the article was edited since', async () => {
    await world.write('a.md', articleText());
    await world.import();
    await world.query(`UPDATE waypost.articles SET file = 'Edited', file_hash = sha256('Edited') WHERE path = '/a'`);
    expect(await exportAll({}, join(world.folder, 'content'))).toMatchObject({ updated: 1, failed: 0 });
    expect(await world.import()).toMatchObject({ unchanged: 1, failed: 0 });
  });

  it('never writes outside the target folder', async () => {
    const outside = join(world.folder, 'outside');
    await mkdir(outside);
    await mkdir(target);
    await symlink(outside, join(target, 'linked'));
    await symlink(join(outside, 'file.md'), join(target, 'file.md'));
    for (const path of ['/../up', '/a/../../up', '/linked/in', '/.hidden/x', '/x/./y', '/file', `/${'x'.repeat(400)}`])
      await create({ path });
    expect((await exportAll({ force: true })).problems).toEqual({
      '/../up': 'FILE_NOT_WRITTEN',
      '/a/../../up': 'FILE_NOT_WRITTEN',
      '/linked/in': 'FOLDER_LEADS_OUT',
      '/.hidden/x': 'FILE_NOT_WRITTEN',
      '/x/./y': 'FILE_NOT_WRITTEN',
      [`/${'x'.repeat(400)}`]: 'FILE_NOT_WRITTEN',
    });
    expect(await readdir(outside)).toEqual([]);
    expect((await stat(join(target, 'file.md'))).isFile()).toBe(true);
    expect((await readdir(world.folder)).sort()).toEqual(['content', 'out', 'outside']);
    await rm(outside, { recursive: true });
  });

  it('names paths that are one file where capitals do not count', async () => {
    await create({ path: '/Post' });
    await create({ path: '/post' });
    const { problems, created, failed } = await exportAll();
    expect({ created, failed }).toEqual({ created: 1, failed: 1 });
    expect(Object.values(problems)).toContain('FILE_EXISTS');
  });
});
