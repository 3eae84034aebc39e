import { isAsciiAlphanumeric, isAsciiLetter } from '../characters.js';
import { InlineNode } from './inline-node.js';
import type { InlineState } from './inline-state.js';

const GREATER_THAN = 0x3e;
const AT = 0x40;
const COLON = 0x3a;
const minSchemeLength = 2;
const maxSchemeLength = 33;

/** `<https://example.org>` and `<name@example.org>`. */
export function autolink(state: InlineState): boolean {
  const { src, pos } = state;
  if (src.charAt(pos) !== '<') return false;
  const start = pos + 1;
  const emailEnd = findEmailEnd(state, start);
  const end = emailEnd > 0 ? emailEnd : findUrlEnd(src, start);
  if (end < 0 || src.charCodeAt(end) !== GREATER_THAN) return false;
  const text = src.slice(start, end);
  return state.add(new InlineNode('autolink', start, end, text, emailEnd > 0 ? mailto(text) : text), end + 1);
}

export function mailto(address: string): string {
  return /^mailto:/i.test(address) ? address : `mailto:${address}`;
}

/** Index behind the e-mail address that begins at `start`; -1 without one. */
export function findEmailEnd({ src, index }: InlineState, start: number): number {
  const at = index.emailLocalEnd(start);
  if (at === start || src.charCodeAt(at) !== AT) return -1;
  const end = index.emailDomainEnd(at + 1);
  return end === at + 1 ? -1 : end;
}

/** Index behind `scheme:anything` without white space, control characters and angle brackets; -1 without a scheme. */
function findUrlEnd(src: string, start: number): number {
  if (!isAsciiLetter(src.charCodeAt(start))) return -1;
  let at = start + 1;
  while (isSchemeCode(src.charCodeAt(at))) at++;
  const length = at - start;
  if (length < minSchemeLength || length > maxSchemeLength || src.charCodeAt(at) !== COLON) return -1;
  urlRest.lastIndex = at + 1;
  urlRest.test(src);
  return urlRest.lastIndex;
}

// oxlint-disable-next-line no-control-regex
const urlRest = /[^<>\x00-\x20]*/y;

function isSchemeCode(code: number): boolean {
  return isAsciiAlphanumeric(code) || code === 0x2b /* + */ || code === 0x2d /* - */ || code === 0x2e; /* . */
}
