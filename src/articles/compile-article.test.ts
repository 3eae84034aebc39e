import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ArticleView } from './article-view.js';
import { compileArticle, expandArticle, renderArticle } from './compile-article.js';

const VIEW: ArticleView = {
  linkAt: (offset) => ({ text: `text at ${offset}`, href: `https://x.org/go/a/${offset}` }),
  disclosures: ['We earn.'],
  updatedOn: '2026-03-09',
};

const render = (source: string, view = VIEW) => {
  const { stored } = compileArticle({ source, sourceLine: 1, isTrusted: true }, {});
  return renderArticle(
    { source, sourceLine: 1, isTrusted: true, compiled: JSON.parse(JSON.stringify(stored)) },
    view,
    {},
  );
};

describe('a compiled article', () => {
  it.each([
    ['*Updated: 2025-09-12*', '<p><em>Updated: 2026-03-09</em></p>\n'],
    ['_Last updated: September 12, 2025_', '<p><em>Last updated: March 9, 2026</em></p>\n'],
    ['(*UPDATED: SEPT. 12, 2025*)', '<p>(<em>UPDATED: MAR. 9, 2026</em>)</p>\n'],
    ['This page was last updated on 09/25/2025.', '<p>This page was last updated on 03/09/2026.</p>\n'],
    ['Updated 2025-09-12 was a day.', '<p>Updated 2025-09-12 was a day.</p>\n'],
  ])('shows %s with the live date', (source, html) => {
    expect(render(source)).toBe(html);
  });

  it('leaves the stamp as written where the option says so', () => {
    const source = '*Updated: 2025-09-12*';
    const options = { liveUpdatedStamp: false };
    const { stored } = compileArticle({ source, sourceLine: 1, isTrusted: true }, options);
    expect(renderArticle({ source, sourceLine: 1, isTrusted: true, compiled: stored }, VIEW, options)).toContain(
      '2025-09-12',
    );
  });

  it('whose author nobody vouches for is sanitised, its links apart', () => {
    const source = '<script>alert(1)</script>{{< aff "a" "b" >}}\n\n[x](javascript:alert(1))';
    const article = { source, sourceLine: 1, isTrusted: false };
    const { stored } = compileArticle(article, {});
    expect(renderArticle({ ...article, compiled: stored }, VIEW, {})).not.toMatch(/script/);
    expect(renderArticle({ ...article, compiled: stored }, VIEW, {})).toContain('rel="sponsored nofollow noopener"');
  });

  it('knows the built-in shortcodes', () => {
    expect(render('{{< disclosure >}}')).toBe('<span class="affiliate-disclosure">We earn.</span>\n');
    expect(render('It is {{< updated >}}.')).toBe('<p>It is 2026-03-09.</p>\n');
  });

  it('takes the text between the tags', () => {
    const { affCalls } = compileArticle(
      { source: 'A {{< aff "a" >}}the text{{< /aff >}} b', sourceLine: 1, isTrusted: true },
      {},
    );
    expect(affCalls).toEqual([{ partnerKey: 'a', label: undefined, text: 'the text', line: 1, column: 3 }]);
  });

  it('names lines of the file', () => {
    const { affCalls, diagnostics } = compileArticle(
      { source: 'x\n{{< aff "a" "b" >}}\n{{< nope >}}', sourceLine: 10, isTrusted: true },
      {},
    );
    expect(affCalls[0]).toMatchObject({ line: 11, column: 1 });
    expect(diagnostics).toMatchObject([{ code: 'shortcode-unknown', line: 12, column: 1 }]);
  });

  it('gives the Markdown with its calls resolved', () => {
    const source = '# A\n\n{{< aff "a" "b" >}}\n';
    expect(expandArticle({ source, sourceLine: 1, isTrusted: true }, VIEW, {})).toBe(
      '# A\n\n<a href="https://x.org/go/a/5" rel="sponsored nofollow noopener">text at 5</a>\n',
    );
  });

  it('cannot be made to lose its tracking by a shortcode of the host', () => {
    const shortcodes = { aff: { render: () => 'untracked' } };
    const source = '{{< aff "a" "b" >}}';
    const { stored } = compileArticle({ source, sourceLine: 1, isTrusted: true }, { shortcodes });
    expect(renderArticle({ source, sourceLine: 1, isTrusted: true, compiled: stored }, VIEW, { shortcodes })).toContain(
      '/go/a/0',
    );
  });

  it('is the same whatever partners were known when it was compiled', () => {
    const part = fc.constantFrom(
      'Text *em*. ',
      '\n\n',
      '{{< aff "a" "b" >}}',
      '{{% aff "a" "b" %}}',
      '- item\n',
      '{{< disclosure >}}',
      '`{{< aff "a" >}}`',
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        const source = parts.join('');
        const once = render(source);
        const { stored } = compileArticle({ source, sourceLine: 1, isTrusted: true }, {});
        renderArticle(
          { source, sourceLine: 1, isTrusted: true, compiled: stored },
          { ...VIEW, linkAt: () => undefined },
          {},
        );
        expect(renderArticle({ source, sourceLine: 1, isTrusted: true, compiled: stored }, VIEW, {})).toBe(once);
      }),
    );
  });
});
