import type { TomlDateTime } from './toml-scalars.js';

/**
 * A value as the front matter's format has it. Integers are bigints and floats are numbers, because Hugo treats them
 * differently: `date: 1` is a moment, `date: 1.0` is nothing.
 */
export type FrontMatterValue =
  null | boolean | string | number | bigint | TomlDateTimeValue | readonly FrontMatterValue[] | FrontMatterMap;

/** A Map, so that no key of a file can reach a prototype. */
export type FrontMatterMap = ReadonlyMap<string, FrontMatterValue>;

/** A date or time that TOML wrote without quotes. */
export class TomlDateTimeValue {
  readonly dateTime: TomlDateTime;

  constructor(dateTime: TomlDateTime) {
    this.dateTime = dateTime;
  }
}

export function isMap(value: FrontMatterValue | undefined): value is FrontMatterMap {
  return value instanceof Map;
}

export function isList(value: FrontMatterValue | undefined): value is readonly FrontMatterValue[] {
  return Array.isArray(value);
}

/** Where a top-level key stands. Offsets are UTF-16 offsets in the front matter's text. */
export interface KeyPlace {
  /** As written, quotes and escapes undone. */
  readonly key: string;
  /** From the first character of the key to the last of its value. */
  readonly start: number;
  readonly end: number;
  /** Undefined where the key's value is not in one piece: TOML tables and dotted keys. */
  readonly valueStart: number | undefined;
  readonly valueEnd: number | undefined;
  /** YAML alone: behind the colon, where space, a comment or a line break may stand before the value. */
  readonly afterColon?: number;
}

export interface ParsedFrontMatter {
  readonly values: FrontMatterMap;
  /** In the order of the file; a key that is written in several places has several. */
  readonly places: readonly KeyPlace[];
}
