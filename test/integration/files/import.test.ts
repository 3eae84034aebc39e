import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readFile, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { FeedService } from '../../../src/changes/feed.service.js';
import type { FilesWorld } from './files-world.js';
import { articleText, openFilesWorld } from './files-world.js';

let world: FilesWorld;

beforeAll(async () => {
  world = await openFilesWorld();
});
afterEach(() => world.clear());
afterAll(() => world.close());

interface Row {
  readonly path: string;
  readonly locale: string;
  readonly slug: string;
  readonly status: string;
}

const stored = (): Promise<Row[]> =>
  world.query<Row>(`SELECT path, locale, slug, status FROM waypost.articles ORDER BY path, locale`);

/** Everything of every article, and where the feed stands. */
const everything = async (): Promise<string> =>
  JSON.stringify([
    await world.query(`SELECT * FROM waypost.articles ORDER BY id`),
    await world.query(`SELECT * FROM waypost.placements ORDER BY id`),
    await world.query(`SELECT * FROM waypost.change_log ORDER BY entity_id`),
    await world.query(`SELECT last_value FROM waypost.change_seq`),
  ]);

const problems = (results: readonly { file: string; diagnostics: readonly { code: string }[] }[]) =>
  Object.fromEntries(
    results
      .filter(({ diagnostics }) => diagnostics.length > 0)
      .map(({ file, diagnostics }) => [file, diagnostics[0]?.code]),
  );

