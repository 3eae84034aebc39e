import { InlineNode } from './inline-node.js';
import type { InlineState } from './inline-state.js';

const checkbox = /\[([\t\n\f\r xX])\][\t\n\f\r ]*/y;

/** `[ ]` and `[x]`, anywhere in the first text of a list item. The white space behind it goes, up to the line's end. */
export function taskCheckbox(state: InlineState): boolean {
  const { src, pos, context, lineEnd } = state;
  if (!context.startsListItem || src.charAt(pos) !== '[') return false;
  checkbox.lastIndex = pos;
  const match = checkbox.exec(src);
  if (!match) return false;
  const end = Math.min(pos + match[0].length, lineEnd);
  return state.add(new InlineNode('checkbox', pos, end, '', match[1] === 'x' || match[1] === 'X'), end);
}
