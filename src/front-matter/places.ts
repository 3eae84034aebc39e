import { lowerCaseKey } from './params.js';
import type { KeyPlace } from './value.js';

/** By Hugo's key: lower case. */
export function groupPlaces(places: readonly KeyPlace[]): Map<string, KeyPlace[]> {
  const groups = new Map<string, KeyPlace[]>();
  for (const place of places) {
    const key = lowerCaseKey(place.key);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [place]);
    else group.push(place);
  }
  return groups;
}

/** The place whose value Hugo takes: the last spelling that is not all lower case, or else the last. */
export function choosePlace(key: string, places: readonly KeyPlace[]): KeyPlace {
  const chosen = places.findLast((place) => place.key !== key) ?? places.at(-1);
  // The pieces of a TOML table belong together; the first stands for all.
  const first = places.find((place) => place.key === chosen?.key);
  return (chosen?.valueStart === undefined ? first : chosen) ?? { key, start: 0, end: 0, valueStart: 0, valueEnd: 0 };
}
