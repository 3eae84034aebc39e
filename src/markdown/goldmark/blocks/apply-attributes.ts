import type { Block } from './block.js';

/**
 * Gives the attributes that stand alone on a line to the block above it. They stay unused, and are not rendered, when
 * a blank line or nothing is above, and for a fence, which takes its attributes from its info string.
 */
export function applyBlockAttributes(document: Block, codeFences: boolean): void {
  for (const block of collect(document, codeFences)) {
    const target = block.previous;
    for (const attribute of block.attributes ?? []) {
      if (target && !target.findAttribute(attribute.name)) target.setAttribute(attribute);
    }
    block.parent?.remove(block);
  }
}

function collect(document: Block, codeFences: boolean): Block[] {
  const found: Block[] = [];
  const open = [document];
  for (let parent = open.pop(); parent; parent = open.pop()) {
    for (let block = parent.firstChild; block; block = block.next) {
      open.push(block);
      const isBelowBlock = block.previous && !block.followsBlankLine && (codeFences || block.previous.kind !== 'fence');
      if (block.kind === 'attributes' && isBelowBlock) found.push(block);
    }
  }
  return found;
}
