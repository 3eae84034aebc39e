import type { NamedParameters, Notation, ParameterValue } from './definition.js';
import type { Problem } from './diagnostic.js';

/** Markdown, by its place in the source. */
export interface TextPart {
  readonly kind: 'text';
  readonly start: number;
  readonly end: number;
}

/** Markdown that was an escaped call: emoji codes in it stay. */
export interface VerbatimPart {
  readonly kind: 'verbatim';
  readonly start: number;
  readonly end: number;
}

/** The page's summary divider. */
export interface DividerPart {
  readonly kind: 'divider';
  readonly start: number;
  readonly end: number;
}

/** A tag, or an inline shortcode with its content, that nothing is shown for. */
export interface UnresolvedPart {
  readonly kind: 'unresolved';
  readonly reason: 'unknown' | 'inline';
  readonly notation: Notation;
  readonly start: number;
  readonly end: number;
}

export interface CallPart {
  readonly kind: 'call';
  readonly name: string;
  readonly notation: Notation;
  readonly positional: readonly ParameterValue[];
  readonly named: NamedParameters | undefined;
  readonly start: number;
  readonly end: number;
  /** White space before the call when nothing else stands before it on the line, or between it and the call before. */
  readonly indentation: string;
  /** Empty also when the call takes no inner content. */
  readonly inner: readonly Part[];
}

export type Part = TextPart | VerbatimPart | DividerPart | UnresolvedPart | CallPart;

export interface ShortcodeDocument {
  readonly source: string;
  readonly parts: readonly Part[];
  readonly problems: readonly Problem[];
}
