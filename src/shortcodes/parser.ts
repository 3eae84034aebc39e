import {
  findDefinition,
  type NamedParameters,
  type Notation,
  type ParameterValue,
  type ShortcodeDefinitions,
} from './definition.js';
import type { Problem, ProblemCode } from './diagnostic.js';
import { scanShortcodes, type Token } from './lexer.js';
import { pairOptionalCalls, type Pairing } from './pairing.js';
import { typedValue } from './parameter-value.js';

/** Markdown, by its place in the source. */
export interface TextPart {
  readonly kind: 'text';
  readonly start: number;
  readonly end: number;
}

/** Markdown that was an escaped call: emoji codes in it stay. */
export interface VerbatimPart {
  readonly kind: 'verbatim';
  readonly start: number;
  readonly end: number;
}

/** The page's summary divider. */
export interface DividerPart {
  readonly kind: 'divider';
  readonly start: number;
  readonly end: number;
}

/** A tag, or an inline shortcode with its content, that nothing is shown for. */
export interface UnresolvedPart {
  readonly kind: 'unresolved';
  readonly reason: 'unknown' | 'inline';
  readonly notation: Notation;
  readonly start: number;
  readonly end: number;
}

export interface CallPart {
  readonly kind: 'call';
  readonly name: string;
  readonly notation: Notation;
  readonly positional: readonly ParameterValue[];
  readonly named: NamedParameters | undefined;
  readonly start: number;
  readonly end: number;
  /** White space before the call when nothing else stands before it on the line, or between it and the call before. */
  readonly indentation: string;
  /** Empty also when the call takes no inner content. */
  readonly inner: readonly Part[];
}

export type Part = TextPart | VerbatimPart | DividerPart | UnresolvedPart | CallPart;

export interface ShortcodeDocument {
  readonly source: string;
  readonly parts: readonly Part[];
  readonly problems: readonly Problem[];
}

/** Levels of calls inside calls. Hugo has no limit; a page with more is no page, and rendering is recursive. */
const maxDepth = 100;

/** Reads a body into text and calls. Never throws: what is no call stays text and becomes a problem. */
export function parseShortcodes(source: string, definitions: ShortcodeDefinitions): ShortcodeDocument {
  const tokens = scanShortcodes(source);
  const pairing = pairOptionalCalls(source, tokens, definitions);
  return new ShortcodeParser(source, tokens, pairing, definitions).parse();
}

/** A place that collects parts: the page, or a call that is not closed yet. */
interface Level {
  readonly parts: Part[];
  /** Names of broken opening tags here. Their closing tags stay text too, without a second complaint. */
  readonly refusedNames: string[];
}

interface OpenCall extends Level {
  readonly tag: OpeningTag;
}

interface TagRange {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

interface OpeningTag extends TagRange {
  readonly isInline: boolean;
  readonly notation: Notation;
  readonly positional: readonly ParameterValue[];
  readonly named: NamedParameters | undefined;
  readonly indentation: string;
}

interface TagParameters {
  readonly positional: readonly ParameterValue[];
  readonly named: NamedParameters | undefined;
  /** -1: the tag has no slash. */
  readonly slashIndex: number;
}

/**
 * Builds the tree of calls. Like Hugo's it pairs tags by nesting alone: a closing tag closes the innermost open call,
 * whatever its name. Iterative, so that no nesting can exhaust the stack.
 */
class ShortcodeParser {
  private readonly page: Level = { parts: [], refusedNames: [] };
  private readonly openCalls: OpenCall[] = [];
  private readonly problems: Problem[] = [];
  private index = 0;

  constructor(
    private readonly source: string,
    private readonly tokens: readonly Token[],
    private readonly pairing: Pairing,
    private readonly definitions: ShortcodeDefinitions,
  ) {}

  parse(): ShortcodeDocument {
    while (this.index < this.tokens.length) this.readPart();
    this.giveUpOpenCalls();
    return { source: this.source, parts: this.page.parts, problems: this.problems };
  }

