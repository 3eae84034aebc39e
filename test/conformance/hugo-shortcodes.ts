import { renderMarkdown } from '../../src/markdown.entry.js';
import type { ParameterValue, ShortcodeCall, ShortcodeDefinitions } from '../../src/markdown.entry.js';
import { escapeTemplateText, escapeTemplateUrl } from '../../src/shortcodes/html-template.js';
import { printValue } from '../../src/shortcodes/parameter-value.js';

/**
 * The shortcodes of the site that the rows were built in, one function for each template. They use nothing but the
 * public extension point.
 *
 * @param body The row's Markdown. `types` prints Go's types, and only the source tells `1` from `1.0`.
 */
export function hugoShortcodes(body: string): ShortcodeDefinitions {
  return {
    aff: { render: affiliateLink },
    affnl: { render: (call) => `${affiliateLink(call)}\n` },
    aff2: first('i', 'aff2'),
    '2aff': first('i', '2aff'),
    _aff: first('i', '_aff'),
    my_aff: first('i', 'my_aff'),
    'my-aff': first('i', 'my-aff'),
    CamelAff: first('i', 'CamelAff'),
    über: first('i', 'ueber'),
    课程: first('i', 'kc'),
    'ns/aff': first('i', 'ns'),
    'ns/deep/aff': first('i', 'ns-deep'),
    span: { render: (call) => `<span>${text(call.get(0))}</span>` },

    note: { inner: true, render: (call) => `<div class="note">${call.inner}</div>` },
    v1note: { inner: true, render: (call) => `<div class="note">${call.inner}</div>` },
    notemd: { inner: true, render: (call) => `<div class="note">${call.renderInner()}</div>` },
    noters: { inner: true, render: (call) => `<div class="note">${call.renderInner()}</div>` },
    box: { inner: true, render: (call) => `<div class="box">\n\n${call.inner}\n\n</div>\n` },
    raw: { inner: true, render: (call) => call.inner },
    esc: { inner: true, render: (call) => `<pre>${escapeTemplateText(call.inner)}</pre>` },
    trim: { inner: true, render: (call) => `[${call.inner.replace(/^[ \n\r\t]+|[ \n\r\t]+$/g, '')}]` },
    deindent: { inner: true, render: (call) => `<div>${innerDeindent(call, body)}</div>` },

    md: { render: () => '**bold** and [link](https://e.org/)' },
    li: { render: () => '- one\n- two' },
    h2: { render: () => '## Generated heading' },
    two: { render: () => '<div>one</div>\n<div>two</div>' },
    empty: { render: () => '' },

    vars: { render: (call) => jsonify({ ...variables(call) }) },
    varsi: { inner: true, render: (call) => jsonify({ inner: call.inner, ...variables(call) }) },
    types: { render: (call) => escapeTemplateText(types(call, body)) },
    who: { render: (call) => `[${who(call, 3)}]` },
    whoi: { inner: true, render: (call) => `(${who(call, 2)}:${call.inner})` },
    pos: { render: (call) => `${call.line}:${call.column}` },

    boom: { render: boom },
    fail: { render: fail },
    warn: { render: warn },
    ...builtIn,
  };
}

/** Hugo's own, as far as rows show them. */
const builtIn: ShortcodeDefinitions = {
  figure: { render: figure },
  vimeo: { render: vimeo },
  highlight: { inner: true, render: highlight },
  gist: {
    render: (call) =>
      `<script type="application/javascript" src="https://gist.github.com/${text(call.get(0))}/${text(call.get(1))}.js"></script>\n`,
  },
  param: { render: (call) => notFound(call, `Param ${JSON.stringify(call.get(0))} not found`) },
  ref: {
    render: (call) => notFound(call, `[en] REF_NOT_FOUND: Ref ${JSON.stringify(call.get(0))}`, ': page not found'),
  },
};

function figure(call: ShortcodeCall): string {
  const image = `<img src="${text(call.get('src'))}"\n         alt="${text(call.get('alt'))}"/>`;
  const caption = renderMarkdown(String(call.get('caption'))).html.replace(/^<p>|<\/p>\n$/g, '');
  return (
    `<figure><a href="${text(call.get('link'))}">${image}</a><figcaption>\n            ` +
    `<h4>${text(call.get('title'))}</h4><p>${caption}</p>\n        </figcaption>\n</figure>\n`
  );
}

