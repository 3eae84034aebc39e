import type { FrontMatterBlock } from './find-front-matter.js';
import { choosePlace, groupPlaces } from './places.js';
import { lowerCaseKey } from './params.js';
import { lineEnd, newlineOf, removeLines, type KeyChange, type Splice } from './splice.js';
import { writeTomlKey, writeTomlValue } from './toml-writer.js';

export function editToml(text: string, block: FrontMatterBlock, { key, value, places }: KeyChange): Splice[] {
  const name = lowerCaseKey(key);
  const found = groupPlaces(places).get(name) ?? [];
  const removals = found.map((place) => removeLines(text, block, place));
  if (value === undefined) return removals;
  const chosen = found.length === 0 ? undefined : choosePlace(name, found);
  if (chosen?.valueStart !== undefined && chosen.valueEnd !== undefined) {
    const [start, end] = [block.start + chosen.valueStart, block.start + chosen.valueEnd];
    return [{ start, end, inserted: writeTomlValue(value, text.slice(start, end)) }];
  }
  const pair = `${writeTomlKey(chosen?.key ?? key)} = ${writeTomlValue(value, styleSample(text, block, places))}`;
  const at = insertionPoint(text, block, places);
  return [{ start: at, end: at, inserted: pair + newlineOf(text, block) }, ...removals];
}

/** After the last pair that stands before the first table; without one at the start, where no table has begun. */
function insertionPoint(text: string, block: FrontMatterBlock, places: KeyChange['places']): number {
  const lastPair = places.findLast(({ start }) => text[block.start + start] !== '[');
  if (lastPair !== undefined) return lineEnd(text, block, block.start + lastPair.end);
  return places.length === 0 ? block.end : block.start;
}

/** Literal quotes for a new key where the others have them. */
function styleSample(text: string, block: FrontMatterBlock, places: KeyChange['places']): string {
  const quotes = places.map(({ valueStart }) =>
    valueStart === undefined ? '' : (text[block.start + valueStart] ?? ''),
  );
  return quotes.includes('"') || !quotes.includes("'") ? '' : "'";
}
