/** Makes random Markdown that is dense in the edge cases of one feature, the same for the same seed. */

/** Numbers from 0 up to `limit`, excluded. */
export type Random = (limit: number) => number;

/** A small generator (mulberry32): tests need the same numbers on every machine. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

function pick<Item>(random: Random, items: readonly Item[]): Item {
  return items[random(items.length)]!;
}

/** Between `least` and `most` pieces, joined. */
function some(random: Random, least: number, most: number, make: () => string, glue = ''): string {
  return Array.from({ length: least + random(most - least + 1) }, make).join(glue);
}

const words = ['a', 'foo', 'Bar', 'b c', 'é', '日本', '12', 'x_y', 'word', '😀', 'ſ', 'İ', 'don', 'it'];
const gaps = [' ', ' ', ' ', '  ', '\t', '', '', '\n', '\n', '\n\n', ' \n', '  \n', '\\\n', '\r\n', '   '];

/** Pieces that the inline rules of one feature are about. */
const inlinePieces = {
  emphasis: [
    '*',
    '**',
    '***',
    '_',
    '__',
    '___',
    '****',
    '~~',
    '~',
    '~~~',
    '\\*',
    '\\_',
    '"',
    '.',
    '(',
    ')',
    '[',
    ']',
    '`',
    '!',
    '&amp;',
  ],
  typographer: [
    "'",
    "'",
    '"',
    '"',
    '""',
    "''",
    '--',
    '---',
    '----',
    '-',
    '.',
    '...',
    '....',
    '<<',
    '>>',
    '<',
    '>',
    "'s",
    "'t",
    "'re",
    "'90s",
    "'em",
    "n't",
    ',',
    ';',
    '!',
    '?',
    '(',
    ')',
    '*',
    '_',
    '`',
    '`x`',
    '[a](b)',
    '&quot;',
    '1',
    '21"',
    "6'",
    '—',
    '“',
    '\u00a0',
    "'ll ",
    "'ve.",
    "\\'",
    '\\"',
    '1/2',
    '日',
    '…',
  ],
  links: [
    '[',
    ']',
    '[',
    ']',
    '(',
    ')',
    '![',
    '](',
    '](u)',
    '](<u v>)',
    '](u "t")',
    "](u 't')",
    '](u (t))',
    '](/a(b)c)',
    '[foo]',
    '[Foo][]',
    '[x][foo]',
    '[x][nope]',
    '[^1]',
    '![^1]',
    '*',
    '_',
    '`',
    '\\[',
    '\\]',
    '<',
    '>',
    '"',
    '[foo]: /url "title"',
    '\n\n[bar]: <b c>\n\n',
    '[bar]',
    '[ẞ]',
    '](javascript:x)',
    '](a&amp;b)',
    '](%20%zz é)',
    '](\\)\\é)',
    '](&#065;)',
    '](a\tb)',
    '![a](b)',
    '<http://x.y>',
  ],
  linkify: [
    'http://',
    'https://',
    'ftp://',
    'www.',
    'www.a.b',
    'http://a.b',
    'https://example.org/path',
    'a@b.c',
    'foo.bar@example.com',
    'mailto:a@b.c',
    '/',
    '?',
    '#',
    '&',
    '=',
    '&amp;',
    '&copy;',
    ';',
    ')',
    '(',
    '.',
    ',',
    '!',
    ':',
    '*',
    '_',
    '~',
    '~~',
    '"',
    "'",
    '<',
    '>',
    '[',
    ']',
    '-',
    '@',
    ':8080',
    '/a_b',
    '/(x)',
    '日本.jp',
    'é',
    '%20',
    '{}',
    '`',
    '$',
    '+',
    'x.y',
    '<https://q.r>',
    '/a"b',
    'HTTP://A.B',
    'a@b',
    'a@b.c.',
    'a@b.c-d',
    'a@b.c_',
  ],
  html: [
    '<',
    '>',
    '<b>',
    '</b>',
    '<br/>',
    '<a href="x">',
    "<a b='c' d>",
    '<a  b = c />',
    '<!-- c -->',
    '<!-->',
    '<!--->',
    '<!-- a -- b -->',
    '<!-- x',
    '-->',
    '<?php',
    '?>',
    '<!X y>',
    '<![CDATA[z',
    ']]>',
    '<div>',
    '</div>',
    '<div',
    '<pre>',
    '</pre>',
    '<script>',
    '</script>',
    '<style>',
    '<a\nb>',
    '<b c="d\ne">',
    '<1>',
    '</ b>',
    '<p>',
    '<p id=x>',
    '<x-y>',
    '<A>',
    '\n--\n',
    '<table><tr>',
    '<hr/>',
    '< b>',
    '<b',
    '"',
    '&lt;',
    '\0',
    '<textarea>',
    '<h1>',
    '\uFFFD',
    '<b a=\uFFFD>',
  ],
  code: [
    '`',
    '``',
    '```',
    ' ` ',
    '`` ` ``',
    '\\`',
    '*',
    '<b>',
    '&amp;',
    '|',
    '\\|',
    '  ',
    '[',
    '](x)',
    '"',
    '`a`',
    '` a `',
    '`  `',
    '\0',
  ],
  entities: [
    '&',
    '&amp;',
    '&copy;',
    '&#35;',
    '&#x22;',
    '&#0;',
    '&#xD800;',
    '&#1234567;',
    '&#12345678;',
    '&#x110000;',
    '&#x1234567;',
    '&nope;',
    '&notit;',
    '&amp',
    '&Abreve;',
    '&fjlig;',
    '&ngE;',
    '\\&amp;',
    '\\',
    '\\\\',
    '\\a',
    '\\!',
    '\\"',
    '\\<',
    '\\>',
    '\\`',
    '\\é',
    '"',
    '<',
    '>',
    '\0',
    '\u00a0',
    '\\\n',
    '#',
    ';',
    '`&amp;`',
    '[a](&ouml; "&auml;")',
    '&#X41;',
    '&#065;',
  ],
  checkboxes: [
    '[ ]',
    '[x]',
    '[X]',
    '[\t]',
    '[]',
    '[x] ',
    '[ ]a',
    '[x](y)',
    '- [ ] ',
    '- [x] ',
    '* [X]',
    '1. [ ] ',
    '\n- ',
    '\n  - ',
    '\n\n- ',
    '> ',
  ],
} as const;

