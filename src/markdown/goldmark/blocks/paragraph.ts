import { isBlank } from '../characters.js';
import { Block } from './block.js';
import type { BlockRule } from './block-rule.js';
import { trimSegmentEnd, trimSegmentStart } from './segment.js';

export const paragraph: BlockRule = {
  canInterruptParagraph: false,
  canBeIndented: false,

  open(_parent, { reader, source }) {
    const segment = trimSegmentStart(source, reader.segment());
    if (segment.start >= segment.stop) return undefined;
    const block = Block.of('paragraph');
    block.lines.push(segment);
    return { block, hasChildren: false };
  },

  resume(block, { reader }) {
    if (isBlank(reader.peekLine() ?? '')) return 'ends';
    block.lines.push(reader.segment());
    return 'goes-on';
  },

  close(block, { source }) {
    const { lines } = block;
    if (lines.length === 0) {
      block.parent?.remove(block);
      return;
    }
    block.lines = lines.map((line) => trimSegmentStart(source, line));
    block.lines.push(trimSegmentEnd(source, block.lines.pop()!));
  },
};
