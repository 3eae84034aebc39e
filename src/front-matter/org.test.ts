import { describe, expect, it } from 'vitest';
import { readOrg } from './org.js';

describe('readOrg', () => {
  it.each([
    ['#+TITLE: My Title\n#+date: 2024-01-02\n', { title: 'My Title', date: '2024-01-02' }],
    ['#+TITLE: a: b \r\n#+A:\r\n#+B:\tc\r\n', { title: 'a: b', a: '', b: 'c' }],
    ['#+A: x\n#+a: y\n', { a: 'x\ny' }],
    ['#+TAGS[]: a  b\tc\n#+KEYWORDS: d e\n', { tags: ['a', 'b', 'c'], keywords: 'd e' }],
    [
      '#+tags: a b\n#+ALIASES: /x/ /y/\n#+categories: c\n',
      { tags: ['a', 'b'], aliases: ['/x/', '/y/'], categories: ['c'] },
    ],
    ['#+DATE: <2024-01-02 Tue>\n#+LASTMOD: [2024-03-04 Mon 10:00]\n', { date: '2024-01-02', lastmod: '2024-03-04' }],
    ['#+DATE: <2024-01-02>\n#+PUBDATE: <2024-01-02 Tue>\n', { date: '<2024-01-02>', pubdate: '<2024-01-02 Tue>' }],
    ['#+TITLE:x\n#+ T: y\n', { ' t': 'y' }],
    ['#+NAME: n\n#+SETUPFILE: secret.org\n#+INCLUDE: "x" src sh\n#+MACRO: a b\n#+LINK: a b\n#+RESULTS: r\n', {}],
    ['#+begin_src sh\n#+A: x\n#+END_SRC\n#+B: y\n', { b: 'y' }],
    ['#+begin_src sh\n#+A: x\n', { a: 'x' }],
    ['#+TITLE: T', { title: 'T' }],
  ])('reads %j', (text, value) => {
    expect(Object.fromEntries(readOrg(text).values)).toEqual(value);
  });

  it('names the lists that lack their brackets', () => {
    expect(readOrg('#+TAGS: a\n#+TAGS[]: b\n#+KEYWORDS: c\n').plainLists.map(({ key, start }) => [key, start])).toEqual(
      [['tags', 0]],
    );
  });
});
