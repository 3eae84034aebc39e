import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scanShortcodes, type Token } from './lexer.js';

/** Tokens as `kind:text`, without the ignored ones; a broken call shows its code too. */
function scan(source: string): string[] {
  return scanShortcodes(source)
    .filter((token) => token.kind !== 'ignored')
    .map((token) => show(source, token));
}

function show(source: string, { kind, start, end, quoted, escaped, problem }: Token): string {
  const text = source.slice(start, end);
  if (problem !== undefined) return `broken:${text} ${problem.code}@${problem.offset}`;
  if (kind === 'left' || kind === 'right') return text;
  return `${kind}${quoted === true ? '"' : ''}${escaped === true ? '\\' : ''}:${text}`;
}

const broken = (text: string, code: string, offset: number): string => `broken:${text} ${code}@${offset}`;

describe('the lexer', () => {
  it.each<[name: string, input: string, tokens: string[]]>([
    ['text alone', 'a b', ['text:a b']],
    ['nothing', '', []],
    ['braces of other kinds', '{{ a }} {{- a -}} {% a %} {< a >}', ['text:{{ a }} {{- a -}} {% a %} {< a >}']],
    ['a call', '{{< aff >}}', ['{{<', 'name:aff', '>}}']],
    ['a Markdown call', '{{% aff %}}', ['{{%', 'name:aff', '%}}']],
    ['a call without spaces', 'a{{<aff>}}b', ['text:a', '{{<', 'name:aff', '>}}', 'text:b']],
    ['a brace more on each side', '{{{< a >}}}', ['text:{', '{{<', 'name:a', '>}}', 'text:}']],
    ['a call over lines', '{{<\r\n\ta\r"b"\n>}}', ['{{<', 'name:a', 'parameter":b', '>}}']],
    ['a path', '{{< ns/deep-er/a_1 >}}', ['{{<', 'name:ns/deep-er/a_1', '>}}']],
    ['a name that takes the slash', '{{< note/>}}', ['{{<', 'name:note/', '>}}']],
    ['names of other scripts', '{{< über >}}{{< 课程 >}}', ['{{<', 'name:über', '>}}', '{{<', 'name:课程', '>}}']],
    ['a letter outside the basic plane', '{{< 𝒜b >}}', ['{{<', 'name:𝒜b', '>}}']],

    [
      'bare parameters',
      '{{< a k -x 1.5 _ >}}',
      ['{{<', 'name:a', 'parameter:k', 'parameter:-x', 'parameter:1.5', 'parameter:_', '>}}'],
    ],
    ['a string', '{{< a "b >}} c" >}}', ['{{<', 'name:a', 'parameter":b >}} c', '>}}']],
    ['an empty string', '{{< a "" >}}', ['{{<', 'name:a', 'parameter":', '>}}']],
    ['strings without space', '{{< a"b""c" >}}', ['{{<', 'name:a', 'parameter":b', 'parameter":c', '>}}']],
    ['an escaped quote', '{{< a "b\\"c\\d" >}}', ['{{<', 'name:a', 'parameter"\\:b\\"c\\d', '>}}']],
    ['a backslash that escapes nothing', '{{< a "b\\nc" >}}', ['{{<', 'name:a', 'parameter":b\\nc', '>}}']],
    ['escaped delimiting quotes', '{{< a \\"b c\\" >}}', ['{{<', 'name:a', 'parameter":b c', '>}}']],
    [
      'escaped opening quote, plain closing one',
      '{{< a \\"b"c >}}',
      ['{{<', 'name:a', 'parameter":b', 'parameter:c', '>}}'],
    ],
    ['a raw string', '{{< a `b\n"c"\\` >}}', ['{{<', 'name:a', 'parameter":b\n"c"\\', '>}}']],
    ['a named parameter', '{{< a b="c" >}}', ['{{<', 'name:a', 'parameter:b', 'value":c', '>}}']],
    ['space around the equals sign', '{{< a b = "c" >}}', ['{{<', 'name:a', 'parameter:b', 'value":c', '>}}']],
    ['a quoted key', '{{< a "b c"=`d` >}}', ['{{<', 'name:a', 'parameter":b c', 'value":d', '>}}']],
    [
      'an unquoted value up to the space',
      '{{< a b=c/d>}}e >}}',
      ['{{<', 'name:a', 'parameter:b', 'value:c/d>}}e', '>}}'],
    ],
    ['a value that NBSP ends', '{{< a b=c\u00a0>}}', ['broken:{{< a b=c shortcode-character@9', 'text:\u00a0>}}']],
    ['a value without a name', '{{< a ="x" >}}', ['{{<', 'name:a', 'value":x', '>}}']],

    ['a closing tag', '{{< a >}}{{< /a >}}', ['{{<', 'name:a', '>}}', '{{<', 'close:/', 'name:a', '>}}']],
    ['a closing tag without a name', '{{< a >}}{{</>}}', ['{{<', 'name:a', '>}}', '{{<', 'close:/', '>}}']],
    ['a self-closing call', '{{< a "b"/>}}', ['{{<', 'name:a', 'parameter":b', 'close:/', '>}}']],
    ['an inline shortcode', '{{< x.inline >}}', ['{{<', 'inline-name:x.inline', '>}}']],

    ['an escaped call', '{{</* a "b" */>}}', ['verbatim:{{<', 'verbatim: a "b" ', 'verbatim:>}}']],
    ['an empty escaped call', '{{%/**/%}}', ['verbatim:{{%', 'verbatim:%}}']],
    [
      'an escaped call up to the first end',
      '{{</* a */ b */>}}',
      ['verbatim:{{<', 'verbatim: a */ b ', 'verbatim:>}}'],
    ],

    ['the divider with the space behind it', 'a<!--more-->\n\n b', ['text:a', 'divider:<!--more-->\n\n ', 'text:b']],
    ['only the first divider', '<!--more-->a<!--more-->b', ['divider:<!--more-->', 'text:a<!--more-->b']],
    [
      'no divider inside a string',
      '{{< a "<!--more-->" >}}<!--more-->',
      ['{{<', 'name:a', 'parameter":<!--more-->', '>}}', 'divider:<!--more-->'],
    ],
  ])('reads %s', (_name, input, tokens) => {
    expect(scan(input)).toEqual(tokens);
  });

  it.each<[name: string, input: string, tokens: string[]]>([
    ['a stray character', "{{< a 'b' >}}", [broken('{{< a ', 'shortcode-character', 6), "text:'b' >}}"]],
    ['the other right delimiter', '{{< a %}}', [broken('{{< a ', 'shortcode-character', 6), 'text:%}}']],
    ['a quoted name', '{{< "a" >}}', [broken('{{< ', 'shortcode-character', 4), 'text:"a" >}}']],
    ['a period in the name', '{{< a.html >}}', [broken('{{< a', 'shortcode-name-period', 5), 'text:.html >}}']],
    ['a call without an end', 'x {{< a b', ['text:x ', broken('{{< a b', 'shortcode-not-terminated', 2)]],
    ['a value that swallows the end', '{{< a b=c/>}}', [broken('{{< a b=c/>}}', 'shortcode-not-terminated', 0)]],
    [
      'a string without an end',
      '{{< a "b >}} c\nd',
      [broken('{{< a "b >}}', 'shortcode-string-not-terminated', 6), 'text: c\nd'],
    ],
    [
      'a raw string without an end',
      '{{< a `b >}} c',
      [broken('{{< a ', 'shortcode-raw-string-not-terminated', 6), 'text:`b >}} c'],
    ],
    ['an escaped back quote', '{{< a \\`b\\` >}}', [broken('{{< a \\', 'shortcode-escape', 6), 'text:`b\\` >}}']],
    [
      'an escaped call without an end',
      '{{</* a >}}',
      [broken('{{<', 'shortcode-comment-not-terminated', 0), 'text:/* a >}}'],
    ],
    [
      'an escaped call closed by the other notation',
      '{{%/* a */>}}',
      [broken('{{%', 'shortcode-comment-not-terminated', 0), 'text:/* a */>}}'],
    ],
    [
      'a closing tag before any call',
      '{{< /a >}}',
      [broken('{{< ', 'shortcode-closing-tag-without-opening', 4), 'text:/a >}}'],
    ],
    [
      'a name after named parameters',
      '{{< a b="c" d >}}',
      [broken('{{< a b="c" ', 'shortcode-positional-after-named', 12), 'text:d >}}'],
    ],
    [
      'a named parameter after positions',
      '{{< a "b" c="d" >}}',
      [broken('{{< a "b" ', 'shortcode-named-after-positional', 10), 'text:c="d" >}}'],
    ],
    [
      'a string after named parameters',
      '{{< a b="c" "d" >}}',
      [broken('{{< a b="c" ', 'shortcode-quoted-after-named', 12), 'text:"d" >}}'],
    ],
  ])('gives up on %s and goes on behind it', (_name, input, tokens) => {
    expect(scan(input)).toEqual(tokens);
  });

  it('finds the next call in a string that was left open', () => {
    const tokens = scan('{{< a "b >}} and {{< c "d" >}}');
    expect(tokens.slice(0, 2)).toEqual([broken('{{< a "b >}}', 'shortcode-string-not-terminated', 25), 'text: and ']);
    expect(tokens.slice(2)).toEqual(['{{<', 'name:c', 'parameter":d', '>}}']);
  });

  it('asks a closing tag only whether its name was ever opened', () => {
    expect(scan('{{< a >}}{{< b >}}{{< /a >}}')).not.toContainEqual(expect.stringContaining('broken'));
    expect(scan('{{< a >}}{{< /b >}}')).toContainEqual(broken('{{< /b', 'shortcode-closing-tag-mismatch', 14));
    expect(scan('{{< a >}}{{< /a\n>}}')).toContainEqual(broken('{{< /a', 'shortcode-closing-tag-not-terminated', 15));
  });

  it('lets nothing stand inside an inline shortcode', () => {
    const tokens = scan('{{< x.inline >}}{{< a >}}{{< /x.inline >}}');
    expect(tokens).toContainEqual(broken('{{<', 'shortcode-inline-nested', 16));
  });

  const fragments = fc.constantFrom(
    ...[
      '{{<',
      '{{%',
      '>}}',
      '%}}',
      '{{',
      '}}',
      ' ',
      '\n',
      'a',
      'x.inline ',
      '/',
      '"',
      '\\"',
      '`',
      '\\',
      '=',
      '/*',
      '*/',
    ],
    ...['<!--more-->', '-', '.', 'é', '𝒜', '\ud800', '\u00a0', '\0'],
  );
  const hostileText = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(fragments, { maxLength: 60 }).map((parts) => parts.join('')),
  );

  it('covers every text without gap or overlap, and throws on none', () => {
    fc.assert(
      fc.property(hostileText, (source) => {
        let position = 0;
        for (const { start, end } of scanShortcodes(source)) {
          expect(start).toBe(position);
          expect(end).toBeGreaterThanOrEqual(start);
          position = end;
        }
        expect(position).toBe(source.length);
      }),
      { numRuns: 3000 },
    );
  });
});