describe('an import', () => {
  it('takes sections, bundles, languages and every kind of Markdown file', async () => {
    await world.write('_index.md', articleText({ title: 'Home' }));
    await world.write('posts/_index.md', articleText());
    await world.write('posts/deep/er/a.md', articleText());
    await world.write('posts/bundle/index.md', articleText());
    await world.write('posts/bundle/index.de.md', articleText());
    await world.write('Posts of 2024/Some Post.markdown', '---\ntitle: Y\ndraft: true\n---\nText');
    await world.write('notes/page.mdx', '{"title": "J"}\nimport X from "x"');
    await world.write('fr/posts/deep/er/a.md', articleText());
    const { created, withErrors, locales } = await world.import();
    expect({ created, withErrors, locales }).toEqual({ created: 8, withErrors: 0, locales: ['de', 'fr'] });
    expect((await stored()).map(({ path, locale, status }) => `${locale} ${path} ${status}`)).toEqual([
      'en / published',
      'en /notes/page published',
      'en /posts published',
      'en /posts-of-2024/some-post draft',
      'de /posts/bundle published',
      'en /posts/bundle published',
      'en /posts/deep/er/a published',
      'fr /posts/deep/er/a published',
    ]);
  });

  it('keeps the files of a page bundle with its page, and makes no articles of them', async () => {
    await world.write('a/index.md', articleText());
    await world.write('a/x.md', 'not +++ parsed');
    await world.write('a/in/index.md', 'nor a page');
    await world.write('b/x.md', 'a page');
    const kept = () => world.query(`SELECT name, bundle FROM waypost.bundle_files ORDER BY name`);
    const [inner, beside] = [
      { name: 'a/in/index.md', bundle: 'a' },
      { name: 'a/x.md', bundle: 'a' },
    ];
    expect(await world.import({ dryRun: true })).toMatchObject({ created: 2, resource: 2, failed: 0 });
    expect(await kept()).toEqual([]);
    expect(await world.import()).toMatchObject({ created: 2, resource: 2, failed: 0 });
    expect((await stored()).map(({ path }) => path)).toEqual(['/a', '/b/x']);
    expect(await world.import()).toMatchObject({ unchanged: 2, resource: 2 });
    expect(await kept()).toEqual([inner, beside]);
    // A page that comes to lie in a bundle, and a resource whose bundle ends.
    await rm(join(world.folder, 'content/a/index.md'));
    await world.write('b/index.md', 'b');
    const { results } = await world.import({ prune: true });
    expect(problems(results)).toEqual({ 'b/x.md': 'PAGE_IS_RESOURCE' });
    expect((await stored()).map(({ path }) => path)).toEqual(['/a/in', '/a/x', '/b']);
    expect(await kept()).toEqual([{ name: 'b/x.md', bundle: 'b' }]);
  });

  it('knows no page bundles in a site that is not of Hugo', async () => {
    await world.write('../astro.config.mjs', '');
    await world.write('blog/index.md', 'a');
    await world.write('blog/x.md', 'b');
    expect(await world.import()).toMatchObject({ created: 2, resource: 0 });
    await rm(join(world.folder, 'astro.config.mjs'));
  });

  it('reads date and slug of a Jekyll post from its name', async () => {
    await world.write('_posts/2024-01-02-hello-world.md', '---\ntags: one two\n---\nHi');
    await world.write('_drafts/later.md', 'Later');
    await world.import();
    expect(await stored()).toEqual([
      { path: '/drafts/later', locale: 'en', slug: 'later', status: 'draft' },
      { path: '/posts/2024-01-02-hello-world', locale: 'en', slug: 'hello-world', status: 'published' },
    ]);
    const [post] = await world.query(
      `SELECT published_at, (SELECT count(*)::int FROM waypost.article_tags WHERE article_id = id) AS tags
         FROM waypost.articles WHERE slug = 'hello-world'`,
    );
    expect(post).toEqual({ published_at: new Date('2024-01-02'), tags: 2 });
  });

  it('goes by the configuration of the Hugo site around it', async () => {
    await world.write(
      '../hugo.toml',
      'defaultContentLanguage = "nl"\ntimeZone = "Europe/Amsterdam"\n[languages.nl]\n[languages.xx]\n',
    );
    await world.write('a.md', '---\ndate: 2024-07-01\n---\nText');
    await world.write('a.xx.md', 'Text');
    await world.import();
    await rm(join(world.folder, 'hugo.toml'));
    expect((await stored()).map(({ path, locale }) => `${locale} ${path}`)).toEqual(['nl /a', 'xx /a']);
    const [dutch] = await world.query<{ at: Date }>(
      `SELECT published_at AS at FROM waypost.articles WHERE locale = 'nl'`,
    );
    expect(dutch?.at.toISOString()).toBe('2024-06-30T22:00:00.000Z');
  });

  it('of the same bytes changes nothing, moves no timestamp and no feed', async () => {
    for (let index = 0; index < 150; index += 1) {
      await world.write(
        `s${index % 7}/post-${index}.md`,
        articleText({ title: `T ${index}`, tags: [`t${index % 9}`] }),
      );
    }
    expect(await world.import()).toMatchObject({ created: 150, failed: 0 });
    const before = await everything();
    const token = await world.services.get(FeedService).takeToken();
    expect(await world.import()).toMatchObject({ created: 0, updated: 0, unchanged: 150, failed: 0 });
    expect(await everything()).toBe(before);
    const place = await world.services.get(FeedService).findPlace(token);
    expect(place.positions).toEqual(place.head);
  });

  it('in a dry run says what would happen and writes nothing', async () => {
    await world.write('a.md', articleText());
    await world.write('gone.md', articleText({ title: 'Gone' }));
    await world.import();
    await world.write('a.md', articleText({ body: 'Other text.' }));
    await world.write('new.md', articleText({ title: 'New' }));
    await rm(join(world.folder, 'content/gone.md'));
    const before = await everything();
    const plan = await world.import({ dryRun: true, prune: true });
    expect(plan).toMatchObject({ created: 1, updated: 1, pruned: 1, failed: 0 });
    expect(await everything()).toBe(before);
  });

  it('names every file that cannot come in, and takes the rest', async () => {
    await world.write('good.md', articleText());
    await world.write('toml.md', '+++\ntitle = \n+++\nx');
    await world.write('yaml.md', '---\n a: b\n- c\n---\nx');
    await world.write('json.md', '{"title": }\nx');
    await world.write('open.md', '+++\ntitle = "x"\n');
    await world.write('latin.md', Buffer.from('caf\xe9', 'latin1'));
    await world.write('large.md', 'word '.repeat(2_100_000));
    await world.write('Twin.md', 'one');
    await world.write('twin.md', 'two');
    await world.write('nul.md', '+++\ntitle = "a"\n+++\n\0 text');
    await world.write(`tag.md`, `+++\ntags = ["${'x'.repeat(3000)}"]\n+++\n`);
    await world.write('line\nbreak.md', 'x');
    await world.write('a\\..\\escape.md', 'x');
    await world.write('../outside.md', 'x');
    const content = join(world.folder, 'content');
    await symlink('../outside.md', join(content, 'link.md'));
    await symlink(world.folder, join(content, 'up'));
    await symlink('loop.md', join(content, 'loop.md'));
    execFileSync('mkfifo', [join(content, 'pipe.md')]);
    await mkdir(join(content, 'folder.md'));
    const { results, created, failed } = await world.import();
    expect(problems(results)).toEqual({
      'good.md': 'PARTNER_KEY_UNKNOWN',
      'toml.md': 'FRONT_MATTER_SYNTAX',
      'yaml.md': 'FRONT_MATTER_SYNTAX',
      'json.md': 'FRONT_MATTER_SYNTAX',
      'open.md': 'FRONT_MATTER_DELIMITER',
      'latin.md': 'FILE_NOT_UTF8',
      'large.md': 'FILE_TOO_LARGE',
      'twin.md': 'PATH_TAKEN',
      'tag.md': 'NAME_TOO_LONG',
      'line\nbreak.md': 'FILE_REFUSED',
      'a\\..\\escape.md': 'FILE_REFUSED',
      'link.md': 'FILE_REFUSED',
      'loop.md': 'FILE_REFUSED',
      'pipe.md': 'FILE_REFUSED',
    });
    expect({ created, failed }).toEqual({ created: 3, failed: 13 });
  });

  it.skipIf(process.getuid?.() === 0)('names a file and a folder that it may not read', async () => {
    await world.write('secret.md', 'x');
    await world.write('closed/a.md', 'x');
    const content = join(world.folder, 'content');
    await chmod(join(content, 'secret.md'), 0);
    await chmod(join(content, 'closed'), 0);
    const { results } = await world.import();
    await chmod(join(content, 'closed'), 0o755);
    expect(problems(results)).toEqual({ 'secret.md': 'FILE_UNREADABLE', closed: 'FILE_REFUSED' });
  });

  it('is not stopped by a file that the database refuses', async () => {
    await world.query(`ALTER TABLE waypost.articles ADD CONSTRAINT test_refuses CHECK (title <> 'Refused') NOT VALID`);
    for (let index = 0; index < 30; index += 1) await world.write(`a${index}.md`, articleText({ title: `T${index}` }));
    await world.write('refused.md', articleText({ title: 'Refused' }));
    const { created, results } = await world.import();
    await world.query(`ALTER TABLE waypost.articles DROP CONSTRAINT test_refuses`);
    expect(created).toBe(30);
    expect(results.filter(({ outcome }) => outcome === 'failed')).toMatchObject([
      { file: 'refused.md', diagnostics: [{ code: 'FILE_NOT_STORED', severity: 'error' }] },
    ]);
  });

  it('with prune deletes the articles whose file is gone, and no others', async () => {
    await world.write('stays.md', articleText());
    await world.write('goes.md', articleText({ title: 'Goes' }));
    await world.write('breaks.md', articleText({ title: 'Breaks' }));
    await world.import();
    const [own] = await world.query<{ id: string }>(`SELECT id FROM waypost.articles WHERE path = '/stays'`);
    await world.query(
      `INSERT INTO waypost.articles (path, slug, title, source, compiled, content_hash)
       SELECT '/own', 'own', 'Own', source, compiled, content_hash FROM waypost.articles WHERE id = $1`,
      [own?.id],
    );
    await rm(join(world.folder, 'content/goes.md'));
    await world.write('breaks.md', '+++\nbroken');
    expect(await world.import()).toMatchObject({ pruned: 0, failed: 1 });
    expect(await world.import({ prune: true })).toMatchObject({ pruned: 1, unchanged: 1, failed: 1 });
    expect((await stored()).map(({ path }) => path)).toEqual(['/breaks', '/own', '/stays']);
    const retired = await world.query(`SELECT id FROM waypost.placements WHERE retired_at IS NOT NULL`);
    expect(retired).toHaveLength(1);
  });
});

