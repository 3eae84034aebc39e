import { findDefinition, type Notation, type ParameterValue, type ShortcodeDefinitions } from './definition.js';
import type { Problem, ProblemCode } from './diagnostic.js';
import { scanShortcodes, type Token } from './lexer.js';
import { pairOptionalCalls, type Pairing } from './pairing.js';
import { typedValue } from './parameter-value.js';
import type { CallPart, Part, ShortcodeDocument, UnresolvedPart } from './shortcode-document.js';

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
  /** Names of opening tags here that stay text. Their closing tags stay text too, without a second complaint. */
  readonly refusedNames: string[];
}

interface OpenCall extends Level {
  readonly tag: OpeningTag;
}

/** A tag as the lexer read it: what stands between its delimiters, without white space, quotes and the like. */
interface RawTag {
  readonly leftIndex: number;
  readonly notation: Notation;
  readonly items: readonly Token[];
  readonly start: number;
  readonly end: number;
}

interface OpeningTag extends Omit<CallPart, 'kind' | 'inner'> {
  readonly isInline: boolean;
}

type TagParameters = Pick<CallPart, 'positional' | 'named'>;

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
    const token = this.tokens[this.index] ?? noToken;
    if (token.kind === 'left') return this.readTag();
    this.index += 1;
    const { kind, start, end } = token;
    if (kind === 'text' || kind === 'verbatim') return this.add({ kind, start, end });
    if (kind === 'broken') return this.readBroken(token);
    // Inside a call Hugo drops the divider, with the white space behind it.
    if (kind === 'divider' && this.openCalls.length === 0) this.add({ kind, start, end });
  }

  private readTag(): void {
    const tag = this.takeTag();
    const first = tag.items[0]?.kind;
    if (first === 'close') this.readClosingTag(tag);
    else if (first === undefined) this.refuse('shortcode-without-name', tag);
    else this.readOpeningTag(tag);
  }

  /** Every tag that the lexer lets pass has its right delimiter. */
  private takeTag(): RawTag {
    const leftIndex = this.index;
    const left = this.tokens[leftIndex] ?? noToken;
    const items: Token[] = [];
    let token = left;
    while (token.kind !== 'right') {
      this.index += 1;
      token = this.tokens[this.index] ?? noToken;
      if (token.kind !== 'ignored' && token.kind !== 'right') items.push(token);
    }
    this.index += 1;
    const notation = this.source[left.start + 2] === '%' ? '%' : '<';
    return { leftIndex, notation, items, start: left.start, end: token.end };
  }

  /** OpeningTag :: Left Name { Parameter [ `=` Value ] } [ `/` { Parameter } ] Right */
  private readOpeningTag(raw: RawTag): void {
    const { start, end, notation } = raw;
    const nameToken = raw.items.find(isName);
    if (nameToken === undefined) return this.refuse('shortcode-without-name', raw);
    const name = this.textOf(nameToken);
    const isInline = nameToken.kind === 'inline-name';
    const takesInner = this.takesInner(name, isInline, raw.leftIndex);
    if (takesInner === undefined) return this.addUnknown(name, raw);
    const slashIndex = raw.items.findIndex(isClose);
    const parameters = this.readParameters(name, slashIndex === -1 ? raw.items : raw.items.slice(0, slashIndex), start);
    if (parameters === undefined) return this.keepAsText(name, takesInner, raw);
    const indentation = indentationBefore(this.source, this.tokens[raw.leftIndex - 1]);
    const tag = { name, isInline, notation, start, end, indentation, ...parameters };
    if (slashIndex !== -1) return this.addSelfClosing(tag, takesInner, raw, slashIndex);
    if (!takesInner) return this.add(callPart(tag, end, []));
    if (this.openCalls.length < maxDepth) this.openCalls.push({ tag, parts: [], refusedNames: [] });
    else this.refuseNesting(tag, raw);
  }

  private addSelfClosing(tag: OpeningTag, takesInner: boolean, raw: RawTag, slashIndex: number): void {
    this.add(tag.isInline ? this.refuseInline(tag, tag.end) : callPart(tag, tag.end, []));
    if (takesInner || this.isOptional(tag.name)) this.skipAfterSlash(raw, slashIndex, tag.name);
    else this.reportNotPaired(raw, slashIndex);
  }

  /** ClosingTag :: Left `/` [ Name ] Right */
  private readClosingTag(raw: RawTag): void {
    const { start, end, notation } = raw;
    const nameToken = raw.items.find(isName);
    const name = nameToken === undefined ? '' : this.textOf(nameToken);
    if (this.pairing.closingTagsOfUnknown.has(raw.leftIndex)) {
      return this.add({ kind: 'unresolved', reason: 'unknown', notation, start, end });
    }
    if (this.takeRefusedName(name)) return this.addText(start, end);
    const call = this.openCalls.pop();
    if (call === undefined) {
      this.reportNotPaired(raw, 0);
      return this.addText(start, end);
    }
    this.add(call.tag.isInline ? this.refuseInline(call.tag, end) : callPart(call.tag, end, call.parts));
    this.skipAfterSlash(raw, 0, call.tag.name);
  }

  private takeRefusedName(name: string): boolean {
    const { refusedNames } = this.level();
    if (refusedNames.length === 0 || refusedNames.at(-1) !== name) return false;
    refusedNames.pop();
    return true;
  }

  /**
   * After a slash Hugo 0.111 takes one more item and the one behind it, whatever they are, for the end of the tag. On a
   * page what is left then becomes text; inside another call it has no effect.
   */
  private skipAfterSlash(raw: RawTag, slashIndex: number, name: string): void {
    const rest = raw.items.slice(slashIndex + 1);
    const [first] = rest;
    if (first === undefined) return;
    const isClosingName = rest.length === 1 && isName(first) && slashIndex === 0;
    if (!isClosingName) this.report('shortcode-parameter-after-slash', raw.start, name);
    if (rest.length < 2 || this.openCalls.length > 0) return;
    for (const item of rest.slice(2)) this.addText(item.start, item.end);
    this.addText(raw.end - rightLength, raw.end);
  }

  /** Hugo 0.111 names what stands behind the slash, and not the shortcode. */
  private reportNotPaired(raw: RawTag, slashIndex: number): void {
    const next = raw.items[slashIndex + 1];
    const name = next === undefined ? this.source.slice(raw.end - rightLength, raw.end) : this.textOf(next);
    this.report('shortcode-not-paired', raw.start, name);
  }

  /** Undefined: they mix names and positions in a way the lexer lets pass, and the problem is reported. */
  private readParameters(callName: string, items: readonly Token[], start: number): TagParameters | undefined {
    const positional: ParameterValue[] = [];
    const named = new Map<string, ParameterValue>();
    for (const [index, item] of items.entries()) {
      if (item.kind !== 'parameter') continue;
      const next = items[index + 1];
      const value = next?.kind === 'value' ? next : undefined;
      if (value === undefined ? named.size > 0 : positional.length > 0) {
        this.reportMixed(callName, value !== undefined, start);
        return undefined;
      }
      if (value === undefined) positional.push(this.valueOf(item));
      else named.set(this.textOf(item), this.valueOf(value));
    }
    return { positional, named: named.size > 0 ? Object.fromEntries(named) : undefined };
  }

  private reportMixed(callName: string, isNamed: boolean, start: number): void {
    const [found, expected] = isNamed ? ['map[string]interface {}', 'map'] : ['[]interface {}', 'slice'];
    this.report('shortcode-parameters-mixed', start, found, callName, expected);
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

  private addUnknown(name: string, { notation, start, end }: RawTag): void {
    this.report('shortcode-unknown', start, name);
    this.add({ kind: 'unresolved', reason: 'unknown', notation, start, end });
  }

  private refuseInline(tag: OpeningTag, end: number): UnresolvedPart {
    this.report('shortcode-inline-refused', tag.start, tag.name);
    return { kind: 'unresolved', reason: 'inline', notation: tag.notation, start: tag.start, end };
  }

  private refuseNesting(tag: OpeningTag, raw: RawTag): void {
    this.report('shortcode-nested-too-deep', tag.start, tag.name, String(maxDepth));
    this.keepAsText(tag.name, true, raw);
  }

  private refuse(code: ProblemCode, { start, end }: RawTag): void {
    this.report(code, start);
    this.addText(start, end);
  }

  /** An opening tag that cannot be one stays in the text, and so will its closing tag. */
  private keepAsText(name: string, takesInner: boolean, { start, end }: { start: number; end: number }): void {
    if (takesInner) this.level().refusedNames.push(name);
    this.addText(start, end);
  }

  /** Hugo works through a tag as it reads it, so what is wrong before the place where the tag broke is its first complaint. */
  private readBroken(token: Token): void {
    const items = (token.partial ?? []).filter((item) => item.kind !== 'ignored' && item.kind !== 'left');
    const takesInner =
      items[0]?.kind === 'close' ? this.checkBrokenClosing(items, token) : this.checkBroken(items, token);
    if (token.problem !== undefined) this.problems.push(token.problem);
    const nameToken = items.find(isName);
    if (nameToken === undefined) this.addText(token.start, token.end);
    else this.keepAsText(this.textOf(nameToken), takesInner, token);
  }

  private checkBroken(items: readonly Token[], token: Token): boolean {
    const nameToken = items.find((item) => item.kind === 'name');
    if (nameToken === undefined) return false;
    const name = this.textOf(nameToken);
    const definition = findDefinition(this.definitions, name);
    if (definition === undefined) {
      this.report('shortcode-unknown', token.start, name);
      return false;
    }
    // The value of a last parameter may be what broke, so whether it is named nobody knows.
    const judged = items.at(-1)?.kind === 'parameter' ? items.slice(0, -1) : items;
    const slashIndex = judged.findIndex(isClose);
    const next = items[slashIndex + 1];
    const isSound = this.readParameters(name, slashIndex === -1 ? judged : judged.slice(0, slashIndex), token.start);
    if (isSound && slashIndex !== -1 && next !== undefined && !definition.inner) {
      this.report('shortcode-not-paired', token.start, this.textOf(next));
    }
    return definition.inner === true;
  }

  private checkBrokenClosing(items: readonly Token[], token: Token): false {
    const next = items[1];
    if (next !== undefined && this.openCalls.length === 0) {
      this.report('shortcode-not-paired', token.start, this.textOf(next));
    }
    return false;
  }

  /** At the end of the page: the tags of calls that nothing closes stay text, and what follows them belongs to the page. */
  private giveUpOpenCalls(): void {
    for (const { tag, parts } of this.openCalls) {
      this.page.parts.push({ kind: 'text', start: tag.start, end: tag.end });
      for (const part of parts) this.page.parts.push(part);
      this.report(tag.isInline ? 'shortcode-inline-refused' : 'shortcode-not-closed', tag.start, tag.name);
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

  private textOf({ start, end, escaped }: Token): string {
    const text = this.source.slice(start, end);
    return escaped === true ? text.replaceAll('\\', '') : text;
  }

  private valueOf(token: Token): ParameterValue {
    const text = this.textOf(token);
    return token.quoted === true ? text : typedValue(text);
  }
}

const rightLength = 3;

/** Stands in where a list ends before a tag does, which the lexer does not let happen. */
const noToken: Token = { kind: 'right', start: 0, end: 0 };

function isName(token: Token): boolean {
  return token.kind === 'name' || token.kind === 'inline-name';
}

function isClose(token: Token): boolean {
  return token.kind === 'close';
}

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
