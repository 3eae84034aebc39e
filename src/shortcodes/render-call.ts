import type { CompiledCall } from './compiled-call.js';
import { findDefinition, type NamedParameters, type Notation, type ParameterValue } from './definition.js';
import type { ShortcodeCall, ShortcodeDefinitions } from './definition.js';
import { describeProblem, type Diagnostic, type ProblemCode } from './diagnostic.js';

/** What rendering calls needs from the Markdown side. */
export interface CallRendering {
  readonly shortcodes: ShortcodeDefinitions;
  /** The content of a `%` call inside another shortcode. */
  readonly renderNestedMarkdown: (markdown: string, call: ShortcodeCall) => string;
  /** `call.renderInner()`. */
  readonly renderInner: (markdown: string, call: ShortcodeCall) => string;
  readonly report: (diagnostic: Diagnostic) => void;
  /** Is told of every call when its content is ready, inner ones first. */
  readonly onCall?: (call: ShortcodeCall, index: number) => void;
}

/** Renders one of the page's own calls, and with it those inside. Never throws. */
export function renderCall(calls: readonly CompiledCall[], index: number, rendering: CallRendering): string {
  return renderBelow(calls, index, undefined, rendering);
}

function renderBelow(
  calls: readonly CompiledCall[],
  index: number,
  parent: ShortcodeCall | undefined,
  rendering: CallRendering,
): string {
  const compiled = calls[index];
  if (compiled === undefined) return '';
  const call = new Call(compiled, parent, rendering);
  let inner = '';
  for (const part of compiled.inner) {
    inner += typeof part === 'string' ? part : renderBelow(calls, part, call, rendering);
  }
  // On the page itself the output becomes part of the Markdown, so the content must not be rendered before.
  const isMarkdown = compiled.notation === '%' && parent !== undefined && compiled.inner.length > 0;
  call.inner = isMarkdown ? rendering.renderNestedMarkdown(inner, call) : inner;
  rendering.onCall?.(call, index);
  const output = callRenderFunction(call, rendering);
  return compiled.inner.length === 0 ? indentFurtherLines(output, compiled.indentation) : output;
}

function callRenderFunction(call: Call, rendering: CallRendering): string {
  const definition = findDefinition(rendering.shortcodes, call.name);
  if (definition === undefined) {
    // Registered when the body was compiled, and no longer.
    call.reportProblem('shortcode-unknown', call.name);
    return '';
  }
  try {
    const output: unknown = definition.render(call);
    if (typeof output === 'string') return output;
    call.reportProblem('shortcode-render-failed', call.name, `expected a string, got ${describeType(output)}`);
  } catch (error) {
    call.reportProblem('shortcode-render-failed', call.name, describeError(error));
  }
  return '';
}

function describeType(output: unknown): string {
  return output instanceof Promise ? 'a promise: render functions are synchronous' : typeof output;
}

/** Anything may be thrown, also what cannot be turned into a string. */
function describeError(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error);
  } catch {
    return 'unknown error';
  }
}

/** A call that is alone on its line hands its indentation to every further line of its output. */
function indentFurtherLines(output: string, indentation: string): string {
  return indentation === '' ? output : output.replace(/\n(?=[^])/g, `\n${indentation}`);
}

class Call implements ShortcodeCall {
  readonly name: string;
  readonly positional: readonly ParameterValue[];
  readonly named: NamedParameters | undefined;
  readonly ordinal: number;
  readonly notation: Notation;
  readonly line: number;
  readonly column: number;
  readonly offset: number;
  readonly end: number;
  inner = '';

  readonly #rendering: CallRendering;

  constructor(
    compiled: CompiledCall,
    readonly parent: ShortcodeCall | undefined,
    rendering: CallRendering,
  ) {
    this.name = compiled.name;
    this.positional = compiled.positional;
    this.named = compiled.named;
    this.ordinal = compiled.ordinal;
    this.notation = compiled.notation;
    this.line = compiled.line;
    this.column = compiled.column;
    this.offset = compiled.offset;
    this.end = compiled.end;
    this.#rendering = rendering;
  }

  get(name: string | number, index?: number): ParameterValue {
    if (this.named !== undefined) return Object.hasOwn(this.named, name) ? (this.named[name] ?? '') : '';
    const position = typeof name === 'number' ? name : index;
    return position === undefined ? '' : (this.positional[position] ?? '');
  }

  renderInner(): string {
    return this.#rendering.renderInner(this.inner, this);
  }

  report(diagnostic: Pick<Diagnostic, 'severity' | 'code' | 'message' | 'hint'>): void {
    this.#rendering.report({ ...diagnostic, line: this.line, column: this.column });
  }

  reportProblem(code: ProblemCode, ...details: string[]): void {
    this.report(describeProblem(code, details));
  }
}
