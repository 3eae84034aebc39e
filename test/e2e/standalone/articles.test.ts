import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestApp } from '../../support/test-app.js';
import { ADMIN_TOKEN, PUBLIC_URL, startTestApp } from '../../support/test-app.js';

const CREATE_ARTICLE = `mutation ($input: CreateArticleInput!) {
  createArticle(input: $input) { article { id path slug revision status } userErrors { code message field } }
}`;
const CREATE_PARTNER = `mutation ($input: CreateAffiliatePartnerInput!) {
  createAffiliatePartner(input: $input) {
    affiliatePartner { key network destinationUrl revision status } userErrors { code message field }
  }
}`;

const idOf = (path: string, key: string, number: string): string =>
  createHash('sha256').update(`${path}\n${key}\n${number}`).digest('hex').slice(0, 12);

let waypost: TestApp;

beforeAll(async () => {
  waypost = await startTestApp();
  for (const key of ['course', 'vpn']) {
    await waypost.data(CREATE_PARTNER, {
      input: { key, name: `The ${key}`, destinationUrl: `https://${key}.example/`, disclosure: `${key} pays us.` },
    });
  }
});

afterAll(() => waypost.close());

async function publish(slug: string, source: string, more: object = {}): Promise<{ id: string; path: string }> {
  const input = { slug, title: slug, source, status: 'PUBLISHED', ...more };
  const { createArticle } = await waypost.data(CREATE_ARTICLE, { input });
  expect(createArticle.userErrors).toEqual([]);
  return createArticle.article;
}

const read = async (slug: string, fields: string, token: string | null = null) =>
  (await waypost.data(`query ($slug: String!) { article(slug: $slug) { ${fields} } }`, { slug }, token)).article;

