import { BACKSLASH, isBlank, leadingSpaceLength, trailingSpaceLength } from '../characters.js';
import { Block, type Alignment, type CellDetail } from './block.js';
import type { BlockParsing } from './block-parsing.js';
import { indentWidth } from './indentation.js';
import { segmentText, trimSegmentEnd, trimSegmentStart, type Segment } from './segment.js';

const PIPE = 0x7c;
const BACKTICK = 0x60;

/** Makes a table of a paragraph that holds a delimiter row: the line before it is the header, the lines after it rows. */
export function transformTable(paragraph: Block, { source }: BlockParsing): void {
  const { lines, parent } = paragraph;
  for (let at = 1; at < lines.length; at++) {
    const alignments = parseDelimiterRow(segmentText(source, lines[at]!));
    if (!alignments) continue;
    const header = makeRow('table-header', source, lines[at - 1]!, alignments);
    if (!header || header.length !== alignments.length) return;
    const table = Block.of('table');
    table.append(rowOf('table-header', header));
    for (const line of lines.slice(at + 1))
      table.append(rowOf('table-row', makeRow('table-row', source, line, alignments)));
    parent?.insertAfter(paragraph, table);
    keepLinesBefore(paragraph, at - 1);
    return;
  }
}

/** The lines above the header stay a paragraph; without the last line feed, which the header took. */
function keepLinesBefore(paragraph: Block, count: number): void {
  paragraph.lines = paragraph.lines.slice(0, count);
  const last = paragraph.lines.at(-1);
  if (!last) paragraph.parent?.remove(paragraph);
  else paragraph.lines[count - 1] = { ...last, stop: last.stop - 1 };
}

/** Row :: [ `|` ] Column { `|` Column } [ `|` ]     Column :: [ `:` ] `-`+ [ `:` ], with white space around it */
function parseDelimiterRow(line: string): Alignment[] | undefined {
  if (indentWidth(line, 0) > 3 || /[^ \t\r\n|:-]/.test(line)) return undefined;
  const columns = line.split('|');
  if (isBlank(columns[0]!)) columns.shift();
  if (columns.length > 0 && isBlank(columns.at(-1)!)) columns.pop();
  const alignments: Alignment[] = [];
  for (const column of columns) {
    const alignment = parseAlignment(column);
    if (!alignment) return undefined;
    alignments.push(alignment);
  }
  return alignments.length > 0 ? alignments : undefined;
}

function parseAlignment(column: string): Alignment | undefined {
  const match = /^\s*(:?)-+(:?)\s*$/.exec(column);
  if (!match) return undefined;
  const [, left, right] = match;
  if (left) return right ? 'center' : 'left';
  return right ? 'right' : 'none';
}

function rowOf(kind: 'table-header' | 'table-row', cells: readonly Block[]): Block {
  const row = Block.of(kind);
  for (const cell of cells) row.append(cell);
  return row;
}

function cellOf(alignment: Alignment): Block {
  return Block.withDetail('table-cell', { alignment, escapedPipes: [] });
}

/** The cells of a line. A header may have more of them than `alignments`; a row is filled up or cut to their number. */
function makeRow(
  kind: 'table-header' | 'table-row',
  source: string,
  segment: Segment,
  alignments: readonly Alignment[],
): Block[] {
  const line = segmentText(source, segment);
  let start = leadingSpaceLength(line);
  let stop = line.length - trailingSpaceLength(line);
  if (line.charCodeAt(start) === PIPE) start++;
  if (line.charCodeAt(stop - 1) === PIPE) stop--;
  const cells: Block[] = [];
  while (start < stop) {
    if (cells.length >= alignments.length && kind === 'table-row') return cells;
    const cell = cellOf(alignments[cells.length] ?? 'none');
    const end = findCellEnd(cell.get('table-cell'), line, start, stop, segment.start);
    cell.lines.push(cellContent(source, segment.start + start, segment.start + end));
    cells.push(cell);
    start = end + 1;
  }
  while (cells.length < alignments.length) cells.push(cellOf('none'));
  return cells;
}

/**
 * In a line that begins inside a tab Goldmark takes the cells from too far right, up to the width of a tab; they end
 * with the line all the same.
 */
function cellContent(source: string, start: number, stop: number): Segment {
  const content = trimSegmentEnd(source, trimSegmentStart(source, { start, stop, padding: 0 }));
  const lineFeed = source.slice(content.start, content.stop).indexOf('\n');
  return lineFeed < 0 ? content : { ...content, stop: content.start + lineFeed };
}

/**
 * Index of the next `|` without a backslash before it. A code span shows its text as it is, so the places of the
 * backslashes that stand behind a backtick are noted: they must go from it.
 */
function findCellEnd(cell: CellDetail, line: string, start: number, stop: number, lineStart: number): number {
  let hasBacktick = false;
  let end = start;
  for (; end < stop; end++) {
    const code = line.charCodeAt(end);
    if (code === BACKTICK) hasBacktick = true;
    if (code !== PIPE) continue;
    if (end === 0 || line.charCodeAt(end - 1) !== BACKSLASH) break;
    if (hasBacktick) cell.escapedPipes.push(lineStart + end - 1);
  }
  return end;
}
