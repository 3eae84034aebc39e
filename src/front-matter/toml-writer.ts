import { readTomlDateTimeText } from './toml-scalars.js';
import {
  isWritableList,
  isWritableMap,
  printDate,
  UnwritableValueError,
  wellFormed,
  type WritableValue,
} from './written-value.js';

/** `previous`: the text of the value that is replaced; its quotes, its line breaks and its bare dates are kept. */
export function writeTomlValue(value: WritableValue, previous = ''): string {
  if (typeof value === 'string') return writeText(wellFormed(value), previous);
  if (value instanceof Date) return writeText(printDate(value), previous);
  if (isWritableList(value)) return writeArray(value, previous);
  if (isWritableMap(value)) return writeInlineTable(value);
  if (value === null) throw new UnwritableValueError('TOML has no null: remove the key instead');
  return typeof value === 'number' ? writeNumber(value) : String(value);
}

export function writeTomlKey(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : quote(wellFormed(key));
}

function writeText(text: string, previous: string): string {
  if (mayStandBare(text) && readTomlDateTimeText(previous) !== undefined) return text;
  const isLiteral = previous.startsWith("'") && !previous.startsWith("'''");
  return isLiteral && /^[^'\0-\x08\n-\x1F\x7F]*$/.test(text) ? `'${text}'` : quote(text);
}

/** Hugo loses the fraction of a bare date with an offset, and keeps it in quotes. */
function mayStandBare(text: string): boolean {
  const dateTime = readTomlDateTimeText(text);
  return dateTime !== undefined && !(dateTime.kind === 'offset date-time' && dateTime.fraction !== '');
}

function quote(text: string): string {
  return JSON.stringify(text).replaceAll('\u007F', '\\u007F');
}

function writeNumber(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (Object.is(value, -0)) return '-0.0';
  // Beyond 2⁵³ a number is a float that happens to have no fraction.
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? value.toExponential() : String(value);
}

function writeArray(items: readonly WritableValue[], previous: string): string {
  const written = items.map((item) => writeTomlValue(item));
  const layout = /^\[[ \t]*(?:#[^\r\n]*)?(\r?\n)([ \t]*)[^\s\]]/.exec(previous);
  if (layout === null || items.length === 0) return `[${written.join(', ')}]`;
  const [, newline = '\n', indent = ''] = layout;
  const closing = /(?:\r?\n)([ \t]*)\]$/.exec(previous)?.[1] ?? '';
  const trailingComma = /,\s*\]$/.test(previous) ? ',' : '';
  return `[${newline}${indent}${written.join(`,${newline}${indent}`)}${trailingComma}${newline}${closing}]`;
}

function writeInlineTable(table: { readonly [key: string]: WritableValue }): string {
  const pairs = Object.entries(table).map(([key, value]) => `${writeTomlKey(key)} = ${writeTomlValue(value)}`);
  return pairs.length === 0 ? '{}' : `{ ${pairs.join(', ')} }`;
}
