import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ImportService } from '../../../src/import-export/import.service.js';
import type { TestWaypost } from '../../../src/testing/index.js';
import { startWaypost } from '../../../src/testing/index.js';
import type { TestDatabase } from '../../support/test-database.js';
import { createTestDatabase } from '../../support/test-database.js';

const BASE = 'https://cdn.example.org/site';
const AT = `${BASE}/posts/a-bundle`;

const SHORTCODES = {
  figure: { render: ({ named }: { named?: object }) => `<img src="${String(named?.['src' as never])}">` },
};

let database: TestDatabase;
let folder: string;
let waypost: TestWaypost;

const start = (assetBaseUrl: string | undefined) =>
  startWaypost({ databaseUrl: database.url, waypost: { articles: { assetBaseUrl, shortcodes: SHORTCODES } } });

beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'waypost-assets-'));
  waypost = await start(`${BASE}/`);
  await mkdir(join(folder, 'posts/A Bundle/images'), { recursive: true });
  await writeFile(join(folder, 'posts/A Bundle/index.md'), BUNDLE);
  await writeFile(join(folder, 'posts/A Bundle/images/a b.png'), 'an image');
  await writeFile(join(folder, 'plain.md'), '---\ntitle: Plain\n---\n[A](a.pdf) and ![B](/b.png)\n');
  await waypost.app.get(ImportService).importFolder(folder);
});

afterAll(async () => {
  await waypost.close();
  await database.drop();
  await rm(folder, { recursive: true });
});

const BUNDLE = `---
title: Bundle
canonicalURL: no address
images: [cover.jpg, https://example.org/x.jpg]
---
![Cover](cover.jpg "C") ![A](<images/a b.png>) ![Up](../../../../up.jpg?w=1#x)

![Cover][c] [PDF](file.pdf) ![Else](https://example.org/x.jpg)

<img src="./raw.jpg" srcset="raw.jpg 1x, raw@2x.jpg 2x">

{{< figure src="figure.jpg" >}}

[c]: cover.jpg
`;

const read = async (path: string, fields: string) =>
  (await waypost.data(`query ($path: String) { article(path: $path) { ${fields} } }`, { path })).article;

describe('with a base of assets', () => {
  it('the images of an imported page bundle are served from the folder of the bundle', async () => {
    const { html } = await read('/posts/a-bundle', 'html');
    expect(html).toBe(
      `<p><img src="${AT}/cover.jpg" alt="Cover" title="C"> <img src="${AT}/images/a%20b.png" alt="A"> <img src="${BASE}/up.jpg?w=1#x" alt="Up"></p>
<p><img src="${AT}/cover.jpg" alt="Cover"> <a href="file.pdf">PDF</a> <img src="https://example.org/x.jpg" alt="Else"></p>
<img src="${AT}/raw.jpg" srcset="${AT}/raw.jpg 1x, ${AT}/raw@2x.jpg 2x">
<img src="${AT}/figure.jpg">
`,
    );
  });

  it('so are those of its Markdown', async () => {
    const { markdown, source } = await read('/posts/a-bundle', 'markdown source');
    expect(markdown).toBe(`![Cover](${AT}/cover.jpg "C") ![A](<${AT}/images/a%20b.png>) ![Up](${BASE}/up.jpg?w=1#x)

![Cover][c] [PDF](file.pdf) ![Else](https://example.org/x.jpg)

<img src="${AT}/raw.jpg" srcset="${AT}/raw.jpg 1x, ${AT}/raw@2x.jpg 2x">

<img src="${AT}/figure.jpg">

[c]: ${AT}/cover.jpg
`);
    expect(source).toContain('![Cover](cover.jpg "C")');
  });

  it('search engines are told of them, and a preview shows them', async () => {
    const { jsonLd, params } = await read('/posts/a-bundle', 'jsonLd params');
    expect(JSON.parse(jsonLd).image).toEqual([`${AT}/cover.jpg`, 'https://example.org/x.jpg']);
    expect(params.images[0]).toBe('cover.jpg');
    const { previewMarkdown } = await waypost.data(`{ previewMarkdown(source: "![A](a.jpg)", path: "p") { html } }`);
    expect(previewMarkdown.html).toBe(`<p><img src="${BASE}/p/a.jpg" alt="A"></p>\n`);
  });

  it('they follow their article to another path', async () => {
    await waypost.createArticle({ slug: 'moved', source: '![A](a.jpg)' });
    const before = await read('/moved', 'id revision contentUpdatedAt html');
    const input = { id: before.id, expectedRevision: before.revision, path: '/to/here' };
    await waypost.data(
      `mutation ($input: UpdateArticleInput!) { updateArticle(input: $input) { userErrors { code } } }`,
      { input },
    );
    const after = await read('/to/here', 'html contentUpdatedAt');
    expect(before.html).toContain(`src="${BASE}/moved/a.jpg"`);
    expect(after.html).toContain(`src="${BASE}/to/here/a.jpg"`);
    expect(after.contentUpdatedAt).not.toBe(before.contentUpdatedAt);
  });

  it('another base is told of as a changed setting, where readers see another page', async () => {
    const fields = 'html contentUpdatedAt contentChangeCause { kind key }';
    const plain = await read('/plain', fields);
    expect(plain.html).toBe('<p><a href="a.pdf">A</a> and <img src="/b.png" alt="B"></p>\n');
    await waypost.close();
    waypost = await start('/assets');
    const shown = () => read('/posts/a-bundle', fields);
    expect((await shown()).html).toContain('<img src="/assets/posts/a-bundle/cover.jpg" alt="Cover">');
    await expect
      .poll(shown, { timeout: 20_000 })
      .toMatchObject({ contentChangeCause: { kind: 'SETTINGS', key: 'assetBaseUrl' } });
    expect(await read('/plain', fields)).toEqual(plain);
    const { jsonLd } = await read('/posts/a-bundle', 'jsonLd');
    expect(JSON.parse(jsonLd).image[0]).toBe('https://waypost.test/assets/posts/a-bundle/cover.jpg');
  });
});
