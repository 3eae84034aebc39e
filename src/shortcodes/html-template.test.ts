import { describe, expect, it } from 'vitest';
import { escapeTemplateText, escapeTemplateUrl } from './html-template.js';

describe('text', () => {
  it.each([
    ['Tom & Jerry', 'Tom &amp; Jerry'],
    ['<b>"\'+', '&lt;b&gt;&#34;&#39;&#43;'],
    ['&amp;', '&amp;amp;'],
    ['\0', '\uFFFD'],
    ['é 👩‍👧 `=/', 'é 👩‍👧 `=/'],
  ])('%j is written as %j', (text, html) => {
    expect(escapeTemplateText(text)).toBe(html);
  });
});

describe('a URL', () => {
  it.each([
    ['/go/a b', '/go/a%20b'],
    ["a'(b)", 'a%27%28b%29'],
    ['a%20b%zz%', 'a%20b%25zz%25'],
    ['%A', '%25A'],
    ['ü推😀', '%c3%bc%e6%8e%a8%f0%9f%98%80'],
    ['a?b=c&d=e+f#g[h]', 'a?b=c&amp;d=e&#43;f#g[h]'],
    ['"<>`|\\^{}', '%22%3c%3e%60%7c%5c%5e%7b%7d'],
    ['//host/../x', '//host/../x'],
    ['\ud800', '%ef%bf%bd'],
  ])('%j is written as %j', (url, html) => {
    expect(escapeTemplateUrl(url)).toBe(html);
  });
});
