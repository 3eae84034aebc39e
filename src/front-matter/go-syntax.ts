/** Text as Go prints it in the messages that Hugo shows. */
import { isList, isMap, type FrontMatterValue } from './value.js';

/** Controls, and the backslash, that Go writes by a letter. */
export const NAMED_CONTROLS: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
};
const NAMED_ESCAPES: Readonly<Record<string, string>> = { ...NAMED_CONTROLS, '"': '\\"' };

/** Go's `%q`: letters, marks, numbers, punctuation, symbols and the ASCII space stand as they are. */
export function quoteGo(text: string): string {
  return `"${text.replaceAll(/["\\]|[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, escapeCharacter)}"`;
}

function escapeCharacter(character: string): string {
  const named = NAMED_ESCAPES[character];
  if (named !== undefined) return named;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`;
}

/** Go's `%#v` of what go-yaml makes. */
export function printGoValue(value: FrontMatterValue): string {
  if (isMap(value)) {
    const entries = [...value].sort(([left], [right]) => (left < right ? -1 : 1));
    return `map[interface {}]interface {}{${entries.map(([key, item]) => `${quoteGo(key)}:${printGoValue(item)}`).join(', ')}}`;
  }
  if (isList(value)) return `[]interface {}{${value.map(printGoValue).join(', ')}}`;
  if (value === null) return 'interface {}(nil)';
  if (typeof value === 'string') return quoteGo(value);
  return typeof value === 'object' ? '' : String(value);
}
