import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderMarkdown, type RenderedMarkdown } from '../../src/markdown.entry.js';
import { firstBodyLine } from './hugo-rows.js';
import { buildWithHugo, hasHugo, howToGetHugo } from './hugo-oracle.js';
import { hugoShortcodes } from './hugo-shortcodes.js';

/** Fixed, so that a run can be repeated. `WAYPOST_TEST_SEED` draws other pages, `WAYPOST_TEST_PAGES` more of them. */
const seed = Number(process.env['WAYPOST_TEST_SEED'] ?? 20250912);
const pageCount = Number(process.env['WAYPOST_TEST_PAGES'] ?? 300);
const brokenPageCount = Number(process.env['WAYPOST_TEST_BROKEN_PAGES'] ?? 25);

const shortcodeNames = [
  'who',
  'two',
  'empty',
  'aff k T',
  'aff "k" "a & b"',
  'span x',
  'types -1 b',
  'affnl "k" "T"',
  'md',
  'li',
  'h2',
];
const pairedNames = ['note', 'raw', 'whoi', 'trim', 'noters', 'deindent', 'box', 'varsi a=1'];

const delimiters = fc.constantFrom(['{{<', '>}}'] as const, ['{{%', '%}}'] as const);

/** Well-formed pages: calls of any nesting between pieces of Markdown. */
const { page } = fc.letrec<{ page: string; call: string; pair: string; markdown: string }>((tie) => ({
  page: fc
    .array(fc.oneof({ maxDepth: 4 }, tie('markdown'), tie('call'), tie('pair')), { maxLength: 9 })
    .map((parts) => parts.join('')),
  call: fc
    .tuple(delimiters, fc.constantFrom(...shortcodeNames))
    .map(([[left, right], name]) => `${left} ${name} ${right}`),
  pair: fc
    .tuple(delimiters, fc.constantFrom(...pairedNames), tie('page'), delimiters)
    .map(
      ([[left, right], name, inner, [closingLeft, closingRight]]) =>
        `${left} ${name} ${right}${inner}${closingLeft} /${name.split(' ')[0]} ${closingRight}`,
    ),
  markdown: fc.constantFrom(
    ...['word', 'two words', '\n', '\n\n', '\n\n', ' ', '  ', '\n  ', '\n    ', '. ', '"', "'s ", ' -- ', '...'],
    ...[
      '*',
      '**',
      '_',
      '`',
      '~~',
      '- ',
      '\n- ',
      '\n1. ',
      '\n> ',
      '\n## ',
      '\n---\n',
      '\n```\n',
      '\n| a | b |\n|---|---|\n| ',
      ' | ',
    ],
    ...[
      '[',
      '](',
      ')',
      '<b>',
      '</b>',
      '<div>',
      '\n</div>\n',
      '<!-- ',
      ' -->',
      '&amp;',
      '\\',
      'https://e.org/',
      'é',
      '日本',
    ],
    ...['{{</* who */>}}', '{{%/* two */%}}', '{{ x }}', '\nTerm\n: ', '[^1]', '\n[^1]: '],
  ),
}));

const fragments = fc.constantFrom(
  ...['{{<', '{{%', '>}}', '%}}', ' ', ' ', '\n', 'types', 'note', 'who', 'nope', 'raw', '/', ' /note', '"a b"', '`r`'],
  ...[
    '\\"q\\"',
    '"e\\"f"',
    'a=',
    '1',
    '-2.5',
    'true',
    'k',
    '=',
    '"',
    '`',
    '\\',
    '/*',
    '*/',
    'text',
    'é',
    '{',
    "'",
    ',',
  ],
  ...['{{< note >}}', '{{< /note >}}', '{{< who >}}', '{{< types a="b" ', '{{< types "a" '],
);

/** Pages that mostly are broken. */
const brokenPage = fc.array(fragments, { minLength: 2, maxLength: 12 }).map((parts) => `{{<${parts.join('')}`);

describe.skipIf(!hasHugo())(`the real Hugo (${howToGetHugo}), seed ${seed}`, () => {
  it('renders well-formed pages to the same HTML', { timeout: 300_000 }, () => {
    const bodies = fc.sample(page, { numRuns: pageCount, seed });
    const pages = buildWithHugo(bodies);
    const differing = bodies.flatMap((body, index) => {
      const { html: hugo, error } = pages[index] ?? {};
      const { html: waypost, diagnostics } = render(body);
      // Content that is rendered on its own may hold what looks like a call, such as `{{</a>`.
      const agrees =
        error === undefined
          ? agreesOn(hugo ?? '', waypost)
          : diagnostics.some(({ severity, message }) => severity === 'error' && error.includes(message));
      return agrees ? [] : [{ body, hugo: hugo ?? error, waypost }];
    });
    expect(differing).toEqual([]);
  });

  it('stops at broken pages with a message that is among ours', { timeout: 300_000 }, () => {
    const bodies = fc.sample(brokenPage, { numRuns: brokenPageCount, seed });
    const differing = bodies.flatMap((body) => {
      const { html, error } = buildWithHugo([body])[0] ?? {};
      // Hugo itself crashes on a parameter before the name.
      if (error?.startsWith('panic') === true) return [];
      const rendered = render(body);
      const errors = rendered.diagnostics.filter(({ severity }) => severity === 'error').map(({ message }) => message);
      const agrees = error === undefined ? errors.length === 0 && rendered.html === html : errors.includes(error);
      return agrees ? [] : [{ body, hugo: error ?? html, waypost: error === undefined ? rendered.html : errors }];
    });
    expect(differing).toEqual([]);
  });
});

function render(body: string): RenderedMarkdown {
  return renderMarkdown(body, {
    shortcodes: hugoShortcodes(body),
    goldmark: { unsafe: true },
    firstLine: firstBodyLine,
  });
}

/** Ids of headings with calls differ on purpose, and with them the numbers behind equal ids. */
function agreesOn(hugo: string, waypost: string): boolean {
  return hugo.includes('hahahugo') ? withoutIds(hugo) === withoutIds(waypost) : hugo === waypost;
}

function withoutIds(html: string): string {
  return html.replace(/ id="[^"]*"/g, '');
}
