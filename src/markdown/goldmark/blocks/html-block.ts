import { isBlank, trailingSpaceLength } from '../characters.js';
import { attributePattern } from '../html/raw-html-patterns.js';
import { Block } from './block.js';
import type { BlockRule } from './block-rule.js';
import { segmentText } from './segment.js';

const blockTags = new Set(
  (
    'address article aside base basefont blockquote body caption center col colgroup dd details dialog dir div dl dt ' +
    'fieldset figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6 head header hr html iframe legend li ' +
    'link main menu menuitem meta nav noframes ol optgroup option p param section source summary table tbody td ' +
    'tfoot th thead title tr track ul'
  ).split(' '),
);
const tagsNotAlone = new Set(['script', 'style', 'pre']);

/** How blocks of the types 1 to 5 begin and what their last line holds. */
const delimited: readonly { readonly type: number; readonly opens: RegExp; readonly closes: RegExp }[] = [
  {
    type: 1,
    opens: /^ {0,3}<(?:script|pre|style|textarea)(?:[\t\n\f\r ][^\n]*|>[^\n]*|\/>[^\n]*|)(?:\r\n|\n)?$/i,
    closes: /<\/(?:script|pre|style|textarea)>/i,
  },
  { type: 2, opens: /^ {0,3}<!--/, closes: /-->/ },
  { type: 3, opens: /^ {0,3}<\?/, closes: /\?>/ },
  { type: 4, opens: /^ {0,3}<![A-Z]+[^\n]*(?:\r\n|\n)?$/, closes: />/ },
  { type: 5, opens: /^ {0,3}<!\[CDATA\[/, closes: /\]\]>/ },
];

/** A line that begins with a tag of a block element, complete or not. */
const blockTag = /^ {0,3}<(?:\/ *)?([a-zA-Z]+[a-zA-Z0-9-]*)(?: [^\n]*|>[^\n]*|\/>[^\n]*|)(?:\r\n|\n)?$/;
/** A line that is one complete tag. */
const completeTag = new RegExp(
  `^ {0,3}<(/ *)?([a-zA-Z]+[a-zA-Z0-9\\-]*)(${attributePattern}*) *(?:>|/>) *(?:\\r\\n|\\n)?$`,
);

export const htmlBlock: BlockRule = {
  triggers: '<',
  canInterruptParagraph: true,
  canBeIndented: false,

  open(_parent, { reader, lastOpen }) {
    const type = findType(reader.peekLine() ?? '', lastOpen?.kind === 'paragraph');
    if (type === undefined) return undefined;
    const block = Block.withDetail('html', { type });
    block.lines.push(reader.segment());
    return { block, hasChildren: false };
  },

  resume(block, { reader, source }) {
    const html = block.get('html');
    const line = reader.peekLine() ?? '';
    const segment = reader.segment();
    const closes = delimited[html.type - 1]?.closes;
    if (!closes) {
      if (isBlank(line)) return 'ends';
    } else if (block.lines.length === 1 && closes.test(segmentText(source, block.lines[0]!))) {
      return 'ends';
    } else if (closes.test(line)) {
      html.closingLine = segment;
      // Goldmark goes past the line feed here, except after `</script>` and its like, and so gives the next line to the
      // container of this block, whatever that line begins with.
      reader.advance(html.type === 1 ? line.length - trailingSpaceLength(line) : line.length);
      return 'ends';
    }
    block.lines.push(segment);
    return 'goes-on';
  },
};

/** Type of the HTML block that `line` begins; a lone tag of an inline element (type 7) cannot interrupt a paragraph. */
function findType(line: string, isInParagraph: boolean): number | undefined {
  const begun = delimited.find(({ opens }) => opens.test(line));
  if (begun) return begun.type;
  const complete = completeTag.exec(line);
  if (complete) {
    const tag = complete[2]!.toLowerCase();
    const isClosingTagWithAttributes = complete[1] === '/' && complete[3] !== '';
    if (blockTags.has(tag)) return 6;
    if (!tagsNotAlone.has(tag) && !isInParagraph && !isClosingTagWithAttributes) return 7;
  }
  const tag = blockTag.exec(line)?.[1];
  return tag !== undefined && blockTags.has(tag.toLowerCase()) ? 6 : undefined;
}
