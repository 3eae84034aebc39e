import type { Diagnostic } from './diagnostic.js';

/** `<` calls stand beside the Markdown, the output of `%` calls is Markdown. */
export type Notation = '<' | '%';

/** Numbers are those written without quotes; a whole number that a double cannot hold exactly stays a string. */
export type ParameterValue = string | number | boolean;

export type NamedParameters = Readonly<Record<string, ParameterValue>>;

/** A shortcode, as a host registers it. */
export interface ShortcodeDefinition {
  /**
   * Whether the shortcode shows what stands between its tags. `true`: every call needs a closing tag or a slash (in Hugo:
   * its template mentions `.Inner`). `'optional'`: a call is paired where a closing tag of its name follows. Default: never.
   */
  readonly inner?: boolean | 'optional';
  /** Returns HTML, or Markdown for a `%` call. One that throws shows nothing and is reported. */
  render(call: ShortcodeCall): string;
}

/** Shortcodes by name; a name may hold slashes. */
export type ShortcodeDefinitions = Readonly<Record<string, ShortcodeDefinition>>;

/** One call in a document, as its render function sees it. */
export interface ShortcodeCall {
  readonly name: string;
  /** Empty when the parameters are named. */
  readonly positional: readonly ParameterValue[];
  readonly named: NamedParameters | undefined;
  /** The parameter of that name, or at that index when the parameters are positional. `''` when there is none. */
  get(name: string | number, index?: number): ParameterValue;
  /** What stands between the tags, with the calls in it rendered. A `%` call inside another shortcode gets it as HTML. */
  readonly inner: string;
  /** Number of the call among those of its parent, from 0. */
  readonly ordinal: number;
  readonly parent: ShortcodeCall | undefined;
  readonly notation: Notation;
  /** Of the opening tag, in the file; from 1, columns in UTF-16 units. */
  readonly line: number;
  readonly column: number;
  /** Of the whole call in the body, to behind its closing tag; in UTF-16 units. */
  readonly offset: number;
  readonly end: number;
  /** {@link inner} as Markdown. A single paragraph comes without its `<p>`. */
  renderInner(): string;
  /** Adds a diagnostic at this call. */
  report(diagnostic: Pick<Diagnostic, 'severity' | 'code' | 'message' | 'hint'>): void;
}

/**
 * Finds the definition a call names. Hugo looks names up below `layouts/`, so `shortcodes/aff` and `_internal/aff` mean `aff`.
 */
export function findDefinition(definitions: ShortcodeDefinitions, name: string): ShortcodeDefinition | undefined {
  const key = withoutPrefix(withoutPrefix(name, '_internal/'), 'shortcodes/');
  return Object.hasOwn(definitions, key) ? definitions[key] : undefined;
}

function withoutPrefix(text: string, prefix: string): string {
  return text.startsWith(prefix) ? text.slice(prefix.length) : text;
}
