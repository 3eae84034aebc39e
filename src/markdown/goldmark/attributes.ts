import { isAsciiAlphanumeric, isAsciiDigit, isAsciiLetter, isAsciiPunctuation, isSpace } from './characters.js';
import type { LineReader } from './blocks/line-reader.js';

/** What may stand behind `=`. A list and a nested set are parsed and, as in Hugo, rendered empty. */
export type AttributeValue = string | number | boolean | null | AttributeValue[] | Attribute[];

export interface Attribute {
  readonly name: string;
  readonly value: AttributeValue;
}

/** Sets within sets or lists within lists deeper than this are not read; without an end, recursion would not have one. */
const maxDepth = 50;

/**
 * Attributes :: { Attribute* }, with white space or one comma between two. It may go over several lines.
 * Attribute :: `#` Word | `.` Word | Name = Value
 * Value :: "string" | number | true | false | null | Name | [ Value, ... ] | Attributes
 * Leaves the reader where it was when there are none.
 */
export function parseAttributes(reader: LineReader, depth = 0): Attribute[] | undefined {
  const start = reader.place();
  const attributes = depth > maxDepth ? undefined : readAttributes(reader, depth);
  if (!attributes) reader.restore(start);
  return attributes;
}

function readAttributes(reader: LineReader, depth: number): Attribute[] | undefined {
  reader.skipSpaces();
  if (!skip(reader, '{')) return undefined;
  const attributes: Attribute[] = [];
  while (!skip(reader, '}')) {
    const attribute = readAttribute(reader, depth);
    if (!attribute) return undefined;
    addAttribute(attributes, attribute);
    reader.skipSpaces();
    if (skip(reader, ',')) reader.skipSpaces();
  }
  return attributes;
}

/** Classes add up; any other name may stand twice here, and the last one wins when it is set on the block. */
function addAttribute(attributes: Attribute[], attribute: Attribute): void {
  const at = attribute.name === 'class' ? attributes.findIndex(({ name }) => name === 'class') : -1;
  const before = attributes[at];
  if (!before) attributes.push(attribute);
  else attributes[at] = { name: 'class', value: `${String(before.value)} ${String(attribute.value)}` };
}

function readAttribute(reader: LineReader, depth: number): Attribute | undefined {
  reader.skipSpaces();
  if (skip(reader, '#')) return { name: 'id', value: readWord(reader) };
  if (skip(reader, '.')) return { name: 'class', value: readWord(reader) };
  const name = readName(reader);
  if (name === undefined) return undefined;
  reader.skipSpaces();
  if (!skip(reader, '=')) return undefined;
  const value = readValue(reader, depth);
  if (value === undefined || (name === 'class' && typeof value !== 'string')) return undefined;
  return { name, value };
}

/** The rest of an id or class: anything but white space and ASCII punctuation other than `_-:.`; may be empty. */
function readWord(reader: LineReader): string {
  return takeWhile(
    reader,
    (code) => !isSpace(code) && (!isAsciiPunctuation(code) || '_-:.'.includes(String.fromCharCode(code))),
  );
}

function readName(reader: LineReader): string | undefined {
  const code = reader.peekCode();
  const startsName = isAsciiLetter(code) || code === 0x5f /* _ */ || code === 0x3a; /* : */
  if (!startsName) {
    reader.peekLine();
    return undefined;
  }
  return takeWhile(reader, (next) => isAsciiAlphanumeric(next) || '_:.-'.includes(String.fromCharCode(next)));
}

function readValue(reader: LineReader, depth: number): AttributeValue | undefined {
  reader.skipSpaces();
  const code = reader.peekCode();
  switch (String.fromCharCode(code)) {
    case '{':
      return parseAttributes(reader, depth + 1);
    case '[':
      return readList(reader, depth + 1);
    case '"':
      return readString(reader);
    case '-':
    case '+':
      return readNumber(reader);
    default:
      return isAsciiDigit(code) ? readNumber(reader) : readBareValue(reader);
  }
}

function readList(reader: LineReader, depth: number): AttributeValue[] | undefined {
  if (depth > maxDepth) return undefined;
  reader.advance(1);
  const values: AttributeValue[] = [];
  for (;;) {
    if (skip(reader, ']')) return values;
    if (values.length > 0) skip(reader, ',');
    reader.skipSpaces();
    const value = readValue(reader, depth);
    if (value === undefined) return undefined;
    values.push(value);
    reader.skipSpaces();
  }
}

const stringEscapes: Readonly<Record<string, string>> = {
  '"': '"',
  '/': '/',
  '\\': '\\',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** A quoted string; it ends on its line. An unknown escape keeps its backslash. */
function readString(reader: LineReader): string | undefined {
  reader.advance(1);
  const line = reader.peekLine() ?? '';
  let value = '';
  for (let at = 0; at < line.length; at++) {
    const char = line.charAt(at);
    if (char === '"') {
      reader.advance(at + 1);
      return value;
    }
    const escaped = char === '\\' && at < line.length - 1 ? stringEscapes[line.charAt(at + 1)] : undefined;
    if (escaped !== undefined) at++;
    value += escaped ?? char;
  }
  return undefined;
}

function readNumber(reader: LineReader): number | undefined {
  const line = reader.peekLine() ?? '';
  const match = /^([-+]?)(\d+(?:\.\d*)?(?:[eE][-+]?\d*)?)/.exec(line);
  if (!match?.[2]) return undefined;
  reader.advance(match[0].length);
  const value = Number(match[2]);
  if (!Number.isFinite(value)) return undefined;
  return match[1] === '-' ? -value : value;
}

function readBareValue(reader: LineReader): AttributeValue | undefined {
  const word = readName(reader);
  switch (word) {
    case 'true':
      return true;
    case 'false':
      return false;
    case 'null':
      return null;
    default:
      return word;
  }
}

function skip(reader: LineReader, char: string): boolean {
  if (reader.peekCode() !== char.charCodeAt(0)) return false;
  reader.advance(1);
  return true;
}

function takeWhile(reader: LineReader, accepts: (code: number) => boolean): string {
  const line = reader.peekLine() ?? '';
  let end = 0;
  while (end < line.length && accepts(line.charCodeAt(end))) end++;
  reader.advance(end);
  return line.slice(0, end);
}