type InlineFeature = keyof typeof inlinePieces;

function inline(random: Random, feature: InlineFeature): string {
  const pieces: readonly string[] = inlinePieces[feature];
  const piece = (): string => (random(3) === 0 ? pick(random, words) : pick(random, pieces));
  return some(random, 1, 12, () => piece() + (random(3) === 0 ? pick(random, gaps) : ''));
}

const blockStarts = [
  '',
  '',
  '',
  '- ',
  '-   ',
  '-\t',
  '* ',
  '+ ',
  '1. ',
  '2) ',
  '10. ',
  '1.  ',
  '-',
  '1.',
  '> ',
  '>',
  '>\t',
  '    ',
  '\t',
  '  ',
  ' ',
  '   ',
  '     ',
  '# ',
  '## ',
  '#\t',
  '###### ',
  '####### ',
  '```',
  '~~~',
  '````',
  '``` go',
  '~~~ x',
  ': ',
  ':   ',
  ':\t',
  '[^1]: ',
  '[^a]: ',
  '[^b]:',
  '[foo]: /url',
  '[foo]: <u> "t"',
  '---',
  '***',
  '* * *',
  '- - -',
  '===',
  '--',
  '<div>',
  '</div>',
  '<!--',
  '-->',
  '<b>',
  '| a | b |',
  '|---|---|',
  '| - |',
  ':-:|',
  '\\',
  '{.cls}',
  '{#id}',
  '![a](b)',
];

const texts = [
  '',
  '',
  'a',
  'foo',
  'b c',
  '*e*',
  'x [^1]',
  'y[^a] z[^1]',
  '`c`',
  '"q"',
  '[foo]',
  'a  ',
  'a\\',
  'x|y',
  '# h',
  '- z',
  'a\tb',
  '{#i .c}',
  '<i>',
  'www.a.b',
  'é',
];

/** Lines of random block starts, several to a line. */
function blocks(random: Random, starts: readonly string[] = blockStarts): string {
  const line = (): string => some(random, 0, 3, () => pick(random, starts)) + pick(random, texts);
  const end = random(12) === 0 ? '\r\n' : '\n';
  return some(random, 1, 10, () => line() + end + (random(4) === 0 ? '\n' : ''));
}

function cell(random: Random): string {
  return pick(random, [
    ...texts,
    '\\|',
    '`a|b`',
    '`a\\|b`',
    '`x` \\| `y\\|z`',
    'a\\\\|b',
    ' ',
    '**b**',
    '|',
    '[a](b|c)',
    '<b>|</b>',
    '\\`a\\|`',
    '![`a\\|b`](c)',
  ]);
}

