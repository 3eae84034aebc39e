import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ShortcodeCall, ShortcodeDefinitions } from '../shortcodes/definition.js';
import { compileBody, isFrozenCall, type CompiledBody } from './compile-body.js';
import type { MarkdownOptions } from './markdown-options.js';
import { renderMarkdown } from './render-markdown.js';
import { spliceBody, spliceBodyWithDiagnostics } from './splice-body.js';

const shortcodes: ShortcodeDefinitions = {
  aff: {
    inner: 'optional',
    render: (call) => `<a href="/go/${call.get('key', 0)}">${call.inner || call.get('text', 1)}</a>`,
  },
  note: { inner: true, render: (call) => `<div class="note">${call.inner}</div>` },
  md: { inner: true, render: (call) => `<div>${call.renderInner()}</div>` },
  raw: { inner: true, render: (call) => call.inner },
  who: {
    render: (call) => `${call.name}#${call.ordinal} in ${call.parent?.name ?? 'page'} at ${call.line}:${call.column}`,
  },
  lines: { render: () => '<div>one</div>\n\n<div>two</div>' },
  open: { render: () => '<p>' },
  empty: { render: () => '' },
};

const unsafe: MarkdownOptions = { shortcodes, goldmark: { unsafe: true } };

/** What a database gives back. */
function stored(compiled: CompiledBody): CompiledBody {
  return JSON.parse(JSON.stringify(compiled)) as CompiledBody;
}

describe('a compiled body', () => {
  it('is HTML with the calls left out', () => {
    const { pieces, sites, calls } = compileBody('a {{< aff "k" "T" >}} b\n\n{{< who >}}', unsafe);
    expect(pieces).toEqual(['<p>a ', ' b</p>\n', '\n']);
    expect(sites).toEqual([0, 1]);
    expect(calls).toMatchObject([
      { name: 'aff', positional: ['k', 'T'], offset: 2, line: 1, column: 3, parent: -1 },
      { name: 'who', ordinal: 1, line: 3, column: 1 },
    ]);
  });

  it('calls no render function of a < call', () => {
    const never: ShortcodeDefinitions = {
      x: {
        render: () => {
          throw new Error('too early');
        },
      },
    };
    expect(compileBody('{{< x >}}', { shortcodes: never }).diagnostics).toEqual([]);
  });

  it('has the output of % calls frozen in it', () => {
    const compiled = compileBody(
      '{{% aff "k" "*T*" %}} {{< note >}}{{% who %}}{{< /note >}}{{% note %}}{{< who >}}{{% /note %}}',
      unsafe,
    );
    expect(compiled.hasFrozenCalls).toBe(true);
    expect(compiled.pieces[0]).toBe('<p><a href="/go/k"><em>T</em></a> ');
    expect(compiled.calls.map((call, index) => `${call.name} ${isFrozenCall(compiled.calls, index)}`)).toEqual([
      'aff true',
      'note false',
      'who false',
      'note true',
      'who true',
    ]);
  });

  it('has nothing frozen when % calls stand inside others only', () => {
    expect(compileBody('{{< note >}}{{% who %}}{{< /note >}}', unsafe).hasFrozenCalls).toBe(false);
  });

  it('keeps what was wrong with the text', () => {
    const { diagnostics } = stored(compileBody('a\n{{< nope >}}', { ...unsafe, firstLine: 7 }));
    expect(diagnostics).toMatchObject([{ code: 'shortcode-unknown', line: 8, column: 1 }]);
  });
});

describe('a splice', () => {
  it('shows what the shortcodes show now', () => {
    const compiled = stored(compileBody('See {{< aff "k" "T" >}}.', unsafe));
    let target = 'one';
    const now: ShortcodeDefinitions = { aff: { inner: 'optional', render: () => target } };
    expect(spliceBody(compiled, now)).toBe('<p>See one.</p>\n');
    target = 'two';
    expect(spliceBody(compiled, now)).toBe('<p>See two.</p>\n');
  });

  it('renders a call once, wherever it stands, in the order of the text', () => {
    const rendered: string[] = [];
    const record = (call: ShortcodeCall): string => {
      rendered.push(String(call.get(0)));
      return '';
    };
    const body = 'a[^1] [{{< x 0 >}}]({{< x 1 >}}) {{< x 2 >}}\n\n[^1]: {{< x 3 >}}\n\nhttps://e.org/{{< x 4 >}}';
    spliceBody(compileBody(body, { shortcodes: { x: { render: record } } }), { x: { render: record } });
    expect(rendered).toEqual(['0', '1', '2', '3', '4']);
  });

  it('reports what fails', () => {
    const compiled = stored(compileBody('\n{{< aff "k" "T" >}}', { ...unsafe, firstLine: 3 }));
    const failing: ShortcodeDefinitions = {
      aff: {
        render: () => {
          throw new Error('gone');
        },
      },
    };
    const { html, diagnostics } = spliceBodyWithDiagnostics(compiled, failing);
    expect(html).toBe('\n');
    expect(diagnostics).toMatchObject([{ code: 'shortcode-render-failed', line: 4, column: 1 }]);
  });

  it('shows nothing for a shortcode that is gone', () => {
    const { html, diagnostics } = spliceBodyWithDiagnostics(compileBody('a {{< who >}}', unsafe), {});
    expect(html).toBe('<p>a </p>\n');
    expect(diagnostics).toMatchObject([{ code: 'shortcode-unknown' }]);
  });
});

describe('splice and full rendering', () => {
  const calls = fc.constantFrom(
    ...[
      '{{< aff "k" "T" >}}',
      '{{% aff "k" "T" %}}',
      '{{< who >}}',
      '{{% who %}}',
      '{{< empty >}}',
      '{{< open >}}',
      '{{< lines >}}',
      '{{% lines %}}',
    ],
    ...[
      '{{< note >}}',
      '{{< /note >}}',
      '{{% note %}}',
      '{{% /note %}}',
      '{{< md >}}',
      '{{< /md >}}',
      '{{< raw >}}',
      '{{< /raw >}}',
    ],
    ...[
      '{{< nope >}}',
      '{{< aff 1.0 -0.0 >}}',
      '{{< aff "k" >}}',
      '{{< /aff >}}',
      '{{</* who */>}}',
      '{{< x.inline >}}',
      '{{< "',
      '<!--more-->',
    ],
  );
  const markdown = fc.constantFrom(
    ...[
      '\n\n',
      '\n',
      ' ',
      '  ',
      'word',
      '**',
      '`',
      '```\n',
      '# ',
      '- ',
      '> ',
      '| a | b |\n|---|---|\n',
      '</p>',
      '<p>',
      '<div>',
      '</div>',
    ],
    ...['[', '](', ')', '[^1]', '[^1]: ', 'https://e.org/', ':smile:', '"', '--', '    ', '{.c}\n', '\t'],
  );
  const bodies = fc.array(fc.oneof(calls, markdown), { maxLength: 30 }).map((parts) => parts.join(''));
  const optionSets = fc.record({
    shortcodes: fc.constant(shortcodes),
    unknownShortcodes: fc.constantFrom('keep' as const, 'report' as const),
    goldmark: fc.record({ unsafe: fc.boolean(), typographer: fc.boolean(), enableEmoji: fc.boolean() }),
    firstLine: fc.constantFrom(1, 20),
  });

  it('are equal', () => {
    fc.assert(
      fc.property(bodies, optionSets, (body, options) => {
        expect(spliceBody(stored(compileBody(body, options)), shortcodes)).toBe(renderMarkdown(body, options).html);
      }),
      { numRuns: 500 },
    );
  }, 60_000);
});
