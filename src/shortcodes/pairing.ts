import { findDefinition, type ShortcodeDefinitions } from './definition.js';
import type { Token } from './lexer.js';

/** Which of the calls that may or may not be paired are, as indexes of the tokens that open a tag. */
export interface Pairing {
  /** Opening tags of calls with optional inner content that a closing tag follows. */
  readonly pairedTags: ReadonlySet<number>;
  /** Closing tags of shortcodes nobody registered. */
  readonly closingTagsOfUnknown: ReadonlySet<number>;
}

const nothingPaired: Pairing = { pairedTags: new Set(), closingTagsOfUnknown: new Set() };

type TagKind = 'never' | 'always' | 'optional' | 'unknown';

interface Tag {
  readonly index: number;
  readonly kind: TagKind;
  readonly name: string;
  readonly closes: boolean;
}

/**
 * Hugo knows from the template whether a call has a closing tag. Of an optional or unknown shortcode nobody knows it, so
 * one look ahead decides: a closing tag belongs to the nearest such call of its name that stands between it and the
 * innermost call that must be closed. A closing tag without a name belongs to the call that must be closed, if there is one.
 */
export function pairOptionalCalls(
  source: string,
  tokens: readonly Token[],
  definitions: ShortcodeDefinitions,
): Pairing {
  if (!tokens.some((token) => token.kind === 'close')) return nothingPaired;
  const pairedTags = new Set<number>();
  const closingTagsOfUnknown = new Set<number>();
  const levels = [new OpenCandidates()];
  for (const tag of tagsOf(source, tokens, definitions)) {
    const level = levels.at(-1);
    if (level === undefined) break;
    if (!tag.closes) {
      if (tag.kind === 'always') levels.push(new OpenCandidates());
      else if (tag.kind !== 'never') level.open(tag);
      continue;
    }
    const opened = level.close(tag.name, levels.length === 1);
    if (opened?.kind === 'optional') pairedTags.add(opened.index);
    else if (opened?.kind === 'unknown') closingTagsOfUnknown.add(tag.index);
    else if (levels.length > 1) levels.pop();
  }
  return { pairedTags, closingTagsOfUnknown };
}

/** The calls since the innermost one that must be closed which a closing tag could belong to. */
class OpenCandidates {
  private readonly candidates: Tag[] = [];
  private readonly countByName = new Map<string, number>();

  open(tag: Tag): void {
    this.candidates.push(tag);
    this.countByName.set(tag.name, (this.countByName.get(tag.name) ?? 0) + 1);
  }

  /** Takes the nearest candidate of that name, and with it all that were opened after it: they turned out not to be paired. */
  close(name: string, nameMayBeLeftOut: boolean): Tag | undefined {
    const anyName = name === '' && nameMayBeLeftOut;
    if (!anyName && (this.countByName.get(name) ?? 0) === 0) return undefined;
    for (let tag = this.candidates.pop(); tag !== undefined; tag = this.candidates.pop()) {
      this.countByName.set(tag.name, (this.countByName.get(tag.name) ?? 1) - 1);
      if (anyName || tag.name === name) return tag;
    }
    return undefined;
  }
}

/** The tags that open or close something; a call that closes itself does neither. */
function* tagsOf(source: string, tokens: readonly Token[], definitions: ShortcodeDefinitions): Generator<Tag> {
  for (let index = 0; index < tokens.length; index += 1) {
    if (tokens[index]?.kind !== 'left') continue;
    const left = index;
    let name: string | undefined;
    let closes = false;
    let closesItself = false;
    for (index += 1; index < tokens.length; index += 1) {
      const token = tokens[index];
      if (token === undefined || token.kind === 'right') break;
      if (token.kind === 'close' && name === undefined) closes = true;
      else if (token.kind === 'close') closesItself = true;
      else if (token.kind === 'name' || token.kind === 'inline-name') name ??= source.slice(token.start, token.end);
    }
    if (!closesItself) yield { index: left, name: name ?? '', closes, kind: kindOf(definitions, name ?? '') };
  }
}

function kindOf(definitions: ShortcodeDefinitions, name: string): TagKind {
  const definition = findDefinition(definitions, name);
  if (definition === undefined) return name.includes('.') ? 'always' : 'unknown';
  if (definition.inner === 'optional') return 'optional';
  return definition.inner === true ? 'always' : 'never';
}