describe('an article that was edited in Waypost after its import', () => {
  const edit = (path: string) =>
    world.query(
      `UPDATE waypost.articles SET source = 'Edited', file = 'Edited', file_hash = sha256('Edited') WHERE path = $1`,
      [path],
    );

  it('stays as it is while the file does', async () => {
    await world.write('a.md', articleText());
    await world.import();
    await edit('/a');
    const before = await everything();
    expect(await world.import({ prune: true })).toMatchObject({ unchanged: 1, failed: 0 });
    expect(await everything()).toBe(before);
  });

  it('is not overwritten by a file that changed too, nor pruned, unless forced', async () => {
    await world.write('a.md', articleText());
    await world.import();
    await edit('/a');
    await world.write('a.md', articleText({ title: 'Changed' }));
    const { results } = await world.import();
    expect(problems(results)).toEqual({ 'a.md': 'ARTICLE_EDITED' });
    await rm(join(world.folder, 'content/a.md'));
    await world.write('b.md', 'x');
    expect(problems((await world.import({ prune: true })).results)).toEqual({ 'a.md': 'ARTICLE_EDITED' });
    await world.write('a.md', articleText({ title: 'Changed' }));
    expect(await world.import({ force: true })).toMatchObject({ updated: 1, unchanged: 1 });
    const [row] = await world.query<{ file: Buffer }>(`SELECT file FROM waypost.articles WHERE path = '/a'`);
    expect(row?.file.equals(await readFile(join(world.folder, 'content/a.md')))).toBe(true);
  });

  it('goes on being the one of its file where it was moved', async () => {
    await world.write('a.md', articleText());
    await world.import();
    await world.query(`UPDATE waypost.articles SET path = '/elsewhere' WHERE path = '/a'`);
    expect(await world.import({ prune: true })).toMatchObject({ unchanged: 1, created: 0, pruned: 0 });
    await world.write('a.md', articleText({ title: 'Changed' }));
    expect(problems((await world.import()).results)).toEqual({ 'a.md': 'ARTICLE_MOVED' });
  });
});
