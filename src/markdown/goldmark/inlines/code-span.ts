import { isBlank, LINE_FEED, SPACE } from '../characters.js';
import { InlineNode } from './inline-node.js';
import type { InlineState } from './inline-state.js';

/** A run of backticks up to the next run of the same length. Without one, the whole run is text. */
export function codeSpan(state: InlineState): boolean {
  const { src, pos, index } = state;
  if (src.charAt(pos) !== '`') return false;
  const start = index.runEnd(pos);
  const stop = index.findBackticks(start - pos, start);
  if (stop < 0) return state.add(new InlineNode('text', pos, start), start);
  const content = trimOneSpace(state, start, stop);
  return state.add(new InlineNode('code', pos, stop, content), stop + start - pos);
}

/** Without one space or line feed at each end, when there is one at both and the span is not blank. */
function trimOneSpace(state: InlineState, start: number, stop: number): string {
  const { src } = state;
  const isPadded = isSpaceOrLineFeed(src.charCodeAt(start)) && isSpaceOrLineFeed(src.charCodeAt(stop - 1));
  const isTrimmed = isPadded && !isBlank(src.slice(start, stop));
  return isTrimmed ? contentOf(state, start + 1, stop - 1) : contentOf(state, start, stop);
}

/** The text without the backslashes of escaped pipes. */
function contentOf(state: InlineState, start: number, stop: number): string {
  const { src, context } = state;
  const { escapedPipes } = context;
  let content = '';
  let from = start;
  for (; state.pipeCount < escapedPipes.length; state.pipeCount++) {
    const pipe = escapedPipes[state.pipeCount]!;
    if (pipe >= stop) break;
    if (pipe < from) continue;
    content += src.slice(from, pipe);
    from = pipe + 1;
  }
  return content + src.slice(from, stop);
}

function isSpaceOrLineFeed(code: number): boolean {
  return code === SPACE || code === LINE_FEED;
}
