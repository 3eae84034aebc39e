import { describe, expect, it } from 'vitest';
import { permalinkOf, termPath, termSlug, termsOf } from './hugo-url.js';

describe('permalinkOf', () => {
  it.each([
    ['content/posts/my-post.md', '/posts/my-post/'],
    ['posts/My Post.md', '/posts/my-post/'],
    ['a.md', '/a/'],
    ['index.md', '/'],
    ['posts/bundle/index.md', '/posts/bundle/'],
    ['posts/_index.md', '/posts/'],
    ['posts/x.y.md', '/posts/x.y/'],
    ['posts/x.en.md', '/posts/x.en/'],
    ['Über/ß.md', '/%C3%BCber/%C3%9F/'],
    ['posts/a&b +c.md', '/posts/ab-+c/'],
    ['posts/🎓.md', undefined],
  ])('of the file %s', (filename, path) => {
    expect(permalinkOf({ filename })).toBe(path);
  });

  it('drops the code of a language that the site has', () => {
    expect(permalinkOf({ filename: 'posts/x.en.md', languages: ['de', 'en'] })).toBe('/posts/x/');
  });

  it.each([
    ['My Slug', '/posts/my-slug/'],
    ['a/b', '/posts/a/b/'],
    ['../x', '/x/'],
    [' a b ', '/posts/-a-b-/'],
    ['a - b', '/posts/a-b/'],
    ['a--b', '/posts/a--b/'],
    ["A&B's?", '/posts/abs/'],
    ['a%20b', '/posts/a%20b/'],
    ['a%zz', '/posts/azz/'],
    ['a\\b', '/posts/a%5Cb/'],
    ['a#b', '/posts/a#b/'],
    ['a.html', '/posts/a.html/'],
    ['index', '/posts/'],
    ['İΣ推', '/posts/i%CF%83%E6%8E%A8/'],
    ['&', undefined],
  ])('of the slug %j', (slug, path) => {
    expect(permalinkOf({ filename: 'posts/x.md', slug })).toBe(path);
    expect(permalinkOf({ filename: 'posts/x/index.md', slug })).toBe(path);
  });

  it.each([
    ['/a/b', '/a/b/'],
    ['a/b', '/a/b/'],
    ['/a/b.html', '/a/b.html'],
    ['/a/index.html', '/a/index.html/'],
    ['/a.b/c/', '/a.b/c/'],
    ['/A B/', '/A%20B/'],
    ['/a//b/../c/', '/a/c/'],
    ['./a/', '/a/'],
    ['//e.org/x', '/e.org/x'],
    ['/a?b=c d', '/a?b=c d/'],
    ['/é?ü=ö#ä', '/%C3%A9?ü=ö#%C3%A4/'],
    ["/a'b(c)!", "/a'b(c)!/"],
    ["/a'b (c)!", '/a%27b%20%28c%29%21/'],
    ['/a%2Fb', '/a%2Fb/'],
    ['/a%2Fb c', '/a/b%20c/'],
    ['/a%zz', '/a%25zz/'],
    ['/a%ff b', '/a%25ff%20b/'],
    ['/', '/'],
  ])('of the url %j', (url, path) => {
    expect(permalinkOf({ filename: 'posts/x.md', slug: 'ignored', url })).toBe(path);
  });
});

describe('termSlug', () => {
  it.each([
    ['A B', 'a-b'],
    [' a ', 'a'],
    ['C++ & C#', 'c++-c#'],
    ['.NET', '.net'],
    ['a_b~c@d', 'a_b~c@d'],
    ['a, b', 'a-b'],
    ['a/b/../c/', 'a/c'],
    ['/a', 'a'],
    ['Ünï', 'ünï'],
    ['推荐', '推荐'],
    ['🎓', ''],
    ['...', ''],
    ['../x', ''],
    ['½²Ⅷ٣', '٣'],
    ['', ''],
  ])('of %j', (name, slug) => {
    expect(termSlug(name)).toBe(slug);
  });
});

describe('termsOf', () => {
  it('has one term for all spellings of a slug, the last of them', () => {
    expect(termsOf(['b', 'A B', 'c', 'a-b', '🎓'])).toEqual([
      { slug: 'b', title: 'b' },
      { slug: 'c', title: 'c' },
      { slug: 'a-b', title: 'a-b' },
    ]);
  });

  it('has pages below the taxonomy', () => {
    expect(termPath('Tags', 'ünï')).toBe('/tags/%C3%BCn%C3%AF/');
  });
});
