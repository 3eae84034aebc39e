import { describe, expect, it } from 'vitest';
import { answerTags, publicTags } from './answer-tags.js';

describe('what caches further out are told an answer is made of', () => {
  it.each<[string, string[], string[]]>([
    ['articles and tags', ['tag:2', 'article:1', 'list:article'], ['article:1', 'list:article', 'tag:2']],
    ['nothing finer', ['article:1', 'slug:a', 'path:/a', 'partner:p'], ['article:1']],
    ['the articles of a tag as a list', ['tag:2', 'tagged:2'], ['list:article', 'tag:2']],
    ['an address where nothing is as the list it will be in', ['slug:a'], ['list:article']],
    ['a tag that is not there as the list of tags', ['tagslug:a'], ['list:tag']],
    ['nothing at all', [], []],
  ])('%s', (_name, tags, told) => {
    expect(publicTags(tags)).toEqual(told);
  });

  it.each([
    ['articles alone', [answerTags.article], ['list:article']],
    ['tags alone', [answerTags.tag], ['list:tag']],
    ['both', [answerTags.article, answerTags.tag], ['list:article', 'list:tag']],
  ])('by their lists where there are too many for a header: %s', (_name, kinds, told) => {
    const ids = Array.from(
      { length: 100 },
      (_none, index) => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
    );
    expect(publicTags(kinds.flatMap((kind) => ids.map((id) => kind(id))))).toEqual(told);
  });

  it('is never longer than caches take', () => {
    for (let count = 0; count < 200; count += 1) {
      const tags = Array.from({ length: count }, (_none, index) => answerTags.article(String(index).padStart(36, '0')));
      expect(publicTags(tags).join(',').length).toBeLessThanOrEqual(4000);
    }
  });
});
