/** YAML's tags and directives, which front matter hardly ever has. */
import { isWordCode } from './word-code.js';
import { isBlankOrBreakCode, isBreakCode, type YamlCursor } from './yaml-cursor.js';

/** Gives the handle: `!`, `!!`, `!name!`, or nothing for `!<…>` and a lone `!`. */
export function scanTag(cursor: YamlCursor): string {
  if (cursor.character(1) === '<') {
    cursor.skip(2);
    scanTagUri(cursor, false);
    if (cursor.character() !== '>') cursor.fail("did not find the expected '>'");
    cursor.skip();
    return '';
  }
  const handle = scanTagHandle(cursor);
  const isHandle = handle.length > 1 && handle.endsWith('!');
  const uriLength = scanTagUri(cursor, !isHandle);
  if (isHandle) return handle;
  return uriLength === 0 && handle === '!' ? '' : '!';
}

function scanTagHandle(cursor: YamlCursor): string {
  const start = cursor.offset;
  cursor.skip();
  cursor.takeWord();
  if (cursor.character() === '!') cursor.skip();
  return cursor.text.slice(start, cursor.offset);
}

/** Gives its length. */
function scanTagUri(cursor: YamlCursor, mayBeEmpty: boolean): number {
  const from = cursor.offset;
  while (isWordCode(cursor.code()) || ";/?:@&=+$,.!~*'()[]%".includes(cursor.character() || ' ')) {
    if (cursor.character() === '%') skipUriEscape(cursor);
    else cursor.skip();
  }
  if (cursor.offset === from && !mayBeEmpty) cursor.fail('did not find expected tag URI');
  return cursor.offset - from;
}

function skipUriEscape(cursor: YamlCursor): void {
  if (!/^%[0-9a-fA-F]{2}/.test(cursor.text.slice(cursor.offset, cursor.offset + 3))) {
    cursor.fail('did not find URI escaped octet');
  }
  cursor.skip(3);
}

/**
 * A directive can only stand before `---`, which front matter cannot contain: so each one is an error, and what is left to
 * do is to find Hugo's words for it.
 */
export function scanDirective(cursor: YamlCursor): string {
  cursor.skip();
  const name = cursor.takeWord();
  if (name === '') cursor.fail('could not find expected directive name');
  if (!isBlankOrBreakCode(cursor.code())) cursor.fail('found unexpected non-alphabetical character');
  if (name !== 'YAML' && name !== 'TAG') cursor.fail('found unknown directive name');
  const valueStart = cursor.offset;
  cursor.skipToLineEnd();
  const value = cursor.text.slice(valueStart, cursor.offset).trim();
  if (isBreakCode(cursor.code())) cursor.skipLine();
  return `${name} ${value}`;
}
