import { describe, expect, it } from 'vitest';
import { compileBody } from './compile-body.js';
import { renderMarkdown } from './render-markdown.js';
import { spliceBody } from './splice-body.js';

const note = { inner: true, render: (call: { inner: string }) => `<b>${call.inner}</b>` };
const shortcodes = { note, aff: { render: () => '<a>' }, md: { inner: true, render: note.render } };

const repeat = (unit: string, size: number): string => unit.repeat(Math.ceil(size / unit.length));
const nestTo = (open: string, close: string, size: number): string => {
  const depth = Math.floor(size / (open.length + close.length));
  return open.repeat(depth) + close.repeat(depth);
};

const megabyte = 1_000_000;
/** Enough: with work that grows with the square of the length, one of these alone would take longer than all tests may. */
const size = 200_000;
const fill = (unit: string): string => repeat(unit, size);
const nest = (open: string, close: string): string => nestTo(open, close, size);

const hostile: readonly (readonly [name: string, body: string])[] = [
  ['a megabyte of openers of calls', repeat('{{<', megabyte)],
  ['a megabyte of quotes', repeat('"', megabyte)],
  ['a megabyte of quotes in a call', `{{< aff ${repeat('"a" ', megabyte)}>}}`],
  ['a megabyte of nested calls', nestTo('{{< note >}}', '{{< /note >}}', megabyte)],
  ['a megabyte of backticks', repeat('`', megabyte)],
  ['a megabyte of brackets', repeat('[', megabyte)],
  ['openers of calls of both kinds', fill('{{% {{< ')],
  ['escaped openers', fill('{{</*')],
  ['an unterminated parameter', `{{< aff "${fill('x')}`],
  ['escaped quotes in a call', `{{< aff "${fill('\\"')}" >}}`],
  ['calls', fill('{{< aff >}}')],
  ['calls that Markdown parses', fill('{{% aff %}}')],
  ['calls nobody closes', fill('{{< note >}}')],
  ['closers nobody opened', fill('{{< /note >}}')],
  ['nested calls that Markdown parses', nest('{{% md %}}', '{{% /md %}}')],
  ['runs of backticks', Array.from({ length: 600 }, (_, index) => '`'.repeat(index)).join(' ')],
  ['closing brackets', fill(']')],
  ['links', fill('[a](')],
  ['link texts in each other', nest('[', ']()')],
  ['images', fill('![')],
  ['quotes in each other', fill('> ')],
  ['lists in each other', fill('- ')],
  ['emphasis', fill('*a **a ')],
  ['alternating emphasis', fill('*_')],
  ['strikethrough', fill('~~a')],
  ['tags', fill('<a ')],
  ['comments', fill('<!--')],
  ['processing instructions', fill('<?')],
  ['declarations', fill('<!A ')],
  ['entities', fill('&#35')],
  ['link definitions', fill('[a]: b\n')],
  ['footnotes', fill('[^a]')],
  ['footnote definitions', fill('[^a]: b\n\n')],
  ['table cells', `|a|\n|-|\n${fill('|')}`],
  ['table columns', `${repeat('|a', size / 2)}\n${repeat('|-', size / 2)}\n`],
  ['headings', fill('# a\n')],
  ['attributes', `# a {${fill('.a ')}`],
  ['bare addresses', fill('https://')],
  ['mail addresses', fill('a@')],
  ['backslashes', fill('\\')],
  ['line ends', fill('a\n')],
  ['dashes', fill('a--')],
  ['emoji codes', fill(':a')],
];

describe('hostile text', () => {
  it.each(hostile)('is rendered, and compiled to the same: %s', { timeout: 60_000 }, (_name, body) => {
    const options = { shortcodes, goldmark: { unsafe: true, enableEmoji: true } };
    const { html } = renderMarkdown(body, options);
    expect(spliceBody(compileBody(body, options), shortcodes)).toBe(html);
  });
});