function vimeo(call: ShortcodeCall): string {
  const id = text(call.get(0));
  return (
    '\n<div style="position: relative; padding-bottom: 56.25%; height: 0; overflow: hidden;">\n' +
    `  <iframe src="https://player.vimeo.com/video/${id}" style="position: absolute; top: 0; left: 0; width: 100%; ` +
    'height: 100%; border:0;" title="vimeo video" webkitallowfullscreen mozallowfullscreen allowfullscreen></iframe>\n</div>\n'
  );
}

/** Without Chroma's colours; with the line numbers the row asks for. */
function highlight(call: ShortcodeCall): string {
  const lines = call.inner.trim().split('\n');
  const numbered = lines.map((line, index) => `${index + 1}${escapeTemplateText(line)}`).join('\n');
  return `<div class="highlight"><pre><code>${numbered}</code></pre></div>`;
}

function affiliateLink(call: ShortcodeCall): string {
  const key = printValue(call.get('key', 0));
  return `<a href="/go/${escapeTemplateUrl(key)}" rel="sponsored nofollow noopener">${text(call.get('text', 1))}</a>`;
}

function first(tag: string, cssClass: string): { render: (call: ShortcodeCall) => string } {
  return { render: (call) => `<${tag} class="${cssClass}">${text(call.get(0))}</${tag}>` };
}

function text(value: ParameterValue): string {
  return escapeTemplateText(printValue(value));
}

function variables(call: ShortcodeCall): Record<string, unknown> {
  const params = call.named ?? (call.positional.length > 0 ? call.positional : null);
  return { name: call.name, named: call.named !== undefined, ordinal: call.ordinal, params };
}

/** Go's JSON: keys in order of their bytes; `<`, `>` and `&` as codes. */
function jsonify(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(jsonify).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).toSorted(([a], [b]) => Buffer.from(a).compare(Buffer.from(b)));
    return `{${entries.map(([key, entry]) => `${jsonify(key)}:${jsonify(entry)}`).join(',')}}`;
  }
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Go's `%v=%T:%v;` of each parameter. The call says `number`; the source says which kind of number. */
function types(call: ShortcodeCall, body: string): string {
  const source = body.slice(call.offset, call.end);
  const entries: [string, ParameterValue][] =
    call.named === undefined
      ? call.positional.map((value, index) => [String(index), value])
      : Object.entries(call.named).toSorted(([a], [b]) => Buffer.from(a).compare(Buffer.from(b)));
  return entries.map(([key, value]) => `${key}=${goType(value, source)}:${printValue(value)};`).join('');
}

function goType(value: ParameterValue, source: string): string {
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return /(?:^|[\s=])[-+]?\d*\.\d+(?:[\s>%/]|$)/.test(source) ? 'float64' : 'int';
  const isExactInteger = /^-?\d{16,19}$/.test(value) && new RegExp(`[\\s=]\\+?0*${value}[\\s>%/]`).test(source);
  return isExactInteger && BigInt.asIntN(64, BigInt(value)) === BigInt(value) ? 'int' : 'string';
}

function who(call: ShortcodeCall, levels: number): string {
  const chain: string[] = [];
  let next: ShortcodeCall | undefined = call;
  for (let level = 0; level < levels && next !== undefined; level += 1, next = next.parent) {
    chain.push(`${next.name}#${next.ordinal}`);
  }
  return chain.join(' in ');
}

/** Takes the call's own indentation from every line of its content. */
function innerDeindent(call: ShortcodeCall, body: string): string {
  const indentation = /(?:^|\n|>\}\}|%\}\})([ \t\r]*)$/.exec(body.slice(0, call.offset))?.[1] ?? '';
  return call.inner.replace(new RegExp(`^${indentation}`, 'gm'), '');
}

function boom(): string {
  const template = 'shortcodes/boom.html';
  throw new Error(
    `"layouts/${template}:1:3": execute of template failed: template: ${template}:1:3: executing "${template}" at ` +
      `<.NoSuchField>: can't evaluate field NoSuchField in type *hugolib.ShortcodeWithPage`,
  );
}

function fail(call: ShortcodeCall): string {
  return notFound(call, `affiliate key ${JSON.stringify(call.get(0))} not found`);
}

function notFound(call: ShortcodeCall, message: string, cause = ''): string {
  const position = `"content/post.md:${call.line}:${call.column}"`;
  call.report({ severity: 'error', code: 'not-found', message: `${message}: ${position}${cause}` });
  return '';
}

function warn(call: ShortcodeCall): string {
  const message = `affiliate key ${JSON.stringify(call.get(0))} not found`;
  call.report({ severity: 'warning', code: 'not-found', message });
  return '';
}