  private readPart(): void {
    const token = this.current();
    if (token.kind === 'left') return this.readTag();
    this.index += 1;
    const { kind, start, end } = token;
    if (kind === 'text' || kind === 'verbatim') return this.add({ kind, start, end });
    if (kind === 'broken') return this.addBroken(token);
    // Inside a call Hugo drops the divider, with the white space behind it.
    if (kind === 'divider' && this.openCalls.length === 0) this.add({ kind, start, end });
  }

  private readTag(): void {
    const next = this.significantAfter(this.index);
    if (this.tokens[next]?.kind === 'right') return this.refuseNameless();
    if (this.tokens[next]?.kind === 'close') return this.readClosingTag(next);
    this.readOpeningTag();
  }

  /** OpeningTag :: Left Name { Parameter [ `=` Value ] } [ `/` { Parameter } ] Right */
  private readOpeningTag(): void {
    const leftIndex = this.index;
    const indentation = indentationBefore(this.source, this.tokens[leftIndex - 1]);
    const rightIndex = this.indexOfRight(leftIndex);
    const nameIndex = this.indexOfName(leftIndex, rightIndex);
    const start = this.startOf(leftIndex);
    const end = this.endOf(rightIndex);
    this.index = rightIndex + 1;
    if (nameIndex === -1) return this.refuse('shortcode-without-name', start, end);
    const name = this.textOf(nameIndex);
    const isInline = this.tokens[nameIndex]?.kind === 'inline-name';
    const tag = { name, isInline, notation: this.notationOf(leftIndex), start, end, indentation };
    const takesInner = this.takesInner(name, isInline, leftIndex);
    if (takesInner === undefined) return this.addUnknown(tag);
    const parameters = this.readParameters(nameIndex, rightIndex, tag);
    if (parameters === undefined) return this.refuseOpeningTag(tag, takesInner);
    this.addCall({ ...tag, ...parameters }, takesInner, parameters.slashIndex, rightIndex);
  }

  private addCall(tag: OpeningTag, takesInner: boolean, slashIndex: number, rightIndex: number): void {
    if (slashIndex !== -1) {
      if (takesInner || this.isOptional(tag.name)) return this.closeItself(tag, slashIndex, rightIndex);
      this.report('shortcode-not-paired', tag.start, this.textOf(this.significantAfter(slashIndex)));
    }
    if (!takesInner || slashIndex !== -1) return this.add(callPart(tag, tag.end, []));
    if (this.openCalls.length === maxDepth) {
      this.report('shortcode-nested-too-deep', tag.start, tag.name, String(maxDepth));
      return this.keepAsText(tag);
    }
    this.openCalls.push({ tag, parts: [], refusedNames: [] });
  }

  private closeItself(tag: OpeningTag, slashIndex: number, rightIndex: number): void {
    this.add(tag.isInline ? this.refuseInline(tag, tag.end) : callPart(tag, tag.end, []));
    this.skipAfterSlash(slashIndex, rightIndex, tag.name, tag.start);
  }

  /** ClosingTag :: Left `/` [ Name ] Right */
  private readClosingTag(slashIndex: number): void {
    const leftIndex = this.index;
    const rightIndex = this.indexOfRight(leftIndex);
    const start = this.startOf(leftIndex);
    const end = this.endOf(rightIndex);
    this.index = rightIndex + 1;
    const nameIndex = this.indexOfName(slashIndex, rightIndex);
    const name = nameIndex === -1 ? '' : this.textOf(nameIndex);
    if (this.pairing.closingTagsOfUnknown.has(leftIndex)) {
      return this.add({ kind: 'unresolved', reason: 'unknown', notation: this.notationOf(leftIndex), start, end });
    }
    const { refusedNames } = this.level();
    if (refusedNames.length > 0 && refusedNames.at(-1) === name) {
      refusedNames.pop();
      return this.addText(start, end);
    }
    const call = this.openCalls.pop();
    if (call === undefined) {
      this.report('shortcode-not-paired', start, this.textOf(this.significantAfter(slashIndex)));
      return this.addText(start, end);
    }
    this.add(call.tag.isInline ? this.refuseInline(call.tag, end) : callPart(call.tag, end, call.parts));
    this.skipAfterSlash(slashIndex, rightIndex, call.tag.name, start);
  }

