import { isYaml11Boolean, resolveYamlScalar } from './yaml-scalars.js';
import { isWritableList, isWritableMap, printDate, wellFormed, type WritableValue } from './written-value.js';

export interface YamlStyle {
  /** The value that is replaced; its quotes and its kind of list are kept. */
  readonly previous: string;
  readonly newline: string;
  /** Of the keys. */
  readonly indent: string;
  /** Inside braces a value stays on its line. */
  readonly isFlow: boolean;
  /** Lists elsewhere in the front matter stand one item to a line. */
  readonly prefersBlock: boolean;
}

/** What follows the colon, from the space on. */
export function writeYamlValue(value: WritableValue, style: YamlStyle): string {
  const isBlockList = /^[ \t]*-(?:\s|$)/.test(style.previous.replace(/^(?:[ \t]*(?:#[^\r\n]*)?[\r\n]+)+/, ''));
  if (isWritableList(value) && !style.isFlow && value.length > 0) {
    if (isBlockList || (style.previous === '' && style.prefersBlock)) return writeBlockList(value, style, isBlockList);
  }
  const text = typeof value === 'string' ? wellFormed(value) : value instanceof Date ? printDate(value) : undefined;
  return ` ${text === undefined ? writeFlow(value) : writeText(text, style)}`;
}

export function writeYamlKey(key: string): string {
  return /^[A-Za-z_][A-Za-z0-9_-]*$/.test(key) && !isReservedWord(key) ? key : quoteDouble(wellFormed(key));
}

function isReservedWord(text: string): boolean {
  return resolveYamlScalar(text).kind !== 'str' || isYaml11Boolean(text);
}

function writeText(text: string, { previous, newline, indent, isFlow }: YamlStyle): string {
  if (!isFlow && /^[|>]/.test(previous) && isBlockText(text)) return writeLiteral(text, newline, indent);
  if (previous.startsWith("'") && isPrintableLine(text)) return `'${text.replaceAll("'", "''")}'`;
  const wasPlain = previous !== '' && !/^["'|>[{&*!-]/.test(previous);
  return wasPlain && isSafePlain(text) ? text : quoteDouble(text);
}

/** Lines that a literal block holds as they are. */
function isBlockText(text: string): boolean {
  return text.includes('\n') && text.split('\n').every(isPrintableLine) && /^\S/.test(text);
}

function writeLiteral(text: string, newline: string, indent: string): string {
  const body = text.replace(/\n+$/, '');
  const breaks = text.length - body.length;
  const chomping = breaks === 0 ? '-' : breaks === 1 ? '' : '+';
  const lines = [...body.split('\n'), ...Array.from({ length: Math.max(breaks - 1, 0) }, () => '')];
  return `|${chomping}${lines.map((line) => newline + (line === '' ? '' : `${indent}  ${line}`)).join('')}`;
}

function isPrintableLine(text: string): boolean {
  return /^[\t\x20-\x7E\xA0-\u2027\u202A-\uD7FF\uE000-\uFEFE\uFF00-\uFFFD\u{10000}-\u{10FFFF}]*$/u.test(text);
}

/** Text that is the same text in YAML 1.1 and 1.2, whatever stands around it. */
function isSafePlain(text: string): boolean {
  return (
    isPrintableLine(text) &&
    /^[\p{L}\p{Nd}_/(]/u.test(text) &&
    !/: | #|[:\s]$|\t|[,[\]{}?]/.test(text) &&
    !isReservedWord(text)
  );
}

function quoteDouble(text: string): string {
  // JSON's escapes are YAML's; these characters are line breaks or forbidden in YAML and nothing special in JSON.
  return JSON.stringify(text).replaceAll(/[\x7F-\x9F\u2028\u2029\uFEFF\uFFFE\uFFFF]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

function writeBlockList(items: readonly WritableValue[], style: YamlStyle, isKept: boolean): string {
  const header = isKept ? (/^[ \t]*#[^\r\n]*/.exec(style.previous)?.[0] ?? '') : '';
  const marker = isKept ? (/(?:^|[\r\n])([ \t]*-[ \t]*)/.exec(style.previous)?.[1] ?? '') : '';
  const lead = marker === '' ? `${style.indent}  - ` : marker.replace(/-$/, '- ');
  const quoteSample = isKept ? (/-[ \t]+(["']?)/.exec(style.previous)?.[1] ?? '') : '"';
  const itemStyle = { ...style, previous: quoteSample === '' ? 'plain' : quoteSample };
  return (
    header +
    items.map((item) => style.newline + lead + writeYamlValue(item, { ...itemStyle, isFlow: true }).slice(1)).join('')
  );
}

function writeFlow(value: WritableValue): string {
  if (typeof value === 'string') return quoteDouble(wellFormed(value));
  if (value instanceof Date) return quoteDouble(printDate(value));
  if (typeof value === 'number') return writeNumber(value);
  if (isWritableList(value)) return `[${value.map(writeFlow).join(', ')}]`;
  if (!isWritableMap(value)) return String(value);
  const pairs = Object.entries(value).map(([key, item]) => `${quoteDouble(wellFormed(key))}: ${writeFlow(item)}`);
  return pairs.length === 0 ? '{}' : `{ ${pairs.join(', ')} }`;
}

function writeNumber(value: number): string {
  if (Number.isNaN(value)) return '.nan';
  if (!Number.isFinite(value)) return value > 0 ? '.inf' : '-.inf';
  return Object.is(value, -0) ? '-0.0' : String(value);
}
