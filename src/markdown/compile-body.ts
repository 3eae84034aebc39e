import type { CompiledCall } from '../shortcodes/compiled-call.js';
import { Diagnostics, type Diagnostic } from '../shortcodes/diagnostic.js';
import { BodyRenderer, type CompiledHtml } from './body-renderer.js';
import type { GoldmarkSettings, MarkdownOptions } from './markdown-options.js';

/**
 * A body whose Markdown is rendered and whose `{{< >}}` calls are not. Plain JSON: an article stores it when it is saved,
 * and its HTML is a splice.
 */
export interface CompiledBody {
  readonly version: 1;
  /** HTML around the calls: one piece more than there are sites. */
  readonly pieces: readonly string[];
  /** For each gap the index of the call that stands in it. A call may stand in several gaps, or in none. */
  readonly sites: readonly number[];
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
  return compiledBody(renderer.compile(body, firstLine), diagnostics, goldmark, keepUnknown);
}

function compiledBody(
  { pieces, sites, calls }: CompiledHtml,
  diagnostics: Diagnostics,
  goldmark: GoldmarkSettings,
  keepUnknown: boolean,
): CompiledBody {
  const hasFrozenCalls = calls.some((call) => call.parent === -1 && call.notation === '%');
  return {
    version: 1,
    pieces,
    sites,
    calls,
    hasFrozenCalls,
    diagnostics: diagnostics.inOrder(),
    goldmark,
    keepUnknown,
  };
}

/** Whether the output of a call is part of the compiled pieces, so that only a new compilation changes it. */
export function isFrozenCall(calls: readonly CompiledCall[], index: number): boolean {
  let call = calls[index];
  while (call !== undefined && call.parent !== -1) call = calls[call.parent];
  return call?.notation === '%';
}
