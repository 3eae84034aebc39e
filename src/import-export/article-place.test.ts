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
  ])('of %s is %s', (name, path, slug, locale) => {
    expect(articlePlace(name)).toEqual({ path, slug, locale });
  });

  it('knows a language of the site, and no other', () => {
    expect(articlePlace('posts/a.de.md', ['en', 'de'])).toEqual({ path: '/posts/a', slug: 'a', locale: 'de' });
    expect(articlePlace('posts/node.js.md', ['en', 'de'])).toMatchObject({ path: '/posts/node.js', locale: undefined });
    expect(articlePlace('posts/a.pt-br.md', ['en', 'pt-br'])).toMatchObject({ path: '/posts/a', locale: 'pt-br' });
  });
});
