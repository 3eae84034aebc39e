/**
 * Reads YAML front matter by libyaml's grammar, only to see whether Hugo takes it and what Hugo says otherwise.
 *
 * block_node       = ALIAS | [ properties ] ( block_collection | flow_collection | SCALAR )
 * flow_node        = ALIAS | [ properties ] ( flow_collection | SCALAR )
 * properties       = TAG [ ANCHOR ] | ANCHOR [ TAG ]
 * block_mapping    = MAPPING-START { [ KEY [ node ] ] [ VALUE [ node ] ] } BLOCK-END
 * block_sequence   = SEQUENCE-START { ENTRY [ node ] } BLOCK-END      a list under a key may do without the START
 */
import { FrontMatterSyntaxError } from './diagnostic.js';
import { FRONT_MATTER_LIMITS } from './limits.js';
import { yamlError, type YamlMark, type YamlRewrite } from './yaml-cursor.js';
import type { YamlDialect } from './yaml-scalar-scan.js';
import { YamlScanner, type YamlToken, type YamlTokenType } from './yaml-scanner.js';

/** What Hugo reads of the text: the first document, which ends where its root does. */
export interface YamlOutline {
  readonly root: 'mapping' | 'sequence' | 'scalar' | 'alias' | 'nothing';
  /** Without its tag and anchor. */
  readonly rootStart: YamlMark;
  readonly rootEnd: number;
  /** Where text starts that Hugo passes over without a word: after the root is closed, or after `...`. */
  readonly unreadStart: number | undefined;
  readonly rewrites: readonly YamlRewrite[];
}

/**
 * What either dialect takes is taken; what both refuse is refused in the words of YAML 1.1, which are Hugo's.
 * @throws FrontMatterSyntaxError with an offset in `text`
 */
export function checkYaml(text: string): YamlOutline {
  try {
    return outline(text, '1.2');
  } catch (error) {
    if (text.includes('?')) outline(text, '1.1');
    throw error;
  }
}

function outline(text: string, dialect: YamlDialect): YamlOutline {
  const scanner = new YamlScanner(text, dialect);
  const document = new YamlGrammar(scanner).document();
  return { ...document, unreadStart: skipBlank(text, document.unreadStart), rewrites: scanner.rewrites };
}

