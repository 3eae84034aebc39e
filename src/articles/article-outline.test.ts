import { describe, expect, it } from 'vitest';
import { countWords, excerptOf, outlineOf, readingTimeMinutes } from './article-outline.js';

describe('outlineOf', () => {
  it('reads text, prose and headings', () => {
    const html = `<h2 id="a-b">A &amp; <em>B</em></h2>\n<p>One<br>two <a href="/go/x">deal</a>.</p><pre><code>let x;</code></pre>
      <ul><li>three</li><li>four</li></ul><script>alert('no')</script><h3>No id</h3>`;
    expect(outlineOf(html)).toEqual({
      text: 'A & B One two deal. let x; three four No id',
      prose: 'One two deal. three four',
      headings: [{ id: 'a-b', level: 2, text: 'A & B' }],
    });
  });

  it.each(['<p>open <b>never closed', '</p></div>', '<', '<!-- x', '<h2 id=', '\0'])('survives %j', (html) => {
    expect(outlineOf(html).headings).toEqual([]);
  });
});

describe('countWords', () => {
  it.each([
    ['', 0],
    ['One, two - three.', 3],
    ["It's state-of-the-art v1.2", 3],
    ['Größe naïve Привет', 3],
    ['日本語の文章', 3],
  ])('of %j is %i', (text, words) => {
    expect(countWords(text)).toBe(words);
  });
});

describe('readingTimeMinutes', () => {
  it.each([
    [0, 0],
    [1, 1],
    [238, 1],
    [239, 2],
  ])('of %i words is %i', (words, minutes) => {
    expect(readingTimeMinutes(words)).toBe(minutes);
  });
});

describe('excerptOf', () => {
  it.each([
    ['Short.', 10, 'Short.'],
    ['One two three', 9, 'One two…'],
    ['One two, three', 8, 'One two…'],
    ['One two three', 7, 'One two…'],
    ['Donaudampfschifffahrt', 8, 'Donaudam…'],
    ['abc😀def', 4, 'abc…'],
  ])('of %j in %i is %j', (text, length, excerpt) => {
    expect(excerptOf(text, length)).toBe(excerpt);
  });
});
