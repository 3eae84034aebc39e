/**
 * Changes single keys of a file's front matter. Only the bytes of those keys change; the rest of the file, comments and spacing
 * included, stays as it is. What was written is read again before it is handed out, so an edit either does exactly what was
 * asked or is refused.
 */
import type { DiagnosticDraft } from './diagnostic.js';
import { editJson } from './edit-json.js';
import { editOrg } from './edit-org.js';
import { editToml } from './edit-toml.js';
import { editYaml } from './edit-yaml.js';
import type { FrontMatterBlock, FrontMatterFormat } from './find-front-matter.js';
import { lowerCaseKey, lowerCaseKeys } from './params.js';
import { parseOrReport, splitOrReport, NOTHING, type Parsed, type Split } from './parse-front-matter.js';
import type { ContentDocument } from './read-document.js';
import { applySplices, type KeyChange, type Splice } from './splice.js';
import type { FrontMatterMap } from './value.js';
import { writeFrontMatter } from './write-front-matter.js';
import { isSameValue, isWritableList, readsAs, UnwritableValueError, type WritableValue } from './written-value.js';

/** By key, in any case; undefined removes the key. */
export type FrontMatterChanges = Readonly<Record<string, WritableValue | undefined>>;

/** An edit that cannot be made without touching more than its own bytes. */
export class FrontMatterPatchError extends Error {
  readonly key: string | undefined;

  constructor(message: string, key?: string) {
    super(message);
    this.name = 'FrontMatterPatchError';
    this.key = key;
  }
}

/**
 * `document` is what `readDocument` made of `bytes`.
 * @throws FrontMatterPatchError
 */
export function patchFrontMatter(
  bytes: Uint8Array,
  document: ContentDocument,
  changes: FrontMatterChanges,
): Uint8Array {
  const text = decode(bytes, document);
  let patched = text;
  for (const [key, value] of Object.entries(changes)) patched = applyChange(patched, key, value);
  verify(text, patched, changes);
  return new TextEncoder().encode(patched);
}

/** The same front matter with another body. */
export function replaceBody(bytes: Uint8Array, document: ContentDocument, newBody: string): Uint8Array {
  if (document.bodyRange.end !== bytes.length)
    throw new FrontMatterPatchError('the document was not read from these bytes');
  const head = bytes.subarray(0, document.bodyRange.start);
  const body = new TextEncoder().encode(newBody);
  const replaced = new Uint8Array(head.length + body.length);
  replaced.set(head);
  replaced.set(body, head.length);
  return replaced;
}

function decode(bytes: Uint8Array, document: ContentDocument): string {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true }).decode(bytes);
  } catch {
    throw new FrontMatterPatchError('the file is not UTF-8: save it as UTF-8 before it is edited');
  }
  const isSame = document.bodyRange.end === bytes.length && text.endsWith(document.body);
  if (!isSame) throw new FrontMatterPatchError('the document was not read from these bytes');
  return text;
}

interface Opened {
  readonly split: Split;
  readonly parsed: Parsed;
}

/** @throws FrontMatterPatchError when the front matter is broken: there is no telling what an edit would do to it */
function open(text: string): Opened {
  const diagnostics: DiagnosticDraft[] = [];
  const split = splitOrReport(text, diagnostics);
  const parsed = split.block === undefined ? NOTHING : parseOrReport(text, split.block, diagnostics);
  const error = diagnostics.find(({ severity }) => severity === 'error');
  if (error !== undefined) throw new FrontMatterPatchError(`the front matter is broken: ${error.message}`);
  return { split, parsed };
}

function applyChange(text: string, key: string, value: WritableValue | undefined): string {
  const { split, parsed } = open(text);
  try {
    if (split.block === undefined) return value === undefined ? text : addBlock(text, split, key, value);
    return applySplices(text, EDITS[split.block.format](text, split.block, { key, value, places: parsed.places }));
  } catch (error) {
    if (error instanceof UnwritableValueError) throw new FrontMatterPatchError(`"${key}": ${error.message}`, key);
    throw error;
  }
}

type Edit = (text: string, block: FrontMatterBlock, change: KeyChange) => readonly Splice[];

const EDITS: Readonly<Record<FrontMatterFormat, Edit>> = {
  toml: editToml,
  yaml: editYaml,
  json: editJson,
  org: editOrg,
};

/** A file without front matter gets TOML above its body. */
function addBlock(text: string, { bodyStart }: Split, key: string, value: WritableValue): string {
  const newline = /\r?\n/.exec(text)?.[0] ?? '\n';
  const block = writeFrontMatter({ [key]: value }, 'toml').replaceAll('\n', newline);
  return text.slice(0, bodyStart) + block + text.slice(bodyStart);
}

// ---- reading again ----

function verify(before: string, after: string, changes: FrontMatterChanges): void {
  const old = open(before);
  const changed = open(after);
  const wanted = new Map(Object.entries(changes).map(([key, value]) => [lowerCaseKey(key), value]));
  const isOrg = changed.split.format === 'org';
  const values = lowerCaseKeys(changed.parsed.values);
  for (const [key, value] of wanted) {
    const isDone =
      value === undefined ? !values.has(key) : readsAs(valueAt(changed, key), isOrg ? asOrgText(value) : value);
    if (!isDone) throw new FrontMatterPatchError(`"${key}" cannot be edited in place: change the file by hand`, key);
  }
  verifyOthers(lowerCaseKeys(old.parsed.values), values, wanted);
  const isSameBody = before.slice(old.split.bodyStart) === after.slice(changed.split.bodyStart);
  if (!isSameBody) throw new FrontMatterPatchError('the edit would change the body');
}

/** The value with its own keys as written: only top-level keys are compared in lower case. */
function valueAt({ parsed }: Opened, key: string): ReturnType<FrontMatterMap['get']> {
  let chosen: ReturnType<FrontMatterMap['get']>;
  let isExact = true;
  for (const [name, value] of parsed.values) {
    if (lowerCaseKey(name) !== key || (name === key && !isExact)) continue;
    isExact = name === key;
    chosen = value;
  }
  return chosen;
}

function verifyOthers(before: FrontMatterMap, after: FrontMatterMap, wanted: ReadonlyMap<string, unknown>): void {
  const keys = new Set([...before.keys(), ...after.keys()]);
  for (const key of keys) {
    if (wanted.has(key) || (isSameValue(before.get(key), after.get(key)) && before.has(key) === after.has(key)))
      continue;
    throw new FrontMatterPatchError(
      `the edit would change "${key}" as well, which may repeat a changed value: change the file by hand`,
      key,
    );
  }
}

function asOrgText(value: WritableValue): WritableValue {
  if (isWritableList(value)) return value.map(asOrgText);
  return typeof value === 'object' ? value : String(value);
}
