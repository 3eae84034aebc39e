import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WAYPOST_DATA_SOURCE } from '../../../src/database/database.module.js';
import { countStatements } from '../../support/count-statements.js';
import { ADMIN_TOKEN, startTestApp } from '../../support/test-app.js';
import type { TestApp } from '../../support/test-app.js';

const SEARCH = `query ($query: String!, $first: Int, $after: String, $filter: ArticleFilter) {
  searchArticles(query: $query, first: $first, after: $after, filter: $filter) {
    totalCount nodes { rank titleHtml snippetHtml article { path } } pageInfo { hasNextPage endCursor } } }`;

let waypost: TestApp;

beforeAll(async () => {
  waypost = await startTestApp({ redirects: false, background: false });
  const filler = 'Some words that nobody looks for. '.repeat(20);
  for (const article of [
    { slug: 'in-title', title: 'Incident response', source: filler },
    { slug: 'in-description', title: 'A', description: 'Handbook of incident response', source: filler },
    { slug: 'in-text', title: 'B', source: `${filler}\n\nThe *response* to **incidents**.\n\n${filler}` },
    { slug: 'draft', title: 'Incident response in secret', source: filler, status: 'DRAFT' },
    { slug: 'de', title: 'Über Häuser', source: 'Viele Häuser und ein Garten.', locale: 'de' },
    { slug: 'in-link', title: 'C', source: 'See {{< aff "nobody" "the zebra course" >}} here.' },
    { slug: 'code', title: '<b>Bold</b> & giraffe', source: 'A giraffe: `<script>alert(1)</script>` giraffe & more' },
  ]) {
    await waypost.createArticle(article);
  }
});

afterAll(() => waypost.close());

async function search(query: string, more: object = {}, token: string | null = null) {
  return (await waypost.data(SEARCH, { query, ...more }, token)).searchArticles;
}

const paths = async (query: string, more: object = {}, token: string | null = null): Promise<string[]> =>
  (await search(query, more, token)).nodes.map((match: { article: { path: string } }) => match.article.path);

describe('a search', () => {
  it('ranks the title before the description, and that before the text, in any form of the words', async () => {
    const expected = ['/in-title', '/in-description', '/in-text'];
    expect(await paths('incident responses')).toEqual(expected);
    expect(await paths('incident responses', {}, ADMIN_TOKEN)).toContain('/draft');
    expect((await search('incident responses')).totalCount).toBe(3);
  });

  it.each([
    ['a phrase', '"incident response"', ['/in-title', '/in-description']],
    ['what is not to be there', 'incident -handbook', ['/in-title', '/in-text']],
    ['either word', 'zebra or giraffe', ['/code', '/in-link']],
    ['the language of the article', 'Haus', ['/de']],
    ['the text of a link', 'zebra course', ['/in-link']],
    ['nothing but noise', 'the of', []],
    ['nothing', '', []],
    ['anything at all', `!!! & | ( ' " \\`, []],
  ])('understands %s', async (_what, query, expected) => {
    expect((await paths(query)).sort()).toEqual([...expected].sort());
  });

  it('marks the matches in HTML that is safe', async () => {
    const { nodes } = await search('giraffe');
    expect(nodes[0]).toMatchObject({
      titleHtml: '&lt;b&gt;Bold&lt;/b&gt; &amp; <mark>giraffe</mark>',
      // What looks like a tag in a text is left out of the passages.
      snippetHtml: '<mark>giraffe</mark>:  alert(1)  <mark>giraffe</mark> &amp; more',
    });
    const [, , inText] = (await search('incident responses')).nodes;
    expect(inText.snippetHtml).toContain('<mark>response</mark> to <mark>incidents</mark>');
    expect(inText.snippetHtml.length).toBeLessThan(600);
  });

  it('is paged, and filtered', async () => {
    const first = await search('incident', { first: 2 });
    expect(first.pageInfo.hasNextPage).toBe(true);
    expect(await paths('incident', { first: 2, after: first.pageInfo.endCursor })).toEqual(['/in-text']);
    expect(await paths('incident', { filter: { slug: { startsWith: 'in-t' } } })).toEqual(['/in-title', '/in-text']);
  });

  it('is a filter of lists too', async () => {
    const query = `query ($search: String) { articles(filter: { search: $search }, orderBy: [{ field: PATH }]) { nodes { path } } }`;
    const { articles } = await waypost.data(query, { search: 'incidents' }, null);
    expect(articles.nodes).toEqual([{ path: '/in-description' }, { path: '/in-text' }, { path: '/in-title' }]);
    const { errors } = await waypost.query(query, { search: 'x'.repeat(501) }, null);
    expect(errors?.[0]?.extensions.code).toBe('BAD_ARGUMENT');
  });

  it('follows an edit, one by hand in the database too, and a deletion', async () => {
    const { id } = await waypost.createArticle({ slug: 'edited', source: 'About okapis.' });
    const update = `mutation ($input: UpdateArticleInput!) { updateArticle(input: $input) { userErrors { code } } }`;
    await waypost.data(update, { input: { id, expectedRevision: 1, source: 'About quaggas.' } });
    expect(await paths('okapi')).toEqual([]);
    expect(await paths('quagga')).toEqual(['/edited']);
    await waypost.app
      .get<DataSource>(WAYPOST_DATA_SOURCE)
      .query(`UPDATE waypost.articles SET title = 'Dodos' WHERE id = $1`, [id]);
    expect(await paths('dodo')).toEqual(['/edited']);
    await waypost.data(`mutation ($id: ID!) { deleteArticle(input: { id: $id }) { deletedId } }`, { id });
    expect(await paths('quagga')).toEqual([]);
  });

  it('asks the database once, however much it finds', async () => {
    expect(await countStatements(() => search('incident', { first: 1 }))).toBe(
      await countStatements(() => search('incident', { first: 50 })),
    );
  });

  it('takes texts that are larger than an index can hold', async () => {
    const words = Array.from({ length: 60_000 }, (_word, index) => `w${index.toString(36)}`).join(' ');
    await waypost.createArticle({ slug: 'large', source: `armadillo ${words}` });
    expect(await paths('armadillo')).toEqual(['/large']);
  });
});
