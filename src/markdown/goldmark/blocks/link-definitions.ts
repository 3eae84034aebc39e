import { isBlank } from '../characters.js';
import { findCloser, scanDestination, skipSpaces, titleCloser } from '../link-parts.js';
import type { References } from '../references.js';
import { Block } from './block.js';
import type { BlockParsing } from './block-parsing.js';
import { segmentText, type Segment } from './segment.js';

/**
 * Takes the link definitions that a paragraph begins with out of it.
 * Definition :: `[` Label `]:` Destination [ white space Title ] end of line
 */
export function takeLinkDefinitions(paragraph: Block, { source, references }: BlockParsing): void {
  const [firstLine] = paragraph.lines;
  if (!firstLine || source.charAt(skipSpaces(source, firstLine.start)) !== '[') return;
  const texts = paragraph.lines.map((line) => segmentText(source, line));
  const text = texts.join('');
  const lineAt = makeLineFinder(texts, paragraph.lines);
  const ranges: LineRange[] = [];
  for (let from = 0; ;) {
    const definition = readDefinition(text, from, lineAt, references);
    if (!definition) break;
    ranges.push(definition);
    from = definition.next;
  }
  if (ranges.length === 0) return;
  paragraph.lines = removeLines(paragraph.lines, ranges);
  if (paragraph.lines.length > 0) return;
  const rest = Block.of('text');
  rest.followsBlankLine = paragraph.followsBlankLine;
  paragraph.parent?.replace(paragraph, rest);
}

/** Lines of a paragraph: from `first` up to `end`. */
interface LineRange {
  readonly first: number;
  readonly end: number;
}

interface Definition extends LineRange {
  /** Index in the text where the next definition may begin. */
  readonly next: number;
}

/** `stop`: index in the source of what in the text is `end`. */
type LineFinder = (at: number) => { readonly number: number; readonly end: number; readonly stop: number };

/** Finds the line that holds an index; the indices asked for may only rise. At the end of the text it is the last line. */
function makeLineFinder(texts: readonly string[], lines: readonly Segment[]): LineFinder {
  let number = 0;
  let end = texts[0]?.length ?? 0;
  return (at) => {
    while (at >= end && number < texts.length - 1) end += texts[++number]!.length;
    return { number, end, stop: lines[number]!.stop };
  };
}

function readDefinition(
  text: string,
  from: number,
  lineAt: LineFinder,
  references: References,
): Definition | undefined {
  const start = skipSpaces(text, from);
  if (text.charAt(start) !== '[') return undefined;
  const first = lineAt(start).number;
  const label = findCloser(text, start + 1, '[', ']');
  const labelText = text.slice(start + 1, label.at);
  if (!label.isFound || isBlank(labelText) || text.charAt(label.at + 1) !== ':') return undefined;
  const destination = scanDestination(text, label.at + 2);
  if (!destination) return undefined;

  const destinationLine = lineAt(destination.end);
  const endsLine = isBlank(text.slice(destination.end, destinationLine.end));
  const definedAt = destinationLine.stop - (destinationLine.end - destination.start);
  const untitled = { destination: destination.text, title: undefined, definedAt };
  const titleStart = skipSpaces(text, destination.end);
  const closer = titleCloser(text.charAt(titleStart));
  if (closer === undefined) {
    if (!endsLine) return undefined;
    references.add(labelText, untitled);
    return { first, end: destinationLine.number + 1, next: titleStart };
  }
  if (titleStart === destination.end) return undefined;
  const title = findCloser(text, titleStart + 1, text.charAt(titleStart), closer);
  if (!title.isFound) {
    if (!endsLine) return undefined;
    references.add(labelText, untitled);
    return { first, end: destinationLine.number + 1, next: lineAt(title.at).end };
  }
  const titleLine = lineAt(title.at);
  const endsTitleLine = isBlank(text.slice(title.at + 1, titleLine.end));
  if (!endsTitleLine && !endsLine) return undefined;
  references.add(labelText, { ...untitled, title: text.slice(titleStart + 1, title.at) });
  // What follows a title on its line makes a paragraph of that line, yet Goldmark keeps the title.
  const end = endsTitleLine ? titleLine.number + 1 : Math.max(destinationLine.number, first + 1);
  return { first, end, next: title.at + 1 };
}

/** Takes the ranges out; Goldmark counts as if each began where the one before it ended. */
function removeLines(lines: readonly Segment[], ranges: readonly LineRange[]): Segment[] {
  // What is left is `head` and then the lines from `tail` on.
  let head: Segment[] = [];
  let tail = 0;
  let removed = 0;
  for (const { first, end } of ranges) {
    const from = first - removed;
    const to = end - removed;
    const headLength = head.length;
    const passed = lines.slice(tail, tail + Math.max(from - headLength, 0));
    head = [...head.slice(0, from), ...passed, ...head.slice(to)];
    tail += Math.max(to - headLength, 0);
    removed = end;
  }
  return [...head, ...lines.slice(tail)];
}
