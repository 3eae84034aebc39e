import { TreeNode } from '../tree-node.js';
import type { Attribute } from '../attributes.js';
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

/** A node of the block tree. */
export class Block extends TreeNode<Block> {
  lines: Segment[] = [];
  followsBlankLine = false;
  attributes: Attribute[] | undefined;

  constructor(readonly kind: BlockKind) {
    super();
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

export class Heading extends Block {
  constructor(readonly level: number) {
    super('heading');
  }
}

export class Fence extends Block {
  /** `mark`: a backtick or tilde, `length` of them, behind `indent` characters. */
  constructor(
    readonly info: Segment | undefined,
    readonly mark: string,
    readonly indent: number,
    readonly length: number,
  ) {
    super('fence');
  }
}

export class HtmlBlock extends Block {
  /** The line that holds the end condition; kept apart because a safe rendering leaves a comment for each of the two. */
  closingLine: Segment | undefined;

  /** `type`: 1 to 7, the kinds of HTML block that CommonMark numbers. */
  constructor(readonly type: number) {
    super('html');
  }
}

export class List extends Block {
  isTight = true;

  /** `marker`: the last character of the marker. `start`: number of the first item of an ordered list. */
  constructor(
    readonly marker: string,
    readonly start: number,
  ) {
    super('list');
  }

  get isOrdered(): boolean {
    return this.marker === '.' || this.marker === ')';
  }
}

export class ListItem extends Block {
  /** `offset`: width of the marker and the space behind it. */
  constructor(readonly offset: number) {
    super('list-item');
  }
}

export type Alignment = 'left' | 'right' | 'center' | 'none';

export class TableCell extends Block {
  /** Places in the source of the backslashes before `|` that a code span of this cell must not show. */
  readonly escapedPipes: number[] = [];

  constructor(readonly alignment: Alignment) {
    super('table-cell');
  }
}

export class DefinitionList extends Block {
  /** The paragraph whose lines become the terms of the next description. */
  termParagraph: Block | undefined;

  /** `offset`: width of the colon and the space behind it, of the latest description. */
  constructor(public offset: number) {
    super('definition-list');
  }
}

export class DefinitionDescription extends Block {
  isTight = true;

  constructor() {
    super('definition-description');
  }
}

export class Footnote extends Block {
  /** Number of the footnote in the page, from 1 by first reference; 0 until it is referred to. */
  number = 0;
  referenceCount = 0;
  /** The list of footnotes has got into this one, as its last child. */
  endsWithFootnotes = false;

  constructor(readonly label: string) {
    super('footnote');
  }
}
