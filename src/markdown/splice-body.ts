import type { ShortcodeDefinitions } from '../shortcodes/definition.js';
import { Diagnostics, type Diagnostic } from '../shortcodes/diagnostic.js';
import { BodyRenderer } from './body-renderer.js';
import type { CompiledBody } from './compile-body.js';

/**
 * Puts the output of the `{{< >}}` calls into a compiled body. Equal to rendering the body anew with the same shortcodes,
 * as long as those its `{{% %}}` calls name show what they showed when it was compiled. Never throws.
 */
export function spliceBody(compiled: CompiledBody, shortcodes: ShortcodeDefinitions): string {
  return spliceBodyWithDiagnostics(compiled, shortcodes).html;
}

/** The same, with what the calls report. */
export function spliceBodyWithDiagnostics(
  compiled: CompiledBody,
  shortcodes: ShortcodeDefinitions,
): { html: string; diagnostics: Diagnostic[] } {
  const { goldmark, keepUnknown, calls } = compiled;
  const diagnostics = new Diagnostics();
  const renderer = new BodyRenderer({ shortcodes, keepUnknown, goldmark, diagnostics });
  const html = renderer.splice(compiled, calls);
  return { html, diagnostics: diagnostics.inOrder() };
}
