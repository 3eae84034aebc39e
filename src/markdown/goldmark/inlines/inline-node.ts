import { TreeNode } from '../tree-node.js';

export type InlineKind =
  | 'root'
  /** A piece of text in which escapes and character references are still to be resolved. */
  | 'text'
  /** A typographic mark; `value` is the entity that is written for it. */
  | 'mark'
  /** `value`: what is shown, without the backslashes of escaped pipes in a table. */
  | 'code'
  | 'em'
  | 'strong'
  | 's'
  | 'link'
  | 'image'
  /** `value`: what is shown; `meta`: where it leads. */
  | 'autolink'
  | 'html'
  /** `meta`: whether it is checked. */
  | 'checkbox'
  | 'footnote-reference'
  /** A run of `*`, `_` or `~` that has not become a span or text yet. */
  | 'delimiter'
  /** A `[` or `![` of which it is not known yet whether it is a link's. */
  | 'bracket';

/** Where a link leads or an image lies, as source text. */
export interface LinkTarget {
  readonly destination: string;
  readonly title: string | undefined;
  /** Index of the destination in the text of the block; undefined where a link definition holds it. */
  readonly destinationAt?: number;
  /** Index of the destination in the source, where a link definition holds it. */
  readonly definedAt?: number;
}

export interface FootnoteLink {
  readonly number: number;
  /** How many references to the same footnote come before this one. */
  readonly repetition: number;
}

export type LineBreak = 'none' | 'soft' | 'hard';

/**
 * A node of the inline tree of one block; `start` and `stop` are indices in the text of that block.
 * One class for all kinds, as with blocks.
 */
export class InlineNode extends TreeNode<InlineNode> {
  lineBreak: LineBreak = 'none';

  constructor(
    readonly kind: InlineKind,
    public start = 0,
    public stop = 0,
    readonly value = '',
    readonly meta?: LinkTarget | FootnoteLink | string | boolean,
  ) {
    super();
  }
}
