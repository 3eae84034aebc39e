import { scanShortcodes } from '../shortcodes/lexer.js';
import type { Token } from '../shortcodes/lexer.js';

/** An argument of a call, as written. */
export interface WrittenArgument {
  /** Name of a named one; else undefined. */
  readonly name: string | undefined;
  readonly text: string;
  /** As it can stand in another call: with its own quotes, or quoted where it had none. undefined: it cannot. */
  readonly written: string | undefined;
}

/** One tag of a shortcode in a body. */
export interface WrittenTag {
  readonly shortcode: string;
  readonly isClosing: boolean;
  /** Offsets in the body: of the tag with its delimiters, of its name, and of everything between name and right delimiter. */
  readonly start: number;
  readonly nameStart: number;
  readonly nameEnd: number;
  readonly argumentsEnd: number;
  readonly arguments: readonly WrittenArgument[];
}

/** The tags of these shortcodes in a body, as written. What is no call, or an escaped one, is none. */
export function findTags(body: string, shortcodes: ReadonlySet<string>): WrittenTag[] {
  const tags: WrittenTag[] = [];
  let inside: Token[] | undefined;
  for (const token of scanShortcodes(body)) {
    if (token.kind === 'left') inside = [token];
    else if (token.kind === 'right') {
      const tag = inside && readTag(body, inside, token);
      if (tag && shortcodes.has(tag.shortcode)) tags.push(tag);
      inside = undefined;
    } else if (token.kind === 'broken') inside = undefined;
    else inside?.push(token);
  }
  return tags;
}

function readTag(body: string, [left, ...items]: readonly Token[], right: Token): WrittenTag | undefined {
  const name = items.find(({ kind }) => kind === 'name');
  if (!left || !name) return undefined;
  const parameters = items.filter(({ kind }) => kind === 'parameter' || kind === 'value');
  const close = items.find(({ kind }) => kind === 'close');
  return {
    shortcode: body.slice(name.start, name.end),
    isClosing: close !== undefined && close.start < name.start,
    start: left.start,
    nameStart: name.start,
    nameEnd: name.end,
    // The slash of a call that closes itself stays.
    argumentsEnd: close && close.start > name.start ? close.start : right.start,
    arguments: readArguments(body, parameters),
  };
}

function readArguments(body: string, tokens: readonly Token[]): WrittenArgument[] {
  const found: WrittenArgument[] = [];
  for (let index = 0; index < tokens.length; index += 1) {
    const token = tokens[index] as Token;
    const next = tokens[index + 1];
    const isNamed = next?.kind === 'value';
    const value = isNamed ? next : token;
    if (isNamed) index += 1;
    const name = isNamed ? body.slice(token.start, token.end) : undefined;
    found.push({ name, text: body.slice(value.start, value.end), written: writtenValue(body, value) });
  }
  return found;
}

function writtenValue(body: string, { start, end, quoted }: Token): string | undefined {
  const text = body.slice(start, end);
  if (quoted !== true) return /["\\]/.test(text) ? undefined : `"${text}"`;
  const quote = body[start - 1];
  const isPlain =
    (quote === '"' && body[start - 2] !== '\\' && body[end] === '"') || (quote === '`' && body[end] === '`');
  return isPlain ? body.slice(start - 1, end + 1) : undefined;
}