function table(random: Random): string {
  const columns = 1 + random(4);
  const row = (make: () => string, count = columns): string => {
    const edges = random(3);
    const body = Array.from({ length: count }, make).join('|');
    return `${pick(random, ['', '', ' ', '   ', '> ', '- '])}${edges === 0 ? '' : '|'}${body}${edges === 1 ? '' : '|'}${pick(random, ['', '', ' '])}`;
  };
  const delimiter = (): string =>
    pick(random, [' ', '']) + pick(random, ['---', '-', ':--', '--:', ':-:', ':-', '--- ', ' :---: ', ':', '']);
  const count = columns + (random(6) === 0 ? random(3) - 1 : 0);
  return [
    ...(random(4) === 0 ? [pick(random, ['text', '# h', '- i', '[r]: u', '> q'])] : []),
    row(() => ` ${cell(random)} `, Math.max(count, 1)),
    row(delimiter),
    some(random, 0, 4, () => row(() => ` ${cell(random)} `, 1 + random(5)), '\n'),
    pick(random, ['', '\n', '\ntext', '\n\n| a |', '\n===', '\n---', '\n- x', '\n{.c}']),
  ].join('\n');
}

function nest(random: Random): string {
  const marker = (): string =>
    pick(random, ['- ', '* ', '1. ', '2. ', '> ', '-  ', '1.  ', '  ', '    ', '[^1]: ', ': ', '']);
  const lines = Array.from({ length: 2 + random(9) }, () => {
    const indent = ' '.repeat(pick(random, [0, 0, 1, 2, 2, 3, 4, 4, 5, 6, 7, 8, 9]));
    return (
      pick(random, ['', '', '', '\n']) +
      pick(random, ['', '', '> ']) +
      indent +
      marker() +
      pick(random, [...texts, '```', '    code', '---', '# h', '<div>', '| a |', '|-|'])
    );
  });
  return `${lines.join('\n')}${pick(random, ['', '\n'])}`;
}

function heading(random: Random): string {
  const pieces = [
    ...words,
    ' ',
    ' ',
    '-',
    '_',
    '.',
    '!',
    '?',
    '&',
    '&amp;',
    '*x*',
    '`c`',
    '[l](u)',
    '![i](j)',
    '<b>',
    '{',
    '}',
    '{#id}',
    '{.c}',
    '{#id .c k=v}',
    '{k="v w"}',
    '{a=1 b=true c=null d=[1,2] e=-1.5e3}',
    '{.a .b}',
    '{onclick=x}',
    '{data-x=y}',
    ' #',
    '##',
    '\\#',
    '\\{',
    ' # {#z}',
    ' {#dup}',
    ':',
    '/',
    '’',
    'É',
    'ÀÈ',
    '中文',
    'ß',
    'ǅ',
    'Σς',
    '\u00a0',
    '½',
    '²',
    '٣',
    '\t',
    '{class="q r" .s}',
    '{.é}',
    '{#é_-:.x}',
    '{ #s }',
    '{a=b, c=d}',
    '{}',
    "{a='b'}",
    '{a="\\"\\n"}',
    '{a}',
  ];
  const line = (): string => {
    const text = some(random, 0, 5, () => pick(random, pieces));
    const style = random(6);
    if (style === 0) return `${text || 'x'}\n${pick(random, ['===', '---', '=', '--'])}`;
    if (style === 1) return `${text || 'x'}\nmore ${pick(random, pieces)}\n===`;
    return `${pick(random, ['#', '#', '##', '###', '   #', '######'])}${pick(random, [' ', ' ', '  ', '\t'])}${text}${pick(random, ['', '', '', ' #', ' ##', '#', ' '])}`;
  };
  return `${some(random, 1, 4, line, pick(random, ['\n', '\n\n']))}${pick(random, ['', '\n'])}`;
}

function footnotes(random: Random): string {
  const label = (): string => pick(random, ['1', '1', 'a', 'b', 'A', 'x y', 'é', '*', '\\]', '2']);
  const piece = (): string =>
    pick(random, [
      () => `text[^${label()}]`,
      () => `![^${label()}]`,
      () => `[^${label()}][^${label()}]`,
      () => `[^${label()}]: note ${pick(random, texts)}`,
      () => `[^${label()}]:\n    note`,
      () => `[^${label()}]: p\n\n    second\n\n    - li`,
      () =>
        `[^${label()}]: p\n\n    ${pick(random, ['> q', '```\n    c\n    ```', '# h', '    code', '| a |\n    |-|', '[^2]: inner'])}`,
      () => `- item[^${label()}]\n\n  [^${label()}]: in list`,
      () => `> quote[^${label()}]\n> [^${label()}]: in quote`,
      () => `[^${label()}](u)`,
      () => `[a [^${label()}]](u)`,
      () => `# h[^${label()}]`,
      () => `| a[^${label()}] |\n|---|\n| [^${label()}] |`,
      () => `[^${label()}]:text\nlazy`,
      () => pick(random, texts),
    ])();
  return `${some(random, 1, 6, piece, pick(random, ['\n\n', '\n\n', '\n']))}\n`;
}

