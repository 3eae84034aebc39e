import type { FrontMatterBlock } from './find-front-matter.js';
import { writeOrgLine } from './org-writer.js';
import { groupPlaces } from './places.js';
import { lowerCaseKey } from './params.js';
import { isLineBreak, newlineOf, removeLines, type KeyChange, type Splice } from './splice.js';

export function editOrg(text: string, block: FrontMatterBlock, { key, value, places }: KeyChange): Splice[] {
  const found = groupPlaces(places).get(lowerCaseKey(key)) ?? [];
  const [first, ...others] = found;
  if (value === undefined) return found.map((place) => removeLines(text, block, place));
  if (first !== undefined) {
    const [start, end] = [block.start + first.start, block.start + first.end];
    const written = /^#\+([^:]+?)(?:\[\])?:/.exec(text.slice(start, end))?.[1] ?? key;
    return [
      { start, end, inserted: writeOrgLine(written, value) },
      ...others.map((place) => removeLines(text, block, place)),
    ];
  }
  const newline = newlineOf(text, block);
  const isUpper = places.some(({ start }) => /^#\+[^a-z:]+:/.test(text.slice(block.start + start)));
  const line = writeOrgLine(isUpper ? key.toUpperCase() : key, value);
  const isOpen = !isLineBreak(text[block.end - 1]);
  return [{ start: block.end, end: block.end, inserted: isOpen ? newline + line : line + newline }];
}
