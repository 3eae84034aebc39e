import { printTomlDateTimeForJson } from './cast.js';
import { isList, isMap, TomlDateTimeValue, type FrontMatterMap, type FrontMatterValue } from './value.js';

/** What JSON can hold, and NaN and the infinities, which TOML and YAML have and JSON prints as null. */
export type ParamValue = null | boolean | string | number | ParamValue[] | { [key: string]: ParamValue };
export type Params = { [key: string]: ParamValue };

/**
 * Keys as Hugo makes them: lower case, in nested maps too, but not in maps inside lists. Of `title` and `Title` the one that is
 * not all lower case wins.
 */
export function lowerCaseKeys(values: FrontMatterMap): FrontMatterMap {
  const lowered = new Map<string, FrontMatterValue>();
  for (const [key, value] of values) {
    const name = lowerCaseKey(key);
    if (key !== name || !lowered.has(name)) lowered.set(name, isMap(value) ? lowerCaseKeys(value) : value);
  }
  return lowered;
}

/** One character for one character, as Go does: no final sigma, no dotless i. */
export function lowerCaseKey(key: string): string {
  if (/^[\0-\x7F]*$/.test(key)) return key.toLowerCase();
  return Array.from(key, (character) => Array.from(character.toLowerCase())[0] ?? character).join('');
}

/** Calls `onInexact` with each integer that no JavaScript number holds. */
export function toParam(value: FrontMatterValue, onInexact: (integer: bigint) => void): ParamValue {
  if (typeof value === 'bigint') {
    const number = Number(value);
    if (BigInt(number) !== value) onInexact(value);
    return number;
  }
  if (value instanceof TomlDateTimeValue) return printTomlDateTimeForJson(value);
  if (isList(value)) return value.map((item) => toParam(item, onInexact));
  if (!isMap(value)) return value;
  const object: Params = {};
  for (const [key, item] of value) object[key] = toParam(item, onInexact);
  return object;
}
