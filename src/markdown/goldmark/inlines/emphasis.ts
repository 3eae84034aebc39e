import { Delimiter, flanking } from './delimiters.js';
import { InlineNode } from './inline-node.js';
import type { InlineState } from './inline-state.js';

/** A run of `*` or `_`. */
export function emphasis(state: InlineState): boolean {
  const mark = state.src.charAt(state.pos);
  return (mark === '*' || mark === '_') && addDelimiter(state, mark, 1);
}

/** A run of two or more `~`. */
export function strikethrough(state: InlineState): boolean {
  return state.src.charAt(state.pos) === '~' && addDelimiter(state, '~', 2);
}

function addDelimiter(state: InlineState, mark: string, minLength: number): boolean {
  const { pos, index } = state;
  const end = index.runEnd(pos);
  if (end - pos < minLength) return false;
  const { canOpen, canClose } = flanking(mark, state.codePointBefore(pos), state.codePointFrom(end));
  const node = new InlineNode('delimiter', pos, end);
  state.delimiterList.push(new Delimiter(node, mark, canOpen, canClose));
  return state.add(node, end);
}
