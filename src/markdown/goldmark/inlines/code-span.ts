import { isBlank, LINE_FEED, SPACE } from '../characters.js';
import { CodeNode, TextNode } from './inline-node.js';
import type { InlineState } from './inline-state.js';

/** A run of backticks up to the next run of the same length. Without one, the whole run is text. */
export function codeSpan(state: InlineState): boolean {
  const { src, pos, index } = state;
  if (src.charAt(pos) !== '`') return false;
  const start = index.runEnd(pos);
  const stop = index.findBackticks(start - pos, start);
  if (stop < 0) return state.add(new TextNode(pos, start), start);
  const content = trimOneSpace(state, start, stop);
  return state.add(new CodeNode(content), stop + start - pos);
}

/** Without one space or line feed at each end, when there is one at both and the span is not blank. */
function trimOneSpace({ src, context }: InlineState, start: number, stop: number): string {
  const isPadded = isSpaceOrLineFeed(src.charCodeAt(start)) && isSpaceOrLineFeed(src.charCodeAt(stop - 1));
  const trim = isPadded && !isBlank(src.slice(start, stop)) ? 1 : 0;
  let from = start + trim;
  let content = '';
  for (const pipe of context.escapedPipes) {
    if (pipe < from || pipe >= stop - trim) continue;
    content += src.slice(from, pipe);
    from = pipe + 1;
  }
  return content + src.slice(from, stop - trim);
}

function isSpaceOrLineFeed(code: number): boolean {
  return code === SPACE || code === LINE_FEED;
}
