import { planDates, type DateSources } from './dates.js';
import { locateDiagnostic, type DiagnosticDraft, type FrontMatterDiagnostic } from './diagnostic.js';
import { readFields, type DocumentFields } from './fields.js';
import type { FrontMatterFormat } from './find-front-matter.js';
import { FRONT_MATTER_LIMITS } from './limits.js';
import { lowerCaseKey, lowerCaseKeys, type Params } from './params.js';
import { NOTHING, parseOrReport, splitOrReport, type Split } from './parse-front-matter.js';
import { choosePlace, groupPlaces } from './places.js';
import { SourceText } from './source-text.js';
import { isMap, type FrontMatterMap, type KeyPlace } from './value.js';
import type { YamlBooleanWord } from './yaml.js';
import { findZone, type ZoneOffset } from './zones.js';

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
interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** From the first byte of a key to the last of its value: `title = "T"`, `- a` lines included, a comment behind it not. */
interface KeyRange extends ByteRange {
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
  /** The keys of `params` that the file has itself, those of a `params` map included; the others are Hugo's own. */
  readonly declaredKeys: ReadonlySet<string>;
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
    datePlan: planDates(options.dateSources),
    fileModifiedAt: options.fileModifiedAt,
    booleanWords: shiftWords(parsed.booleanWords, start),
    offsetOf: (key) => start + offsetOfKey(key, places.get(key)),
    report: (diagnostic) => {
      if (diagnostics.length < FRONT_MATTER_LIMITS.diagnostics) diagnostics.push(diagnostic);
    },
  });
  return {
    format: split.format,
    params,
    declaredKeys: findDeclaredKeys(parsed.values, params),
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

function findZoneOrReport(timeZone: string | undefined, diagnostics: DiagnosticDraft[]): ZoneOffset {
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

function findDeclaredKeys(values: FrontMatterMap, params: Params): Set<string> {
  const nested = [...values].filter(([key, value]) => lowerCaseKey(key) === 'params' && isMap(value));
  const keys = [...values.keys(), ...nested.flatMap(([, value]) => (isMap(value) ? [...value.keys()] : []))];
  return new Set(keys.map(lowerCaseKey).filter((key) => Object.hasOwn(params, key)));
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

function offsetOfKey(key: string, places: readonly KeyPlace[] | undefined): number {
  if (places === undefined) return 0;
  const place = choosePlace(key, places);
  return place.valueStart ?? place.start;
}
