import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countStatements } from '../../support/count-statements.js';
import { PUBLIC_URL, startTestApp } from '../../support/test-app.js';
import type { TestApp } from '../../support/test-app.js';

let waypost: TestApp;

beforeAll(async () => {
  waypost = await startTestApp({ redirects: false, background: false });
});

afterAll(() => waypost.close());

const read = async (slug: string, fields: string) =>
  (await waypost.data(`query ($slug: String!) { article(slug: $slug) { ${fields} } }`, { slug }, null)).article;

describe('an article', () => {
  it('tells its excerpt, length and headings, with the texts of its links', async () => {
    await waypost.createPartner({ key: 'course', defaultText: 'the best course' });
    const source = `## First things\n\nTake {{< aff "course" >}} now. ${'More words follow here. '.repeat(100)}\n\n### Then *this*\n`;
    await waypost.createArticle({ slug: 'outline', source });
    const article = await read(
      'outline',
      'excerpt(length: 40) whole: excerpt(length: 5000) wordCount readingTimeMinutes tableOfContents { id level text }',
    );
    expect(article).toEqual({
      excerpt: 'Take the best course now. More words…',
      whole: expect.stringMatching(/^Take the best course now\. More .* here\.$/),
      wordCount: 4 + 5 + 400,
      readingTimeMinutes: 2,
      tableOfContents: [
        { id: 'first-things', level: 2, text: 'First things' },
        { id: 'then-this', level: 3, text: 'Then this' },
      ],
    });
    const { errors } = await waypost.query(`{ article(slug: "outline") { excerpt(length: 0) } }`);
    expect(errors?.[0]?.extensions.code).toBe('BAD_ARGUMENT');
  });

  it('tells search engines when what readers see changed', async () => {
    await waypost.createArticle({ slug: 'json-ld', source: 'Text', tags: ['A Tag'], description: '</script>' });
    const { jsonLd, contentUpdatedAt, firstPublishedAt } = await read(
      'json-ld',
      'jsonLd contentUpdatedAt firstPublishedAt',
    );
    expect(jsonLd).not.toContain('<');
    expect(JSON.parse(jsonLd)).toMatchObject({
      '@type': 'Article',
      headline: 'json-ld',
      description: '</script>',
      url: `${PUBLIC_URL}/json-ld`,
      dateModified: contentUpdatedAt,
      datePublished: firstPublishedAt,
      keywords: ['A Tag'],
    });
  });

  it('stands between those published before and after it, in its language, as readers see them', async () => {
    const at = (hour: number) => ({ publishedAt: `2020-01-01T0${hour}:00:00Z`, locale: 'fr' });
    await waypost.createArticle({ slug: 'one', ...at(1) });
    await waypost.createArticle({ slug: 'hidden', ...at(2), status: 'DRAFT' });
    await waypost.createArticle({ slug: 'english', publishedAt: '2020-01-01T02:30:00Z' });
    await waypost.createArticle({ slug: 'two', ...at(3) });
    await waypost.createArticle({ slug: 'twin', ...at(3) });
    await waypost.createArticle({ slug: 'three', ...at(4) });
    const order: string[] = [];
    for (let slug: string | undefined = 'one'; slug !== undefined;) {
      const { previousPublished, nextPublished } = await read(
        slug,
        'previousPublished { slug } nextPublished { slug }',
      );
      expect(previousPublished?.slug).toBe(order.at(-1));
      order.push(slug);
      slug = nextPublished?.slug;
    }
    expect(order).toHaveLength(4);
    expect(order).toEqual(expect.arrayContaining(['one', 'two', 'twin', 'three']));
  });

  it('is related to those that share its tags, the rarest first', async () => {
    await waypost.createArticle({ slug: 'self', tags: ['common', 'rare', 'third'] });
    await waypost.createArticle({ slug: 'by-common', tags: ['common'], publishedAt: '2021-01-02T00:00:00Z' });
    await waypost.createArticle({ slug: 'by-common-2', tags: ['common'], publishedAt: '2021-01-01T00:00:00Z' });
    await waypost.createArticle({ slug: 'by-rare', tags: ['rare'], publishedAt: '2019-01-01T00:00:00Z' });
    await waypost.createArticle({ slug: 'by-two', tags: ['common', 'third'], publishedAt: '2018-01-01T00:00:00Z' });
    await waypost.createArticle({ slug: 'secret', tags: ['rare', 'third'], status: 'DRAFT' });
    await waypost.createArticle({ slug: 'stranger', tags: ['other'] });
    const { related, best } = await read('self', 'related { slug } best: related(first: 1) { slug }');
    const slugs = related.map((article: { slug: string }) => article.slug);
    expect(slugs).toEqual(['by-two', 'by-rare', 'by-common', 'by-common-2']);
    expect(best).toEqual([{ slug: 'by-two' }]);
  });

  it('is related alike to those that share the same tags, in whatever order these are added up', async () => {
    const at = (year: number) => ({ publishedAt: `${year}-01-01T00:00:00Z` });
    await waypost.createArticle({ slug: 'weighed', tags: ['of-3', 'of-4', 'of-5'] });
    // Weighed 3, 5, 4 the sum is larger by its last bit.
    await waypost.createArticle({ slug: 'older', tags: ['of-3', 'of-5', 'of-4'], ...at(2020) });
    await waypost.createArticle({ slug: 'newer', tags: ['of-3', 'of-4', 'of-5'], ...at(2021) });
    await waypost.createArticle({ slug: 'fewer', tags: ['of-4', 'of-5'], ...at(2022) });
    await waypost.createArticle({ slug: 'fewest', tags: ['of-5'], ...at(2022) });
    const { related } = await read('weighed', 'related { slug }');
    const slugs = related.map((article: { slug: string }) => article.slug);
    expect(slugs).toEqual(['newer', 'older', 'fewer', 'fewest']);
  });

  it('is read by as many statements with twenty others as alone', async () => {
    for (let number = 0; number < 20; number += 1) {
      await waypost.createArticle({ slug: `many-${number}`, source: '# One\n\nText', tags: ['many', 'more'] });
    }
    const fields = `excerpt wordCount readingTimeMinutes tableOfContents { id } jsonLd
      previousPublished { title } nextPublished { title } related { title }`;
    const count = (first: number) =>
      countStatements(() =>
        waypost.data(`{ articles(first: ${first}, filter: { tag: { eq: "many" } }) { nodes { ${fields} } } }`),
      );
    expect(await count(20)).toBe(await count(1));
  });
});
