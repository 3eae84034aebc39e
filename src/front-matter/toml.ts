import { parse, type TomlTable, type TomlValue } from 'smol-toml';
import { FrontMatterSyntaxError } from './diagnostic.js';
import { tomlError } from './toml-error.js';
import { walkToml, type TomlLayout } from './toml-grammar.js';
import type { TomlStatement } from './toml-keys.js';
import { readTomlDateTime } from './toml-scalars.js';
import {
  TomlDateTimeValue,
  type FrontMatterMap,
  type FrontMatterValue,
  type KeyPlace,
  type ParsedFrontMatter,
} from './value.js';

/** @throws FrontMatterSyntaxError with an offset in `text` */
export function readToml(text: string): ParsedFrontMatter {
  const layout = walkToml(text);
  return { values: readValues(text, layout), places: findPlaces(layout.statements) };
}

function readValues(text: string, { dateTimes }: TomlLayout): FrontMatterMap {
  const mark = dateTimes.length === 0 ? '' : findUnusedCharacter(text);
  try {
    const table = parse(markDateTimes(text, dateTimes, mark), { integersAsBigInt: true });
    return toMap(table, (string) => {
      const token = mark !== '' && string.startsWith(mark) ? dateTimes[Number(string.slice(1))] : undefined;
      return token === undefined ? string : new TomlDateTimeValue(readTomlDateTime(text, token));
    });
  } catch (error) {
    if (error instanceof FrontMatterSyntaxError) throw error;
    // The walk has already checked the grammar; what is left is what smol-toml alone refuses.
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : '';
    throw tomlError(reason.replace('Invalid TOML document: ', ''), 0);
  }
}

/**
 * smol-toml keeps milliseconds of a date, Hugo nanoseconds. So a date goes through it as a string: a character that the
 * text does not have, and the number of the date.
 */
function markDateTimes(text: string, dateTimes: TomlLayout['dateTimes'], mark: string): string {
  let marked = '';
  let at = 0;
  for (const [index, token] of dateTimes.entries()) {
    marked += `${text.slice(at, token.start)}"${mark}${index}"`;
    at = token.end;
  }
  return marked + text.slice(at);
}

/** One of the 6,400 private characters; text that has all of them has also passed the limit of size by far. */
function findUnusedCharacter(text: string): string {
  for (let code = 0xf8ff; code >= 0xe000; code -= 1) {
    const character = String.fromCharCode(code);
    if (!text.includes(character)) return character;
  }
  throw tomlError('no private-use character is left to mark dates with', 0);
}

function toMap(table: TomlTable, read: (string: string) => FrontMatterValue): FrontMatterMap {
  return new Map(Object.entries(table).map(([key, value]) => [key, toValue(value, read)]));
}

function toValue(value: TomlValue, read: (string: string) => FrontMatterValue): FrontMatterValue {
  if (typeof value === 'string') return read(value);
  if (typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((item) => toValue(item, read));
  // Dates never get here: they were marked as strings.
  return toMap(value as TomlTable, read);
}

/** Top-level pairs, and tables from their header to the end of their last pair. */
function findPlaces(statements: readonly TomlStatement[]): KeyPlace[] {
  const places: KeyPlace[] = [];
  let table: { key: string; start: number; end: number } | undefined;
  const close = (): void => {
    if (table !== undefined) places.push({ ...table, valueStart: undefined, valueEnd: undefined });
  };
  for (const { kind, path, start, valueStart, end } of statements) {
    const key = path[0] ?? '';
    if (kind !== 'pair') {
      close();
      table = { key, start, end };
    } else if (table !== undefined) {
      table.end = end;
    } else if (path.length === 1) {
      places.push({ key, start, end, valueStart, valueEnd: end });
    } else {
      places.push({ key, start, end, valueStart: undefined, valueEnd: undefined });
    }
  }
  close();
  return places;
}
