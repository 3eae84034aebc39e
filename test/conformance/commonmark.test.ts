import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { renderMarkdown, type GoldmarkSettings } from '../../src/markdown.entry.js';
import { buildWithHugo, hasHugo, howToGetHugo } from './hugo-oracle.js';
import { scanShortcodes } from '../../src/shortcodes/lexer.js';

interface SpecExample {
  readonly number: number;
  readonly section: string;
  readonly markdown: string;
  readonly html: string;
}

/** The package has no types. In its text an arrow stands for a tab. */
const { tests } = createRequire(import.meta.url)('commonmark-spec') as { tests: readonly SpecExample[] };
const examples = tests.map((one) => ({
  ...one,
  markdown: one.markdown.replaceAll('→', '\t'),
  html: one.html.replaceAll('→', '\t'),
}));

const commonMark: GoldmarkSettings = {
  unsafe: true,
  xhtml: true,
  typographer: false,
  linkify: false,
  table: false,
  strikethrough: false,
  taskList: false,
  definitionList: false,
  footnote: false,
  autoHeadingID: false,
  attribute: { title: false, block: false },
  codeFences: false,
};

/** Where Goldmark 1.5.4, which follows CommonMark 0.30, says otherwise; the real Hugo is asked below. */
const deviations = new Map([
  [
    354,
    {
      reason: 'only ASCII symbols count as punctuation',
      html: '<p>*$*alpha.</p>\n<p><em>£</em>bravo.</p>\n<p><em>€</em>charlie.</p>\n',
    },
  ],
  [
    625,
    {
      reason: 'no `--` inside an HTML comment',
      html: '<p>foo &lt;!-- this is a --\ncomment - with hyphens --&gt;</p>\n',
    },
  ],
  [
    626,
    {
      reason: '`<!-->` and `<!--->` are no comments',
      html: '<p>foo &lt;!--&gt; foo --&gt;</p>\n<p>foo &lt;!---&gt; foo --&gt;</p>\n',
    },
  ],
]);

describe('CommonMark 0.31.2', () => {
  it('has its 652 examples', () => {
    expect(examples).toHaveLength(652);
  });

  it.each(examples.filter(({ number }) => !deviations.has(number)))(
    'example $number, $section',
    ({ markdown, html }) => {
      expect(renderMarkdown(markdown, { goldmark: commonMark }).html).toBe(html);
    },
  );

  it.each([...deviations].map(([number, deviation]) => ({ number, ...deviation })))(
    'example $number differs as Goldmark does: $reason',
    ({ number, ...deviation }) => {
      const { markdown, html } = examples[number - 1] as SpecExample;
      expect(deviation.html).not.toBe(html);
      expect(renderMarkdown(markdown, { goldmark: commonMark }).html).toBe(deviation.html);
    },
  );

  it.each(examples)('example $number holds no shortcode', ({ markdown }) => {
    expect(scanShortcodes(markdown).map(({ kind, start, end }) => ({ kind, start, end }))).toEqual([
      { kind: 'text', start: 0, end: markdown.length },
    ]);
  });
});

describe.skipIf(!hasHugo())(`the real Hugo on the examples of CommonMark (${howToGetHugo})`, () => {
  it('renders them as Waypost does, with its default settings', { timeout: 300_000 }, () => {
    const pages = buildWithHugo(examples.map(({ markdown }) => markdown));
    const differing = examples.flatMap(({ number, markdown }, index) => {
      const { html: hugo = '', error } = pages[index] ?? {};
      // Colours of code are left to the page.
      if (hugo.includes('class="highlight"')) return [];
      const { html: waypost } = renderMarkdown(markdown, { goldmark: { unsafe: true } });
      return error === undefined && hugo === waypost ? [] : [{ number, hugo: error ?? hugo, waypost }];
    });
    expect(pages).toHaveLength(652);
    expect(differing).toEqual([]);
  });
});
