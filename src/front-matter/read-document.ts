import { type DateSources } from './dates.js';
import {
  FrontMatterSyntaxError,
  locateDiagnostic,
  type DiagnosticDraft,
  type FrontMatterDiagnostic,
} from './diagnostic.js';
import { readFields, type DocumentFields } from './fields.js';
import { FrontMatterDelimiterError, splitFile, type FrontMatterBlock, type FrontMatterFormat } from './find-front-matter.js';
import { readJson } from './json.js';
import { FRONT_MATTER_LIMITS } from './limits.js';
import { readOrg } from './org.js';
import { lowerCaseKey, lowerCaseKeys, type Params } from './params.js';
import { SourceText } from './source-text.js';
import { readToml } from './toml.js';
import { isList, isMap, type FrontMatterValue, type KeyPlace, type ParsedFrontMatter } from './value.js';
import { readYaml, type YamlBooleanWord } from './yaml.js';
import { findZone } from './zones.js';

export interface ReadDocumentOptions {
  /** Path of the file, with or without `content/`: gives the section, and is named in diagnostics. */
  readonly filename?: string;
  /** The site's `timeZone`, an IANA name: dates without an offset are of this zone. Default UTC. */
  readonly timeZone?: string;
  /** The site's `[frontmatter]` configuration. Default Hugo's. */
  readonly dateSources?: DateSources;
  /** For `:fileModTime` in `dateSources`. */
  readonly fileModifiedAt?: Date;
}

/** Byte offsets in the file's UTF-8 form, a byte order mark included; the end is the first byte that does not belong. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** From the first byte of a key to the last of its value: `title = "T"`, `- a` lines included, a comment behind it not. */
export interface KeyRange extends ByteRange {
  /** As written: `canonicalURL`. */
  readonly key: string;
  /** Undefined where the value is in several pieces: TOML tables and dotted keys. */
  readonly value: ByteRange | undefined;
  /** Every place that has this key, this one included, in the order of the file. */
  readonly places: readonly ByteRange[];
}

export interface ContentDocument {
  readonly format: FrontMatterFormat | 'none';
  /** Hugo's `.Params`: keys in lower case, the known ones as Hugo casts them, `draft` and `iscjklanguage` always. */
  readonly params: Params;
  readonly fields: DocumentFields;
  /** What follows the front matter, as written. The whole text where the file starts like front matter and is none. */
  readonly body: string;
  /** Line of the file, from 1, where the body starts. */
  readonly bodyLine: number;
  readonly bodyRange: ByteRange;
  /** What stands between the delimiters; undefined where there is no front matter. */
  readonly frontMatterRange: ByteRange | undefined;
  /** By the keys of `params`. */
  readonly ranges: Readonly<Record<string, KeyRange>>;
  /** Errors first come from the front matter as a whole: with one of them there are no params but Hugo's own. */
  readonly diagnostics: readonly FrontMatterDiagnostic[];
}

/** Reads a Markdown file as Hugo does. It never throws: what is wrong is among the diagnostics. */
export function readDocument(text: string, options: ReadDocumentOptions = {}): ContentDocument {
  const source = new SourceText(text);
  const diagnostics: DiagnosticDraft[] = [];
  const split = splitOrReport(text, diagnostics);
  const parsed = split.block === undefined ? NOTHING : parseOrReport(text, split.block, diagnostics);
  const zone = findZoneOrReport(options.timeZone, diagnostics);
  const start = split.block?.start ?? 0;
  const places = groupPlaces(parsed.places);
  const { fields, params } = readFields(lowerCaseKeys(parsed.values), {
    format: split.format,
    filename: options.filename,
    zone,
    dateSources: options.dateSources,
    fileModifiedAt: options.fileModifiedAt,
    booleanWords: shiftWords(parsed.booleanWords, start),
    offsetOf: (key) => start + offsetOfKey(key, places.get(key)),
    report: (diagnostic) => diagnostics.push(diagnostic),
  });
  return {
    format: split.format,
    params,
    fields,
    body: text.slice(split.bodyStart),
    bodyLine: source.positionAt(split.bodyStart).line,
    ...findRanges(source, split, places),
    diagnostics: diagnostics.map((draft) => locateDiagnostic(source, draft)),
  };
}

