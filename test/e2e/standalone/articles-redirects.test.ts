import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN_TOKEN, startTestApp } from '../../support/test-app.js';
import type { TestApp } from '../../support/test-app.js';

let waypost: TestApp;

beforeAll(async () => {
  waypost = await startTestApp({ redirects: false, background: false });
});

afterAll(() => waypost.close());

async function update(id: string, changes: object): Promise<void> {
  const { revision } = (await waypost.data(`query ($id: ID) { article(id: $id) { revision } }`, { id })).article;
  const { updateArticle } = await waypost.data(
    `mutation ($input: UpdateArticleInput!) { updateArticle(input: $input) { userErrors { code message } } }`,
    { input: { id, expectedRevision: revision, ...changes } },
  );
  expect(updateArticle.userErrors).toEqual([]);
}

/** As a reader, unless a token is given. */
const find = async (address: object, token: string | null = null) =>
  (
    await waypost.data(
      `query ($path: String, $slug: String, $locale: String) {
         article(path: $path, slug: $slug, locale: $locale) { path slug movedFrom } }`,
      address,
      token,
    )
  ).article;

async function redirects(): Promise<Record<string, string>> {
  const { articleRedirects } = await waypost.data(
    `{ articleRedirects(first: 100) { totalCount nodes { fromPath toPath locale article { path } } } }`,
    {},
    null,
  );
  expect(articleRedirects.totalCount).toBe(articleRedirects.nodes.length);
  const pairs = articleRedirects.nodes.map((node: { fromPath: string; toPath: string; article: { path: string } }) => {
    expect(node.article.path).toBe(node.toPath);
    return [node.fromPath, node.toPath] as const;
  });
  return Object.fromEntries(pairs);
}

describe('an article that moved', () => {
  it('is found by every path and slug it had, and says so', async () => {
    const { id } = await waypost.createArticle({ slug: 'first', path: '/a/first' });
    await update(id, { path: '/a/second' });
    await update(id, { path: '/b/third', slug: 'other' });
    const now = { path: '/b/third', slug: 'other' };
    expect(await find({ path: '/b/third' })).toEqual({ ...now, movedFrom: null });
    expect(await find({ path: 'a/first/' })).toEqual({ ...now, movedFrom: '/a/first' });
    expect(await find({ path: '/a/second' })).toEqual({ ...now, movedFrom: '/a/second' });
    expect(await find({ slug: 'second' })).toEqual({ ...now, movedFrom: 'second' });
    expect(await redirects()).toMatchObject({ '/a/first': '/b/third', '/a/second': '/b/third' });
    await update(id, { path: '/a/first', slug: 'first' });
    expect(await find({ path: '/a/first' })).toEqual({ path: '/a/first', slug: 'first', movedFrom: null });
    expect(await redirects()).toMatchObject({ '/a/second': '/a/first', '/b/third': '/a/first' });
  });

  it('leaves its path to whoever comes after it, for as long as that one is there', async () => {
    const { id } = await waypost.createArticle({ slug: 'left' });
    await update(id, { path: '/left-for' });
    const next = await waypost.createArticle({ slug: 'left' });
    expect(await find({ path: '/left' })).toMatchObject({ path: '/left', movedFrom: null });
    expect(await redirects()).not.toHaveProperty('/left');
    await update(next.id, { path: '/left-too' });
    expect(await find({ path: '/left' })).toMatchObject({ path: '/left-too', movedFrom: '/left' });
    expect(await redirects()).toMatchObject({ '/left': '/left-too' });
    await update(next.id, { status: 'ARCHIVED' });
    expect(await find({ path: '/left' })).toMatchObject({ path: '/left-for', movedFrom: '/left' });
    expect(await redirects()).toMatchObject({ '/left': '/left-for' });
  });

  it('as a draft tells readers nothing of where it was', async () => {
    const { id } = await waypost.createArticle({ slug: 'secret-launch', status: 'DRAFT' });
    await update(id, { path: '/launch' });
    await update(id, { status: 'PUBLISHED' });
    expect(await find({ path: '/secret-launch' })).toBeNull();
    expect(await find({ slug: 'secret-launch' })).toBeNull();
    expect(await find({ path: '/secret-launch' }, ADMIN_TOKEN)).toMatchObject({ movedFrom: '/secret-launch' });
    expect(await redirects()).not.toHaveProperty('/secret-launch');
  });

  it('is not found any more once it is withdrawn or deleted', async () => {
    const { id } = await waypost.createArticle({ slug: 'withdrawn' });
    await update(id, { path: '/withdrawn-2' });
    await update(id, { status: 'DRAFT' });
    expect(await find({ path: '/withdrawn' })).toBeNull();
    await waypost.data(`mutation ($id: ID!) { deleteArticle(input: { id: $id }) { deletedId } }`, { id });
    expect(await find({ path: '/withdrawn' }, ADMIN_TOKEN)).toBeNull();
  });

  it('is found in the language that is asked for', async () => {
    const english = await waypost.createArticle({ slug: 'both', path: '/both' });
    const german = await waypost.createArticle({ slug: 'both', path: '/both', locale: 'de' });
    await update(english.id, { path: '/both-en' });
    await update(german.id, { path: '/both-de' });
    expect(await find({ path: '/both' })).toMatchObject({ path: '/both-en' });
    expect(await find({ path: '/both', locale: 'de' })).toMatchObject({ path: '/both-de' });
  });
});
