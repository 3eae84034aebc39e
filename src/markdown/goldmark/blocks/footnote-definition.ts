import { isBlank } from '../characters.js';
import { findClosingBracket } from '../closing-bracket.js';
import { Block } from './block.js';
import type { BlockRule } from './block-rule.js';
import { findIndentEnd } from './indentation.js';

/** `[^label]: text`, and further blocks indented by four columns. */
export const footnoteDefinition: BlockRule = {
  triggers: '[',
  canInterruptParagraph: true,
  canBeIndented: false,

  open(_parent, { reader, blockStart, source }) {
    const line = reader.peekLine() ?? '';
    if (blockStart < 0 || line.charAt(blockStart + 1) !== '^') return undefined;
    const labelStart = blockStart + 2;
    const labelEnd = findClosingBracket(line, labelStart);
    if (labelEnd < 0 || line.charAt(labelEnd + 1) !== ':') return undefined;
    const { start, padding } = reader.segment();
    const label = source.slice(start + labelStart - padding, start + labelEnd - padding);
    if (isBlank(label)) return undefined;
    const end = labelEnd + 2 - padding;
    if (end >= line.length) {
      reader.advance(end);
      return { block: footnoteOf(label), hasChildren: false };
    }
    reader.advanceWithPadding(end, padding);
    return { block: footnoteOf(label), hasChildren: true };
  },

  resume(_block, { reader }) {
    const line = reader.peekLine() ?? '';
    if (isBlank(line)) return 'holds-children';
    const content = findIndentEnd(line, reader.column(), 4);
    if (!content) return 'ends';
    reader.advanceWithPadding(content.length, content.padding);
    return 'holds-children';
  },

  close(block, parsing) {
    if (!parsing.footnotes) {
      parsing.footnotes = Block.of('footnote-list');
      block.parent?.insertBefore(block, parsing.footnotes);
    }
    parsing.footnotes.append(block);
  },
};

function footnoteOf(label: string): Block {
  return Block.withDetail('footnote', { label, number: 0, referenceCount: 0, endsWithFootnotes: false });
}
