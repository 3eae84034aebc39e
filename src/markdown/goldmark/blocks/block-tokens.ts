import Token, { type Nesting } from 'markdown-it/lib/token.mjs';
import type { Attribute } from '../attributes.js';
import { mayHaveAttribute } from '../html/attribute-names.js';
import { attributeText } from '../html/attribute-text.js';
import type { InlineContext } from '../inlines/inline-state.js';
import {
  Footnote,
  Heading,
  List,
  TableCell,
  type Block,
  type DefinitionDescription,
  type Fence,
  type HtmlBlock,
} from './block.js';
import { segmentText, type Segment } from './segment.js';

/** What a block token says beside that for which markdown-it's token has a place. */
export interface BlockTokenMeta {
  /** The tag is followed by a line feed. */
  readonly endsLine?: boolean;
  readonly context?: InlineContext;
  readonly footnote?: Footnote;
  /** Last line of an HTML block, which is rendered by itself. */
  readonly closingLine?: string | undefined;
}

const GREATER_THAN = 0x3e;
const noIndices: ReadonlySet<number> = new Set();

interface TokenOptions {
  readonly xhtml: boolean;
  /** False: the text of the blocks is left out. */
  readonly withInlines: boolean;
}

/** Makes markdown-it's tokens of a block and all in it; without recursion, since a page may nest deep. */
export function makeBlockTokens(source: string, top: Block, options: TokenOptions): Token[] {
  const writer = new BlockTokenWriter(source, options);
  let block: Block | undefined = top;
  while (block) {
    writer.enter(block);
    if (block.firstChild) {
      block = block.firstChild;
      continue;
    }
    writer.leave(block);
    while (block && block !== top && !block.next) {
      block = block.parent;
      if (block) writer.leave(block);
    }
    block = block === top ? undefined : block?.next;
  }
  return writer.tokens;
}

class BlockTokenWriter {
  readonly tokens: Token[] = [];

  constructor(
    private readonly source: string,
    private readonly options: TokenOptions,
  ) {}

  enter(block: Block): void {
    switch (block.kind) {
      case 'thematic-break':
        this.push('hr', 'hr', 0).attrs = attributesOf(block);
        break;
      case 'indented-code':
        this.push('code_block', 'code', 0).content = this.textOf(block.lines);
        break;
      case 'fence':
        this.addFence(block as Fence);
        break;
      case 'html':
        this.addHtml(block as HtmlBlock);
        break;
      default:
        this.open(block);
    }
  }

  leave(block: Block): void {
    if (block.kind === 'text' && block.lines.length > 0 && skipFootnotes(block.next)) this.push('line_end', '', 0);
    const names = namesOf(block);
    if (!names) return;
    this.push(`${names.type}_close`, names.tag, -1).meta = {
      endsLine: true,
      footnote: block instanceof Footnote ? block : undefined,
    } satisfies BlockTokenMeta;
    if (block.kind === 'table-header') this.pushLine('thead_close', 'thead', -1);
    if (block.kind === 'table-header' && block.next) this.pushLine('tbody_open', 'tbody', 1);
    if (block.kind === 'table-row' && !block.next) this.pushLine('tbody_close', 'tbody', -1);
  }

  private open(block: Block): void {
    const names = namesOf(block);
    if (block.kind === 'table-header') this.pushLine('thead_open', 'thead', 1);
    if (names) {
      const token = this.push(`${names.type}_open`, names.tag, 1);
      token.attrs = this.attributesOfTag(block);
      token.meta = {
        endsLine: endsLineBehindTag(block),
        footnote: block instanceof Footnote ? block : undefined,
      } satisfies BlockTokenMeta;
    }
    if (block.lines.length > 0 && this.options.withInlines) this.addInline(block);
  }

  private push(type: string, tag: string, nesting: Nesting): Token {
    const token = new Token(type, tag, nesting);
    token.block = true;
    this.tokens.push(token);
    return token;
  }

  private pushLine(type: string, tag: string, nesting: Nesting): void {
    this.push(type, tag, nesting).meta = { endsLine: true } satisfies BlockTokenMeta;
  }

  private addFence(block: Fence): void {
    const token = this.push('fence', 'code', 0);
    token.info = block.info ? segmentText(this.source, block.info) : '';
    token.content = this.textOf(block.lines);
  }

