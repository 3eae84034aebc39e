import { parseAttributes } from '../attributes.js';
import { Block } from './block.js';
import type { BlockRule } from './block-rule.js';

/** `{.class}` on the line below a block. */
export const blockAttributes: BlockRule = {
  triggers: '{',
  canInterruptParagraph: true,
  canBeIndented: false,

  open(_parent, { reader }) {
    const attributes = parseAttributes(reader);
    if (!attributes) return undefined;
    const block = Block.of('attributes');
    for (const attribute of attributes) block.setAttribute(attribute);
    return { block, hasChildren: false };
  },

  resume() {
    return 'ends';
  },
};
