import { BACKSLASH, isAsciiPunctuation, LINE_FEED, SPACE, TAB } from '../characters.js';
import type { InlineState } from './inline-state.js';

/** One kind of inline node. */
export interface InlineRule {
  /** Characters that such a node begins with. A space: white space, a line's start and the place behind another node. */
  readonly triggers: string;
  /** Adds a node to the state and returns true, or leaves the state as it is. */
  readonly find: (state: InlineState) => boolean;
}

/**
 * Makes the one inline rule that markdown-it runs: from where the state is up to the next node or the end of the line.
 * `rules`: in the order in which they are asked.
 */
export function makeLineRule(rules: readonly InlineRule[]): (state: InlineState) => true {
  const byTrigger = Array.from({ length: 128 }, (_, code) => {
    const triggered = rules.filter(({ triggers }) => triggers.includes(String.fromCharCode(code)));
    return triggered.length > 0 ? triggered.map(({ find }) => find) : undefined;
  });

  return function readLine(state) {
    state.startLine();
    const { src, contentEnd } = state;
    let at = state.pos;
    for (; at < contentEnd; at++) {
      const code = src.charCodeAt(at);
      if (code === LINE_FEED) break;
      const isMark = isAsciiPunctuation(code);
      if (code === SPACE || code === TAB || state.isFresh || (isMark && !state.isEscaped)) {
        const finds = byTrigger[isMark ? code : SPACE];
        if (finds) {
          startNode(state, at);
          for (const find of finds) if (find(state)) return true;
        }
      }
      // A backslash escapes the next character, whatever that is.
      state.isEscaped = !state.isEscaped && code === BACKSLASH;
      state.isFresh = false;
    }
    state.finishLine(at);
    return true;
  };
}

function startNode(state: InlineState, at: number): void {
  state.pos = at;
  if (state.isFresh) return;
  state.addText(state.textStart, at);
  state.textStart = at;
}