/** The same from a file's bytes. Bytes that are no UTF-8 are an error, and no ranges are given: they would not fit the file. */
export function readDocumentBytes(bytes: Uint8Array, options: ReadDocumentOptions = {}): ContentDocument {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  const document = readDocument(text, options);
  const badByte = findInvalidUtf8(bytes, text);
  if (badByte === undefined) return document;
  const position = new SourceText(text).positionAt(badByte.offset);
  const diagnostic: FrontMatterDiagnostic = {
    severity: 'error',
    code: 'FRONT_MATTER_NOT_UTF8',
    message: `the file is not UTF-8: byte 0x${badByte.byte.toString(16).padStart(2, '0')}`,
    hint: 'Save the file as UTF-8.',
    ...position,
  };
  return { ...document, ranges: {}, frontMatterRange: undefined, diagnostics: [diagnostic, ...document.diagnostics] };
}

/** The first byte that decoding had to replace. */
function findInvalidUtf8(bytes: Uint8Array, text: string): { byte: number; offset: number } | undefined {
  if (!text.includes('\uFFFD')) return undefined;
  const encoded = new TextEncoder().encode(text);
  const at = encoded.findIndex((byte, index) => byte !== bytes[index]);
  if (at < 0) return undefined;
  const offset = new TextDecoder('utf-8', { ignoreBOM: true }).decode(encoded.subarray(0, at)).length;
  return { byte: bytes[at] ?? 0, offset };
}

// ---- delimiters ----

interface Split {
  readonly format: FrontMatterFormat | 'none';
  readonly block: FrontMatterBlock | undefined;
  readonly bodyStart: number;
}

function splitOrReport(text: string, diagnostics: DiagnosticDraft[]): Split {
  try {
    const { block, bodyStart } = splitFile(text);
    return { format: block?.format ?? 'none', block, bodyStart };
  } catch (error) {
    if (!(error instanceof FrontMatterDelimiterError)) throw error;
    const { message, hint, offset, format } = error;
    diagnostics.push({ severity: 'error', code: 'FRONT_MATTER_DELIMITER', message, hint, offset });
    return { format: format ?? 'none', block: undefined, bodyStart: 0 };
  }
}

// ---- values ----

interface Parsed extends ParsedFrontMatter {
  readonly booleanWords: ReadonlyMap<string, readonly YamlBooleanWord[]>;
}

const NOTHING: Parsed = { values: new Map(), places: [], booleanWords: new Map() };

function parseOrReport(text: string, block: FrontMatterBlock, diagnostics: DiagnosticDraft[]): Parsed {
  const content = text.slice(block.start, block.end);
  try {
    refuseSize(content);
    refuseLanguage(text, block);
    const parsed = parse(content, block, diagnostics);
    refuseForbiddenKeys(parsed.values, content);
    return parsed;
  } catch (error) {
    if (!(error instanceof FrontMatterSyntaxError)) throw error;
    const { code, message, hint } = error;
    diagnostics.push({ severity: 'error', code, message, hint, offset: block.start + error.offset });
    return NOTHING;
  }
}

function parse(content: string, block: FrontMatterBlock, diagnostics: DiagnosticDraft[]): Parsed {
  const none = { booleanWords: new Map<string, readonly YamlBooleanWord[]>() };
  switch (block.format) {
    case 'toml':
      return { ...readToml(content), ...none };
    case 'json':
      return { ...readJson(content), ...none };
    case 'org':
      return { ...parseOrg(content, block.start, diagnostics), ...none };
    case 'yaml':
      return parseYaml(content, block.start, diagnostics);
  }
}

function parseOrg(content: string, start: number, diagnostics: DiagnosticDraft[]): ParsedFrontMatter {
  const parsed = readOrg(content);
  for (const { key, start: keyStart } of parsed.plainLists) {
    diagnostics.push({
      severity: 'warning',
      code: 'ORG_LIST_NOTATION',
      message: `Please use '#+${key}[]:' notation, automatic conversion is deprecated.`,
      hint: `Hugo from 0.122 on reads \`#+${key}:\` as one text.`,
      offset: start + keyStart,
    });
  }
  return parsed;
}

function parseYaml(content: string, start: number, diagnostics: DiagnosticDraft[]): Parsed {
  const parsed = readYaml(content);
  if (parsed.unreadStart !== undefined) {
    diagnostics.push({
      severity: 'error',
      code: 'FRONT_MATTER_SYNTAX',
      message: 'Hugo stops reading the front matter here, without a word',
      hint: 'Start every key at the same column, and put no `...` line into front matter.',
      offset: start + parsed.unreadStart,
    });
  }
  return parsed;
}

function refuseSize(content: string): void {
  const limit = FRONT_MATTER_LIMITS.bytes;
  // A UTF-16 unit is at most three bytes, so most front matter need not be counted.
  if (content.length * 3 <= limit || Buffer.byteLength(content) <= limit) return;
  throw new FrontMatterSyntaxError(`front matter is larger than ${limit} bytes`, {
    code: 'FRONT_MATTER_TOO_LARGE',
    offset: 0,
    hint: 'Move text into the body and data into a file of its own.',
  });
}

