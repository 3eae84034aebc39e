import type { Attribute } from '../attributes.js';
import { TreeNode } from '../tree-node.js';
import type { Segment } from './segment.js';

export type BlockKind =
  | 'document'
  | 'paragraph'
  /** A paragraph without `<p>`: in a tight list, or what remains of a paragraph of link definitions only. */
  | 'text'
  | 'heading'
  | 'thematic-break'
  | 'indented-code'
  | 'fence'
  | 'html'
  | 'quote'
  | 'list'
  | 'list-item'
  | 'table'
  | 'table-header'
  | 'table-row'
  | 'table-cell'
  | 'definition-list'
  | 'definition-term'
  | 'definition-description'
  | 'footnote'
  | 'footnote-list'
  | 'attributes';

export interface HeadingDetail {
  readonly level: number;
}

export interface FenceDetail {
  readonly info: Segment | undefined;
  /** A backtick or tilde, `length` of them. */
  readonly mark: string;
  readonly length: number;
  /** Characters before the first mark. */
  readonly indent: number;
}

export interface HtmlDetail {
  /** 1 to 7, the kinds of HTML block that CommonMark numbers. */
  readonly type: number;
  /** The line that holds the end condition; kept apart because a safe rendering leaves a comment for each of the two. */
  closingLine?: Segment;
}

export interface ListDetail {
  /** Last character of the marker. */
  readonly marker: string;
  readonly isOrdered: boolean;
  /** Number of the first item of an ordered list. */
  readonly start: number;
  isTight: boolean;
}

export interface ListItemDetail {
  /** Width of the marker and the space behind it. */
  readonly offset: number;
}

export type Alignment = 'left' | 'right' | 'center' | 'none';

export interface CellDetail {
  readonly alignment: Alignment;
  /** Places in the source of the backslashes before `|` that a code span of this cell must not show. */
  readonly escapedPipes: number[];
}

export interface DefinitionListDetail {
  /** Width of the colon and the space behind it, of the latest description. */
  offset: number;
  /** The paragraph whose lines become the terms of the next description. */
  termParagraph: Block | undefined;
}

export interface DescriptionDetail {
  isTight: boolean;
}

export interface FootnoteDetail {
  readonly label: string;
  /** Number of the footnote in the page, from 1 by first reference; 0 until it is referred to. */
  number: number;
  referenceCount: number;
  /** The list of footnotes has got into this one, as its last child. */
  endsWithFootnotes: boolean;
}

interface Details {
  heading: HeadingDetail;
  fence: FenceDetail;
  html: HtmlDetail;
  list: ListDetail;
  'list-item': ListItemDetail;
  'table-cell': CellDetail;
  'definition-list': DefinitionListDetail;
  'definition-description': DescriptionDetail;
  footnote: FootnoteDetail;
}

/** The kinds of block that have a detail. */
export type DetailedKind = keyof Details;
export type PlainKind = Exclude<BlockKind, DetailedKind>;

/**
 * A node of the block tree. What only one kind has is in `detail` and not in a subclass: V8 takes microseconds to make
 * an object whose class is one of many that share a base class.
 */
export class Block extends TreeNode<Block> {
  lines: Segment[] = [];
  followsBlankLine = false;
  attributes: Attribute[] | undefined;

  private constructor(
    readonly kind: BlockKind,
    private readonly detail: Details[DetailedKind] | undefined,
  ) {
    super();
  }

  static of(kind: PlainKind): Block {
    return new Block(kind, undefined);
  }

  static withDetail<Kind extends DetailedKind>(kind: Kind, detail: Details[Kind]): Block {
    return new Block(kind, detail);
  }

  /** What belongs to this kind of block; undefined when the block is of another kind. */
  find<Kind extends DetailedKind>(kind: Kind): Details[Kind] | undefined {
    return this.kind === kind ? (this.detail as Details[Kind]) : undefined;
  }

  /** The same of a block that is known to be of this kind. */
  get<Kind extends DetailedKind>(_kind: Kind): Details[Kind] {
    return this.detail as Details[Kind];
  }

  /** Sets an attribute; one of the same name keeps its place. */
  setAttribute(attribute: Attribute): void {
    this.attributes ??= [];
    const at = this.attributes.findIndex(({ name }) => name === attribute.name);
    if (at < 0) this.attributes.push(attribute);
    else this.attributes[at] = attribute;
  }

  findAttribute(name: string): Attribute | undefined {
    return this.attributes?.find((attribute) => attribute.name === name);
  }
}
