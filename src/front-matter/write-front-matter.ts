import type { FrontMatterFormat } from './find-front-matter.js';
import { writeJsonValue } from './json-writer.js';
import { writeOrgLine } from './org-writer.js';
import { writeTomlKey, writeTomlValue } from './toml-writer.js';
import { isWritableMap, UnwritableValueError, type WritableValue } from './written-value.js';
import { writeYamlKey, writeYamlValue } from './yaml-writer.js';

/**
 * Front matter for a new file, delimiters and last line break included; the body follows. Keys stand in the order given, except
 * that TOML's tables come last. A key without a value is left out.
 * @throws UnwritableValueError
 */
export function writeFrontMatter(
  params: Readonly<Record<string, WritableValue | undefined>>,
  format: FrontMatterFormat = 'toml',
): string {
  const entries = Object.entries(params).filter((entry): entry is [string, WritableValue] => entry[1] !== undefined);
  for (const [key] of entries) {
    if (key.toLowerCase() === '__proto__') throw new UnwritableValueError(`the key "${key}" is not accepted`);
  }
  return WRITERS[format](entries);
}

const WRITERS: Readonly<Record<FrontMatterFormat, (entries: readonly Entry[]) => string>> = {
  toml: (entries) => `+++\n${writeToml(entries)}+++\n`,
  yaml: (entries) => `---\n${entries.map(writeYamlEntry).join('')}---\n`,
  json: writeJson,
  org: (entries) => entries.map(([key, value]) => `${writeOrgLine(key.toUpperCase(), value)}\n`).join(''),
};

type Entry = readonly [key: string, value: WritableValue];

function writeToml(entries: readonly Entry[]): string {
  const tables = entries.filter(([, value]) => isWritableMap(value));
  const pairs = entries.filter(([, value]) => !isWritableMap(value));
  return pairs.map(writeTomlPair).join('') + tables.map(writeTomlTable).join('');
}

function writeTomlPair([key, value]: Entry): string {
  return `${writeTomlKey(key)} = ${writeTomlValue(value)}\n`;
}

function writeTomlTable([key, table]: Entry): string {
  return `\n[${writeTomlKey(key)}]\n${Object.entries(table as object)
    .map(writeTomlPair)
    .join('')}`;
}

function writeYamlEntry([key, value]: Entry): string {
  const style = { previous: '', newline: '\n', indent: '', isFlow: false, prefersBlock: false };
  return `${writeYamlKey(key)}:${writeYamlValue(value, style)}\n`;
}

function writeJson(entries: readonly Entry[]): string {
  if (entries.length === 0) return '{}\n';
  return `{\n${entries.map(([key, value]) => `  ${JSON.stringify(key)}: ${writeJsonValue(value)}`).join(',\n')}\n}\n`;
}
