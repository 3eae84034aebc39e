import { describe, expect, it } from 'vitest';
import { readArticleFile } from './read-article-file.js';

const read = (frontMatter: string) =>
  readArticleFile('posts/name.md', Buffer.from(`+++\ntitle = 'T'\n${frontMatter}\n+++\n`), { defaultLocale: 'en' });

describe('the slug of a file', () => {
  it.each(['my-slug', 'Größe', 'a.b_c', '50%25', 'C++'])('stays as it is: %s', (slug) => {
    expect(read(`slug = '${slug}'`)).toMatchObject({ draft: { slug }, diagnostics: [] });
  });

  it.each([
    ['../../x', 'x'],
    ['a/b', 'b'],
    ['My Post', 'my-post'],
    ['a?b', 'ab'],
    ['Wie groß?', 'wie-groß'],
    ['%FF x', '%ff-x'],
    ['..', 'name'],
    ['../..', 'name'],
    ['/', 'posts'],
    ['? ?', '-'],
  ])('%j, which is no last part of an address, is told of; %s is kept', (slug, kept) => {
    const { draft, diagnostics } = read(`slug = '${slug}'`);
    expect(draft).toMatchObject({ slug: kept, path: '/posts/name' });
    expect(diagnostics).toMatchObject([
      { severity: 'warning', code: 'SLUG_INVALID', message: expect.stringContaining(slug), line: 3, column: 1 },
    ]);
  });
});

describe('the dates of a file', () => {
  it.each([
    ['date = 2025-01-01\nexpiryDate = 2025-01-02', []],
    ['expiryDate = 2025-01-02', []],
    ['date = 2025-01-01\nexpiryDate = 2025-01-01', [{ code: 'SCHEDULE_EMPTY', line: 4, column: 1 }]],
    ['expiryDate = 2024-01-01\npublishDate = 2025-01-01', [{ code: 'SCHEDULE_EMPTY', line: 3, column: 1 }]],
  ])('%j', (dates, problems) => {
    const { draft, diagnostics } = read(dates);
    expect(draft?.expiresAt).toBeInstanceOf(Date);
    expect(diagnostics).toMatchObject(problems);
    expect(diagnostics).toHaveLength(problems.length);
  });
});
