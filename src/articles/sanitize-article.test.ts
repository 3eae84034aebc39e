import { describe, expect, it } from 'vitest';
import { sanitizeArticle } from './sanitize-article.js';

describe('HTML that nobody vouches for', () => {
  it.each([
    ['a script', '<p>a<script>alert(1)</script>b</p>', '<p>ab</p>'],
    ['an event handler', '<img src="https://x.org/a.png" onerror="alert(1)">', '<img src="https://x.org/a.png" />'],
    ['a script address', '<a href="javascript:alert(1)">x</a>', '<a rel="nofollow noopener">x</a>'],
    ['a script address in disguise', '<a href="jAva&#9;script:alert(1)">x</a>', '<a rel="nofollow noopener">x</a>'],
    ['a data address', '<img src="data:image/svg+xml,<svg onload=alert(1)>">', '<img />'],
    ['a frame', '<iframe src="https://x.org"></iframe>', ''],
    ['a form', '<form action="/x"><input name="a"></form>', ''],
    ['a style', '<p style="position:fixed">x</p><style>*{}</style>', '<p>x</p>'],
    ['an SVG with a script', '<svg><script>alert(1)</script></svg>', ''],
    ['a broken tag', '<p <script>alert(1)</script>', '<p>alert(1)</p>'],
    ['a comment', 'a<!-- <script> -->b', 'ab'],
  ])('loses %s', (_name, html, expected) => {
    expect(sanitizeArticle(html)).toBe(expected);
  });

  it('keeps a tracked link as it is', () => {
    const link = '<a href="https://x.org/go/a/3f9a0c1be27d" rel="sponsored nofollow noopener">C&amp;D</a>';
    expect(sanitizeArticle(`<p>${link}</p>\n`)).toBe(`<p>${link}</p>\n`);
  });

  it('keeps what Markdown makes', () => {
    const html = '<h2 id="a">A</h2>\n<ul>\n<li>x</li>\n</ul>\n<pre><code class="language-js">a &lt; b</code></pre>\n';
    expect(sanitizeArticle(html)).toBe(html);
  });
});
