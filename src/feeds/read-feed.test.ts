import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readFeed } from './read-feed.js';

const BASE = 'https://notes.example/feed';
const fixture = (name: string): string =>
  readFileSync(new URL(`../../test/fixtures/feeds/${name}`, import.meta.url), 'utf8');
const rss = (items: string): string => `<rss version="2.0"><channel><title>T</title>${items}</channel></rss>`;
const first = (items: string) => readFeed(rss(items), BASE).items[0];

describe('a feed', () => {
  it('is read from Atom', () => {
    expect(readFeed(fixture('blog.atom'), BASE).items).toEqual([
      {
        guid: 'urn:notes:3',
        title: 'Least privilege, explained with Array<Role>',
        url: 'https://notes.example/least-privilege/',
        publishedAt: new Date('2025-09-10T07:00:00Z'),
        updatedAt: new Date('2025-09-13T10:00:00.250Z'),
        summary: 'What a role may do, 1 &lt; 2 &amp; so on.',
        content: expect.stringContaining('<p>A role that may do everything is no role.</p>'),
        categories: ['Identity'],
      },
    ]);
  });

  it('is read from JSON', () => {
    expect(readFeed(fixture('blog.json'), BASE)).toMatchObject({
      title: 'Cloud notes',
      items: [
        {
          guid: 'j1',
          title: 'From JSON',
          content: 'Plain &lt;text>, as it is.',
          publishedAt: new Date('2025-09-14T07:30:00Z'),
          categories: ['Cloud', 'Notes'],
        },
      ],
    });
  });

  it('is read from RDF', () => {
    const rdf = `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">
      <channel><title>T</title></channel><item rdf:about="urn:1"><title>One</title><link>https://x.example/</link></item></rdf:RDF>`;
    expect(readFeed(rdf, BASE).items).toMatchObject([{ guid: 'urn:1', title: 'One', url: 'https://x.example/' }]);
  });

  it.each([
    ['its guid', '<guid isPermaLink="false">a</guid><link>https://x.example/</link>', 'a'],
    ['else its address', '<link>/x</link>', 'https://notes.example/x'],
    ['else a hash of what it says', '<title>x</title>', expect.stringMatching(/^sha256:[0-9a-f]{64}$/)],
    ['a hash of a guid without end', `<guid>${'x'.repeat(5000)}</guid>`, expect.stringMatching(/^sha256:/)],
  ])('knows an item by %s', (_name, xml, guid) => {
    expect(first(`<item>${xml}</item>`)?.guid).toEqual(guid);
  });

  it('counts the first of several items with one guid', () => {
    const items = '<item><guid>a</guid><title>1</title></item><item><guid>a</guid><title>2</title></item>';
    expect(readFeed(rss(items), BASE).items.map(({ title }) => title)).toEqual(['1']);
  });

  it.each([
    'javascript:alert(1)',
    'file:///etc/passwd',
    'https://user:secret@x.example/',
    'http://',
    'data:text/html,x',
  ])('gives no article the address %s', (link) => {
    expect(first(`<item><title>x</title><link>${link}</link></item>`)?.url).toBeUndefined();
  });

  it('takes a date only for a date', () => {
    expect(first('<item><title>x</title><pubDate>yesterday</pubDate></item>')?.publishedAt).toBeUndefined();
    expect(first('<item><title>x</title><pubDate>Fri, 12 Sep 2025 09:00 EST</pubDate></item>')?.publishedAt).toEqual(
      new Date('2025-09-12T14:00:00Z'),
    );
  });

  it('is read up to 200 items', () => {
    const { items, isCut } = readFeed(rss('<item><title>x</title><guid>g</guid></item>'.repeat(200)), BASE);
    expect([items.length, isCut]).toEqual([1, false]);
    expect(readFeed(rss('<item><title>x</title></item>'.repeat(2000)), BASE).isCut).toBe(true);
  });
});

describe('what is no feed', () => {
  const deep = '<a>'.repeat(200_000);
  it.each([
    ['nothing', ''],
    ['a page', '<!doctype html><html><head><title>Blog</title></head><body><p>Hi</p></body></html>'],
    ['JSON', '{"items": []}'],
    ['broken JSON', '{"version": "https://jsonfeed.org/version/1.1", "items": ['],
    ['nested JSON', `{"version": "https://jsonfeed.org/version/1.1", "items": ${'['.repeat(100_000)}`],
    ['a feed that breaks off', '<rss version="2.0"><channel><item><title>x'],
    ['nested XML', rss(deep)],
    ['names of the language', rss('<__proto__><polluted>1</polluted></__proto__>')],
    ['bytes', '\0\u0001\uFFFD'.repeat(1000)],
  ])('is refused by name: %s', (_name, text) => {
    let code = 'READ';
    try {
      const { items } = readFeed(text, BASE);
      // A reader may make the best of a feed that breaks off; it may not make items up.
      code = items.every(({ title }) => title === 'x') ? 'FEED_UNREADABLE' : 'READ';
    } catch (error) {
      code = (error as { code: string }).code;
    }
    expect(code).toBe('FEED_UNREADABLE');
    expect(({} as { polluted?: string }).polluted).toBeUndefined();
  });

  it.each([
    ['ampersands', '&'.repeat(2_000_000)],
    ['character references', '&#38;#38;'.repeat(200_000)],
    ['sections', '<![CDATA[x]]>'.repeat(200_000)],
    ['spaces', ' '.repeat(2_000_000)],
    ['attributes', `<item ${'a="b" '.repeat(200_000)}/>`],
  ])('is read in a bounded time: %s', (_name, text) => {
    expect(readFeed(rss(`<item><title>x</title><description>${text}</description></item>`), BASE).items).toHaveLength(
      1,
    );
  });
});