  /**
   * After a slash Hugo 0.111 takes one more item and the one behind it, whatever they are, for the end of the tag. On a
   * page what is left then becomes text; inside another call it has no effect.
   */
  private skipAfterSlash(slashIndex: number, rightIndex: number, name: string, offset: number): void {
    const first = this.significantAfter(slashIndex);
    if (first === rightIndex) return;
    const second = this.significantAfter(first);
    const isClosingName = second === rightIndex && this.isName(first);
    if (!isClosingName) this.report('shortcode-parameter-after-slash', offset, name);
    if (second >= rightIndex || this.openCalls.length > 0) return;
    for (let index = this.significantAfter(second); index <= rightIndex; index = this.significantAfter(index)) {
      this.addText(this.startOf(index), this.endOf(index));
    }
  }

  /** Undefined: they mix names and positions in a way the lexer lets pass, and the problem is reported. */
  private readParameters(nameIndex: number, rightIndex: number, tag: TagRange): TagParameters | undefined {
    const positional: ParameterValue[] = [];
    const named = new Map<string, ParameterValue>();
    let slashIndex = -1;
    for (let index = this.significantAfter(nameIndex); index < rightIndex; index = this.significantAfter(index)) {
      const { kind } = this.tokens[index] ?? {};
      if (kind === 'close') {
        slashIndex = index;
        break;
      }
      if (kind !== 'parameter') continue;
      const next = this.significantAfter(index);
      const isNamed = this.tokens[next]?.kind === 'value';
      if (isNamed ? positional.length > 0 : named.size > 0) {
        this.reportMixed(isNamed, tag);
        return undefined;
      }
      if (isNamed) named.set(this.textOf(index), this.valueOf(next));
      else positional.push(this.valueOf(index));
    }
    return { positional, named: named.size > 0 ? Object.fromEntries(named) : undefined, slashIndex };
  }

  private reportMixed(isNamed: boolean, tag: TagRange): void {
    const [found, expected] = isNamed ? ['map[string]interface {}', 'map'] : ['[]interface {}', 'slice'];
    this.report('shortcode-parameters-mixed', tag.start, found, tag.name, expected);
  }

  /** Undefined: nobody registered the shortcode. */
  private takesInner(name: string, isInline: boolean, leftIndex: number): boolean | undefined {
    if (isInline) return true;
    const definition = findDefinition(this.definitions, name);
    if (definition === undefined) return undefined;
    return definition.inner === 'optional' ? this.pairing.pairedTags.has(leftIndex) : definition.inner === true;
  }

  private isOptional(name: string): boolean {
    return findDefinition(this.definitions, name)?.inner === 'optional';
  }

  private addUnknown(tag: TagRange & { notation: Notation }): void {
    const { name, notation, start, end } = tag;
    this.report('shortcode-unknown', start, name);
    this.add({ kind: 'unresolved', reason: 'unknown', notation, start, end });
  }

  private refuseInline(tag: OpeningTag, end: number): UnresolvedPart {
    this.report('shortcode-inline-refused', tag.start, tag.name);
    return { kind: 'unresolved', reason: 'inline', notation: tag.notation, start: tag.start, end };
  }

  private refuseOpeningTag(tag: TagRange, takesInner: boolean): void {
    if (takesInner) this.keepAsText(tag);
    else this.addText(tag.start, tag.end);
  }

  private refuseNameless(): void {
    const start = this.startOf(this.index);
    const rightIndex = this.indexOfRight(this.index);
    this.index = rightIndex + 1;
    this.refuse('shortcode-without-name', start, this.endOf(rightIndex));
  }

  private refuse(code: ProblemCode, start: number, end: number): void {
    this.report(code, start);
    this.addText(start, end);
  }

  /** An opening tag that cannot be one: it stays in the text, and so will its closing tag. */
  private keepAsText(tag: TagRange): void {
    this.level().refusedNames.push(tag.name);
    this.addText(tag.start, tag.end);
  }

