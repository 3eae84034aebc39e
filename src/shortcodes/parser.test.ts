import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ShortcodeDefinitions } from './definition.js';
import { parseShortcodes } from './parser.js';
import type { Part } from './shortcode-document.js';

const render = (): string => '';

const definitions: ShortcodeDefinitions = {
  link: { render },
  note: { inner: true, render },
  raw: { inner: true, render },
  aff: { inner: 'optional', render },
};

/** A document as text: calls as `name(inner)`, unknown tags as `?tag?`, the divider as `---`. */
function tree(source: string): string {
  return show(source, parseShortcodes(source, definitions).parts);
}

function show(source: string, parts: readonly Part[]): string {
  return parts.map((part) => showPart(source, part)).join('');
}

function showPart(source: string, part: Part): string {
  if (part.kind === 'call') return `${part.name}(${show(source, part.inner)})`;
  if (part.kind === 'divider') return '---';
  const text = source.slice(part.start, part.end);
  return part.kind === 'unresolved' ? `?${text}?` : text;
}

function codes(source: string): string[] {
  return parseShortcodes(source, definitions).problems.map(({ code, offset }) => `${code}@${offset}`);
}

function callsOf(source: string): Part[] {
  return parseShortcodes(source, definitions).parts.filter((part) => part.kind === 'call');
}

describe('the tree of calls', () => {
  it.each([
    ['text', 'a', 'a'],
    ['a call', 'a {{< link "x" >}} b', 'a link() b'],
    ['a paired call', '{{< note >}}x{{< /note >}}', 'note(x)'],
    ['a pair closed in the other notation', '{{< note >}}x{{% /note %}}', 'note(x)'],
    ['a pair closed without a name', '{{< note >}}x{{</>}}', 'note(x)'],
    ['calls in calls', '{{< note >}}a{{< raw >}}b{{% link %}}{{< /raw >}}{{< /note >}}', 'note(araw(blink()))'],
    ['a self-closing call', '{{< note />}}x', 'note()x'],
    ['closing tags in the wrong order', '{{< note >}}x{{< raw >}}y{{< /note >}}z{{< /raw >}}w', 'note(xraw(y)z)w'],
    ['an escaped call', '{{< note >}}{{</* link */>}}{{< /note >}}', 'note({{< link >}})'],
    [
      'a path below layouts',
      '{{< shortcodes/link >}}{{< _internal/shortcodes/link >}}',
      'shortcodes/link()_internal/shortcodes/link()',
    ],
    ['the divider on the page', 'a<!--more--> b', 'a---b'],
    ['the divider in a call, which goes', '{{< note >}}a<!--more--> b{{< /note >}}<!--more-->', 'note(ab)<!--more-->'],
    ['an unknown call', '{{< nope >}}', '?{{< nope >}}?'],
    ['an unknown pair', '{{< nope >}}a{{< link >}}{{< /nope >}}b', '?{{< nope >}}?alink()?{{< /nope >}}?b'],
    [
      'an unknown pair in a call',
      '{{< note >}}{{< no >}}a{{< /no >}}{{< /note >}}',
      'note(?{{< no >}}?a?{{< /no >}}?)',
    ],
    [
      'an inline shortcode',
      'a{{< x.inline >}}{{ .Get 0 }}{{< /x.inline >}}b',
      'a?{{< x.inline >}}{{ .Get 0 }}{{< /x.inline >}}?b',
    ],
    ['items after a slash', '{{< note / x >}}{{< raw / x y z >}}', 'note()raw()z>}}'],
  ])('holds %s', (_name, source, expected) => {
    expect(tree(source)).toBe(expected);
  });

  it.each([
    ['alone', '{{< aff "p" >}} a', 'aff() a'],
    ['paired', '{{< aff "p" >}}a{{< /aff >}} b', 'aff(a) b'],
    ['self-closing', '{{< aff "p" />}} a', 'aff() a'],
    ['alone before a paired one', '{{< aff "p" >}} {{< aff "q" >}}a{{< /aff >}}', 'aff() aff(a)'],
    ['alone in a pair', '{{< note >}}{{< aff "p" >}} a{{< /note >}}', 'note(aff() a)'],
    ['paired in a pair', '{{< note >}}{{< aff "p" >}}a{{< /aff >}}{{< /note >}}', 'note(aff(a))'],
    ['around a pair', '{{< aff "p" >}}{{< note >}}a{{< /note >}}{{< /aff >}}', 'aff(note(a))'],
    ['closed without a name', '{{< aff "p" >}}a{{</>}}b', 'aff(a)b'],
    ['alone, with a nameless end of the pair around', '{{< note >}}{{< aff "p" >}}a{{</>}}', 'note(aff()a)'],
  ])('reads a call with optional content %s', (_name, source, expected) => {
    expect(tree(source)).toBe(expected);
    expect(codes(source)).toEqual([]);
  });

  it.each([
    ['no name', 'a {{< >}} b', 'shortcode-without-name@2'],
    ['an unknown name', 'a {{< nope >}} b', 'shortcode-unknown@2'],
    ['no closing tag', '{{< note >}}a', 'shortcode-not-closed@0'],
    ['a second closing tag', '{{< note >}}{{< /note >}}{{< /note >}}', 'shortcode-not-paired@25'],
    ['a closing tag of a call that is not paired', '{{< link >}}{{< /link >}}', 'shortcode-not-paired@12'],
    ['a slash in a call that is not paired', 'a{{< link />}}', 'shortcode-not-paired@1'],
    ['a name after positions, with space', '{{< link a b = "c" >}}', 'shortcode-parameters-mixed@0'],
    ['a position after names, with space', '{{< link b = "c" a >}}', 'shortcode-parameters-mixed@0'],
    ['an inline shortcode', '{{< x.inline >}}{{< /x.inline >}}', 'shortcode-inline-refused@0'],
    ['parameters after a slash', '{{< note / x >}}', 'shortcode-parameter-after-slash@0'],
  ])('reports %s', (_name, source, expected) => {
    expect(codes(source)).toEqual([expected]);
  });

  it('keeps a broken call as text, with its closing tag, and reports it once', () => {
    const source = "{{< note 'x' >}}a{{< /note >}} {{< link >}}";
    expect(tree(source)).toBe("{{< note 'x' >}}a{{< /note >}} link()");
    expect(codes(source)).toEqual(['shortcode-character@9']);
  });

  it('gives the page back what an unclosed call would have swallowed', () => {
    expect(tree('{{< note >}}a {{< raw >}}b{{< link >}}')).toBe('{{< note >}}a {{< raw >}}blink()');
    expect(codes('{{< note >}}a {{< raw >}}b')).toEqual(['shortcode-not-closed@0', 'shortcode-not-closed@14']);
  });

  it('complains in the order in which Hugo reads a broken tag', () => {
    expect(codes("{{< nope 'x' >}}")).toEqual(['shortcode-unknown@0', 'shortcode-character@9']);
    expect(codes('{{< link a b = "c" d=\'e >}}')).toEqual([
      'shortcode-parameters-mixed@0',
      'shortcode-named-after-positional@19',
    ]);
  });

  it('stops nesting at a hundred levels', () => {
    const source = '{{< note >}}'.repeat(101) + '{{< /note >}}'.repeat(101);
    expect(codes(source)).toEqual(['shortcode-nested-too-deep@1200']);
    expect(tree(source)).toContain('note({{< note >}}{{< /note >}})');
  });

  it('tells where a call begins and ends', () => {
    const source = 'é {{< note >}}x{{< /note >}} {{< link >}}';
    expect(callsOf(source)).toMatchObject([
      { start: 2, end: 28 },
      { start: 29, end: 41 },
    ]);
  });

  it.each([
    ['at the start of a line', 'a\n  {{< link >}}', '  '],
    ['after another call', 'x{{< link >}} {{< link >}}', ' '],
    ['after text', 'a {{< link >}}', ''],
    ['after an empty line', 'a\n\n{{< link >}}', ''],
  ])('keeps the white space before a call %s', (_name, source, expected) => {
    expect(callsOf(source).at(-1)).toMatchObject({ indentation: expected });
  });
});

