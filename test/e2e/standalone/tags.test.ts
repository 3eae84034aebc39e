import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestApp } from '../../support/test-app.js';
import { startTestApp } from '../../support/test-app.js';

const RESULT = '{ tag { id slug name description } userErrors { code message field } }';
const ARTICLE = `{ tags { slug name } updatedAt contentUpdatedAt contentChangeCause { kind key } revision }`;

let waypost: TestApp;

beforeAll(async () => {
  waypost = await startTestApp({ redirects: false, background: false });
});

afterAll(() => waypost.close());

async function mutate(name: 'createTag' | 'updateTag' | 'mergeTags', input: object) {
  const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`;
  return (await waypost.data(`mutation ($input: ${type}!) { ${name}(input: $input) ${RESULT} }`, { input }))[name];
}

async function createTag(name: string): Promise<string> {
  const { tag, userErrors } = await mutate('createTag', { name });
  expect(userErrors).toEqual([]);
  return tag.id;
}

const readArticle = async (id: string) =>
  (await waypost.data(`query ($id: ID) { article(id: $id) ${ARTICLE} }`, { id })).article;

const syncToken = async (): Promise<string> => (await waypost.data('{ syncToken }', {}, null)).syncToken;

/** What a reader is told, in short. */
async function changesSince(since: string): Promise<string[]> {
  const query = `query ($since: String!) { changes(since: $since) { nodes { operation kind path slug } } }`;
  const { changes } = await waypost.data(query, { since }, null);
  return changes.nodes
    .map((one: Record<string, string>) => `${one['operation']} ${one['kind']} ${one['path'] ?? one['slug']}`)
    .sort();
}

describe('a tag', () => {
  it("is made, with a slug by Hugo's rule", async () => {
    const created = await mutate('createTag', { name: 'AWS Security & Co.', description: 'About it' });
    expect(created).toEqual({
      tag: {
        id: expect.any(String),
        slug: 'aws-security-co.',
        name: 'AWS Security & Co.',
        description: 'About it',
      },
      userErrors: [],
    });
    const again = await mutate('createTag', { name: 'aws security & co.' });
    expect(again).toMatchObject({ tag: null, userErrors: [{ code: 'TAG_EXISTS', field: 'input.name' }] });
  });

  it.each([
    ['createTag', { name: '' }, 'INVALID_IS_LENGTH', 'input.name'],
    ['createTag', { name: '???' }, 'TAG_NAME_INVALID', 'input.name'],
    ['updateTag', { id: 'x' }, 'TAG_NOT_FOUND', 'input.id'],
    ['updateTag', { id: '00000000-0000-4000-8000-000000000000', name: 'N' }, 'TAG_NOT_FOUND', 'input.id'],
    ['mergeTags', { from: [], into: '00000000-0000-4000-8000-000000000000' }, 'INVALID_ARRAY_MIN_SIZE', 'input.from'],
  ] as const)('is refused by %s %j with %s', async (name, input, code, field) => {
    expect(await mutate(name, input)).toMatchObject({ tag: null, userErrors: [{ code, field }] });
  });

  it('that is renamed takes its articles along, and is found by its former slug', async () => {
    const { id } = await waypost.createArticle({ slug: 'renamed', tags: ['Old Name'] });
    const before = await readArticle(id);
    const { tag } = await waypost.data('{ tag(slug: "old-name") { id } }');
    const since = await syncToken();
    const { tag: renamed } = await mutate('updateTag', { id: tag.id, name: 'New Name', description: 'Now' });
    expect(renamed).toEqual({ id: tag.id, slug: 'new-name', name: 'New Name', description: 'Now' });
    const after = await readArticle(id);
    expect(after).toMatchObject({
      tags: [{ slug: 'new-name', name: 'New Name' }],
      contentChangeCause: { kind: 'TAG', key: 'new-name' },
      revision: before.revision,
    });
    expect(after.contentUpdatedAt > before.contentUpdatedAt).toBe(true);
    expect(await changesSince(since)).toEqual(['UPSERT ARTICLE /renamed', 'UPSERT TAG new-name']);
    expect(await waypost.data('{ tag(slug: "old-name") { slug } }', {}, null)).toEqual({ tag: { slug: 'new-name' } });
    // A file that still says the old name means this tag.
    const other = await waypost.createArticle({ slug: 'late', tags: ['old name', 'New Name'] });
    expect((await readArticle(other.id)).tags).toEqual([{ slug: 'new-name', name: 'New Name' }]);
  });

  it('keeps its slug where only the description changes, and moves no article', async () => {
    const { id } = await waypost.createArticle({ slug: 'described', tags: ['Described'] });
    const before = await readArticle(id);
    const { tag } = await waypost.data('{ tag(slug: "described") { id } }');
    expect(await mutate('updateTag', { id: tag.id, description: 'About' })).toMatchObject({
      tag: { slug: 'described', description: 'About' },
    });
    expect(await readArticle(id)).toEqual(before);
  });

  it('cannot be given a name that another has', async () => {
    await createTag('Taken');
    const id = await createTag('Free');
    expect(await mutate('updateTag', { id, name: 'taken' })).toMatchObject({
      tag: null,
      userErrors: [{ code: 'TAG_EXISTS', message: expect.stringContaining('mergeTags') }],
    });
    const answers = await Promise.all(
      ['race x', 'race y', 'race z'].map(async (name) =>
        mutate('updateTag', { id: await createTag(name), name: 'Wanted' }),
      ),
    );
    expect(answers.filter(({ tag }) => tag)).toHaveLength(1);
  });

  it('that is merged gives its articles to the one that stays, and the feed says so', async () => {
    const both = await waypost.createArticle({ slug: 'both', tags: ['x1', 'Stays', 'x2', 'z'] });
    const one = await waypost.createArticle({ slug: 'one', tags: ['a', 'x1', 'x2', 'z'] });
    const none = await waypost.createArticle({ slug: 'none', tags: ['Stays'] });
    const before = await readArticle(none.id);
    const { x1, x2, stays } = await waypost.data(
      '{ x1: tag(slug: "x1") { id } x2: tag(slug: "x2") { id } stays: tag(slug: "stays") { id } }',
    );
    const since = await syncToken();
    expect(await mutate('mergeTags', { from: [x1.id, x2.id], into: stays.id })).toMatchObject({
      tag: { slug: 'stays' },
      userErrors: [],
    });
    const slugs = async (id: string) => (await readArticle(id)).tags.map((tag: { slug: string }) => tag.slug);
    expect(await slugs(both.id)).toEqual(['stays', 'z']);
    expect(await slugs(one.id)).toEqual(['a', 'stays', 'z']);
    expect((await readArticle(one.id)).contentChangeCause).toEqual({ kind: 'TAG', key: 'stays' });
    expect(await readArticle(none.id)).toEqual(before);
    expect(await changesSince(since)).toEqual([
      'DELETE TAG x1',
      'DELETE TAG x2',
      'UPSERT ARTICLE /both',
      'UPSERT ARTICLE /one',
      // Other slugs lead to it now.
      'UPSERT TAG stays',
    ]);
    expect(await waypost.data('{ tag(slug: "x2") { slug } }')).toEqual({ tag: { slug: 'stays' } });
  });

  it('that cannot be merged is named by its place, whatever the case of the digits of its id', async () => {
    const { tag: here } = await mutate('createTag', { name: 'Merged here' });
    const { tag: gone } = await mutate('createTag', { name: 'Merged away' });
    const from = [gone.id.toUpperCase(), 'x', '00000000-0000-4000-8000-000000000000', here.id];
    const { tag, userErrors } = await mutate('mergeTags', { from, into: here.id.toUpperCase() });
    expect(tag).toBeNull();
    expect(userErrors).toMatchObject([
      { code: 'TAG_NOT_FOUND', field: 'input.from.1', message: expect.stringContaining('"x"') },
      { code: 'TAG_NOT_FOUND', field: 'input.from.2', message: expect.stringContaining('-8000-') },
      { code: 'MERGE_INTO_ITSELF', field: 'input.from.3' },
    ]);
    expect(await mutate('mergeTags', { from: [gone.id], into: 'y' })).toMatchObject({
      userErrors: [{ code: 'TAG_NOT_FOUND', field: 'input.into', message: expect.stringContaining('"y"') }],
    });
    expect(await mutate('mergeTags', { from: from.slice(0, 1), into: here.id })).toMatchObject({ userErrors: [] });
  });

  it('that is deleted leaves its articles', async () => {
    const { id } = await waypost.createArticle({ slug: 'untagged', tags: ['Doomed', 'Kept'] });
    const { tag } = await waypost.data('{ tag(slug: "doomed") { id } }');
    const since = await syncToken();
    const remove = `mutation ($id: ID!) { deleteTag(input: { id: $id }) { deletedId userErrors { code } } }`;
    expect(await waypost.data(remove, { id: tag.id })).toEqual({ deleteTag: { deletedId: tag.id, userErrors: [] } });
    expect(await readArticle(id)).toMatchObject({
      tags: [{ slug: 'kept' }],
      contentChangeCause: { kind: 'TAG', key: 'doomed' },
    });
    expect(await changesSince(since)).toEqual(['DELETE TAG doomed', 'UPSERT ARTICLE /untagged']);
    expect(await waypost.data(remove, { id: tag.id })).toEqual({
      deleteTag: { deletedId: null, userErrors: [{ code: 'TAG_NOT_FOUND' }] },
    });
  });
});
