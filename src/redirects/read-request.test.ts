import { describe, expect, it } from 'vitest';
import { clickMarks } from '../clicks/logged-click.js';
import { readLanguage, readLink, readMarks, readReferrerHost, readUserAgent } from './read-request.js';

describe('readLink', () => {
  it.each([
    ['/go/partner', 'partner', '', ''],
    ['/go/partner/', 'partner', '', ''],
    ['/go/partner/3f9a0c1be27d', 'partner', '3f9a0c1be27d', ''],
    ['/go/partner/3f9a0c1be27d/', 'partner', '3f9a0c1be27d', ''],
    ['/go/partner?a=/b', 'partner', '', 'a=/b'],
    ['/go/partner/x?a=b', 'partner', 'x', 'a=b'],
    ['/go/p%C3%A4rtner', 'pärtner', '', ''],
    ['http://go.example.org/go/partner/x?a', 'partner', 'x', 'a'],
    // Ours, and names nothing that can exist.
    ['/go/', '', '', ''],
    ['/go/partner/a/b', '', 'a/b', ''],
    ['/go/%zz', '', '', ''],
    [`/go/${'a'.repeat(300)}`, '', '', ''],
  ])('%s', (target, partnerKey, placementId, query) => {
    expect(readLink(target, '/go/')).toEqual({ partnerKey, placementId, query });
  });

  it.each(['/', '/go', '/gopher/x', '/graphql', '//go/x', '/GO/x', '/a/go/x', '*', ''])(
    'leaves %j to others',
    (target) => {
      expect(readLink(target, '/go/')).toBeUndefined();
    },
  );
});

describe('readMarks', () => {
  const accept = { accept: 'text/html' };
  it.each([
    ['nothing of a plain request', 'GET', accept, '', 0],
    ['HEAD', 'HEAD', accept, '', clickMarks.isHead],
    ['a missing Accept', 'GET', {}, '', clickMarks.lacksAccept],
    ['Sec-Purpose', 'GET', { ...accept, 'sec-purpose': 'prefetch;prerender' }, '', clickMarks.isPrefetch],
    ['Purpose', 'GET', { ...accept, purpose: 'prefetch' }, '', clickMarks.isPrefetch],
    ['X-Moz', 'GET', { ...accept, 'x-moz': 'prefetch' }, '', clickMarks.isPrefetch],
    ['X-Purpose', 'GET', { ...accept, 'x-purpose': 'preview' }, '', clickMarks.isPrefetch],
    ['any of them', 'GET', { ...accept, purpose: '', 'x-moz': 'prefetch' }, '', clickMarks.isPrefetch],
    ['no other purpose', 'GET', { ...accept, 'sec-purpose': 'navigate' }, '', 0],
    ['GPC', 'GET', { ...accept, 'sec-gpc': '1' }, '', clickMarks.isPrivate],
    ['DNT', 'GET', { ...accept, dnt: '1' }, '', clickMarks.isPrivate],
    ['no DNT: 0', 'GET', { ...accept, dnt: '0' }, '', 0],
    ['a preview', 'GET', accept, 'a=b&preview=1', clickMarks.isPreview],
    ['no other preview', 'GET', accept, 'xpreview=1&preview=10', 0],
  ])('sees %s', (_name, method, headers, query, marks) => {
    expect(readMarks(method, headers, query)).toBe(marks);
  });
});

describe('readReferrerHost', () => {
  it.each([
    ['https://www.Blog.example.org/articles/1?q=secret', 'blog.example.org'],
    ['https://user:pass@blog.example.org:8080/', 'blog.example.org'],
    ['http://blog.example.org', 'blog.example.org'],
    ['android-app://com.google.android.gm/', 'com.google.android.gm'],
    ['http://192.168.0.7/notes', ''],
    ['http://[2001:db8::1]/', ''],
    ['about:blank', ''],
    ['https://', ''],
    ['https://bl og/', ''],
    [`https://${'a'.repeat(300)}.example/`, ''],
    ['', ''],
  ])('of %s is %j', (referrer, host) => {
    expect(readReferrerHost(referrer)).toBe(host);
  });
});

describe('headers', () => {
  it('give the preferred language', () => {
    expect(readLanguage({ 'accept-language': 'de-AT,de;q=0.9,en;q=0.8' })).toBe('de');
    expect(readLanguage({ 'accept-language': '*' })).toBe('');
    expect(readLanguage({})).toBe('');
  });

  it('give a user agent of bounded length', () => {
    expect(readUserAgent({ 'user-agent': 'a'.repeat(5000) })).toHaveLength(512);
    expect(readUserAgent({})).toBe('');
  });
});
