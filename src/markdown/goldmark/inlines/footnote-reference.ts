import { findClosingBracket } from '../closing-bracket.js';
import { InlineNode } from './inline-node.js';
import type { InlineState } from './inline-state.js';

/** `[^label]`, and `![^label]`, of which the exclamation mark stays text. */
export function footnoteReference(state: InlineState): boolean {
  const { src, pos, env } = state;
  const isAfterMark = src.charAt(pos) === '!';
  const bracket = isAfterMark ? pos + 1 : pos;
  // Goldmark looks for the `^` where it expects it and not at the bracket before it.
  if ((!isAfterMark && src.charAt(pos) !== '[') || src.charAt(bracket + 1) !== '^') return false;
  const start = bracket + 2;
  const end = findClosingBracket(src, start);
  const footnote = end < 0 ? undefined : env.footnotes.get(src.slice(start, end));
  if (!footnote) return false;
  if (footnote.number === 0) footnote.number = ++env.footnoteCount;
  if (isAfterMark) state.root.append(new InlineNode('text', pos, pos + 1));
  const link = { number: footnote.number, repetition: footnote.referenceCount++ };
  return state.add(new InlineNode('footnote-reference', pos, end, '', link), end + 1);
}
