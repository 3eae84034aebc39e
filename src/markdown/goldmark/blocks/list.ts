import { isAsciiDigit, isBlank, LINE_FEED, SPACE } from '../characters.js';
import { Block, type ListDetail } from './block.js';
import type { BlockRule } from './block-rule.js';
import { setextLevel } from './setext-heading.js';
import { findIndentEnd, indentWidth } from './indentation.js';
import { isThematicBreak } from './thematic-break.js';

const triggers = '-+*0123456789';
const maxDigits = 9;

/** The marker that a line begins with. */
interface Marker {
  /** Spaces before it, at most three. */
  readonly indent: number;
  /** Index behind it. */
  readonly end: number;
  /** Its last character: `-+*` or `.)`. */
  readonly char: string;
  /** Number of an ordered item; -1 otherwise. */
  readonly number: number;
  readonly isFollowedByText: boolean;
}

/**
 * Marker :: Space{0,3} Bullet Gap | Space{0,3} Digit{1,9} ( `.` | `)` ) Gap
 * Gap :: a space or tab, not consumed | end of line
 */
function findMarker(line: string): Marker | undefined {
  let indent = 0;
  while (line.charCodeAt(indent) === SPACE) indent++;
  if (indent > 3) return undefined;
  let end = indent;
  while (end - indent <= maxDigits && isAsciiDigit(line.charCodeAt(end))) end++;
  const digits = end - indent;
  const char = line.charAt(end);
  const isMarker = digits === 0 ? '-*+'.includes(char) : digits <= maxDigits && '.)'.includes(char);
  if (char === '' || !isMarker) return undefined;
  end++;
  const hasGap =
    end >= line.length || line.charCodeAt(end) === LINE_FEED || indentWidth(line.slice(end, end + 1), 0) > 0;
  if (!hasGap) return undefined;
  const number = digits === 0 ? -1 : Number(line.slice(indent, end - 1));
  return { indent, end, char, number, isFollowedByText: !isBlank(line.slice(end)) };
}

/** Offset of the last item: the columns that a line needs to belong to it. 0 without items. */
function lastOffset(list: Block | undefined): number {
  return list?.lastChild?.find('list-item')?.offset ?? 0;
}

/** A list; it begins at its first item's marker, which it leaves for the item to read. */
export const list: BlockRule = {
  triggers,
  canInterruptParagraph: true,
  canBeIndented: false,

  open(parent, parsing) {
    const last = parsing.lastOpen;
    if (last?.kind === 'list' || parsing.pending.skipsList) {
      parsing.pending.skipsList = false;
      return undefined;
    }
    const marker = findMarker(parsing.reader.peekLine() ?? '');
    if (!marker) return undefined;
    const interruptsParagraph = last?.kind === 'paragraph' && last.parent === parent;
    if (interruptsParagraph && (!marker.isFollowedByText || (marker.number >= 0 && marker.number !== 1))) {
      return undefined;
    }
    parsing.pending.emptyItemFollowedByBlankLines = false;
    const block = Block.withDetail('list', {
      marker: marker.char,
      isOrdered: marker.number >= 0,
      start: Math.max(marker.number, 0),
      isTight: true,
    });
    return { block, hasChildren: true };
  },

  resume(block, parsing) {
    const { reader, pending } = parsing;
    const line = reader.peekLine() ?? '';
    const lastIsEmpty = !block.lastChild?.firstChild;
    if (isBlank(line)) {
      if (lastIsEmpty) pending.emptyItemFollowedByBlankLines = true;
      return 'holds-children';
    }
    const offset = lastOffset(block);
    const indent = indentWidth(line, reader.column());
    if (indent < offset || lastIsEmpty) {
      const marker = indent < 4 ? findMarker(line) : undefined;
      if (marker && marker.indent - offset < 4) {
        return canAddItem(block.get('list'), marker, line, parsing.lastOpen) ? 'holds-children' : 'ends';
      }
      if (!lastIsEmpty || indent < offset) return 'ends';
    }
    // An empty item followed by blank lines cannot get content, and ends the list.
    return pending.emptyItemFollowedByBlankLines ? 'ends' : 'holds-children';
  },

  close(block) {
    const detail = block.get('list');
    detail.isTight = isTight(block);
    if (!detail.isTight) return;
    for (let item = block.firstChild; item; item = item.next) replaceParagraphs(item);
  },
};

/** A thematic break ends a list, except where the line underlines a heading. */
function canAddItem(detail: ListDetail, marker: Marker, line: string, last: Block | undefined): boolean {
  if (marker.char !== detail.marker) return false;
  const rest = line.slice(marker.end - 1);
  return !isThematicBreak(rest, 0) || (last?.kind === 'paragraph' && setextLevel(rest) === 2);
}

/** Loose is a list that has a blank line between two items, or between two children of an item. */
function isTight(block: Block): boolean {
  for (let item = block.firstChild; item; item = item.next) {
    if (item.previous && item.followsBlankLine) return false;
    for (let child = item.firstChild?.next; child; child = child.next) if (child.followsBlankLine) return false;
  }
  return true;
}

function replaceParagraphs(item: Block): void {
  for (let child = item.firstChild; child;) {
    const { next } = child;
    if (child.kind === 'paragraph') {
      const text = Block.of('text');
      text.lines = child.lines;
      item.replace(child, text);
    }
    child = next;
  }
}

export const listItem: BlockRule = {
  triggers,
  canInterruptParagraph: true,
  canBeIndented: false,

  open(parent, { reader, pending }) {
    if (parent.kind !== 'list') return undefined;
    const line = reader.peekLine() ?? '';
    const marker = findMarker(line);
    if (!marker || marker.indent - lastOffset(parent) > 3) return undefined;
    pending.emptyItemFollowedByBlankLines = false;
    const gap = gapWidth(line, marker);
    const block = Block.withDetail('list-item', { offset: marker.end + gap });
    if (!marker.isFollowedByText) return { block, hasChildren: false };
    const content = findIndentEnd(line.slice(marker.end), marker.end, gap)!;
    reader.advanceWithPadding(marker.end + content.length, content.padding);
    return { block, hasChildren: true };
  },

  resume(block, { reader, pending }) {
    const line = reader.peekLine() ?? '';
    if (isBlank(line)) {
      reader.advance(line.length - 1);
      return 'holds-children';
    }
    const offset = lastOffset(block.parent);
    const indent = indentWidth(line, reader.column());
    const isEmpty = !block.firstChild;
    if ((isEmpty || indent < offset) && indent < 4) {
      if (findMarker(line)) {
        pending.skipsList = true;
        return 'ends';
      }
      if (!isEmpty) return 'ends';
    }
    const content = findIndentEnd(line, reader.column(), offset);
    if (content) reader.advanceWithPadding(content.length, content.padding);
    return 'holds-children';
  },
};

/** Columns between the marker and the content of its item: 1 when nothing follows or the content is indented code. */
function gapWidth(line: string, marker: Marker): number {
  if (!marker.isFollowedByText) return 1;
  const width = indentWidth(line.slice(marker.end), marker.end);
  return width > 4 ? 1 : width;
}
