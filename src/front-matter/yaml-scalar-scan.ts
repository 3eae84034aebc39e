/** Where a YAML scalar ends, by libyaml's rules. */
import {
  HASH,
  isBlankCode,
  isBlankOrBreakCode,
  isBreakCode,
  isBreakOrEndCode,
  SPACE,
  TAB,
  type YamlCursor,
  type YamlMark,
} from './yaml-cursor.js';

/**
 * libyaml reads YAML 1.1, in which a `?` inside brackets is a key's sign wherever it stands: it refuses `[https://e.org/?a=b]`.
 * YAML 1.2, and with it Hugo from 0.152 on, takes it for text.
 */
export type YamlDialect = '1.1' | '1.2';

export interface ScalarContext {
  readonly dialect: YamlDialect;
  /** Column of the keys around it; -1 outside any. */
  readonly indent: number;
  readonly isInFlow: boolean;
}

interface PlainScalar {
  readonly end: YamlMark;
  /** Blank lines were passed over behind it: a key may follow. */
  readonly endsBelow: boolean;
}

const BLOCK_HEADER = /(?:[+-](\d?)|(\d)[+-]?)?/y;

/** Ends where the text ends, or where something else begins. */
export function scanPlain(cursor: YamlCursor, context: ScalarContext): PlainScalar {
  const start = cursor.mark;
  const { isInFlow } = context;
  const indent = context.indent + 1;
  let end = start;
  let hasLineBreak = false;
  while (!cursor.isDocumentMarker('---') && !cursor.isDocumentMarker('...') && cursor.code() !== HASH) {
    while (!isBlankOrBreakCode(cursor.code()) && !endsPlainScalar(cursor, context)) {
      hasLineBreak = false;
      cursor.skip();
      end = cursor.mark;
    }
    if (!isBlankCode(cursor.code()) && !isBreakCode(cursor.code())) break;
    hasLineBreak = skipPlainBlanks(cursor, hasLineBreak, indent, isInFlow);
    if (!isInFlow && cursor.column < indent) break;
  }
  return { end, endsBelow: hasLineBreak };
}

function endsPlainScalar(cursor: YamlCursor, { isInFlow, dialect }: ScalarContext): boolean {
  const character = cursor.character();
  if (character === ':') return isBlankOrBreakCode(cursor.code(1));
  if (!isInFlow) return false;
  return (
    ',[]{}'.includes(character) || (character === '?' && (dialect === '1.1' || isBlankOrBreakCode(cursor.code(1))))
  );
}

function skipPlainBlanks(cursor: YamlCursor, hasLineBreak: boolean, indent: number, isInFlow: boolean): boolean {
  for (let code = cursor.code(); isBlankCode(code) || isBreakCode(code); code = cursor.code()) {
    if (isBreakCode(code)) {
      cursor.skipLine();
      hasLineBreak = true;
      if (isInFlow) cursor.noteShallowLine(indent);
      continue;
    }
    if (hasLineBreak && cursor.column < indent && code === TAB) {
      cursor.fail('found a tab character that violates indentation');
    }
    cursor.skip();
  }
  return hasLineBreak;
}

/** `quote` is the one it starts with. */
export function scanQuoted(cursor: YamlCursor, { indent }: ScalarContext, quote: string): YamlMark {
  const start = cursor.mark;
  cursor.skip();
  for (;;) {
    if (cursor.isDocumentMarker('---') || cursor.isDocumentMarker('...')) {
      cursor.fail('found unexpected document indicator');
    }
    // The message counts from the end; a reader is helped by where the quote starts.
    if (Number.isNaN(cursor.code())) cursor.fail('found unexpected end of stream', start.offset);
    skipQuotedText(cursor, quote, indent + 1);
    if (cursor.character() === quote) break;
    for (let code = cursor.code(); isBlankCode(code) || isBreakCode(code); code = cursor.code()) {
      if (isBlankCode(code)) cursor.skip();
      else skipQuotedLine(cursor, indent + 1);
    }
  }
  cursor.skip();
  return cursor.mark;
}

