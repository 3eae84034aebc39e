import { isAlias, isCollection, isMap, isPair, isScalar, isSeq, parseDocument, type Node, type Pair } from 'yaml';
import { FrontMatterSyntaxError } from './diagnostic.js';
import { printGoValue } from './go-syntax.js';
import { FRONT_MATTER_LIMITS } from './limits.js';
import type { FrontMatterMap, FrontMatterValue, KeyPlace, ParsedFrontMatter } from './value.js';
import { castToString } from './cast.js';
import { checkYaml, type YamlOutline } from './yaml-grammar.js';
import { isYaml11Boolean, resolveYamlScalar } from './yaml-scalars.js';
import { yamlError, type YamlRewrite } from './yaml-cursor.js';

/** A word that is a boolean in YAML 1.1 and a string in YAML 1.2. */
export interface YamlBooleanWord {
  readonly word: string;
  readonly offset: number;
}

export interface ParsedYaml extends ParsedFrontMatter {
  /** Of each top-level key: itself, or the items of its list. */
  readonly booleanWords: ReadonlyMap<string, readonly YamlBooleanWord[]>;
  /** Where text starts that Hugo passes over without a word. */
  readonly unreadStart: number | undefined;
}

/** @throws FrontMatterSyntaxError with an offset in `text` */
export function readYaml(text: string): ParsedYaml {
  const outline = checkYaml(text);
  const unreadStart = outline.unreadStart;
  const empty = { values: new Map(), places: [], booleanWords: new Map(), unreadStart };
  if (outline.root === 'nothing') return empty;
  if (outline.root === 'scalar' && isNullText(rootText(text, outline))) return empty;
  if (outline.root !== 'mapping') throw rootError(text, outline);
  const { root, toOffset } = parseTree(text.slice(0, outline.rootEnd), outline);
  const reader = new YamlReader(text, toOffset, linkAliases(root, toOffset));
  const values = reader.readRoot(root.items);
  return { values, places: findPlaces(root, text, toOffset), booleanWords: reader.booleanWords, unreadStart };
}

const LONGEST_ROOT_TEXT = 1000;

function rootText(text: string, { rootStart, rootEnd }: YamlOutline): string {
  // Only its first few characters are ever shown.
  return text.slice(rootStart.offset, Math.min(rootEnd, rootStart.offset + LONGEST_ROOT_TEXT)).trim();
}

function isNullText(text: string): boolean {
  return resolveYamlScalar(text).kind === 'null';
}

/** Front matter is a map. A text is shown in part, as Hugo does. */
function rootError(text: string, outline: YamlOutline): FrontMatterSyntaxError {
  const line = outline.rootStart.line + 1;
  const found = outline.root === 'sequence' ? '!!seq' : describeScalar(rootText(text, outline));
  const problem = `unmarshal errors:\n  line ${line}: cannot unmarshal ${found} into map[string]interface {}`;
  return yamlError(problem, 0, outline.rootStart.offset);
}

