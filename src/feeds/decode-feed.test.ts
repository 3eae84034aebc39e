import { describe, expect, it } from 'vitest';
import { decodeFeed } from './decode-feed.js';

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');
const decode = (text: string): string => decodeFeed(Buffer.from(text), undefined);

describe('the encoding of a feed', () => {
  it.each([
    ['UTF-8 where nothing is said', Buffer.from('é'), undefined, 'é'],
    ['that of the Content-Type', latin1('é'), 'text/xml; charset="ISO-8859-1"', 'é'],
    ['that of the XML declaration', latin1('<?xml version="1.0" encoding="iso-8859-1"?>é'), 'text/xml', 'é'],
    [
      'the Content-Type before the declaration',
      Buffer.from('<?xml encoding="latin1"?>é'),
      'text/xml;charset=utf-8',
      'é',
    ],
    ['UTF-16 by its mark', Buffer.from('\uFEFFé', 'utf16le'), 'text/xml; charset=utf-8', 'é'],
    ['UTF-8 by its mark', Buffer.from('\uFEFFé'), 'text/xml; charset=latin1', 'é'],
  ])('is %s', (_name, bytes, contentType, expected) => {
    expect(decodeFeed(bytes, contentType)).toContain(expected);
  });

  it('nobody knows is an error', () => {
    expect(() => decodeFeed(Buffer.from('x'), 'text/xml; charset=klingon')).toThrow(/"klingon", which is not known/);
  });
});

describe('a DOCTYPE', () => {
  it.each([
    ['an entity', '<!DOCTYPE rss [<!ENTITY a "b">]><rss/>'],
    ['a file', '<?xml version="1.0"?>\n<!-- c - c -->\n<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]><rss/>'],
    ['a parameter entity', '\uFEFF <!doctype rss SYSTEM "x" [ <!ENTITY % a SYSTEM "http://10.0.0.1/"> %a; ]><rss/>'],
    ['nothing, but could', '<!DOCTYPE rss []><rss/>'],
  ])('that declares %s is refused', (_name, text) => {
    expect(() => decode(text)).toThrow(/declares entities of its own/);
  });

  it.each([
    [
      'names a standard',
      '<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://x/rss-0.91.dtd"><rss/>',
    ],
    ['stands in the text of an item', '<rss><item><![CDATA[<!DOCTYPE rss [<!ENTITY a "b">]>]]></item></rss>'],
    ['is not there', '<?xml version="1.0"?><rss/>'],
  ])('that %s is harmless', (_name, text) => {
    expect(decode(text)).toBe(text);
  });

  it.each(['<?'.repeat(200_000), '<!--'.repeat(200_000), ' '.repeat(2_000_000), '<!-- - '.repeat(100_000)])(
    'is looked for in a bounded time: %#',
    (text) => {
      expect(decode(text)).toBe(text);
    },
  );
});
