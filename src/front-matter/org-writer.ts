import {
  isWritableList,
  isWritableMap,
  printDate,
  UnwritableValueError,
  wellFormed,
  type WritableValue,
} from './written-value.js';

/** `#+KEY: value` or, for a list, `#+KEY[]: a b`, without its line break. Org has texts and lists of words, nothing else. */
export function writeOrgLine(key: string, value: WritableValue): string {
  if (/[:\r\n]/.test(key) || key.trim() === '')
    throw new UnwritableValueError('an Org keyword has no colon in its name');
  const isList = isWritableList(value);
  const text = isList ? value.map((item) => writeWord(item)).join(' ') : writeText(value);
  return `#+${wellFormed(key)}${isList ? '[]' : ''}:${text === '' ? '' : ` ${text}`}`;
}

function writeWord(value: WritableValue): string {
  const word = writeText(value);
  if (word === '' || /\p{White_Space}/u.test(word)) {
    throw new UnwritableValueError('an Org list is split at white space: its items are single words');
  }
  return word;
}

function writeText(value: WritableValue): string {
  if (value === null || isWritableMap(value) || isWritableList(value)) {
    throw new UnwritableValueError('an Org keyword holds a text or a list of words');
  }
  const text = value instanceof Date ? printDate(value) : wellFormed(String(value));
  if (/[\r\n]/.test(text) || text !== text.trim()) {
    throw new UnwritableValueError('an Org keyword holds one line, without white space around it');
  }
  return text;
}
