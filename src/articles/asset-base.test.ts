import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AssetBaseError, assetResolver, readAssetBase } from './asset-base.js';

describe('readAssetBase', () => {
  it.each([
    ['https://cdn.example.org', 'https://cdn.example.org'],
    ['https://cdn.example.org/', 'https://cdn.example.org'],
    ['https://CDN.example.org:8443/my site/ü//'.replace(' ', '%20'), 'https://cdn.example.org:8443/my%20site/%C3%BC'],
    ['http://cdn.example.org/a/../b', 'http://cdn.example.org/b'],
    ['/assets', '/assets'],
    ['/assets/', '/assets'],
    ['/', ''],
  ])('reads %s', (text, base) => {
    expect(readAssetBase(text)).toBe(base);
  });

  it.each([
    'cdn.example.org',
    'assets',
    './assets',
    '//cdn.example.org',
    '/..//cdn.example.org',
    String.raw`/\cdn.example.org`,
    'ftp://cdn.example.org',
    'javascript:alert(1)',
    'https:cdn.example.org',
    'https://',
    'https:///cdn.example.org',
    'https://cdn.example.org/?',
    'https://cdn.example.org/?size=big',
    '/assets#top',
    ' /assets',
    '/my assets',
    'https://cdn.example\n.org',
    '',
  ])('refuses %j', (text) => {
    expect(() => readAssetBase(text)).toThrow(AssetBaseError);
    expect(() => readAssetBase(text)).toThrow(
      `articles.assetBaseUrl is ${JSON.stringify(text)}. Write an address such as`,
    );
  });

  it('refuses a password without showing it', () => {
    expect(() => readAssetBase('https://me:secret@cdn.example.org')).toThrow('names a user or a password');
    expect(() => readAssetBase('https://me:secret@cdn.example.org')).not.toThrow('secret');
  });
});

describe('assetResolver', () => {
  const resolve = assetResolver('https://cdn.example.org/site', '/posts/my-post');

  it.each([
    ['photo.jpg', '/posts/my-post/photo.jpg'],
    ['./photo.jpg', '/posts/my-post/photo.jpg'],
    ['images/a b.png', '/posts/my-post/images/a%20b.png'],
    ['images/a%20b.png', '/posts/my-post/images/a%20b.png'],
    ['größe.png', '/posts/my-post/gr%C3%B6%C3%9Fe.png'],
    ['100%.png', '/posts/my-post/100%.png'],
    ['a|b.png', '/posts/my-post/a%7Cb.png'],
    ['photo(1).jpg', '/posts/my-post/photo(1).jpg'],
    ['photo.jpg?w=100&h=50#top', '/posts/my-post/photo.jpg?w=100&h=50#top'],
    ['../other/photo.jpg', '/posts/other/photo.jpg'],
    ['images/../photo.jpg', '/posts/my-post/photo.jpg'],
    ['../../../../photo.jpg', '/photo.jpg'],
    ['%2e%2e/%2E%2E/../photo.jpg', '/photo.jpg'],
    [String.raw`..\..\..\photo.jpg`, '/photo.jpg'],
    [String.raw`images\photo.jpg`, '/posts/my-post/images/photo.jpg'],
    ['../../..//photo.jpg', '/photo.jpg'],
    ['./12:30.jpg', '/posts/my-post/12:30.jpg'],
    [' photo.jpg ', '/posts/my-post/photo.jpg'],
  ])('puts %j below the base', (url, address) => {
    expect(resolve(url)).toBe(`https://cdn.example.org/site${address}`);
  });

  it.each([
    '/photo.jpg',
    '//cdn.example.org/photo.jpg',
    String.raw`\\cdn.example.org\photo.jpg`,
    'https://example.org/photo.jpg',
    'HTTPS://example.org/photo.jpg',
    'data:image/png;base64,AA==',
    'mailto:a@example.org',
    'java\nscript:alert(1)',
    ' /photo.jpg',
    '#top',
    '?size=big',
    '',
    '  ',
  ])('leaves %j', (url) => {
    expect(resolve(url)).toBeUndefined();
  });

  it.each([
    ['/', '/photo.jpg'],
    ['/a b/100% ü?#', '/a%20b/100%25%20%C3%BC%3F%23/photo.jpg'],
    ['/a/../b', '/b/photo.jpg'],
  ])('reads the path %j as text', (path, address) => {
    expect(assetResolver('', path)('photo.jpg')).toBe(address);
  });

  it('never leaves the base nor throws, whatever the path and the address', () => {
    const parts = fc.constantFrom('.', '..', '/', '\\', '%2e', '%', ':', '?', '#', '\t', ' ', 'a', 'ü', '\uD800', '@');
    const text = fc.array(parts, { maxLength: 12 }).map((found) => found.join(''));
    fc.assert(
      fc.property(text, text, fc.constantFrom('', '/assets', 'https://cdn.example.org/site'), (path, url, base) => {
        const resolved = assetResolver(base, `/${path}`)(url);
        if (resolved === undefined) return;
        const { origin, pathname } = new URL(resolved, 'https://example.org');
        expect(origin).toBe(base.startsWith('https') ? 'https://cdn.example.org' : 'https://example.org');
        expect(resolved.startsWith(`${base}/`)).toBe(true);
        expect(pathname.startsWith(`${base.replace(/^https:\/\/[^/]+/, '')}/`)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});