describe('parameters', () => {
  it.each([
    ['positions', '{{< link a "b c" `d` >}}', ['a', 'b c', 'd']],
    ['types', '{{< link 1 -2 1.50 true false True 1e3 >}}', [1, -2, 1.5, true, false, 'True', '1e3']],
    ['quoted values, which are strings', '{{< link "1" `true` \\"2\\" >}}', ['1', 'true', '2']],
    ['backslashes, which go when one quote is escaped', '{{< link "a\\b" "a\\b\\"c" >}}', ['a\\b', 'ab"c']],
    ['none', '{{< link >}}', []],
  ])('have %s', (_name, source, expected) => {
    expect(callsOf(source)).toMatchObject([{ positional: expected, named: undefined }]);
  });

  it.each([
    ['names', '{{< link a="b" c=1 >}}', { a: 'b', c: 1 }],
    ['names with space before the equals sign', '{{< link a = "b" c = 1 >}}', { a: 'b', c: 1 }],
    ['the last value of a name', '{{< link a=1 a=2 >}}', { a: 2 }],
    [
      'names that objects have',
      '{{< link __proto__=1 constructor=2 >}}',
      JSON.parse('{"__proto__":1,"constructor":2}'),
    ],
  ])('have %s', (_name, source, expected) => {
    expect(callsOf(source)).toMatchObject([{ positional: [], named: expected }]);
  });
});

describe('any text', () => {
  const fragments = fc.constantFrom(
    ...[
      '{{<',
      '{{%',
      '>}}',
      '%}}',
      ' ',
      '\n',
      'link',
      'note',
      'aff',
      'nope',
      'x.inline ',
      '/',
      '"',
      '\\"',
      '`',
      '=',
      'k',
    ],
    ...[
      '{{< note >}}',
      '{{< /note >}}',
      '{{< aff "p" >}}',
      '{{< /aff >}}',
      '{{< / >}}',
      '{{< nope >}}',
      '{{< /nope >}}',
    ],
    ...['<!--more-->', '{{</*', '*/>}}'],
  );
  const hostileText = fc.array(fragments, { maxLength: 50 }).map((parts) => parts.join(''));

  it('is parsed without throwing, and every problem has its place in it', () => {
    fc.assert(
      fc.property(hostileText, (source) => {
        for (const { offset } of parseShortcodes(source, definitions).problems) {
          expect(offset).toBeGreaterThanOrEqual(0);
          expect(offset).toBeLessThanOrEqual(source.length);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
