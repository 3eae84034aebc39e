/** Org keywords, `#+KEY: value`, as Hugo reads them with go-org. No file that `#+SETUPFILE` or `#+INCLUDE` names is ever opened. */
import { splitFields } from './cast.js';
import type { FrontMatterValue, KeyPlace, ParsedFrontMatter } from './value.js';

export interface ParsedOrg extends ParsedFrontMatter {
  /** Lists without the `[]` that says so: still split, with a warning. */
  readonly plainLists: readonly KeyPlace[];
}

/** Keywords that Org uses itself; Hugo never sees them. */
const OWN_KEYWORDS = new Set(['name', 'setupfile', 'include', 'link', 'macro', 'results', 'result']);
const PLAIN_LIST_KEYS = new Set(['tags', 'categories', 'aliases']);
const DATE_KEYS = new Set(['date', 'lastmod', 'publishdate', 'expirydate']);

const KEYWORD_LINE = /^#\+([^:]+):(?:\s+(.*))?$/;

export function readOrg(text: string): ParsedOrg {
  const lines = [...findKeywords(text)];
  const joined = new Map<string, string>();
  for (const { key, valueStart, valueEnd } of lines) {
    const value = text.slice(valueStart, valueEnd);
    const before = joined.get(key);
    joined.set(key, before === undefined ? value : `${before}\n${value}`);
  }
  const values = new Map<string, FrontMatterValue>();
  for (const [key, value] of joined) values.set(listName(key) ?? key, readValue(key, value));
  const places = lines.map((line) => ({ ...line, key: listName(line.key) ?? line.key }));
  return { values, places, plainLists: lines.filter(({ key }) => PLAIN_LIST_KEYS.has(key)) };
}

/** `tags` of `tags[]`. */
function listName(key: string): string | undefined {
  return key.endsWith('[]') ? key.slice(0, -2) : undefined;
}

function readValue(key: string, value: string): FrontMatterValue {
  if (listName(key) !== undefined || PLAIN_LIST_KEYS.has(key)) return splitFields(value);
  // Of a timestamp such as `<2024-01-02 Tue 10:00>` Hugo takes the day alone.
  return DATE_KEYS.has(key) ? (/[<[](\d{4}-\d{2}-\d{2}) .*[>\]]/.exec(value)?.[1] ?? value) : value;
}

/** Keywords outside blocks; a block that is not closed is plain text. */
function* findKeywords(text: string): Generator<KeyPlace> {
  const lines = text.split('\n');
  const lastEnds = findBlockEnds(lines);
  let start = 0;
  let skipTo = 0;
  for (const [index, line] of lines.entries()) {
    const content = line.replace(/\r$/, '');
    const name = /^#\+begin_(\w+)/i.exec(content)?.[1]?.toLowerCase();
    if (index >= skipTo && name !== undefined) skipTo = lastEnds.get(name)?.find((end) => end > index) ?? index;
    if (index >= skipTo) {
      const place = readLine(content, start);
      if (place !== undefined) yield place;
    }
    start += line.length + 1;
  }
}

/** Lines that close a block, by its name. */
function findBlockEnds(lines: readonly string[]): Map<string, number[]> {
  const ends = new Map<string, number[]>();
  for (const [index, line] of lines.entries()) {
    const name = /^#\+end_(\w+)/i.exec(line)?.[1]?.toLowerCase();
    if (name === undefined) continue;
    const known = ends.get(name);
    if (known === undefined) ends.set(name, [index]);
    else known.push(index);
  }
  return ends;
}

function readLine(line: string, start: number): KeyPlace | undefined {
  const found = KEYWORD_LINE.exec(line);
  if (found === null) return undefined;
  const key = (found[1] ?? '').toLowerCase();
  if (OWN_KEYWORDS.has(key)) return undefined;
  const value = (found[2] ?? '').trim();
  const valueStart = value === '' ? line.length : line.lastIndexOf(value);
  const end = valueStart + value.length;
  return { key, start, end: start + end, valueStart: start + valueStart, valueEnd: start + end };
}
