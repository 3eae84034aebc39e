import type { CompiledCall } from '../shortcodes/compiled-call.js';
import type { ShortcodeCall } from '../shortcodes/definition.js';
import { Diagnostics, type Diagnostic } from '../shortcodes/diagnostic.js';
import { BodyRenderer } from './body-renderer.js';
import type { MarkdownOptions } from './markdown-options.js';

export interface RenderedMarkdown {
  readonly html: string;
  /** Every call that was rendered, also those inside others, in the order of the text. */
  readonly calls: readonly ShortcodeCall[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Renders a Markdown body with shortcodes as Hugo does. Never throws and never stops: what is wrong is left as text, or
 * left out, and reported.
 */
export function renderMarkdown(body: string, options: MarkdownOptions = {}): RenderedMarkdown {
  return render(options, (renderer, firstLine) => {
    const compiled = renderer.compile(body, firstLine);
    // Also the calls that Markdown dropped: what they report must not be lost.
    return renderer.splice(compiled, compiled.calls, pageCallsIn(compiled.calls));
  });
}

/** The body as Markdown: the output of every shortcode in its place, escaped calls as text, everything else as written. */
export function expandMarkdown(
  body: string,
  options: MarkdownOptions = {},
): Omit<RenderedMarkdown, 'html'> & { readonly markdown: string } {
  const {
    html: markdown,
    calls,
    diagnostics,
  } = render(options, (renderer, firstLine) => renderer.expand(body, firstLine));
  return { markdown, calls, diagnostics };
}

function pageCallsIn(calls: readonly CompiledCall[]): number[] {
  const indexes: number[] = [];
  calls.forEach((call, index) => {
    if (call.parent === -1 && call.notation === '<') indexes.push(index);
  });
  return indexes;
}

function render(
  options: MarkdownOptions,
  output: (renderer: BodyRenderer, firstLine: number) => string,
): RenderedMarkdown {
  const { shortcodes = {}, goldmark = {}, firstLine = 1 } = options;
  const keepUnknown = options.unknownShortcodes === 'keep';
  const diagnostics = new Diagnostics();
  const calls: ShortcodeCall[] = [];
  const onCall = (call: ShortcodeCall, index: number): void => {
    calls[index] = call;
  };
  const html = output(new BodyRenderer({ shortcodes, keepUnknown, goldmark, diagnostics, onCall }), firstLine);
  return { html, calls: calls.filter((call) => call !== undefined), diagnostics: diagnostics.inOrder() };
}
