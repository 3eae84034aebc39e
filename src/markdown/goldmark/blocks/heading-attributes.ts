import { parseAttributes, type Attribute } from '../attributes.js';
import { BACKSLASH, isBlank } from '../characters.js';
import type { Block } from './block.js';
import type { BlockParsing } from './block-parsing.js';
import { LineReader } from './line-reader.js';
import { segmentText } from './segment.js';

const LEFT_BRACE = 0x7b;

/** Gives a heading the attributes its last line ends with, and its id: the author's, or one made from its text. */
export function finishHeading(heading: Block, parsing: BlockParsing): void {
  const { options, headingIds, source } = parsing;
  if (options.attribute.title && !heading.findAttribute('id')) takeTrailingAttributes(heading, source);
  if (!options.autoHeadingID) return;
  const id = heading.findAttribute('id');
  if (id) {
    headingIds.reserve(String(id.value));
    return;
  }
  const lastLine = heading.lines.at(-1);
  heading.setAttribute({ name: 'id', value: headingIds.make(lastLine ? segmentText(source, lastLine) : '') });
}

/** `Title {#id .class}`: the last set of attributes in the line, when nothing follows it. */
function takeTrailingAttributes(heading: Block, source: string): void {
  const lastLine = heading.lines.at(-1);
  if (!lastLine) return;
  const line = segmentText(source, lastLine);
  const found = findLastAttributes(line);
  if (!found || !isBlank(line.slice(found.end))) return;
  for (const attribute of found.attributes) heading.setAttribute(attribute);
  heading.lines[heading.lines.length - 1] = { ...lastLine, stop: lastLine.start + found.start };
}

interface FoundAttributes {
  readonly attributes: Attribute[];
  readonly start: number;
  readonly end: number;
}

/** What was read at the last unescaped `{`; undefined when that is no set of attributes. */
function findLastAttributes(line: string): FoundAttributes | undefined {
  if (!line.includes('{')) return undefined;
  const reader = new LineReader(line);
  let found: FoundAttributes | undefined;
  for (let code = reader.peekCode(); code !== -1; code = reader.peekCode()) {
    if (code === BACKSLASH) {
      reader.advance(1);
      if (reader.peekCode() === LEFT_BRACE) reader.advance(1);
      continue;
    }
    if (code === LEFT_BRACE) {
      const place = reader.place();
      const attributes = parseAttributes(reader);
      found = attributes && { attributes, start: place.start, end: reader.segment().start };
      reader.restore(place);
    }
    reader.advance(1);
  }
  return found;
}
