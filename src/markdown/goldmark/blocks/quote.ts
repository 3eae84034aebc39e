import { LINE_FEED, SPACE, TAB } from '../characters.js';
import { Block } from './block.js';
import type { BlockRule } from './block-rule.js';
import { indentLength, indentWidth } from './indentation.js';
import type { LineReader } from './line-reader.js';

const GREATER_THAN = 0x3e;

export const quote: BlockRule = {
  triggers: '>',
  canInterruptParagraph: true,
  canBeIndented: false,

  open(_parent, { reader }) {
    return skipMarker(reader) ? { block: Block.of('quote'), hasChildren: true } : undefined;
  },

  resume(_block, { reader }) {
    return skipMarker(reader) ? 'holds-children' : 'ends';
  },
};

/** Marker :: Space{0,3} `>` [ space or tab ]. Of a tab behind the sign two columns stay, whatever its column. */
function skipMarker(reader: LineReader): boolean {
  const line = reader.peekLine() ?? '';
  const sign = indentLength(line);
  if (indentWidth(line, reader.column()) > 3 || line.charCodeAt(sign) !== GREATER_THAN) return false;
  const end = sign + 1;
  if (end >= line.length || line.charCodeAt(end) === LINE_FEED) {
    reader.advance(end);
    return true;
  }
  const gap = line.charCodeAt(end);
  reader.advance(gap === SPACE || gap === TAB ? end + 1 : end);
  if (gap === TAB) reader.setPadding(2);
  return true;
}
