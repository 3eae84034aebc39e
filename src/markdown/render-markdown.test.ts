import { describe, expect, it } from 'vitest';
import type { ShortcodeCall, ShortcodeDefinitions } from '../shortcodes/definition.js';
import type { MarkdownOptions } from './markdown-options.js';
import { expandMarkdown, renderMarkdown } from './render-markdown.js';

const shortcodes: ShortcodeDefinitions = {
  aff: { render: (call) => `<a href="/go/${call.get('key', 0)}">${call.get('text', 1)}</a>` },
  note: { inner: true, render: (call) => `<div class="note">${call.inner}</div>` },
  md: { inner: true, render: (call) => `<div>${call.renderInner()}</div>` },
  bold: { render: () => '**b**' },
  lines: { render: () => 'one\ntwo\n' },
  empty: { render: () => '' },
};

function render(body: string, options: MarkdownOptions = {}): string {
  return renderMarkdown(body, { shortcodes, goldmark: { unsafe: true }, ...options }).html;
}

/** What is reported, as `severity code line:column`. */
function problems(body: string, options: MarkdownOptions = {}): string[] {
  const { diagnostics } = renderMarkdown(body, { shortcodes, ...options });
  return diagnostics.map(({ severity, code, line, column }) => `${severity} ${code} ${line}:${column}`);
}

describe('a page', () => {
  it.each([
    ['shows a call in the text', 'a {{< aff "k" "T" >}} b', '<p>a <a href="/go/k">T</a> b</p>\n'],
    ['takes the paragraph from a call alone', '{{< aff "k" "T" >}}', '<a href="/go/k">T</a>\n'],
    ['leaves it around two', '{{< bold >}}{{< bold >}}', '<p>**b****b**</p>\n'],
    ['takes it when only empty output is left', '{{< empty >}}{{< bold >}}', '**b**\n'],
    ['gives the output of a % call to Markdown', '{{% bold %}}', '<p><strong>b</strong></p>\n'],
    ['gives the output of a < call to nobody', '*{{< bold >}}*', '<p><em>**b**</em></p>\n'],
    ['shows an escaped call as text', '`{{</* bold */>}}`', '<p><code>{{&lt; bold &gt;}}</code></p>\n'],
    ['knows no protection in code', '`{{< bold >}}`', '<p><code>**b**</code></p>\n'],
    ['hands indentation to further lines', '- a\n  {{< lines >}}', '<ul>\n<li>a\none\n  two\n</li>\n</ul>\n'],
    ['removes the summary divider', 'a\n\n<!--more-->\n\nb', '<p>a</p>\n<p>b</p>'],
    [
      'renders a call wherever its word comes out',
      '[{{< bold >}}]({{< bold >}})',
      '<p><a href="**b**">**b**</a></p>\n',
    ],
  ])('%s', (_name, body, html) => {
    expect(render(body)).toBe(html);
  });

  it('makes heading ids without the calls', () => {
    expect(render('## Title {{< aff "k" "T" >}}')).toContain('id="title"');
    expect(render('## {{< aff "k" "T" >}}')).toContain('id="heading"');
  });

  it('cannot be made to show a call twice by its text', () => {
    const html = render('HAHAHUGOSHORTCODEs0HBHB Waypostaaaa0Z {{< aff "HAHAHUGOSHORTCODEs1HBHB" "T" >}}{{< bold >}}');
    expect(html).toBe(
      '<p>HAHAHUGOSHORTCODEs0HBHB Waypostaaaa0Z <a href="/go/HAHAHUGOSHORTCODEs1HBHB">T</a>**b**</p>\n',
    );
  });

  it('replaces emoji codes in text and content, not in parameters or escaped calls', () => {
    const goldmark = { unsafe: true, enableEmoji: true };
    expect(render(':smile: {{< note >}}:+1:{{< /note >}}', { goldmark })).toContain('😄 <div class="note">👍</div>');
    expect(render('{{< aff ":b:" ":b:" >}} {{</* :b: */>}}', { goldmark })).toContain('>:b:</a> {{&lt; :b: &gt;}}');
    expect(render('`:smile:` :nope:smile:', { goldmark })).toBe('<p><code>😄</code> :nope:smile:</p>\n');
  });
});

