import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderMarkdown } from '../markdown/render-markdown.js';
import { cutText } from './cut-text.js';
import { escapeMarkdown } from './escape-markdown.js';
import { cleanText, plainText, plainTitle, readTextBlocks } from './html-text.js';

describe('the text of HTML', () => {
  it.each([
    ['entities', 'A &amp; B &#x5b;&#8230;&#x5d; &nbsp;&rsquo;', 'A & B […] ’'],
    ['blocks', '<p>One</p><p>Two<br>Three</p><td>a</td><td>b</td>', 'One Two Three a b'],
    ['inline markup', 'a<b>b</b>c <a href="x">d</a>', 'abc d'],
    ['what nobody sees', 'a<script>alert(1)</script><style>p{}</style><!-- c --><iframe src=x>i</iframe>b', 'ab'],
    ['what was escaped twice', '&lt;p&gt;Tags &amp;amp; more&lt;/p&gt;', 'Tags & more'],
    ['raw entities of old blogs', '&amp;#x5b;&amp;hellip;&amp;#x5d;', '[…]'],
    ['a comparison', 'if 1 < 2 and 3 > 2', 'if 1 < 2 and 3 > 2'],
    ['broken markup', '<p <b>x</p', 'x'],
    ['nothing', '', ''],
  ])('has no %s', (_name, html, text) => {
    expect(plainText(html)).toBe(text);
  });

  it('has lists as lists, and headings', () => {
    const html = '<h2>Key <i>takeaways</i></h2><ul><li><p>One</p><p>more</p><li>Two<ul><li>Inner</ul></ul><p>End';
    expect(readTextBlocks(html)).toEqual([
      { kind: 'heading', text: 'Key takeaways' },
      { kind: 'list', items: ['One more', 'Two', 'Inner'] },
      { kind: 'paragraph', text: 'End' },
    ]);
  });

  it.each([
    ['Generics: Array<string> & friends', 'Generics: Array<string> & friends'],
    ['The <b>bold</b> one', 'The bold one'],
    ['Tom &amp; Jerry', 'Tom & Jerry'],
    ['x <y z', 'x <y z'],
  ])('of the title "%s" is what it says', (title, text) => {
    expect(plainTitle(title)).toBe(text);
  });

  it('has no controls and no marks that turn its direction', () => {
    expect(cleanText('a\0b\u202Ec\u200Bd\uFEFF\u2066e\u0085f')).toBe('a b c d e f');
  });

  it.each(['&lt;'.repeat(300_000), '<a '.repeat(300_000), '<br>'.repeat(200_000), '</p>'.repeat(200_000)])(
    'is had of anything: %#',
    (html) => {
      expect(typeof plainText(html)).toBe('string');
    },
  );

  it.each(['<div>'.repeat(200_000), '<ul><li>'.repeat(100_000)])(
    'is refused where nobody could read it: %#',
    (html) => {
      expect(() => plainText(html)).toThrow(/nested more than 1000 deep/);
    },
  );
});

describe('a text that is cut', () => {
  it.each([
    ['short', 'One two', 20, 'One two'],
    ['exactly as long', 'One two three', 13, 'One two three'],
    ['cut behind a word', 'One two three', 12, 'One two…'],
    ['without an open comma', 'One, two, three four', 12, 'One, two…'],
    ['cut by the feed', 'One two […]', 20, 'One two…'],
    ['cut by the feed with a link', 'One two [&] [...] Continue reading Foo →', 30, 'One two [&]…'],
    ['cut by both', 'One two three four...', 12, 'One two…'],
    ['without spaces', 'あいうえおかきくけこ', 6, 'あいうえお…'],
    ['without half a character', '👩‍👩‍👧‍👦👩‍👩‍👧‍👦', 14, '👩‍👩‍👧‍👦…'],
  ])('is %s', (_name, text, most, expected) => {
    expect(cutText(text, most)).toBe(expected);
  });

  it('is never longer than it may be', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), fc.integer({ min: 2, max: 60 }), (text, most) => {
        expect(cutText(text, most).length).toBeLessThanOrEqual(most);
      }),
    );
  });
});

describe('text in Markdown', () => {
  const hostile = fc.array(
    fc.oneof(
      fc.constantFrom(
        '{{<',
        '>}}',
        '{{%',
        '%}}',
        '```',
        '~~~',
        '+++',
        '---',
        '# ',
        '- ',
        '1. ',
        '> ',
        '<script>',
        '<!--more-->',
        '[',
      ),
      fc.constantFrom(
        '](http://x)',
        '**',
        '__',
        '`',
        '|',
        '&amp;',
        '\\',
        ':smile:',
        '![',
        '[^1]:',
        ': ',
        '===',
        '{.x}',
        '$$',
        '~',
        'a',
      ),
      fc.string({ unit: 'grapheme', maxLength: 6 }),
    ),
    { maxLength: 12 },
  );
  const seen = (html: string): string =>
    html
      .replaceAll(/<\/?p>/g, '')
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&quot;', '"')
      .replaceAll('&amp;', '&')
      .trim();

  it('shows exactly the text, whatever it is', () => {
    fc.assert(
      fc.property(hostile, (parts) => {
        const text = cleanText(parts.join(''));
        const { html, calls, diagnostics } = renderMarkdown(escapeMarkdown(text), {
          shortcodes: { aff: { render: () => 'CALLED' } },
          goldmark: { unsafe: true, typographer: false },
        });
        expect(calls).toEqual([]);
        expect(diagnostics).toEqual([]);
        // Addresses become links, which a sanitiser sees.
        expect(seen(html.replaceAll(/<\/?a\b[^>]*>/g, ''))).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });
});
