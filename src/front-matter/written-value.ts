/** What can be written into front matter, and whether it reads back as it was meant. */
import { isRecord } from '../kernel/record.js';
import { readTomlDateTimeText } from './toml-scalars.js';
import { isList, isMap, TomlDateTimeValue, type FrontMatterValue } from './value.js';

/** A Date is written as RFC 3339 in UTC. */
export type WritableValue =
  | null
  | boolean
  | string
  | number
  | bigint
  | Date
  | readonly WritableValue[]
  | { readonly [key: string]: WritableValue };

/** A value that the format has no form for. `key` is the top-level key. */
export class UnwritableValueError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UnwritableValueError';
  }
}

/** Milliseconds only where there are some: `2025-09-12T13:19:38Z`. */
export function printDate(date: Date): string {
  if (Number.isNaN(date.getTime())) throw new UnwritableValueError('an invalid date cannot be written');
  return date.toISOString().replace('.000Z', 'Z');
}

export function isWritableList(value: WritableValue): value is readonly WritableValue[] {
  return Array.isArray(value);
}

export function isWritableMap(value: WritableValue): value is { readonly [key: string]: WritableValue } {
  return isRecord(value);
}

/** Text that no front matter can hold is made writable: half a character is none. */
export function wellFormed(text: string): string {
  return text.replaceAll(/\p{Surrogate}/gu, '\uFFFD');
}

/** Whether what was read is what was to be written. Integers and floats of one size are the same; a date may stand bare. */
export function readsAs(read: FrontMatterValue | undefined, written: WritableValue): boolean {
  if (read === undefined) return false;
  if (typeof written === 'string') return isSameText(read, wellFormed(written));
  if (written instanceof Date) return isSameText(read, printDate(written));
  if (isWritableList(written)) {
    return isList(read) && read.length === written.length && written.every((item, index) => readsAs(read[index], item));
  }
  if (isWritableMap(written)) return isSameMap(read, written);
  if (typeof written === 'number' || typeof written === 'bigint') return isSameNumber(read, written);
  return read === written;
}

function isSameText(read: FrontMatterValue, text: string): boolean {
  if (!(read instanceof TomlDateTimeValue)) return read === text;
  return JSON.stringify(readTomlDateTimeText(text)) === JSON.stringify(read.dateTime);
}

function isSameNumber(read: FrontMatterValue, written: number | bigint): boolean {
  return (typeof read === 'number' || typeof read === 'bigint') && Object.is(Number(read), Number(written));
}

function isSameMap(read: FrontMatterValue, written: { readonly [key: string]: WritableValue }): boolean {
  const keys = Object.keys(written);
  return isMap(read) && read.size === keys.length && keys.every((key) => readsAs(read.get(key), written[key] ?? null));
}

/** Deep equality of what was read before and after. */
export function isSameValue(left: FrontMatterValue | undefined, right: FrontMatterValue | undefined): boolean {
  if (left === right) return true;
  if (typeof left === 'number' && typeof right === 'number') return Object.is(left, right);
  if (left instanceof TomlDateTimeValue && right instanceof TomlDateTimeValue) {
    return JSON.stringify(left.dateTime) === JSON.stringify(right.dateTime);
  }
  if (isList(left) && isList(right)) {
    return left.length === right.length && left.every((item, index) => isSameValue(item, right[index]));
  }
  if (!isMap(left) || !isMap(right)) return false;
  return (
    left.size === right.size && [...left].every(([key, item]) => right.has(key) && isSameValue(item, right.get(key)))
  );
}
