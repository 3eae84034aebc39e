import { describe, expect, it } from 'vitest';
import { articlePlace } from './article-place.js';

describe('the place of an article', () => {
  it.each([
    ['article.md', '/article', 'article', undefined],
    ['posts/My Post.md', '/posts/my-post', 'my-post', undefined],
    ['posts/bundle/index.md', '/posts/bundle', 'bundle', undefined],
    ['posts/_index.md', '/posts', 'posts', undefined],
    ['index.md', '/index', 'index', undefined],
    ['posts/a.de.md', '/posts/a.de', 'a.de', undefined],
    ['posts/v1.25.md', '/posts/v1.25', 'v1.25', undefined],
    ['posts/x.markdown', '/posts/x', 'x', undefined],
    ['_index.md', '/', 'index', undefined],
    ['_posts/2024-1-02-Some Title.md', '/posts/2024-1-02-some-title', 'some-title', undefined],
    ['cats/_posts/2024-01-02-x.md', '/cats/posts/2024-01-02-x', 'x', undefined],
    ['posts/2024-01-02-x.md', '/posts/2024-01-02-x', '2024-01-02-x', undefined],
    ['posts/cafe\u0301.md', '/posts/caf\u00E9', 'caf\u00E9', undefined],
  ])('of %s is %s', (name, path, slug, locale) => {
    expect(articlePlace(name)).toMatchObject({ path, slug, locale });
  });

  it('knows a language of the site, and no other', () => {
    expect(articlePlace('posts/a.de.md', ['en', 'de'])).toMatchObject({ path: '/posts/a', slug: 'a', locale: 'de' });
    expect(articlePlace('posts/node.js.md', ['en', 'de'])).toMatchObject({ path: '/posts/node.js', locale: undefined });
    expect(articlePlace('posts/a.pt-br.md', ['en', 'pt-br'])).toMatchObject({ path: '/posts/a', locale: 'pt-br' });
  });

  it('knows the folder of a language', () => {
    expect(articlePlace('de/posts/a.md', ['en', 'de'])).toMatchObject({ path: '/posts/a', locale: 'de' });
    expect(articlePlace('de/posts/a.de.md', ['en', 'de'])).toMatchObject({ path: '/posts/a', locale: 'de' });
    expect(articlePlace('de/_index.md', ['en', 'de'])).toMatchObject({ path: '/', locale: 'de' });
    expect(articlePlace('posts/de/a.md', ['en', 'de'])).toMatchObject({ path: '/posts/de/a', locale: undefined });
  });

  it('has the date of a Jekyll post, and of no other', () => {
    expect(articlePlace('_posts/2024-1-02-x.md')).toMatchObject({ date: '2024-01-02', jekyll: 'post' });
    expect(articlePlace('posts/2024-01-02-x.md')).toMatchObject({ date: undefined, jekyll: undefined });
    expect(articlePlace('_drafts/x.md')).toMatchObject({ path: '/drafts/x', jekyll: 'draft' });
  });
});