function definitions(random: Random): string {
  const piece = (): string =>
    pick(random, [
      'term',
      'Two\nTerms',
      'term  ',
      '*t*',
      ': d',
      ':   d',
      ':\td',
      ': d\n  more',
      ': d\n\n  para',
      ': d\nlazy',
      ':d',
      ' : d',
      ':',
      ':        code',
      ': - li\n  - li2',
      ': > q',
      ': ```\n  c\n  ```',
      '- t\n  : d',
      '> t\n> : d',
      ': # h',
      '',
      '  t',
      '[r]: u',
      ': [r]',
      '---',
      '# h',
      '[^1]: t\n    : d',
    ]);
  return `${some(random, 1, 8, piece, pick(random, ['\n', '\n', '\n\n']))}${pick(random, ['', '\n'])}`;
}

function fences(random: Random): string {
  const info = (): string =>
    pick(random, [
      '',
      '',
      'x',
      'foo',
      ' bar ',
      'nolang x',
      'x{.c}',
      'x {.c #i}',
      'é',
      '&amp;',
      '\\!',
      'a`b',
      'zzz\ty',
      '{.x}',
      'go',
      'html',
      'js {.c data-x=y}',
      'Python',
      'text',
      'yml',
      'foo.go',
      'a"b<c>',
    ]);
  const fence = (): string =>
    pick(random, ['```', '```', '~~~', '````', ' ```', '   ~~~', '    ```', '``', '```` ', '\t```']);
  const line = (): string =>
    pick(random, [
      '',
      ' ',
      '  x',
      '    y',
      '\tz',
      ' \tq',
      'code',
      '<b> & "q" \'s\'',
      '```',
      '~~~',
      '\0',
      'a  ',
      '`',
      '> x',
      '- x',
      'é',
      '\r',
    ]);
  const body = (): string =>
    `${fence()}${info()}\n${some(random, 0, 4, line, '\n')}\n${pick(random, [fence(), fence(), ''])}`;
  const prefix = pick(random, ['', '', '', '> ', '- ', '1. ']);
  const text = some(random, 1, 3, () => `${pick(random, ['', '', 'p\n'])}${body()}`, '\n');
  return `${text.replace(/^/gm, () => (random(8) === 0 ? '' : prefix === '- ' || prefix === '1. ' ? ' '.repeat(prefix.length) : prefix)).replace(/^ +/, prefix)}\n`;
}

const soupCharacters = '*_`[]()<>!#-+=|:~^&;"\'\\/.,{}@ \t\n\n 1aA\r\0é';

function soup(random: Random): string {
  const characters = Array.from(soupCharacters);
  return some(random, 1, 40, () => pick(random, characters));
}

function mixed(random: Random): string {
  const kinds = Object.values(inlinePieces).flat();
  const line = (): string =>
    some(random, 0, 2, () => pick(random, blockStarts)) +
    some(random, 0, 5, () => pick(random, kinds) + pick(random, ['', ' ', ...words]));
  return some(random, 1, 9, line, '\n');
}

/** The generators by feature. */
export const features: Readonly<Record<string, (random: Random) => string>> = {
  emphasis: (random) => inline(random, 'emphasis'),
  typographer: (random) => inline(random, 'typographer'),
  links: (random) => inline(random, 'links'),
  linkify: (random) => inline(random, 'linkify'),
  html: (random) => inline(random, 'html'),
  code: (random) => inline(random, 'code'),
  entities: (random) => inline(random, 'entities'),
  checkboxes: (random) => inline(random, 'checkboxes'),
  blocks: (random) => blocks(random),
  nesting: nest,
  tables: table,
  headings: heading,
  footnotes,
  definitions,
  fences,
  soup,
  mixed,
};

/** Hugo reads these itself before Markdown is. */
const notMarkdown = /\{\{|<!--\s*more|^\uFEFF/g;

export function randomMarkdown(feature: string, seed: number): string {
  const make = features[feature];
  return make ? make(seededRandom(seed)).replace(notMarkdown, '{ ') : '';
}