describe('an article', () => {
  it('shows its calls as tracked links', async () => {
    await publish('links', 'See {{< aff "course" "the course" >}} and {{< aff "vpn" "hero" "the VPN" >}}.');
    const href = (key: string, number: string) => `${PUBLIC_URL}/go/${key}/${idOf('/links', key, number)}`;
    const rel = 'rel="sponsored nofollow noopener"';
    const article = await read('links', 'html disclosure placements { id partnerKey text href line column }');
    expect(article.html).toBe(
      `<p>See <a href="${href('course', '1')}" ${rel}>the course</a> and <a href="${href('vpn', '@hero')}" ${rel}>the VPN</a>.</p>\n`,
    );
    expect(article.disclosure).toBe('course pays us. vpn pays us.');
    expect(article.placements).toEqual([
      {
        id: idOf('/links', 'course', '1'),
        partnerKey: 'course',
        text: 'the course',
        href: href('course', '1'),
        line: 1,
        column: 5,
      },
      {
        id: idOf('/links', 'vpn', '@hero'),
        partnerKey: 'vpn',
        text: 'the VPN',
        href: href('vpn', '@hero'),
        line: 1,
        column: 43,
      },
    ]);
  });

  it('leaves the text of an unknown partner without a link, and says where', async () => {
    await publish('unknown', 'First.\n\nSee {{< aff "nobody" "this" >}}.');
    const article = await read('unknown', 'html diagnostics { severity code message line column }');
    expect(article.html).toBe('<p>First.</p>\n<p>See this.</p>\n');
    expect(article.diagnostics).toEqual([
      {
        severity: 'ERROR',
        code: 'PARTNER_KEY_UNKNOWN',
        message: expect.stringContaining('"nobody"'),
        line: 3,
        column: 5,
      },
    ]);
  });

  it('with a broken shortcode is saved, and says where', async () => {
    await publish('broken', 'Text\n\n{{< aff "course >}}\n\nMore');
    const article = await read('broken', 'html diagnostics { severity line }');
    expect(article.diagnostics).toEqual([{ severity: 'ERROR', line: 3 }]);
  });

  it('gives the Markdown with its calls resolved', async () => {
    await publish('markdown', '# Hi\n\n{{< aff "course" "Go" >}}\n');
    const id = idOf('/markdown', 'course', '1');
    expect(await read('markdown', 'markdown source')).toEqual({
      markdown: `# Hi\n\n<a href="${PUBLIC_URL}/go/course/${id}" rel="sponsored nofollow noopener">Go</a>\n`,
      source: '# Hi\n\n{{< aff "course" "Go" >}}\n',
    });
  });

  it('follows a partner that is paused, and one that is resumed', async () => {
    await publish('pause', '{{< aff "vpn" "Deal" >}} {{% aff "vpn" "Deal" %}}');
    const set = (mutation: string) => waypost.data(`mutation { ${mutation}(key: "vpn") { userErrors { code } } }`);
    await set('pauseAffiliatePartner');
    expect((await read('pause', 'html')).html).toBe('<p>Deal Deal</p>\n');
    expect((await read('pause', 'placements { status }', ADMIN_TOKEN)).placements).toEqual([
      { status: 'PAUSED' },
      { status: 'PAUSED' },
    ]);
    await set('resumeAffiliatePartner');
    expect((await read('pause', 'html')).html.match(/<a /g)).toHaveLength(2);
  });

  it.each([
    ['a draft', { status: 'DRAFT' }],
    ['one that is scheduled', { status: 'SCHEDULED', publishedAt: '2999-01-01T00:00:00Z' }],
    ['one that has expired', { expiresAt: '2020-01-01T00:00:00Z' }],
    ['one that is archived', { status: 'ARCHIVED' }],
  ])('is hidden from anonymous callers while it is %s', async (name, more) => {
    const slug = `hidden-${name.replaceAll(' ', '-')}`;
    await publish(slug, 'Secret', { ...more, tags: [slug] });
    expect(await read(slug, 'title')).toBeNull();
    expect(await read(slug, 'title', ADMIN_TOKEN)).toEqual({ title: slug });
    const list = await waypost.data(
      `query ($slug: String!) { articles(filter: { slug: { eq: $slug } }) { totalCount nodes { slug } } tag(slug: $slug) { slug } }`,
      { slug },
      null,
    );
    expect(list).toEqual({ articles: { totalCount: 0, nodes: [] }, tag: null });
  });

  it('is refused at a path that is taken', async () => {
    await publish('taken', 'One');
    const { createArticle } = await waypost.data(CREATE_ARTICLE, {
      input: { slug: 'taken', title: 'T', source: 'Two' },
    });
    expect(createArticle).toEqual({
      article: null,
      userErrors: [{ code: 'PATH_TAKEN', message: expect.stringContaining('"/taken"'), field: 'input.slug' }],
    });
  });

  it.each([
    [{ title: 'a\0b' }, 'TEXT_NOT_STORABLE', 'input.title'],
    [{ source: 'half \ud83d' }, 'TEXT_NOT_STORABLE', 'input.source'],
    [{ params: { list: [{ a: '\0' }] } }, 'TEXT_NOT_STORABLE', 'input.params.list.0.a'],
    [{ tags: ['fine', '😀'] }, 'TAG_NAME_INVALID', 'input.tags.1'],
    [{ path: '/a/../b' }, 'PATH_INVALID', 'input.path'],
    [{ slug: '..' }, 'SLUG_INVALID', 'input.slug'],
    [{ status: 'SCHEDULED' }, 'PUBLISHED_AT_REQUIRED', 'input.publishedAt'],
    [{ title: ' \u200b\u00a0' }, 'TITLE_EMPTY', 'input.title'],
    [{ title: '' }, 'INVALID_IS_LENGTH', 'input.title'],
    [{ publishedAt: '2999-01-02T00:00:00Z', expiresAt: '2999-01-01T00:00:00Z' }, 'SCHEDULE_EMPTY', 'input.expiresAt'],
    [{ publishedAt: '2020-01-01T00:00:00Z', expiresAt: '2020-01-01T00:00:00Z' }, 'SCHEDULE_EMPTY', 'input.expiresAt'],
  ])('is refused with %j by %s', async (wrong, code, field) => {
    const input = { path: '/wrong', title: 'T', source: 'S', ...wrong };
    const { createArticle } = await waypost.data(CREATE_ARTICLE, { input });
    expect(createArticle).toMatchObject({ article: null, userErrors: [{ code, field }] });
  });

  it('is not published by scheduling it without a moment ahead', async () => {
    const { id } = await publish('back', 'Out', { publishedAt: '2020-01-01T00:00:00Z' });
    const update = async (input: object) =>
      (
        await waypost.data(
          `mutation ($input: UpdateArticleInput!) {
            updateArticle(input: $input) { article { status } userErrors { code field } }
          }`,
          { input: { id, ...input } },
        )
      ).updateArticle;
    await update({ expectedRevision: 1, status: 'ARCHIVED' });
    expect(await update({ expectedRevision: 2, status: 'SCHEDULED' })).toMatchObject({
      userErrors: [{ code: 'PUBLISHED_AT_REQUIRED', field: 'input.publishedAt' }],
    });
    expect(await update({ expectedRevision: 2, status: 'SCHEDULED', publishedAt: '2999-01-01T00:00:00Z' })).toEqual({
      article: { status: 'SCHEDULED' },
      userErrors: [],
    });
  });

  it('is never given dates between which nobody would see it, but ends at once where it is out', async () => {
    const { id } = await publish('between', 'Out', { status: 'SCHEDULED', publishedAt: '2999-01-01T00:00:00Z' });
    let revision = 0;
    const update = async (changes: object) => {
      revision = (await read('between', 'revision', ADMIN_TOKEN)).revision;
      const { updateArticle } = await waypost.data(
        `mutation ($input: UpdateArticleInput!) {
          updateArticle(input: $input) { article { status } userErrors { code message field } }
        }`,
        { input: { id, expectedRevision: revision, ...changes } },
      );
      return updateArticle.userErrors[0] ?? updateArticle.article.status;
    };
    const refusal = {
      code: 'SCHEDULE_EMPTY',
      message: expect.stringContaining('Write a later'),
      field: 'input.expiresAt',
    };
    expect(await update({ expiresAt: '2998-01-01T00:00:00Z' })).toEqual(refusal);
    expect(await update({ publishedAt: null })).toBe('PUBLISHED');
    expect(await update({ expiresAt: '2020-01-01T00:00:00Z' })).toBe('EXPIRED');
    expect(await update({ title: 'Still' })).toBe('EXPIRED');
    expect(await update({ publishedAt: '2020-02-01T00:00:00Z' })).toEqual(refusal);
    expect(await update({ publishedAt: '2020-02-01T00:00:00Z', expiresAt: null })).toBe('PUBLISHED');
    expect(await update({ status: 'DRAFT' })).toBe('DRAFT');
    expect(await update({ expiresAt: '2020-01-01T00:00:00Z' })).toEqual(refusal);
  });

  it('is made once when two callers make it at the same moment', async () => {
    const input = { slug: 'race', title: 'T', source: 'S' };
    const answers = await Promise.all([1, 2, 3, 4].map(() => waypost.data(CREATE_ARTICLE, { input })));
    expect(answers.filter(({ createArticle }) => createArticle.article)).toHaveLength(1);
  });

  it('by a slug that two share is an error that lists the paths', async () => {
    await publish('twin', 'A', { path: '/a/twin' });
    await publish('twin', 'B', { path: '/b/twin' });
    const { errors } = await waypost.query(`{ article(slug: "twin") { id } }`, {}, null);
    expect(errors?.[0]).toMatchObject({
      extensions: { code: 'ARTICLE_SLUG_AMBIGUOUS' },
      message: expect.stringContaining('/a/twin, /b/twin'),
    });
    expect(await waypost.data(`{ article(path: "b/twin/") { path } }`, {}, null)).toEqual({
      article: { path: '/b/twin' },
    });
  });

  it('keeps its placement ids when it is edited and moved', async () => {
    const { id } = await publish('moving', '{{< aff "course" "one" >}}\n\n{{< aff "course" "two" >}}');
    const update = await waypost.data(
      `mutation ($input: UpdateArticleInput!) { updateArticle(input: $input) {
        article { path placements { id text } } userErrors { code } } }`,
      {
        input: {
          id,
          expectedRevision: 1,
          path: '/moved',
          source: '{{< aff "course" "new" >}} {{< aff "course" "two" >}}\n\n{{< aff "course" "one" >}}',
        },
      },
    );
    expect(update.updateArticle).toEqual({
      userErrors: [],
      article: {
        path: '/moved',
        placements: [
          { id: idOf('/moving', 'course', '3'), text: 'new' },
          { id: idOf('/moving', 'course', '2'), text: 'two' },
          { id: idOf('/moving', 'course', '1'), text: 'one' },
        ],
      },
    });
  });

  it('is not changed by somebody who read an older revision, who is given the current one', async () => {
    const { id } = await publish('conflict', 'One');
    const update = `mutation ($input: UpdateArticleInput!) {
      updateArticle(input: $input) { article { revision source } userErrors { code field } } }`;
    await waypost.data(update, { input: { id, expectedRevision: 1, source: 'Two' } });
    const { updateArticle } = await waypost.data(update, { input: { id, expectedRevision: 1, source: 'Three' } });
    expect(updateArticle).toEqual({
      article: { revision: 2, source: 'Two' },
      userErrors: [{ code: 'REVISION_CONFLICT', field: 'input.expectedRevision' }],
    });
    expect(await read('conflict', 'source revision')).toEqual({ source: 'Two', revision: 2 });
  });

  it.each([
    ['is not deleted by somebody who names an older revision', { expectedRevision: 1 }, 'REVISION_CONFLICT'],
    ['is deleted by somebody who names the current one', { expectedRevision: 2 }, undefined],
    ['is deleted by its id alone', {}, undefined],
  ])('%s', async (name, revision, code) => {
    const slug = name.replaceAll(' ', '-');
    const { id } = await publish(slug, 'One');
    const update = `mutation ($input: UpdateArticleInput!) { updateArticle(input: $input) { userErrors { code } } }`;
    await waypost.data(update, { input: { id, expectedRevision: 1, source: 'Two' } });
    const { deleteArticle } = await waypost.data(
      `mutation ($input: DeleteArticleInput!) { deleteArticle(input: $input) { deletedId userErrors { code field } } }`,
      { input: { id, ...revision } },
    );
    expect(deleteArticle).toEqual({
      deletedId: code === undefined ? id : null,
      userErrors: code === undefined ? [] : [{ code, field: 'input.expectedRevision' }],
    });
    expect(await read(slug, 'source')).toEqual(code === undefined ? null : { source: 'Two' });
  });

  it('moves no timestamp and no revision by a save that changes nothing', async () => {
    const { id } = await publish('still', 'Same', { tags: ['A Tag'], params: { b: 1, a: [2] } });
    const fields = 'revision createdAt updatedAt contentUpdatedAt publishedAt firstPublishedAt';
    const before = await read('still', fields);
    const { updateArticle } = await waypost.data(
      `mutation ($input: UpdateArticleInput!) { updateArticle(input: $input) { article { ${fields} } userErrors { code } } }`,
      { input: { id, expectedRevision: 1, source: 'Same', tags: ['a tag'], params: { a: [2], b: 1 } } },
    );
    expect(updateArticle.article).toEqual(before);
  });
});