describe('content of a call', () => {
  it.each([
    ['stays as it is in the < notation', '{{< note >}}**x**{{< /note >}}', '<div class="note">**x**</div>\n'],
    [
      'is Markdown of the page in the % notation',
      '{{% note %}}\n\n**x**\n\n{{% /note %}}',
      '<p><strong>x</strong></p>',
    ],
    [
      'is rendered for a % call in a call',
      '{{< note >}}{{% note %}}*x*{{% /note %}}{{< /note >}}',
      '<em>x</em></div></div>',
    ],
    ['keeps the paragraphs of more than a line', '{{< md >}}{{% note %}}a\n{{% /note %}}{{< /md >}}', '<p>a</p>'],
    [
      'is Markdown for renderInner',
      '{{< md >}}**x** {{< bold >}}{{< /md >}}',
      '<div><strong>x</strong> <strong>b</strong></div>',
    ],
    [
      'brings an escaped call to life in renderInner',
      '{{< md >}}{{</* aff "k" "T" */>}}{{< /md >}}',
      '<a href="/go/k">T</a>',
    ],
  ])('%s', (_name, body, html) => {
    expect(render(body)).toContain(html);
  });

  it('ends a chain of escaped calls', () => {
    const again: ShortcodeDefinitions = { a: { inner: true, render: () => '' } };
    const loop = {
      a: { inner: true, render: (call: ShortcodeCall) => call.renderInner() },
      b: { render: () => '{{< a >}}{{< b >}}{{< /a >}}' },
    };
    expect(
      renderMarkdown('{{< a >}}{{< b >}}{{< /a >}}', { shortcodes: { ...again, ...loop } }).diagnostics,
    ).toMatchObject([{ code: 'shortcode-nested-too-deep', line: 1, column: 1 }]);
  });
});

describe('a call', () => {
  it('knows everything about itself', () => {
    const body = 'é\n\n {{< note >}}{{% aff key="k" n=1 %}}{{< /note >}} {{< aff a b >}}';
    const { calls } = renderMarkdown(body, { shortcodes, firstLine: 12 });
    expect(calls).toMatchObject([
      {
        name: 'note',
        positional: [],
        named: undefined,
        ordinal: 0,
        parent: undefined,
        notation: '<',
        line: 14,
        column: 2,
        offset: 4,
        end: 52,
      },
      {
        name: 'aff',
        positional: [],
        named: { key: 'k', n: 1 },
        ordinal: 0,
        parent: { name: 'note' },
        notation: '%',
        line: 14,
        column: 14,
      },
      {
        name: 'aff',
        positional: ['a', 'b'],
        named: undefined,
        ordinal: 1,
        parent: undefined,
        inner: '',
        offset: 53,
        end: 68,
      },
    ]);
    expect(calls[0]?.inner).toBe('<a href="/go/k"></a>');
  });

  it('reads a parameter by name or by index, and an empty text where there is none', () => {
    const [named, positional] = renderMarkdown('{{< aff a=1 b="" >}}{{< aff x 0 >}}', { shortcodes }).calls;
    expect([named?.get('a', 0), named?.get('c', 0), named?.get('toString'), named?.get(0)]).toEqual([1, '', '', '']);
    expect([positional?.get('a', 0), positional?.get('a', 1), positional?.get('a', 2), positional?.get('a')]).toEqual([
      'x',
      0,
      '',
      '',
    ]);
    expect(positional?.get(1)).toBe(0);
  });

  it('is listed also when Markdown drops it', () => {
    const { html, calls } = renderMarkdown('[{{< aff "k" "T" >}}]: https://e.org', { shortcodes });
    expect(html).toBe('');
    expect(calls).toMatchObject([{ name: 'aff' }]);
  });
});

