import {
  isAsciiDigit,
  isAsciiPunctuation,
  isDigit,
  isLetter,
  isPunctuation,
  isSpace,
  isUnicodePunctuation,
  isWhiteSpace,
} from '../characters.js';
import { flanking } from './delimiters.js';
import { InlineNode } from './inline-node.js';
import type { InlineState } from './inline-state.js';

/** Longer sequences before shorter ones that they begin with. */
const sequences: readonly { readonly text: string; readonly entity: string }[] = [
  { text: '---', entity: '&mdash;' },
  { text: '--', entity: '&ndash;' },
  { text: '...', entity: '&hellip;' },
  { text: '<<', entity: '&laquo;' },
  { text: '>>', entity: '&raquo;' },
];

const leftSingle = '&lsquo;';
const rightSingle = '&rsquo;';
const leftDouble = '&ldquo;';
const rightDouble = '&rdquo;';

/** Dashes, ellipses, angle quotes, quotation marks and apostrophes. */
export function typographer(state: InlineState): boolean {
  const { src, pos } = state;
  const char = src.charAt(pos);
  if (char === "'" || char === '"') return quote(state, char);
  const found = sequences.find(({ text }) => src.startsWith(text, pos));
  return found !== undefined && state.add(new InlineNode('mark', pos, pos, found.entity), pos + found.text.length);
}

/** A quotation mark and what surrounds it. */
interface Quote {
  /** The rest of the line, from the mark on. */
  readonly line: string;
  /** Character before the mark. */
  readonly before: number;
  readonly canOpen: boolean;
  readonly canClose: boolean;
}

/** No special case looks further than this behind the mark. */
const lookAhead = 6;

function quote(state: InlineState, char: string): boolean {
  const { src, pos, lineEnd, env } = state;
  const before = state.codePointBefore(pos);
  const line = src.slice(pos, Math.min(lineEnd, pos + lookAhead));
  const mark: Quote = { line, before, ...flanking(char, before, state.codePointFrom(state.index.runEnd(pos))) };
  const entity = char === "'" ? singleQuote(mark, env.openQuotes) : doubleQuote(mark, env.openQuotes);
  return entity !== undefined && state.add(new InlineNode('mark', pos, pos, entity), pos + 1);
}

interface OpenQuotes {
  single: number;
  double: number;
}

function singleQuote(mark: Quote, openQuotes: OpenQuotes): string | undefined {
  if (isApostrophe(mark)) return rightSingle;
  if (mark.canOpen && !mark.canClose) {
    if (isContraction(mark.line)) return rightSingle;
    openQuotes.single++;
    return leftSingle;
  }
  if (isPossessive(mark.line)) return rightSingle;
  if (openQuotes.single === 0 || !closes(mark)) return undefined;
  openQuotes.single--;
  return rightSingle;
}

function doubleQuote(mark: Quote, openQuotes: OpenQuotes): string | undefined {
  if (mark.canOpen && !mark.canClose) {
    openQuotes.double++;
    return leftDouble;
  }
  if (openQuotes.double === 0 || !closes(mark)) return undefined;
  // The inch mark of `"Monitor 21""`.
  if (mark.line.charAt(1) === '"' && isDigit(mark.before)) return undefined;
  openQuotes.double--;
  return rightDouble;
}

function isApostrophe({ line, before, canOpen, canClose }: Quote): boolean {
  return (
    (canOpen && !canClose && isDecade(line)) ||
    (isUnicodePunctuationOrSpace(before) && isAnyOf(line.charAt(1), 'tenl')) ||
    ((isDigit(before) || isLetter(before)) && isLetter(codePointAt(line, 1)))
  );
}

/** `'90s`. */
function isDecade(line: string): boolean {
  const isForm = isAsciiDigit(line.charCodeAt(1)) && isAsciiDigit(line.charCodeAt(2)) && line.charAt(3) === 's';
  const after = codePointAt(line, 4);
  return isForm && (isWhiteSpace(after) || isPunctuation(after));
}

/** `'s`, `'m`, `'t`, `'d`, `'ve`, `'ll`, `'re` at the end of a word. */
function isContraction(line: string): boolean {
  const isShort = isAnyOf(line.charAt(1), 'smtd') && (line.length < 3 || isEndOfWord(line, 2));
  return isShort || (['ve', 'll', 're'].includes(line.slice(1, 3)) && (line.length < 4 || isEndOfWord(line, 3)));
}

/** `Smiths'`, `doin'`: any mark that is not before a digit and not among the last two bytes of the line. */
function isPossessive(line: string): boolean {
  const hasRest = line.length > 2 || (line.length === 2 && line.charCodeAt(1) > 0x7f);
  return hasRest && !isDigit(codePointAt(line, 1));
}

function closes({ line, canOpen, canClose }: Quote): boolean {
  if (!canClose) return false;
  if (!canOpen) return true;
  const next = line.charCodeAt(1);
  if (!(next < 0x80) || !isUnicodePunctuation(next)) return false;
  return line.length === 2 || isEndOfWord(line, 2);
}

function isUnicodePunctuationOrSpace(codePoint: number): boolean {
  return isUnicodePunctuation(codePoint) || isWhiteSpace(codePoint);
}

function isEndOfWord(line: string, at: number): boolean {
  return isAsciiPunctuation(line.charCodeAt(at)) || isSpace(line.charCodeAt(at));
}

function isAnyOf(char: string, chars: string): boolean {
  return char !== '' && chars.includes(char);
}

function codePointAt(line: string, at: number): number {
  return line.codePointAt(at) ?? 0x20;
}
