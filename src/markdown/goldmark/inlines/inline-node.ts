import { TreeNode } from '../tree-node.js';

/** A node of the inline tree of one block; `start` and `stop` are indices in the text of that block. */
export class InlineNode extends TreeNode<InlineNode> {
  constructor(
    public start = 0,
    public stop = 0,
  ) {
    super();
  }
}

export type LineBreak = 'none' | 'soft' | 'hard';

/** A piece of text in which escapes and character references are still to be resolved. */
export class TextNode extends InlineNode {
  lineBreak: LineBreak = 'none';
}

/** A typographic mark, as the entity that is written for it. */
export class MarkNode extends InlineNode {
  constructor(readonly entity: string) {
    super();
  }
}

export class CodeNode extends InlineNode {
  /** `content`: what is shown, without the backslashes of escaped pipes in a table. */
  constructor(readonly content: string) {
    super();
  }
}

export class SpanNode extends InlineNode {
  constructor(readonly type: 'em' | 'strong' | 's') {
    super();
  }
}

export class LinkNode extends InlineNode {
  constructor(
    readonly isImage: boolean,
    readonly destination: string,
    readonly title: string | undefined,
  ) {
    super();
  }
}

export class AutolinkNode extends InlineNode {
  /** `href`: what the shown text lacks is added already. */
  constructor(
    readonly text: string,
    readonly href: string,
  ) {
    super();
  }
}

export class HtmlNode extends InlineNode {}

export class CheckboxNode extends InlineNode {
  constructor(readonly isChecked: boolean) {
    super();
  }
}

export class FootnoteReferenceNode extends InlineNode {
  /** `repetition`: how many references to the same footnote come before this one. */
  constructor(
    readonly number: number,
    readonly repetition: number,
  ) {
    super();
  }
}

/** An opening `[` or `![` of which it is not known yet whether it is a link's. */
export class BracketNode extends InlineNode {
  constructor(
    readonly isImage: boolean,
    start: number,
    stop: number,
  ) {
    super(start, stop);
  }
}
