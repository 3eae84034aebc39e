import type { FrontMatterBlock } from './find-front-matter.js';
import { choosePlace, groupPlaces } from './places.js';
import { lowerCaseKey } from './params.js';
import { isLineBreak, lineEnd, lineStart, newlineOf, removeLines, type KeyChange, type Splice } from './splice.js';
import { editMembers } from './edit-json.js';
import type { KeyPlace } from './value.js';
import { checkYaml } from './yaml-grammar.js';
import { writeYamlKey, writeYamlValue, type YamlStyle } from './yaml-writer.js';
import type { WritableValue } from './written-value.js';

export function editYaml(text: string, block: FrontMatterBlock, change: KeyChange): Splice[] {
  const content = text.slice(block.start, block.end);
  const outline = checkYaml(content);
  const isFlow = outline.root === 'mapping' && content[outline.rootStart.offset] === '{';
  if (isFlow) {
    const write = (value: WritableValue): string => writeYamlValue(value, flowStyle(newlineOf(text, block))).slice(1);
    return editMembers(text, block.start + outline.rootStart.offset, block.start, change, write);
  }
  return editLines(text, block, change);
}

function flowStyle(newline: string): YamlStyle {
  return { previous: '', newline, indent: '', isFlow: true, prefersBlock: false };
}

function editLines(text: string, block: FrontMatterBlock, { key, value, places }: KeyChange): Splice[] {
  const name = lowerCaseKey(key);
  const found = groupPlaces(places).get(name) ?? [];
  if (value === undefined) return found.map((place) => removeEntry(text, block, place));
  const style = styleOf(text, block, places);
  const chosen = found.length === 0 ? undefined : choosePlace(name, found);
  if (chosen?.afterColon !== undefined && chosen.valueEnd !== undefined) {
    return [replaceValue(text, block, value, [chosen.afterColon, chosen.valueEnd], style)];
  }
  const line = `${style.indent}${writeYamlKey(chosen?.key ?? key)}:${writeYamlValue(value, style)}${style.newline}`;
  const added = { start: block.end, end: block.end, inserted: line };
  return [...found.map((place) => removeEntry(text, block, place)), added];
}

/** With the blank lines under a block scalar, which may belong to it. */
function removeEntry(text: string, block: FrontMatterBlock, place: KeyPlace): Splice {
  const splice = removeLines(text, block, place);
  const value = text.slice(block.start + (place.valueStart ?? place.end), block.start + place.end);
  if (!/^(?:[&!]\S+[ \t]+)*[|>]/.test(value)) return splice;
  let end = splice.end;
  while (end < block.end && isLineBreak(text[end])) end = lineEnd(text, block, end);
  return { ...splice, end };
}

/** The range starts behind the colon. A comment between the colon and a list below it stays. */
function replaceValue(
  text: string,
  block: FrontMatterBlock,
  value: WritableValue,
  [valueStart, valueEnd]: readonly [number, number],
  style: YamlStyle,
): Splice {
  const start = block.start + valueStart;
  const end = block.start + valueEnd;
  const previous = text.slice(start, end);
  const comment = /^[ \t]+#[^\r\n]*(?=[\r\n])/.exec(previous)?.[0] ?? '';
  const written = writeYamlValue(value, {
    ...style,
    previous: previous.trimStart() === '' ? previous : withoutLead(previous),
  });
  const isOneLine = !/[\r\n]/.test(written);
  return { start, end, inserted: isOneLine ? written + comment : written };
}

/** Without the space behind the colon; a list keeps the lines and the comment above it. */
function withoutLead(previous: string): string {
  return /^[ \t]*(?:#|[\r\n])/.test(previous) ? previous : previous.trimStart();
}

function styleOf(text: string, block: FrontMatterBlock, places: readonly KeyPlace[]): YamlStyle {
  const first = places[0];
  const firstStart = block.start + (first?.start ?? 0);
  const lead = first === undefined ? '' : text.slice(lineStart(text, block, firstStart), firstStart);
  const prefersBlock = places.some(({ valueStart = 0, afterColon = 0 }) => {
    const gap = text.slice(block.start + afterColon, block.start + valueStart);
    return text[block.start + valueStart] === '-' && /[\r\n]/.test(gap);
  });
  return {
    previous: '',
    newline: newlineOf(text, block),
    indent: /^ *$/.test(lead) ? lead : '',
    isFlow: false,
    prefersBlock,
  };
}