function skipQuotedLine(cursor: YamlCursor, neededSpaces: number): void {
  cursor.skipLine();
  cursor.noteShallowLine(neededSpaces);
}

function skipQuotedText(cursor: YamlCursor, quote: string, neededSpaces: number): void {
  while (!isBlankOrBreakCode(cursor.code())) {
    const character = cursor.character();
    if (character === quote) {
      if (quote === '"' || cursor.character(1) !== quote) return;
      cursor.skip(2);
    } else if (quote === '"' && character === '\\') {
      if (isBreakCode(cursor.code(1))) {
        cursor.skip();
        skipQuotedLine(cursor, neededSpaces);
        return;
      }
      skipEscape(cursor);
    } else {
      cursor.skip();
    }
  }
}

function skipEscape(cursor: YamlCursor): void {
  const kind = cursor.character(1);
  const length = kind === 'x' ? 2 : kind === 'u' ? 4 : kind === 'U' ? 8 : 0;
  if (length === 0 && (kind === '' || !'0abt\tnvfre "\'\\N_LP'.includes(kind))) {
    cursor.fail('found unknown escape character');
  }
  if (kind === "'") cursor.rewrites.push({ offset: cursor.offset, removed: 1, inserted: '' });
  cursor.skip(2);
  if (length === 0) return;
  const hex = cursor.text.slice(cursor.offset, cursor.offset + length);
  if (!/^[0-9a-fA-F]+$/.test(hex) || hex.length < length) {
    cursor.fail('did not find expected hexdecimal number');
  }
  const codePoint = Number.parseInt(hex, 16);
  if ((codePoint >= 0xd800 && codePoint <= 0xdfff) || codePoint > 0x10ffff) {
    cursor.fail('found invalid Unicode character escape code');
  }
  cursor.skip(length);
}

/** From the `|` or `>` to the last line that is indented, blank lines behind it included. */
export function scanBlockScalar(cursor: YamlCursor, context: ScalarContext): void {
  cursor.skip();
  const increment = scanBlockHeader(cursor);
  while (isBlankCode(cursor.code())) cursor.skip();
  if (cursor.code() === HASH) cursor.skipComment();
  if (!isBreakOrEndCode(cursor.code())) {
    cursor.fail('did not find expected comment or line break');
  }
  if (isBreakCode(cursor.code())) cursor.skipLine();
  const given = increment === 0 ? 0 : Math.max(context.indent, 0) + increment;
  const indent = skipBlockBreaks(cursor, given, context);
  while (cursor.column === indent && !Number.isNaN(cursor.code())) {
    cursor.skipToLineEnd();
    if (isBreakCode(cursor.code())) cursor.skipLine();
    skipBlockBreaks(cursor, indent, context);
  }
}

/** Chomping and indentation in either order; gives the indentation, 0 for none. */
function scanBlockHeader(cursor: YamlCursor): number {
  BLOCK_HEADER.lastIndex = cursor.offset;
  const found = BLOCK_HEADER.exec(cursor.text);
  const digit = found?.[1] || found?.[2];
  if (digit === '0') cursor.fail('found an indentation indicator equal to 0');
  cursor.skip(found?.[0].length ?? 0);
  return Number(digit ?? 0);
}

/** Gives the indentation: the one given, or that of the deepest line. */
function skipBlockBreaks(cursor: YamlCursor, indent: number, context: ScalarContext): number {
  const limit = indent === 0 ? Infinity : indent;
  let deepest = 0;
  for (;;) {
    while (cursor.column < limit && cursor.code() === SPACE) cursor.skip();
    deepest = Math.max(deepest, cursor.column);
    if (cursor.column < limit && cursor.code() === TAB) {
      cursor.fail('found a tab character where an indentation space is expected');
    }
    if (!isBreakCode(cursor.code())) break;
    cursor.skipLine();
  }
  return indent === 0 ? Math.max(deepest, context.indent + 1, 1) : indent;
}
