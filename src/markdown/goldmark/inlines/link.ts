import { isBlank, utf8Length } from '../characters.js';
import { findCloser, skipSpaces, titleCloser } from '../link-parts.js';
import { becomeText } from './delimiters.js';
import { InlineNode, type LinkTarget } from './inline-node.js';
import type { InlineState } from './inline-state.js';

/** Longest label of a reference, in bytes. */
const maxLabelLength = 999;

/** `[` and `![`: notes the place; whether a link begins there shows at the `]`. */
export function linkStart(state: InlineState): boolean {
  const { src, pos } = state;
  const bracketAt = src.charAt(pos) === '!' ? pos + 1 : pos;
  if (src.charAt(bracketAt) !== '[') return false;
  state.linkBottom = state.delimiterList.last ?? null;
  const bracket = new InlineNode('bracket', pos, bracketAt + 1);
  state.brackets.push(bracket);
  return state.add(bracket, bracketAt + 1);
}

interface Target extends LinkTarget {
  /** Index behind the link. */
  readonly end: number;
}

/** `]`: makes a link or image of what stands behind the latest open bracket, or text of the bracket. */
export function linkEnd(state: InlineState): boolean {
  if (state.src.charAt(state.pos) !== ']') return false;
  const bracket = state.brackets.pop();
  if (!bracket) return false;
  const target = isLinkPossible(state, bracket) ? findTarget(state, bracket) : undefined;
  if (!target) {
    becomeText(bracket);
    return false;
  }
  const link = new InlineNode(isImage(state, bracket) ? 'image' : 'link', bracket.start, target.end, '', target);
  takeContent(state, bracket, link);
  if (link.kind === 'link') state.lastLinkStart = Math.max(state.lastLinkStart, bracket.start);
  bracket.parent?.remove(bracket);
  return state.add(link, target.end);
}

function isImage({ src }: InlineState, bracket: InlineNode): boolean {
  return src.charAt(bracket.start) === '!';
}

/** No link may stand in a link. Goldmark also gives up when open brackets lie too far apart. */
function isLinkPossible(state: InlineState, bracket: InlineNode): boolean {
  const [outermost] = state.brackets;
  const innermost = state.brackets.at(-1);
  if (outermost && innermost && isLonger(state.src, outermost.start, innermost.stop, maxLabelLength - 1)) return false;
  return isImage(state, bracket) || state.lastLinkStart < bracket.start;
}

function findTarget(state: InlineState, bracket: InlineNode): Target | undefined {
  const { src, env } = state;
  const end = state.pos + 1;
  const labelOfText = { start: bracket.stop, end: state.pos };
  if (src.charAt(end) === '(') {
    const target = readTarget(state, end + 1);
    if (target) return target;
  }
  let label = labelOfText;
  let labelEnd = end;
  if (src.charAt(end) === '[') {
    const closer = findCloser(src, end + 1, '[', ']');
    if (closer.isFound) {
      if (!isBlank(src.slice(end + 1, closer.at))) label = { start: end + 1, end: closer.at };
      labelEnd = closer.at + 1;
    }
  }
  if (isLonger(src, label.start, label.end, maxLabelLength)) return undefined;
  const reference = env.references.find(src.slice(label.start, label.end));
  return reference && { ...reference, end: labelEnd };
}

/** Target :: `(` [ Destination [ Title ] ] `)`, white space allowed between any two */
function readTarget(state: InlineState, from: number): Target | undefined {
  const { src, index } = state;
  const start = skipSpaces(src, from);
  if (src.charAt(start) === ')') return { destination: '', title: undefined, end: start + 1 };
  const destination = index.scanDestination(start);
  if (!destination) return undefined;
  const found = { destination: destination.text, destinationAt: destination.start };
  const titleStart = skipSpaces(src, destination.end);
  if (src.charAt(titleStart) === ')') return { ...found, title: undefined, end: titleStart + 1 };
  const opener = src.charAt(titleStart);
  const closer = titleCloser(opener);
  const title = closer === undefined ? undefined : findCloser(src, titleStart + 1, opener, closer);
  if (!title?.isFound) return undefined;
  const end = skipSpaces(src, title.at + 1);
  if (src.charAt(end) !== ')') return undefined;
  return { ...found, title: src.slice(titleStart + 1, title.at), end: end + 1 };
}

/** Settles the delimiters inside the brackets and moves the nodes there into the link. */
function takeContent(state: InlineState, bracket: InlineNode, link: InlineNode): void {
  const bottom = state.linkBottom;
  state.linkBottom = undefined;
  state.delimiterList.process(bottom);
  for (let child = bracket.next; child;) {
    const { next } = child;
    link.append(child);
    child = next;
  }
}

/** Whether a stretch of text takes more than `limit` bytes. */
function isLonger(text: string, start: number, end: number, limit: number): boolean {
  if ((end - start) * 3 <= limit) return false;
  let bytes = 0;
  for (let at = start; at < end && bytes <= limit; at++) bytes += utf8Length(text.charCodeAt(at));
  return bytes > limit;
}

/** Open brackets that never found their partner are text. */
export function closeBrackets(state: InlineState): void {
  state.linkBottom = undefined;
  for (const bracket of state.brackets)
    bracket.parent?.replace(bracket, new InlineNode('text', bracket.start, bracket.stop));
  state.brackets.length = 0;
}
