import type { CompiledCall } from '../shortcodes/compiled-call.js';
import { Diagnostics, type Diagnostic } from '../shortcodes/diagnostic.js';
import { BodyRenderer, type SplicedHtml } from './body-renderer.js';
import type { GoldmarkSettings, MarkdownOptions } from './markdown-options.js';

/**
 * A body whose Markdown is rendered and whose `{{< >}}` calls are not. Plain JSON: an article stores it when it is saved,
 * and its HTML is a splice.
 */
export interface CompiledBody extends SplicedHtml {
  readonly version: 1;
  /** Every call, also those inside others, in the order of the text. */
  readonly calls: readonly CompiledCall[];
  /**
   * The page has `{{% %}}` calls of its own. Markdown has parsed what they showed, so their output is frozen in the
   * pieces: when it changes, compile again. Those calls, and the calls inside them, are the ones {@link isFrozenCall} names.
   */
  readonly hasFrozenCalls: boolean;
  /** Of the text and of the frozen calls. What other calls report comes with their splice. */
  readonly diagnostics: readonly Diagnostic[];
  /** For content that is rendered with its call. */
  readonly goldmark: GoldmarkSettings;
  readonly keepUnknown: boolean;
}

/** Renders a body up to its `{{< >}}` calls. `{{% %}}` calls are rendered now, by the given shortcodes. Never throws. */
export function compileBody(body: string, options: MarkdownOptions = {}): CompiledBody {
  const { shortcodes = {}, goldmark = {}, firstLine = 1 } = options;
  const keepUnknown = options.unknownShortcodes === 'keep';
  const diagnostics = new Diagnostics();
  const renderer = new BodyRenderer({ shortcodes, keepUnknown, goldmark, diagnostics });
  const compiled = renderer.compile(body, firstLine);
  const hasFrozenCalls = compiled.calls.some((call) => call.parent === -1 && call.notation === '%');
  return { version: 1, ...compiled, hasFrozenCalls, diagnostics: diagnostics.inOrder(), goldmark, keepUnknown };
}

/** Whether the output of a call is part of the compiled pieces, so that only a new compilation changes it. */
export function isFrozenCall(calls: readonly CompiledCall[], index: number): boolean {
  let call = calls[index];
  while (call !== undefined && call.parent !== -1) call = calls[call.parent];
  return call?.notation === '%';
}
