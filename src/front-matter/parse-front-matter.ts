/** Splits a file and parses its front matter; what is wrong becomes a diagnostic. */
import { FrontMatterSyntaxError, type DiagnosticDraft } from './diagnostic.js';
import {
  FrontMatterDelimiterError,
  splitFile,
  type FrontMatterBlock,
  type FrontMatterFormat,
} from './find-front-matter.js';
import { readJson } from './json.js';
import { FRONT_MATTER_LIMITS } from './limits.js';
import { readOrg } from './org.js';
import { lowerCaseKey } from './params.js';
import { readToml } from './toml.js';
import { isList, isMap, type FrontMatterValue, type ParsedFrontMatter } from './value.js';
import { readYaml, type YamlBooleanWord } from './yaml.js';

// ---- delimiters ----

export interface Split {
  readonly format: FrontMatterFormat | 'none';
  readonly block: FrontMatterBlock | undefined;
  readonly bodyStart: number;
}

/** Where a file starts like front matter and is none, the whole of it is body. */
export function splitOrReport(text: string, diagnostics: DiagnosticDraft[]): Split {
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

export interface Parsed extends ParsedFrontMatter {
  readonly booleanWords: ReadonlyMap<string, readonly YamlBooleanWord[]>;
}

/** What is known of front matter that is not there, or wrong. */
export const NOTHING: Parsed = { values: new Map(), places: [], booleanWords: new Map() };

export function parseOrReport(text: string, block: FrontMatterBlock, diagnostics: DiagnosticDraft[]): Parsed {
  const content = text.slice(block.start, block.end);
  try {
    refuseSize(content);
    refuseLanguage(text, block);
    const parsed = { ...NOTHING, ...PARSERS[block.format](content, block.start, diagnostics) };
    refuseForbiddenKeys(parsed.values, content);
    return parsed;
  } catch (error) {
    if (!(error instanceof FrontMatterSyntaxError)) throw error;
    const { code, message, hint } = error;
    diagnostics.push({ severity: 'error', code, message, hint, offset: block.start + error.offset });
    return NOTHING;
  }
}

type Parse = (content: string, start: number, diagnostics: DiagnosticDraft[]) => ParsedFrontMatter & Partial<Parsed>;

const PARSERS: Readonly<Record<FrontMatterFormat, Parse>> = {
  toml: readToml,
  yaml: parseYaml,
  json: readJson,
  org: parseOrg,
};

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