  private addHtml(block: HtmlBlock): void {
    const token = this.push('html_block', '', 0);
    const { closingLine } = block;
    token.content = this.textOf(block.lines);
    token.meta = {
      closingLine: closingLine && segmentText(this.source, closingLine),
    } satisfies BlockTokenMeta;
  }

  private addInline(block: Block): void {
    const token = this.push('inline', '', 0);
    token.content = this.textOf(block.lines);
    token.children = [];
    token.meta = { context: contextOf(block, this.source) } satisfies BlockTokenMeta;
  }

  private textOf(lines: readonly Segment[]): string {
    if (lines.length === 1) return segmentText(this.source, lines[0]!);
    let text = '';
    for (const line of lines) text += segmentText(this.source, line);
    return text;
  }

  /** XHTML has an attribute for the alignment of a cell, HTML 5 a style. */
  private attributesOfTag(block: Block): [string, string][] | null {
    if (block instanceof List && block.isOrdered && block.start !== 1) {
      return [['start', String(block.start)], ...(attributesOf(block) ?? [])];
    }
    if (!(block instanceof TableCell) || block.alignment === 'none') return attributesOf(block);
    return [this.options.xhtml ? ['align', block.alignment] : ['style', `text-align:${block.alignment}`]];
  }
}

function namesOf(block: Block): { readonly type: string; readonly tag: string } | undefined {
  switch (block.kind) {
    case 'paragraph':
      return { type: 'paragraph', tag: 'p' };
    case 'heading':
      return { type: 'heading', tag: `h${(block as Heading).level}` };
    case 'quote':
      return { type: 'blockquote', tag: 'blockquote' };
    case 'list':
      return (block as List).isOrdered ? { type: 'ordered_list', tag: 'ol' } : { type: 'bullet_list', tag: 'ul' };
    case 'list-item':
      return { type: 'list_item', tag: 'li' };
    case 'table':
      return { type: 'table', tag: 'table' };
    case 'table-header':
    case 'table-row':
      return { type: 'tr', tag: 'tr' };
    case 'table-cell':
      return block.parent?.kind === 'table-header' ? { type: 'th', tag: 'th' } : { type: 'td', tag: 'td' };
    case 'definition-list':
      return { type: 'dl', tag: 'dl' };
    case 'definition-term':
      return { type: 'dt', tag: 'dt' };
    case 'definition-description':
      return { type: 'dd', tag: 'dd' };
    case 'footnote':
      return { type: 'footnote', tag: 'li' };
    case 'footnote-list':
      return { type: 'footnote_list', tag: 'div' };
    default:
      return undefined;
  }
}

function endsLineBehindTag(block: Block): boolean {
  switch (block.kind) {
    case 'quote':
      return !block.attributes;
    case 'list-item':
      return (skipFootnotes(block.firstChild)?.kind ?? 'text') !== 'text';
    case 'definition-description':
      return !(block as DefinitionDescription).isTight;
    case 'paragraph':
    case 'heading':
    case 'table-cell':
    case 'definition-term':
      return false;
    default:
      return true;
  }
}

/** The list of footnotes stands where the first of them is defined, but leaves that place before the page is rendered. */
function skipFootnotes(block: Block | undefined): Block | undefined {
  return block?.kind === 'footnote-list' ? block.next : block;
}

function attributesOf(block: Block): [string, string][] | null {
  if (!block.attributes) return null;
  const isAllowed = ({ name }: Attribute): boolean => mayHaveAttribute(block.kind, name);
  return block.attributes.filter(isAllowed).map(({ name, value }) => [name, attributeText(value)]);
}

function contextOf(block: Block, source: string): InlineContext {
  const { parent, lines } = block;
  return {
    startsListItem: parent?.kind === 'list-item' && parent.firstChild === block,
    lineStartsAfterQuoteMark: lines.length > 1 ? findQuotedStarts(lines, source) : noIndices,
    escapedPipes: block instanceof TableCell ? block.escapedPipes.map((at) => at - lines[0]!.start) : [],
  };
}

function findQuotedStarts(lines: readonly Segment[], source: string): ReadonlySet<number> {
  const starts = new Set<number>();
  let at = 0;
  for (const { start, stop, padding } of lines) {
    if (at > 0 && source.charCodeAt(start - 1) === GREATER_THAN) starts.add(at);
    at += stop - start + padding;
  }
  return starts.size > 0 ? starts : noIndices;
}
