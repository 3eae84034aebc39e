import type { FrontMatterBlock } from './find-front-matter.js';
import { writeJsonValue } from './json-writer.js';
import { choosePlace, groupPlaces } from './places.js';
import { lowerCaseKey } from './params.js';
import type { KeyChange, Splice } from './splice.js';
import type { KeyPlace } from './value.js';
import type { WritableValue } from './written-value.js';

export function editJson(text: string, block: FrontMatterBlock, change: KeyChange): Splice[] {
  return editMembers(text, block.start, block.start, change, writeJsonValue);
}

/** Members between braces: JSON, and YAML that is written like it. `braceAt` is the opening brace's offset in the text. */
export function editMembers(
  text: string,
  braceAt: number,
  base: number,
  { key, value, places }: KeyChange,
  write: (value: WritableValue) => string,
): Splice[] {
  const name = lowerCaseKey(key);
  const found = groupPlaces(places).get(name) ?? [];
  if (value === undefined) return removeMembers(places, found, base);
  if (found.length > 0) {
    const { start, valueStart = start, end, afterColon } = choosePlace(name, found);
    // `{a:}` has no value, and needs the space before one.
    const space = valueStart === end && valueStart === afterColon ? ' ' : '';
    return [{ start: base + valueStart, end: base + end, inserted: space + write(value) }];
  }
  return [insertMember(text, braceAt, base, places, `${JSON.stringify(key)}: ${write(value)}`)];
}

function insertMember(
  text: string,
  braceAt: number,
  base: number,
  places: readonly KeyPlace[],
  member: string,
): Splice {
  const last = places.at(-1);
  if (last === undefined) return { start: braceAt + 1, end: braceAt + 1, inserted: member };
  const at = base + last.end;
  return { start: at, end: at, inserted: separatorBefore(text, braceAt, base, places) + member };
}

/** As between the last two members, or as between the brace and the only one. */
function separatorBefore(text: string, braceAt: number, base: number, places: readonly KeyPlace[]): string {
  const [last, previous] = [places.at(-1), places.at(-2)];
  const between = previous === undefined ? '' : text.slice(base + previous.end, base + (last?.start ?? 0));
  if (/^[ \t\r\n]*,[ \t\r\n]*$/.test(between)) return between;
  const lead = text.slice(braceAt + 1, base + (places[0]?.start ?? 0));
  return /^[ \t\r\n]+$/.test(lead) ? `,${lead}` : ', ';
}

/** Each with the comma before it; a run at the start with the comma after it. */
function removeMembers(places: readonly KeyPlace[], found: readonly KeyPlace[], base: number): Splice[] {
  const isRemoved = new Set(found);
  const firstKept = places.findIndex((place) => !isRemoved.has(place));
  if (firstKept < 0) {
    const [first, last] = [places[0], places.at(-1)];
    return first === undefined || last === undefined
      ? []
      : [{ start: base + first.start, end: base + last.end, inserted: '' }];
  }
  return places.flatMap((place, index) => {
    if (!isRemoved.has(place)) return [];
    const next = places[index + 1];
    if (index < firstKept) return [{ start: base + place.start, end: base + (next?.start ?? place.end), inserted: '' }];
    return [{ start: base + (places[index - 1]?.end ?? place.start), end: base + place.end, inserted: '' }];
  });
}