/** White space and comments are nothing that could be missed. */
function skipBlank(text: string, start: number | undefined): number | undefined {
  if (start === undefined) return undefined;
  const blank = /(?:\s|#[^\r\n]*)*/y;
  blank.lastIndex = start;
  blank.exec(text);
  return blank.lastIndex < text.length ? blank.lastIndex : undefined;
}

class YamlGrammar {
  readonly #scanner: YamlScanner;
  readonly #anchors = new Set<string>();
  #depth = 0;

  constructor(scanner: YamlScanner) {
    this.#scanner = scanner;
  }

  document(): Omit<YamlOutline, 'rewrites'> {
    const first = this.#scanner.peek();
    if (first.type === 'directive') this.#directives();
    if (first.type === 'document start') this.#scanner.take();
    const isEmpty =
      first.type === 'stream end' ||
      (first.type === 'document start' && this.#isNext('directive', 'document start', 'document end', 'stream end'));
    const start = this.#scanner.peek();
    const root = isEmpty ? { kind: 'nothing' as const, start } : this.#root();
    const next = this.#scanner.peek();
    return {
      root: root.kind,
      rootStart: root.start.start,
      rootEnd: next.start.offset,
      // Behind `...` nothing is scanned: whatever stands there cannot be an error to Hugo.
      unreadStart:
        next.type === 'stream end' ? undefined : (next.type === 'document end' ? next.end : next.start).offset,
    };
  }

  #root(): { kind: YamlOutline['root']; start: YamlToken } {
    const start = this.#node(true, false);
    const kinds: Partial<Record<YamlTokenType, YamlOutline['root']>> = {
      alias: 'alias',
      scalar: 'scalar',
      'flow sequence start': 'sequence',
      'block sequence start': 'sequence',
      'flow mapping start': 'mapping',
      'block mapping start': 'mapping',
    };
    return { kind: kinds[start.type] ?? 'nothing', start };
  }

  #directives(): never {
    while (this.#isNext('directive')) {
      const { name = '', start } = this.#scanner.take();
      if (/^YAML(?! 1\.1$)/.test(name)) throw parserError('found incompatible YAML document', start);
    }
    const token = this.#scanner.peek();
    throw parserError('did not find expected <document start>', token.start);
  }

  /** Gives the first token after the properties: it tells what the node is. */
  #node(isBlock: boolean, mayBeIndentless: boolean): YamlToken {
    const start = this.#scanner.peek();
    if (start.type === 'alias') return this.#alias(this.#scanner.take());
    this.#properties();
    const token = this.#scanner.peek();
    if (token.type === 'scalar') this.#scanner.take();
    else if (token.type === 'flow sequence start') this.#nested(() => this.#flowSequence());
    else if (token.type === 'flow mapping start') this.#nested(() => this.#flowMapping());
    else if (isBlock && token.type === 'block sequence start') this.#nested(() => this.#blockSequence());
    else if (isBlock && token.type === 'block mapping start') this.#nested(() => this.#blockMapping());
    else if (mayBeIndentless && token.type === 'block entry') this.#nested(() => this.#indentlessSequence());
    else if (token === start) throw parserError('did not find expected node content', token.start);
    return token;
  }

  #alias(token: YamlToken): YamlToken {
    const name = token.name ?? '';
    if (!this.#anchors.has(name)) throw yamlError(`unknown anchor '${name}' referenced`, 0, token.start.offset);
    return token;
  }

  /** A tag and an anchor, in either order. */
  #properties(): void {
    const first = this.#scanner.peek();
    if (first.type !== 'anchor' && first.type !== 'tag') return;
    const tokens = [this.#scanner.take()];
    const other = first.type === 'anchor' ? 'tag' : 'anchor';
    if (this.#isNext(other)) tokens.push(this.#scanner.take());
    // The token after the properties is looked at before they are judged.
    this.#scanner.peek();
    for (const token of tokens) {
      if (token.type === 'anchor') this.#anchors.add(token.name ?? '');
      else if (!['', '!', '!!'].includes(token.name ?? '')) {
        throw parserError('found undefined tag handle', token.start);
      }
    }
  }

  #nested(read: () => void): void {
    this.#depth += 1;
    if (this.#depth > FRONT_MATTER_LIMITS.depth) {
      throw new FrontMatterSyntaxError(`front matter is nested deeper than ${FRONT_MATTER_LIMITS.depth} levels`, {
        code: 'FRONT_MATTER_TOO_DEEP',
        offset: this.#scanner.peek().start.offset,
        hint: 'Nest maps and lists less deeply.',
      });
    }
    read();
    this.#depth -= 1;
  }

  #blockSequence(): void {
    this.#scanner.take();
    while (this.#isNext('block entry')) {
      this.#scanner.take();
      if (!this.#isNext('block entry', 'block end')) this.#node(true, false);
    }
    this.#close('block end', "did not find expected '-' indicator");
  }

  #indentlessSequence(): void {
    while (this.#isNext('block entry')) {
      this.#scanner.take();
      if (!this.#isNext('block entry', 'key', 'value', 'block end')) this.#node(true, false);
    }
  }

  #blockMapping(): void {
    this.#scanner.take();
    while (this.#isNext('key')) {
      this.#scanner.take();
      if (!this.#isNext('key', 'value', 'block end')) this.#node(true, true);
      if (!this.#isNext('value')) continue;
      this.#scanner.take();
      if (!this.#isNext('key', 'value', 'block end')) this.#node(true, true);
    }
    this.#close('block end', 'did not find expected key');
  }

  #flowSequence(): void {
    this.#scanner.take();
    for (let isFirst = true; !this.#isNext('flow sequence end'); isFirst = false) {
      if (!isFirst) {
        this.#close('flow entry', "did not find expected ',' or ']'");
        if (this.#isNext('flow sequence end')) break;
      }
      if (this.#isNext('key')) this.#nested(() => this.#pairInSequence());
      else this.#node(false, false);
    }
    this.#scanner.take();
  }

  #pairInSequence(): void {
    this.#scanner.take();
    if (!this.#isNext('value', 'flow entry', 'flow sequence end')) this.#node(false, false);
    // libyaml swallows whatever stands where the key is missing.
    else this.#scanner.take();
    if (!this.#isNext('value')) return;
    this.#scanner.take();
    if (!this.#isNext('flow entry', 'flow sequence end')) this.#node(false, false);
  }

  #flowMapping(): void {
    this.#scanner.take();
    for (let isFirst = true; !this.#isNext('flow mapping end'); isFirst = false) {
      if (!isFirst) {
        this.#close('flow entry', "did not find expected ',' or '}'");
        if (this.#isNext('flow mapping end')) break;
      }
      this.#flowMappingEntry();
    }
    this.#scanner.take();
  }

  #flowMappingEntry(): void {
    if (!this.#isNext('key')) return void this.#node(false, false);
    this.#scanner.take();
    if (!this.#isNext('value', 'flow entry', 'flow mapping end')) this.#node(false, false);
    if (!this.#isNext('value')) return;
    this.#scanner.take();
    if (!this.#isNext('flow entry', 'flow mapping end')) this.#node(false, false);
  }

  #isNext(...types: YamlTokenType[]): boolean {
    return types.includes(this.#scanner.peek().type);
  }

  #close(type: YamlTokenType, problem: string): void {
    const token = this.#scanner.peek();
    if (token.type !== type) throw parserError(problem, token.start);
    this.#scanner.take();
  }
}

/** libyaml counts a parser's lines from 0, so Hugo names the line before. */
function parserError(problem: string, mark: YamlMark): FrontMatterSyntaxError {
  return yamlError(problem, mark.line, mark.offset);
}
