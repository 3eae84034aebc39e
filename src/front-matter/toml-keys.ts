/** Which keys a TOML document has defined, so that none is defined twice: the rules of go-toml 2.0, in its words. */
import { tomlError } from './toml-error.js';

export interface TomlStatement {
  readonly kind: 'pair' | 'table' | 'array-table';
  readonly path: readonly string[];
  /** The key of a pair; a table's header from its first bracket. */
  readonly start: number;
  readonly keyEnd: number;
  /** A pair's value; a table's header ends where it starts. */
  readonly valueStart: number;
  readonly end: number;
}

interface TomlInlineTable {
  readonly keys: readonly TomlInlineKey[];
}

export interface TomlInlineKey {
  readonly path: readonly string[];
  readonly value: TomlContainer | undefined;
}

/** Arrays and inline tables, as far as duplicate keys can hide in them. */
export type TomlContainer = TomlInlineTable | { readonly items: readonly TomlContainer[] };

type Kind = 'value' | 'table' | 'array table';

interface Entry {
  kind: Kind;
  /** Defined by a header of its own. */
  isExplicit: boolean;
  /** Made by a dotted key in the table that is being read: only there may it be added to. */
  isOpen: boolean;
  /** Made when the first child comes: most keys have none. */
  children: Map<string, Entry> | undefined;
}

function makeEntry(kind: Kind, isExplicit: boolean, isOpen: boolean): Entry {
  return { kind, isExplicit, isOpen, children: undefined };
}

export class TomlKeys {
  readonly #root = makeEntry('table', false, false);
  #current = this.#root;

  /** @throws FrontMatterSyntaxError when the statement defines something again */
  add(statement: TomlStatement, value: TomlContainer | undefined): void {
    const problem =
      statement.kind === 'pair'
        ? addPair(this.#current, statement.path, value)
        : this.#addHeader(statement.path, statement.kind);
    if (problem !== undefined) throw tomlError(problem, statement.start);
  }

  #addHeader(path: readonly string[], kind: 'table' | 'array-table'): string | undefined {
    closeDotted(this.#current);
    let parent = this.#root;
    for (const key of path.slice(0, -1)) {
      const found = parent.children?.get(key);
      if (found?.kind === 'value') return `expected ${key} to be a table, not a ${found.kind}`;
      parent = found ?? addChild(parent, key, makeEntry('table', false, false));
    }
    const key = path.at(-1) ?? '';
    const found = parent.children?.get(key);
    const problem = kind === 'table' ? redefinesTable(key, found) : redefinesArrayTable(key, found);
    if (problem !== undefined) return problem;
    this.#current = found ?? addChild(parent, key, makeEntry(kind === 'table' ? 'table' : 'array table', true, false));
    this.#current.isExplicit = true;
    if (kind === 'array-table') this.#current.children = undefined;
    return undefined;
  }
}

function redefinesTable(key: string, found: Entry | undefined): string | undefined {
  if (found === undefined) return undefined;
  if (found.kind !== 'table') return `key ${key} should be a table, not a ${found.kind}`;
  return found.isExplicit ? `table ${key} already exists` : undefined;
}

function redefinesArrayTable(key: string, found: Entry | undefined): string | undefined {
  // Hugo's parser prints the kind where the key belongs, and the key where the kind belongs.
  return found === undefined || found.kind === 'array table'
    ? undefined
    : `key ${found.kind} already exists as a ${key},  but should be an array table`;
}

function addChild(parent: Entry, key: string, entry: Entry): Entry {
  parent.children ??= new Map();
  parent.children.set(key, entry);
  return entry;
}

/** A later header ends what dotted keys may still add to. */
function closeDotted(entry: Entry): void {
  for (const child of entry.children?.values() ?? []) {
    if (child.isOpen) {
      child.isExplicit = true;
      child.isOpen = false;
    }
    closeDotted(child);
  }
}

function addPair(table: Entry, path: readonly string[], value: TomlContainer | undefined): string | undefined {
  let parent = table;
  for (const [index, key] of path.entries()) {
    const found = parent.children?.get(key);
    if (found !== undefined) {
      if (index === path.length - 1) return `key ${key} is already defined`;
      if (found.kind !== 'table') return `expected ${key} to be a table, not a ${found.kind}`;
      if (found.isExplicit) return `cannot redefine table ${key} that has already been explicitly defined`;
    }
    parent = found ?? addChild(parent, key, makeEntry('table', false, true));
  }
  parent.kind = 'value';
  return findRepeatedKey(value);
}

function findRepeatedKey(container: TomlContainer | undefined): string | undefined {
  if (container === undefined) return undefined;
  if ('items' in container) return firstProblem(container.items.map((item) => findRepeatedKey(item)));
  const table = makeEntry('table', false, false);
  return firstProblem(container.keys.map(({ path, value }) => addPair(table, path, value)));
}

function firstProblem(problems: readonly (string | undefined)[]): string | undefined {
  return problems.find((problem) => problem !== undefined);
}
