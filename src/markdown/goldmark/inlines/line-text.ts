import { BACKSLASH, isAsciiPunctuation, LINE_FEED, SPACE, TAB } from '../characters.js';
import type { GoldmarkOptions } from '../goldmark-options.js';
import type { InlineState } from './inline-state.js';

/**
 * The characters that an inline rule begins with. A space stands for white space and for the start of a line or the
 * place behind a node, which only linkify looks at.
 */
function triggersOf(options: GoldmarkOptions): string {
  const marks = ['`![]<*_'];
  if (options.linkify) marks.push(' *_~(');
  if (options.strikethrough) marks.push('~');
  if (options.typographer) marks.push('\'"-.,<>*[');
  return marks.join('');
}

/**
 * The first inline rule: goes over text up to the next character that another rule may begin with, where it ends
 * without success so that the others are tried, or up to the end of the line, of which it makes a node.
 */
export function makeLineText(options: GoldmarkOptions): (state: InlineState) => boolean {
  const isTrigger = new Uint8Array(128);
  for (const trigger of triggersOf(options)) isTrigger[trigger.charCodeAt(0)] = 1;

  return function lineText(state) {
    if (state.isFresh) state.startLine();
    const { src, contentEnd } = state;
    for (let at = state.pos; at < contentEnd; at++) {
      const code = src.charCodeAt(at);
      if (code === LINE_FEED) break;
      const isGap = code === SPACE || code === TAB;
      const isMark = isAsciiPunctuation(code);
      if (isGap || state.isFresh || (isMark && !state.isEscaped)) {
        if (isTrigger[isMark ? code : SPACE] === 1) {
          if (!state.isFresh) {
            state.addText(state.textStart, at);
            state.textStart = at;
          }
          state.pos = at;
          return false;
        }
      }
      passCharacter(state, code);
      state.pos = at + 1;
    }
    state.finishLine(state.pos);
    return true;
  };
}

/** The last inline rule: the character was nothing special. Behind the last one of the text no other rule is asked. */
export function plainCharacter(state: InlineState): boolean {
  passCharacter(state, state.src.charCodeAt(state.pos));
  state.pos++;
  if (state.pos === state.src.length) state.finishLine(state.pos);
  return true;
}

/** A backslash escapes the next character, whatever that is. */
function passCharacter(state: InlineState, code: number): void {
  state.isEscaped = !state.isEscaped && code === BACKSLASH;
  state.isFresh = false;
}
