import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkDestinationUrl, maxDestinationLength } from './destination-url.js';

const rules = { ownOrigins: ['https://go.example.org', 'http://127.0.0.1:3000'] };

describe('checkDestinationUrl', () => {
  it.each([
    'https://example.com',
    'https://example.com/',
    'http://example.com:8080/a/b?c=d&e=f#g',
    'HTTPS://Example.COM/Path',
    'https://example.com/?u=https://user@other.example/',
    'https://example.com/go/training_partner',
    'https://go.example.org/gopher/1',
    'https://go.example.org/offers?next=/go/x',
    'https://go.example.org:8443/go/x',
    'http://127.0.0.1:4000/go/x',
    'http://[2001:db8::1]/x',
    'https://example.com/%zz',
  ])('keeps %s as it is', (url) => {
    expect(checkDestinationUrl(url, rules)).toEqual({ url });
  });

  it.each([
    ['https://bücher.example/straße?q=ü', 'https://xn--bcher-kva.example/stra%C3%9Fe?q=%C3%BC'],
    ['https://example.com/a|b^c`d{e}"<f>', 'https://example.com/a%7Cb%5Ec%60d%7Be%7D%22%3Cf%3E'],
  ])('writes %s as a browser sends it', (text, url) => {
    expect(checkDestinationUrl(text, rules)).toEqual({ url });
  });

  it.each([
    ['', 'empty'],
    ['javascript:alert(1)', 'https:// or http://'],
    ['JaVaScRiPt:alert(1)', 'https:// or http://'],
    ['data:text/html,x', 'https:// or http://'],
    ['ftp://example.com/', 'https:// or http://'],
    ['file:///etc/passwd', 'https:// or http://'],
    ['mailto:a@example.com', 'https:// or http://'],
    ['//example.com/x', 'not a full URL'],
    ['/go/x', 'not a full URL'],
    ['example.com', 'not a full URL'],
    ['https:example.com', 'no host'],
    ['https:/example.com', 'no host'],
    ['https://', 'no host'],
    ['https:///x', 'no host'],
    ['https://?x', 'no host'],
    ['https://user@example.com/', 'user name or password'],
    ['https://user:secret@example.com/', 'user name or password'],
    ['https://@example.com/', 'user name or password'],
    ['https://example.com@evil.example/', 'user name or password'],
    ['https://example.com/\r\nSet-Cookie: a=b', 'control character (U+000D) at column 21'],
    ['https://example.com/\n', 'control character (U+000A)'],
    ['java\tscript:alert(1)', 'control character (U+0009)'],
    ['https://exam\0ple.com/', 'control character (U+0000)'],
    ['https://example.com/\u0085', 'control character (U+0085)'],
    ['https://example.com/\u2028', 'control character (U+2028)'],
    ['https://example.com/\ud800', 'control character (U+D800)'],
    ['https://example.com/\u202egpj.exe', 'invisible character'],
    ['https://exam\u200bple.com/', 'invisible character'],
    [' https://example.com/', 'space at column 1'],
    ['https://example.com/a b', 'space at column 22'],
    ['https://example.com\\@evil.example/', 'backslash'],
    ['https://exa mple.com/', 'space'],
    ['https://example.com:99999/', 'not a URL'],
    ['https://[::1/', 'not a URL'],
    ['https://%00.example/', 'not a URL'],
  ])('refuses %j', (text, problem) => {
    expect(checkDestinationUrl(text, rules)).toEqual({ problem: expect.stringContaining(problem) as string });
  });

  it('counts the characters that are sent', () => {
    const start = 'https://example.com/';
    const room = maxDestinationLength - start.length;
    expect(checkDestinationUrl(start + 'a'.repeat(room), rules).problem).toBeUndefined();
    expect(checkDestinationUrl(start + 'a'.repeat(room + 1), rules).problem).toContain('at most 4096');
    expect(checkDestinationUrl(start + 'ü'.repeat(room / 4), rules).problem).toContain('at most 4096');
  });

  it.each([
    'https://go.example.org/go/x',
    'https://GO.example.org/go/x/3f9a0c1be27d?a=b',
    'http://go.example.org/go/x',
    'https://go.example.org:443/go/x',
    'https://go.example.org./go/x',
    'https://go.example.org//go//x',
    'https://go.example.org/./go/x',
    'https://go.example.org/a/../go/x',
    'https://go.example.org/%67o/x',
    'https://go.example.org/%2567o/x',
    'https://go.example.org/%67%6F%2Fx',
    'https://go.example.org/GO/x',
    'https://go.example.org/go',
    'http://127.0.0.1:3000/go/x',
    'http://localhost:3000/go/x',
    'http://[::1]:3000/go/x',
    'http://2130706433:3000/go/x',
  ])('refuses the circle %s', (text) => {
    expect(checkDestinationUrl(text, rules).problem).toContain('redirect in a circle');
  });

  it('lets through nothing but a URL of http or https that a header can carry', () => {
    const text = fc.oneof(
      fc.webUrl({ withFragments: true, withQueryParameters: true }),
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'binary' }).map((tail) => `https://example.com/${tail}`),
      fc.string({ unit: 'grapheme' }).map((host) => `http://${host}/`),
    );
    fc.assert(
      fc.property(text, (input) => {
        const { url } = checkDestinationUrl(input, rules);
        fc.pre(url !== undefined);
        const parsed = new URL(url);
        expect(['http:', 'https:']).toContain(parsed.protocol);
        expect(parsed.username + parsed.password).toBe('');
        expect(url).toMatch(/^[\x21-\x7e]+$/);
        // What is stored is accepted again and stays.
        expect(checkDestinationUrl(url, rules)).toEqual({ url });
      }),
      { numRuns: 500 },
    );
  });
});
