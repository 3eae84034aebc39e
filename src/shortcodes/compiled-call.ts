import type { NamedParameters, Notation, ParameterValue } from './definition.js';
import type { CallPart, Part, ShortcodeDocument, UnresolvedPart } from './shortcode-document.js';

/** A call as it is stored with a compiled body: everything its render function needs, as JSON. */
export interface CompiledCall {
  readonly name: string;
  readonly notation: Notation;
  readonly positional: readonly ParameterValue[];
  readonly named?: NamedParameters;
  readonly ordinal: number;
  /** Index of the call it stands in; -1 on the page itself. */
  readonly parent: number;
  readonly offset: number;
  readonly end: number;
  readonly line: number;
  readonly column: number;
  readonly indentation: string;
  /** Texts, and indexes of the calls between them. */
  readonly inner: readonly (string | number)[];
}

/** Where a call stands: its range in the body, its line and column in the file. */
export type CallPlace = Pick<CompiledCall, 'offset' | 'end' | 'line' | 'column'>;

export interface CallCompilation {
  readonly placeOf: (part: CallPart) => CallPlace;
  /** Text of an unknown call inside another one. */
  readonly keepUnknown: boolean;
  /** Changes the text between calls, such as emoji codes. */
  readonly readText: (text: string) => string;
}

/** Lists the calls of a document in the order of the text, outer ones first, and says where the page's own calls stand in the list. */
export function compileCalls(
  document: ShortcodeDocument,
  compilation: CallCompilation,
): { calls: CompiledCall[]; indexOf: ReadonlyMap<CallPart, number> } {
  const calls: CompiledCall[] = [];
  const indexOf = new Map<CallPart, number>();
  const addCalls = (parts: readonly Part[], parent: number): void => {
    let ordinal = 0;
    for (const part of parts) {
      if (part.kind === 'call') indexOf.set(part, addCall(part, parent, ordinal++));
    }
  };
  const addCall = (part: CallPart, parent: number, ordinal: number): number => {
    const index = calls.length;
    const inner: (string | number)[] = [];
    calls.push(compiledCall(part, { parent, ordinal, inner }, compilation.placeOf(part)));
    addCalls(part.inner, index);
    for (const child of part.inner) inner.push(innerOf(child, document.source, indexOf, compilation));
    return index;
  };
  addCalls(document.parts, -1);
  return { calls, indexOf };
}

function compiledCall(
  part: CallPart,
  tree: Pick<CompiledCall, 'parent' | 'ordinal' | 'inner'>,
  place: CallPlace,
): CompiledCall {
  const { name, notation, positional, named, indentation } = part;
  const parameters = named === undefined ? { positional } : { positional, named };
  return { name, notation, ...parameters, ...tree, ...place, indentation };
}

function innerOf(
  part: Part,
  source: string,
  indexOf: ReadonlyMap<CallPart, number>,
  compilation: CallCompilation,
): string | number {
  if (part.kind === 'call') return indexOf.get(part) ?? '';
  if (part.kind === 'text') return compilation.readText(source.slice(part.start, part.end));
  const isShown = part.kind === 'verbatim' || (part.kind === 'unresolved' && isKept(part, compilation));
  return isShown ? source.slice(part.start, part.end) : '';
}

function isKept(part: UnresolvedPart, compilation: CallCompilation): boolean {
  return compilation.keepUnknown && part.reason === 'unknown';
}