/** gray-matter runs what stands under `---js`. Nothing is ever evaluated here. */
function refuseLanguage(text: string, { format, blockStart }: FrontMatterBlock): void {
  const opening = /---[ \t]*(js|javascript|node|ts|typescript|mjs|cjs|coffee|coffeescript|cson|ejs)[ \t]*(?:\r|\n)/iy;
  opening.lastIndex = blockStart;
  const language = format === 'yaml' ? opening.exec(text)?.[1] : undefined;
  if (language === undefined) return;
  throw new FrontMatterSyntaxError(`front matter in ${language} is code and is not run`, {
    code: 'FRONT_MATTER_LANGUAGE',
    offset: 0,
    hint: 'Write it as YAML (`---`), TOML (`+++`) or JSON (`{`).',
  });
}

function refuseForbiddenKeys(value: FrontMatterValue, content: string): void {
  if (isList(value)) for (const item of value) refuseForbiddenKeys(item, content);
  if (!isMap(value)) return;
  for (const [key, item] of value) {
    if (lowerCaseKey(key) === '__proto__') {
      throw new FrontMatterSyntaxError(`the key "${key}" is not accepted`, {
        code: 'FRONT_MATTER_KEY_FORBIDDEN',
        offset: Math.max(content.indexOf(key), 0),
        hint: 'Give the key another name: this one changes what every object in JavaScript inherits.',
      });
    }
    refuseForbiddenKeys(item, content);
  }
}

function findZoneOrReport(timeZone: string | undefined, diagnostics: DiagnosticDraft[]): (epochMs: number) => number {
  const zone = findZone(timeZone);
  if (zone !== undefined) return zone;
  diagnostics.push({
    severity: 'error',
    code: 'TIME_ZONE_UNKNOWN',
    message: `unknown time zone ${timeZone}`,
    hint: 'Use a name such as Europe/Paris; dates without an offset were read as UTC.',
    offset: 0,
  });
  return () => 0;
}

function shiftWords(
  words: ReadonlyMap<string, readonly YamlBooleanWord[]>,
  start: number,
): Map<string, readonly YamlBooleanWord[]> {
  return new Map(
    [...words].map(([key, places]) => [key, places.map(({ word, offset }) => ({ word, offset: offset + start }))]),
  );
}

// ---- ranges ----

function findRanges(
  source: SourceText,
  { block, bodyStart }: Split,
  places: ReadonlyMap<string, readonly KeyPlace[]>,
): Pick<ContentDocument, 'ranges' | 'frontMatterRange' | 'bodyRange'> {
  const toByte = (offset: number): number => source.byteOffsetAt(offset);
  const ranges: Record<string, KeyRange> = {};
  const frontMatterRange = block && { start: toByte(block.start), end: toByte(block.end) };
  const base = block?.start ?? 0;
  for (const [key, group] of places) {
    const chosen = choosePlace(key, group);
    const value =
      chosen.valueStart === undefined || chosen.valueEnd === undefined
        ? undefined
        : toRange(chosen.valueStart + base, chosen.valueEnd + base);
    ranges[key] = {
      key: chosen.key,
      ...toRange(chosen.start + base, chosen.end + base),
      value,
      places: group.map(({ start, end }) => toRange(start + base, end + base)),
    };
  }
  return { ranges, frontMatterRange, bodyRange: toRange(bodyStart, source.text.length) };

  function toRange(start: number, end: number): ByteRange {
    const startByte = toByte(start);
    return { start: startByte, end: toByte(end) };
  }
}

function groupPlaces(places: readonly KeyPlace[]): Map<string, KeyPlace[]> {
  const groups = new Map<string, KeyPlace[]>();
  for (const place of places) {
    const key = lowerCaseKey(place.key);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [place]);
    else group.push(place);
  }
  return groups;
}

/** The place whose value Hugo takes: the last spelling that is not all lower case, or else the last. */
function choosePlace(key: string, places: readonly KeyPlace[]): KeyPlace {
  const chosen = places.findLast((place) => place.key !== key) ?? places.at(-1);
  // The pieces of a TOML table belong together; the first stands for all.
  const first = places.find((place) => place.key === chosen?.key);
  return (chosen?.valueStart === undefined ? first : chosen) ?? { key, start: 0, end: 0, valueStart: 0, valueEnd: 0 };
}

function offsetOfKey(key: string, places: readonly KeyPlace[] | undefined): number {
  if (places === undefined) return 0;
  const place = choosePlace(key, places);
  return place.valueStart ?? place.start;
}
