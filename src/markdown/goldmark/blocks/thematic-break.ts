import { isSpace } from '../characters.js';
import { Block } from './block.js';
import type { BlockRule } from './block-rule.js';
import { indentLength, indentWidth } from './indentation.js';

const marks = '-*_';

/** Whether `line`, whose first character stands at `column`, is three or more of one mark and white space. */
export function isThematicBreak(line: string, column: number): boolean {
  if (indentWidth(line, column) > 3) return false;
  const first = indentLength(line);
  if (first === line.length || !marks.includes(line.charAt(first))) return false;
  const mark = line.charCodeAt(first);
  let count = 0;
  for (let at = first; at < line.length; at++) {
    const code = line.charCodeAt(at);
    if (code === mark) count++;
    else if (!isSpace(code)) return false;
  }
  return count > 2;
}

export const thematicBreak: BlockRule = {
  triggers: marks,
  canInterruptParagraph: true,
  canBeIndented: false,

  open(_parent, { reader }) {
    if (!isThematicBreak(reader.peekLine() ?? '', reader.column())) return undefined;
    return { block: Block.of('thematic-break'), hasChildren: false };
  },

  resume() {
    return 'ends';
  },
};