describe('a problem', () => {
  it.each([
    ['a broken call', "a\n\nb {{< aff 'k' >}}", 'error shortcode-character 14:11'],
    ['an unknown call', '{{< nope >}}', 'error shortcode-unknown 12:1'],
    ['an inline shortcode', 'a {{< x.inline >}}b{{< /x.inline >}}', 'error shortcode-inline-refused 12:3'],
  ])('names the line and column of the file: %s', (_name, body, problem) => {
    expect(problems(body, { firstLine: 12 })).toEqual([problem]);
  });

  it('has a message, and says what to write instead', () => {
    const { diagnostics } = renderMarkdown('{{< nope >}}', { shortcodes });
    expect(diagnostics).toEqual([
      {
        severity: 'error',
        code: 'shortcode-unknown',
        message: 'failed to extract shortcode: template for shortcode "nope" not found',
        hint: expect.stringContaining('{{</* … */>}}') as string,
        line: 1,
        column: 1,
      },
    ]);
  });

  it('leaves the rest of the page as it is', () => {
    expect(render('{{< bold >}} {{< "x" >}} {{< bold >}}')).toBe('<p>**b** {{&lt; &ldquo;x&rdquo; &gt;}} **b**</p>\n');
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('no partner');
      },
      'failed to render shortcode "bad": failed to process shortcode: no partner',
    ],
    [
      'throws what is no error',
      () => {
        throw Object.create(null) as Error;
      },
      'unknown error',
    ],
    ['returns a promise', () => Promise.resolve('x') as unknown as string, 'expected a string, got a promise'],
    ['returns nothing', () => undefined as unknown as string, 'expected a string, got undefined'],
  ])('is reported when a render function %s, and nothing is shown', (_name, badRender, message) => {
    const { html, diagnostics } = renderMarkdown('a {{< bad >}} b', { shortcodes: { bad: { render: badRender } } });
    expect(html).toBe('<p>a  b</p>\n');
    expect(diagnostics).toMatchObject([{ severity: 'error', code: 'shortcode-render-failed', line: 1, column: 3 }]);
    expect(diagnostics[0]?.message).toContain(message);
  });

  it('can be reported by a shortcode, at its call', () => {
    const warns: ShortcodeDefinitions = {
      warn: {
        render: (call) => {
          call.report({ severity: 'warning', code: 'x', message: 'm' });
          return '';
        },
      },
    };
    expect(renderMarkdown('a\n {{< warn >}}', { shortcodes: warns, firstLine: 5 }).diagnostics).toEqual([
      { severity: 'warning', code: 'x', message: 'm', line: 6, column: 2 },
    ]);
  });

  it('is one of a hundred at most, in the order of the file', () => {
    const { diagnostics } = renderMarkdown('{{< nope >}}\n'.repeat(300));
    expect(diagnostics).toHaveLength(101);
    expect(diagnostics.map(({ line }) => line)).toEqual(Array.from({ length: 101 }, (_, index) => index + 1));
    expect(diagnostics.at(-1)?.code).toBe('diagnostics-limit');
  });
});

describe('an unknown call', () => {
  const pair = 'a {{< x "q" >}}*b*{{< /x >}}';

  it('shows nothing, and its content belongs to the page', () => {
    expect(render(pair)).toBe('<p>a <em>b</em></p>\n');
    expect(problems(pair)).toEqual(['error shortcode-unknown 1:3']);
  });

  it('stays as written when it is to be kept', () => {
    expect(render(pair, { unknownShortcodes: 'keep' })).toBe(
      '<p>a {{&lt; x &quot;q&quot; &gt;}}<em>b</em>{{&lt; /x &gt;}}</p>\n',
    );
    expect(problems(pair, { unknownShortcodes: 'keep' })).toEqual([]);
    expect(expandMarkdown(pair, { unknownShortcodes: 'keep' }).markdown).toBe(pair);
  });
});

describe('expanded Markdown', () => {
  it.each([
    ['holds the output of calls', '# {{< aff "k" "T" >}}\n\n{{% bold %}}', '# <a href="/go/k">T</a>\n\n**b**'],
    ['holds escaped calls as text', '{{</* a */>}}', '{{< a >}}'],
    [
      'keeps everything else as written',
      'a  \r\n<!--more-->\n\n\tb \\* {{ c }}',
      'a  \r\n<!--more-->\n\n\tb \\* {{ c }}',
    ],
    ['holds nothing for unknown calls', 'a {{< nope >}} b', 'a  b'],
  ])('%s', (_name, body, markdown) => {
    expect(expandMarkdown(body, { shortcodes }).markdown).toBe(markdown);
  });

  it('comes with the calls and the problems', () => {
    const expanded = expandMarkdown('{{< bold >}}{{< nope >}}', { shortcodes, firstLine: 3 });
    expect(expanded.calls).toMatchObject([{ name: 'bold', line: 3 }]);
    expect(expanded.diagnostics).toMatchObject([{ code: 'shortcode-unknown', line: 3, column: 13 }]);
  });
});