  private addBroken(token: Token): void {
    if (token.problem !== undefined) this.problems.push(token.problem);
    const name = brokenNamePattern.exec(this.source.slice(token.start, Math.min(token.end, token.start + 200)))?.[1];
    const takesInner = name !== undefined && findDefinition(this.definitions, name)?.inner === true;
    if (takesInner) this.level().refusedNames.push(name);
    this.addText(token.start, token.end);
  }

  /** At the end of the page: the tags of calls that nothing closes stay text, and what follows them belongs to the page. */
  private giveUpOpenCalls(): void {
    for (const { tag, parts } of this.openCalls) {
      this.page.parts.push({ kind: 'text', start: tag.start, end: tag.end });
      for (const part of parts) this.page.parts.push(part);
      if (tag.isInline) this.report('shortcode-inline-refused', tag.start, tag.name);
      else this.report('shortcode-not-closed', tag.start, tag.name);
    }
  }

  private addText(start: number, end: number): void {
    this.add({ kind: 'text', start, end });
  }

  private add(part: Part): void {
    this.level().parts.push(part);
  }

  private level(): Level {
    return this.openCalls.at(-1) ?? this.page;
  }

  private report(code: ProblemCode, offset: number, ...details: string[]): void {
    this.problems.push({ code, offset, details });
  }

  private current(): Token {
    return this.tokens[this.index] ?? noToken;
  }

  private significantAfter(index: number): number {
    let next = index + 1;
    while (this.tokens[next]?.kind === 'ignored') next += 1;
    return next;
  }

  /** Every tag the lexer lets pass has its right delimiter. */
  private indexOfRight(leftIndex: number): number {
    let index = leftIndex + 1;
    while (index < this.tokens.length && this.tokens[index]?.kind !== 'right') index += 1;
    return index;
  }

  private indexOfName(from: number, to: number): number {
    for (let index = from; index < to; index += 1) if (this.isName(index)) return index;
    return -1;
  }

  private isName(index: number): boolean {
    const kind = this.tokens[index]?.kind;
    return kind === 'name' || kind === 'inline-name';
  }

  private notationOf(leftIndex: number): Notation {
    return this.source[this.startOf(leftIndex) + 2] === '%' ? '%' : '<';
  }

  private startOf(index: number): number {
    return (this.tokens[index] ?? noToken).start;
  }

  private endOf(index: number): number {
    return (this.tokens[index] ?? noToken).end;
  }

  private textOf(index: number): string {
    const { start, end, escaped } = this.tokens[index] ?? noToken;
    const text = this.source.slice(start, end);
    return escaped === true ? text.replaceAll('\\', '') : text;
  }

  private valueOf(index: number): ParameterValue {
    const text = this.textOf(index);
    return this.tokens[index]?.quoted === true ? text : typedValue(text);
  }
}

const noToken: Token = { kind: 'ignored', start: 0, end: 0 };

const brokenNamePattern = /^\{\{[<%][ \t\r\n]*([_\p{L}\p{Nd}][-/_\p{L}\p{Nd}]*)/u;

function callPart(tag: OpeningTag, end: number, inner: readonly Part[]): CallPart {
  const { name, notation, positional, named, start, indentation } = tag;
  return { kind: 'call', name, notation, positional, named, start, end, indentation, inner };
}

/** The white space at the end of the text before a call, when it is all there is on its line or all there is of the text. */
function indentationBefore(source: string, token: Token | undefined): string {
  if (token?.kind !== 'text' && token?.kind !== 'verbatim') return '';
  let start = token.end;
  while (start > token.start && isIndentation(source.charCodeAt(start - 1))) start -= 1;
  const isAlone = start === token.start || source.charCodeAt(start - 1) === 0x0a;
  return isAlone ? source.slice(start, token.end) : '';
}

function isIndentation(codeUnit: number): boolean {
  return codeUnit === 0x20 || codeUnit === 0x09 || codeUnit === 0x0d;
}
