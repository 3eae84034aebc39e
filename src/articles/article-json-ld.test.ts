import { describe, expect, it } from 'vitest';
import type { JsonLdFacts } from './article-json-ld.js';
import { articleJsonLd } from './article-json-ld.js';

const facts = (changes: Partial<JsonLdFacts> = {}): JsonLdFacts => ({
  title: 'Title',
  description: null,
  locale: 'en',
  url: 'https://example.org/post',
  publishedAt: new Date('2025-09-12T13:19:38.864Z'),
  contentUpdatedAt: new Date('2025-10-01T00:00:00.000Z'),
  tags: [],
  wordCount: 12,
  params: {},
  imageUrl: (image) => image,
  ...changes,
});

describe('articleJsonLd', () => {
  it('is an Article of schema.org', () => {
    expect(JSON.parse(articleJsonLd(facts({ tags: ['A'], params: { authors: ['Ann', 'Bob'] } })))).toEqual({
      '@context': 'https://schema.org',
      '@type': 'Article',
      mainEntityOfPage: 'https://example.org/post',
      url: 'https://example.org/post',
      headline: 'Title',
      inLanguage: 'en',
      datePublished: '2025-09-12T13:19:38.864Z',
      dateModified: '2025-10-01T00:00:00.000Z',
      author: [
        { '@type': 'Person', name: 'Ann' },
        { '@type': 'Person', name: 'Bob' },
      ],
      keywords: ['A'],
      wordCount: 12,
    });
  });

  it('cannot end the script it stands in', () => {
    const title = '</script><!--<script>&\u2028';
    const json = articleJsonLd(facts({ title }));
    expect(json).not.toMatch(/[<>&\u2028]/);
    expect((JSON.parse(json) as { headline: string }).headline).toBe(title);
  });

  it('names pictures by absolute addresses alone', () => {
    const image = (params: Record<string, unknown>) =>
      (JSON.parse(articleJsonLd(facts({ params }))) as { image?: unknown }).image;
    expect(image({ image: 'https://example.org/a.png' })).toBe('https://example.org/a.png');
    expect(image({ images: ['a.png', 7] })).toBeUndefined();
  });
});