function describeScalar(written: string): string {
  const quoted = /^(["'])([^]*)\1(?:\s+#.*)?$/.exec(written);
  const text = (quoted?.[2] ?? written.replace(/\s+#.*/g, '')).replaceAll(/[ \t]*((?:\r\n?|\n)[ \t]*)+/g, foldBreaks);
  const kind = quoted === null ? resolveYamlScalar(text).kind : 'str';
  const bytes = Buffer.from(text);
  return `!!${kind} \`${bytes.length > 10 ? `${bytes.subarray(0, 7).toString()}...` : text}\``;
}

/** One line break is a space, several are one fewer. */
function foldBreaks(blank: string): string {
  const breaks = blank.match(/\r\n?|\n/g)?.length ?? 0;
  return breaks === 1 ? ' ' : '\n'.repeat(breaks - 1);
}

// ---- the tree ----

interface Tree {
  readonly root: { readonly items: Pair[] } & Node;
  /** From an offset in the parsed source to one in the text. */
  readonly toOffset: (offset: number) => number;
}

/** Scalars come as strings: Hugo's YAML decides what they mean, not the package's schema. */
const OPTIONS = {
  schema: 'failsafe',
  uniqueKeys: false,
  merge: false,
  logLevel: 'silent',
  prettyErrors: false,
} as const;

function parseTree(text: string, { rewrites }: YamlOutline): Tree {
  // A lone CR is a line break to Hugo, and none to the package.
  const source = text.replaceAll(/\r(?!\n)/g, '\n');
  const document = parseDocument(source, OPTIONS);
  if (document.errors.length === 0 && isMap(document.contents)) {
    return { root: document.contents, toOffset: (offset) => offset };
  }
  const toOffset = makeOffsetMap(rewrites);
  const strict = parseDocument(rewrite(source, rewrites), OPTIONS);
  const error = strict.errors[0];
  if (error === undefined && isMap(strict.contents)) return { root: strict.contents, toOffset };
  throw yamlError(error?.message ?? 'no map was found', 0, toOffset(error?.pos[0] ?? 0));
}

function rewrite(source: string, rewrites: readonly YamlRewrite[]): string {
  let strict = '';
  let at = 0;
  for (const { offset, removed, inserted } of rewrites) {
    strict += source.slice(at, offset) + inserted;
    at = offset + removed;
  }
  return strict + source.slice(at);
}

/** Rewrites stand in the order of the text, so the last one before an offset tells how far it has moved. */
function makeOffsetMap(rewrites: readonly YamlRewrite[]): (offset: number) => number {
  const moved: { from: number; shift: number }[] = [];
  let shift = 0;
  for (const { offset, removed, inserted } of rewrites) {
    shift += removed - inserted.length;
    moved.push({ from: offset - shift + removed, shift });
  }
  return (offset) => {
    let low = 0;
    let high = moved.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((moved[middle]?.from ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    return offset + (moved[low - 1]?.shift ?? 0);
  };
}

// ---- aliases ----

type AliasTargets = ReadonlyMap<Node, Node>;

/** In the order of the file: an alias means the last anchor of its name above it. */
function linkAliases(root: Node, toOffset: (offset: number) => number): AliasTargets {
  const targets = new Map<Node, Node>();
  const anchors = new Map<string, Node>();
  const link = (node: unknown): void => {
    if (isPair(node)) {
      link(node.key);
      link(node.value);
    } else if (isAlias(node)) {
      const target = anchors.get(node.source);
      if (target === undefined)
        throw yamlError(`unknown anchor '${node.source}' referenced`, 0, toOffset(startOf(node)));
      targets.set(node, target);
    } else if (isScalar(node) || isCollection(node)) {
      if (node.anchor !== undefined) anchors.set(node.anchor, node);
      if (isCollection(node)) for (const item of node.items) link(item);
    }
  };
  link(root);
  return targets;
}

// ---- values ----

/** Top-level keys are strings as written; deeper ones are what YAML makes of them, then printed: `yes` becomes `true`. */
type KeyReading = 'as written' | 'as value';

const YAML_TAG = 'tag:yaml.org,2002:';

/** A message that names a thousand keys helps nobody. */
const MOST_KEY_MISMATCHES = 20;

class YamlReader {
  readonly booleanWords = new Map<string, YamlBooleanWord[]>();
  readonly #text: string;
  readonly #toOffset: (offset: number) => number;
  readonly #aliases: AliasTargets;
  readonly #openAliases = new Set<Node>();
  #aliasedValues = 0;

  constructor(text: string, toOffset: (offset: number) => number, aliases: AliasTargets) {
    this.#text = text;
    this.#toOffset = toOffset;
    this.#aliases = aliases;
  }

  readRoot(items: readonly Pair[]): FrontMatterMap {
    const badKeys = items.map(({ key }) => key as Node).filter((key) => isCollection(key));
    if (badKeys.length > 0) throw this.#keyError(badKeys.slice(0, MOST_KEY_MISMATCHES));
    const map = new Map<string, FrontMatterValue>();
    this.#fill(map, items, 'as written');
    return map;
  }

  #keyError(keys: readonly Node[]): FrontMatterSyntaxError {
    const lines = keys.map((key) => {
      const line = countLines(this.#text, this.#toOffset(startOf(key)));
      return `\n  line ${line}: cannot unmarshal ${isMap(key) ? '!!map' : '!!seq'} into string`;
    });
    return yamlError(`unmarshal errors:${lines.join('')}`, 0, this.#toOffset(startOf(keys[0] ?? null)));
  }

  #fill(map: Map<string, FrontMatterValue>, items: readonly Pair[], keys: KeyReading): void {
    for (const { key, value } of items) {
      if (isScalar(key) && key.value === '<<' && isPlain(key)) {
        this.#merge(map, value as Node | null, keys);
        continue;
      }
      const name = this.#key(key as Node | null, keys);
      map.set(name, this.#value(value as Node | null));
      if (keys === 'as written' && this.#openAliases.size === 0) this.#noteBooleanWords(name, value);
    }
  }

  #key(node: Node | null, keys: KeyReading): string {
    const target = node === null ? null : this.#resolveAlias(node);
    if (keys === 'as written' && isScalar(target) && target.tag === undefined) {
      return resolveNode(target).kind === 'null' ? '' : textOf(target);
    }
    const value = this.#value(node);
    if (value !== null && typeof value === 'object') {
      throw yamlError(`invalid map key: ${printGoValue(value)}`, 0, this.#toOffset(startOf(node)));
    }
    return castToString(value);
  }

  #merge(map: Map<string, FrontMatterValue>, value: Node | null, keys: KeyReading): void {
    const source = value === null ? null : this.#resolveAlias(value);
    // Of several maps the earlier ones win, so they are laid down last. A list may not hide behind an alias.
    const maps = isSeq(source) && source === value ? (source.items as Node[]).toReversed() : [value];
    for (const item of maps) {
      const target = item === null ? null : this.#resolveAlias(item);
      if (!isMap(target)) {
        throw yamlError('map merge requires map or sequence of maps as the value', 0, this.#toOffset(startOf(value)));
      }
      this.#throughAlias(item as Node, () => this.#fill(map, target.items, keys));
    }
  }

  #value(node: Node | null): FrontMatterValue {
    if (node === null) return null;
    return this.#throughAlias(node, (target) => {
      if (isScalar(target)) return this.#scalar(target);
      if (isSeq(target)) return target.items.map((item) => this.#value(item as Node | null));
      if (!isMap(target)) return null;
      const map = new Map<string, FrontMatterValue>();
      this.#fill(map, target.items, 'as value');
      return map;
    });
  }

  #scalar(node: ScalarNode): FrontMatterValue {
    const text = textOf(node);
    if (node.tag === `${YAML_TAG}binary`) return this.#binary(node, text);
    const wanted = node.tag?.startsWith(YAML_TAG) === true ? node.tag.slice(YAML_TAG.length) : undefined;
    if (wanted === undefined) return node.tag === undefined ? resolveNode(node).value : text;
    return this.#tagged(node, text, wanted);
  }

  #tagged(node: ScalarNode, text: string, wanted: string): FrontMatterValue {
    if (!['bool', 'int', 'float', 'null'].includes(wanted)) return text;
    const { kind, value } = resolveYamlScalar(text);
    if (kind === wanted) return value;
    if (kind === 'int' && wanted === 'float') return Number(value);
    throw yamlError(`cannot decode !!${kind} \`${text}\` as a !!${wanted}`, 0, this.#toOffset(startOf(node)));
  }

  #binary(node: ScalarNode, text: string): string {
    const base64 = text.replaceAll(/[\r\n]/g, '');
    const isBase64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(base64);
    if (!isBase64) throw yamlError('!!binary value contains invalid base64 data', 0, this.#toOffset(startOf(node)));
    return Buffer.from(base64, 'base64').toString('utf8');
  }

  #resolveAlias(node: Node): Node {
    return this.#aliases.get(node) ?? node;
  }

  #throughAlias<Result>(node: Node, read: (target: Node) => Result): Result {
    const target = this.#aliases.get(node);
    if (target === undefined) {
      if (this.#openAliases.size > 0) this.#countAliased(node);
      return read(node);
    }
    if (this.#openAliases.has(node)) {
      const name = isAlias(node) ? node.source : '';
      throw yamlError(`anchor '${name}' value contains itself`, 0, this.#toOffset(startOf(node)));
    }
    this.#countAliased(node);
    this.#openAliases.add(node);
    const result = read(target);
    this.#openAliases.delete(node);
    return result;
  }

  #countAliased(node: Node): void {
    this.#aliasedValues += 1;
    if (this.#aliasedValues <= FRONT_MATTER_LIMITS.aliasedValues && this.#openAliases.size <= FRONT_MATTER_LIMITS.depth)
      return;
    throw new FrontMatterSyntaxError('failed to unmarshal YAML: yaml: document contains excessive aliasing', {
      code: 'FRONT_MATTER_TOO_MANY_VALUES',
      offset: this.#toOffset(startOf(node)),
      hint: `Write the values out: aliases may stand for ${FRONT_MATTER_LIMITS.aliasedValues} values at most.`,
    });
  }

  #noteBooleanWords(key: string, value: unknown): void {
    const nodes = isSeq(value) ? value.items : [value];
    const words = nodes.filter(
      (node): node is ScalarNode => isScalar(node) && isPlain(node) && isYaml11Boolean(textOf(node)),
    );
    this.booleanWords.delete(key);
    if (words.length === 0) return;
    this.booleanWords.set(
      key,
      words.map((node) => ({ word: textOf(node), offset: this.#toOffset(startOf(node)) })),
    );
  }
}

type ScalarNode = Node & { value: unknown; source?: string; tag?: string; type?: string; anchor?: string };

/** The failsafe schema makes every scalar a string, but the package still resolves tags such as `!!binary`. */
function textOf(node: ScalarNode): string {
  return typeof node.value === 'string' ? node.value : (node.source ?? '');
}

/** Plain and without a tag, so that its text decides what it is. */
function isPlain(node: ScalarNode): boolean {
  return (node.type === 'PLAIN' || node.type === undefined) && node.tag === undefined;
}

function resolveNode(node: ScalarNode): ReturnType<typeof resolveYamlScalar> {
  const text = textOf(node);
  return isPlain(node) ? resolveYamlScalar(text) : { kind: 'str', value: text };
}

function startOf(node: Node | null): number {
  return node?.range?.[0] ?? 0;
}

/** Lines from 1, as libyaml counts them. */
function countLines(text: string, offset: number): number {
  return (text.slice(0, offset).match(/\r\n|[\r\n\u0085\u2028\u2029]/g)?.length ?? 0) + 1;
}

// ---- places ----

function findPlaces(root: { items: readonly Pair[] }, text: string, toOffset: (offset: number) => number): KeyPlace[] {
  return root.items.map(({ key, value }) => placeOf(key as Node | null, value as Node | null, text, toOffset));
}

const COLON = /[ \t]*:/y;

function placeOf(key: Node | null, value: Node | null, text: string, toOffset: (offset: number) => number): KeyPlace {
  const start = toOffset(startOf(key));
  const keyEnd = toOffset(key?.range?.[1] ?? 0);
  const name = isScalar(key) ? textOf(key) : '';
  COLON.lastIndex = keyEnd;
  const found = COLON.exec(text);
  // A key written with `?` has its value elsewhere.
  if (found === null)
    return {
      key: name,
      start,
      end: toOffset(Math.max(endOf(value), keyEnd)),
      valueStart: undefined,
      valueEnd: undefined,
    };
  const afterColon = keyEnd + found[0].length;
  const valueStart =
    afterColon + (/^(?:\s|#[^\r\n]*)*/.exec(text.slice(afterColon, toOffset(startOf(value))))?.[0].length ?? 0);
  // A block scalar's range takes in the line break that closes it.
  const valueEnd = valueStart + text.slice(valueStart, toOffset(endOf(value))).trimEnd().length;
  const isEmpty = valueEnd <= valueStart;
  const end = isEmpty ? afterColon : valueEnd;
  return { key: name, start, end, valueStart: isEmpty ? afterColon : valueStart, valueEnd: end, afterColon };
}

/** Without the line break and the comment that a block collection's own range takes in. */
function endOf(node: Node | null): number {
  if (node === null || node.range === null || node.range === undefined) return 0;
  if (isCollection(node) && node.flow !== true) {
    const last: unknown = node.items.at(-1);
    if (isPair(last)) return Math.max(endOf(last.value as Node | null), endOf(last.key as Node | null));
    return last === undefined ? node.range[1] : endOf(last as Node);
  }
  return node.range[1];
}
