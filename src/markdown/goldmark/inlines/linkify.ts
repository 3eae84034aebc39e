import { isAsciiAlphanumeric, isAsciiPunctuation } from '../characters.js';
import { findEmailEnd, mailto } from './autolink.js';
import { InlineNode } from './inline-node.js';
import type { InlineState } from './inline-state.js';

const host = '[-a-zA-Z0-9@:%._+~#=]{1,256}\\.[a-z]+';
const url = new RegExp(
  `(?:http|https|ftp)://${host}(?::\\d+)?(?:[/#?][-a-zA-Z0-9@:%_+.~#$!?&/=();,'">^{}[\\]\`]*)?`,
  'y',
);
const wwwUrl = new RegExp(`www\\.${host}(?:[/#?][-a-zA-Z0-9@:%_+.~#!?&/=();,'">^{}[\\]\`]*)?`, 'y');

/** Characters before a link that are looked at together with it and stay text. */
const leads = ' *_~(';
/** Characters that a link does not end with. */
const tails = '?!.,:*_~';

/** A bare URL, `www.` host or e-mail address at the start of a line, behind one of `leads` or behind a node. */
export function linkify(state: InlineState): boolean {
  const { src, pos } = state;
  if (state.brackets.length > 0) return false;
  const isLed = leads.includes(src.charAt(pos));
  if (!isLed && !state.isFresh) return false;
  const start = isLed ? pos + 1 : pos;
  const urlEnd = findUrlEnd(src, start);
  const end = urlEnd > 0 ? urlEnd : findBareEmailEnd(state, start);
  if (end < 0) return false;
  if (isLed) state.addText(pos, start);
  const stop = trimTail(src, start, end);
  const text = src.slice(start, stop);
  const href = hrefOf(text, urlEnd > 0, state.env.options.linkifyProtocol);
  return state.add(new InlineNode('autolink', start, stop, text, href), stop);
}

function hrefOf(text: string, isUrl: boolean, protocol: string): string {
  if (!isUrl) return mailto(text);
  return text.startsWith('www.') ? `${protocol}://${text}` : text;
}

function trimTail(src: string, start: number, end: number): number {
  let stop = end;
  while (stop > start + 1 && tails.includes(src.charAt(stop - 1))) stop--;
  return stop;
}

/** Index behind the URL that begins at `start`; -1 without one. */
function findUrlEnd(src: string, start: number): number {
  const pattern = patternFor(src, start);
  if (!pattern) return -1;
  pattern.lastIndex = start;
  const match = pattern.exec(src);
  return match ? withoutUnpairedEnd(src, start, start + match[0].length) : -1;
}

/** Asked at every word, so one character decides about nearly all of them. */
function patternFor(src: string, start: number): RegExp | undefined {
  switch (src.charAt(start)) {
    case 'w':
      return src.startsWith('www.', start) ? wwwUrl : undefined;
    case 'h':
      return src.startsWith('http:', start) || src.startsWith('https:', start) ? url : undefined;
    case 'f':
      return src.startsWith('ftp:', start) ? url : undefined;
    default:
      return undefined;
  }
}

/** A URL does not end with a full stop, with more `)` than it has `(`, or with a character reference. */
function withoutUnpairedEnd(src: string, start: number, end: number): number {
  switch (src.charAt(end - 1)) {
    case '.':
      return end - 1;
    case ')':
      return end - Math.max(countUnpaired(src, start, end), 0);
    case ';':
      return withoutReference(src, start, end);
    default:
      return end;
  }
}

function countUnpaired(src: string, start: number, end: number): number {
  let count = 0;
  for (let at = start; at < end; at++) {
    const char = src.charAt(at);
    if (char === ')') count++;
    else if (char === '(') count--;
  }
  return count;
}

function withoutReference(src: string, start: number, end: number): number {
  let at = end - 2;
  while (at >= start && isAsciiAlphanumeric(src.charCodeAt(at))) at--;
  return at !== end - 2 && src.charAt(at) === '&' ? at : end;
}

/** Index behind the e-mail address that begins at `start`; its domain must have a dot, which may not be its last character. */
function findBareEmailEnd(state: InlineState, start: number): number {
  const { src, index } = state;
  if (index.find('@', start) < 0 || isAsciiPunctuation(src.charCodeAt(start))) return -1;
  let end = findEmailEnd(state, start);
  if (end < 0) return -1;
  const domain = src.slice(index.emailLocalEnd(start), end - 1);
  if (!domain.includes('.')) return -1;
  if (src.charAt(end - 1) === '.') end--;
  return src.charAt(end) === '-' || src.charAt(end) === '_' ? -1 : end;
}
