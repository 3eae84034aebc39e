import {
  isWritableList,
  isWritableMap,
  printDate,
  UnwritableValueError,
  wellFormed,
  type WritableValue,
} from './written-value.js';

/** On one line, with a space after every comma and colon. */
export function writeJsonValue(value: WritableValue): string {
  if (value instanceof Date) return JSON.stringify(printDate(value));
  if (typeof value === 'string') return JSON.stringify(wellFormed(value));
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new UnwritableValueError(`JSON has no ${value}`);
  }
  if (Object.is(value, -0)) return '-0';
  if (isWritableList(value)) return `[${value.map(writeJsonValue).join(', ')}]`;
  if (!isWritableMap(value)) return String(value);
  const members = Object.entries(value).map(([key, item]) => `${writeJsonValue(key)}: ${writeJsonValue(item)}`);
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}
