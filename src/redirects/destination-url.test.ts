import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileDestination, locationOf, type DestinationSettings } from './destination-url.js';

const settings = (changes: Partial<DestinationSettings> = {}): DestinationSettings => ({
  url: 'https://shop.example/offer?tag=owner-21&redir_url=https%3A%2F%2Fshop.example%2Fa#top',
  network: 'custom',
  subIdTemplate: 'sub={placement}',
  passthrough: ['ref', 'utm_source'],
  ...changes,
});

const follow = (query: string, changes: Partial<DestinationSettings> = {}): string =>
  locationOf(compileDestination(settings(changes)), { placement: '3f9a0c1be27d' }, query);

const start = 'https://shop.example/offer?tag=owner-21&redir_url=https%3A%2F%2Fshop.example%2Fa&sub=3f9a0c1be27d';

describe('locationOf', () => {
  it.each([
    ['nothing without a query', '', `${start}#top`],
    ['a listed parameter', 'ref=a', `${start}&ref=a#top`],
    ['a listed one without a value', 'ref', `${start}&ref=#top`],
    ['the first of several', 'ref=a&ref=b&utm_source=c', `${start}&ref=a&utm_source=c#top`],
    ['a value written anew', "ref=a+b%20c'(*)!", `${start}&ref=a%20b%20c%27%28%2A%29%21#top`],
    ['a broken encoding as text', 'ref=%zz%', `${start}&ref=%25zz%25#top`],
    ['an ampersand inside a value', 'ref=a%26tag%3Devil', `${start}&ref=a%26tag%3Devil#top`],
    ['a semicolon inside a value', 'ref=a;tag=evil', `${start}&ref=a%3Btag%3Devil#top`],
    ['a fragment inside a value', 'ref=a#x', `${start}&ref=a%23x#top`],
    ['no line break', 'ref=a%0d%0aSet-Cookie:%20x', `${start}#top`],
    ['no over-long value', `ref=${'a'.repeat(300)}`, `${start}#top`],
    ['no other parameter', 'evil=1&REF=2&ref[]=3&r%2565f=4&ref%00=5&%20ref=6', `${start}#top`],
    ['no owner key', 'tag=evil&TAG=evil&t%61g=evil&tag[]=evil&redir_url=x&sub=evil', `${start}#top`],
  ])('hands on %s', (_name, query, location) => {
    expect(follow(query)).toBe(location);
  });

  it.each([
    'tag',
    'TAG',
    't%61g',
    'tag[]',
    'tag[0]',
    ' tag',
    'tag ',
    't%2561g',
    'ｔａｇ',
    'redir.url',
    'redir url',
    'SUB',
    'top',
  ])('never hands on %j, even where the owner lists it by mistake', (name) => {
    const query = `${encodeURIComponent(name)}=evil&${name}=evil`;
    expect(follow(query, { passthrough: [name] })).toBe(`${start}#top`);
  });

  it('never hands on a parameter of the network, even where the link has none', () => {
    const amazon = { url: 'https://www.amazon.de/dp/B000', network: 'amazon', subIdTemplate: '' } as const;
    expect(follow('tag=evil-20&Tag=evil-20', { ...amazon, passthrough: ['tag', 'Tag'] })).toBe(amazon.url);
  });

  it('reads no query where nothing is listed', () => {
    expect(follow('ref=a', { passthrough: [] })).toBe(`${start}#top`);
    const plain = compileDestination(settings({ passthrough: [], subIdTemplate: '' }));
    expect(locationOf(plain, { placement: 'x' }, 'ref=a')).toBe(settings().url);
  });

  it('leaves every owner key as it is, whatever the request says and the owner lists', () => {
    const name = fc.oneof(
      fc.constantFrom(
        'tag',
        'TAG',
        't%61g',
        'tag[]',
        'tag%5b%5d',
        'redir_url',
        'redir.url',
        'sub',
        'Sub',
        'ref',
        'utm_source',
        'x',
      ),
      fc.string({ unit: 'grapheme', maxLength: 6 }),
    );
    const value = fc.oneof(
      fc.constantFrom('evil', '%0d%0a', '#', '%23', '&tag=evil', '%26tag=evil', ';tag=evil', '\r\nX: y', '?tag=evil'),
      fc.string({ unit: 'binary', maxLength: 6 }),
    );
    const query = fc.array(fc.tuple(name, value), { maxLength: 8 });
    fc.assert(
      fc.property(query, fc.array(name, { maxLength: 6 }), (pairs, listed) => {
        const request = pairs.map(([key, text]) => `${key}=${text}`).join('&');
        const location = follow(request, { passthrough: listed });
        expect(location.startsWith(start)).toBe(true);
        expect(location.endsWith('#top')).toBe(true);
        expect(location).toMatch(/^[\x21-\x7e]+$/);
        const { searchParams, hash } = new URL(location);
        expect(hash).toBe('#top');
        const keys = [...searchParams.keys()];
        for (const [key, text] of [
          ['tag', 'owner-21'],
          ['redir_url', 'https://shop.example/a'],
          ['sub', '3f9a0c1be27d'],
        ] as const) {
          expect(searchParams.getAll(key)).toEqual([text]);
          const same = keys.filter(
            (other) =>
              other
                .toLowerCase()
                .replace(/[[.].*$/, '')
                .trim() === key,
          );
          expect(same).toEqual([key]);
        }
        expect(new Set(keys).size).toBe(keys.length);
      }),
      { numRuns: 500 },
    );
  });
});
