import type MarkdownIt from 'markdown-it';
import type { RuleInline, RuleInline2 } from 'markdown-it/lib/parser_inline.mjs';
import type StateCore from 'markdown-it/lib/rules_core/state_core.mjs';
import { applyBlockAttributes } from './blocks/apply-attributes.js';
import { atxHeading } from './blocks/atx-heading.js';
import type { Block } from './blocks/block.js';
import { blockAttributes } from './blocks/block-attributes.js';
import { BlockParsing, indexBlockRules, type BlockRules } from './blocks/block-parsing.js';
import { makeBlockTokens, type BlockTokenMeta } from './blocks/block-tokens.js';
import { definitionDescription, definitionList } from './blocks/definition-list.js';
import { fence } from './blocks/fence.js';
import { footnoteDefinition } from './blocks/footnote-definition.js';
import { htmlBlock } from './blocks/html-block.js';
import { indentedCode } from './blocks/indented-code.js';
import { takeLinkDefinitions } from './blocks/link-definitions.js';
import { list, listItem } from './blocks/list.js';
import { paragraph } from './blocks/paragraph.js';
import { quote } from './blocks/quote.js';
import { setextHeading } from './blocks/setext-heading.js';
import { transformTable } from './blocks/table.js';
import { thematicBreak } from './blocks/thematic-break.js';
import { moveFootnotes } from './footnotes.js';
import type { GoldmarkOptions } from './goldmark-options.js';
import { setRenderRules } from './html/render-rules.js';
import { autolink } from './inlines/autolink.js';
import { codeSpan } from './inlines/code-span.js';
import { emphasis, strikethrough } from './inlines/emphasis.js';
import { footnoteReference } from './inlines/footnote-reference.js';
import { InlineState } from './inlines/inline-state.js';
import { makeInlineTokens } from './inlines/inline-tokens.js';
import { makeLineRule, type InlineRule } from './inlines/line-text.js';
import { closeBrackets, linkEnd, linkStart } from './inlines/link.js';
import { linkify } from './inlines/linkify.js';
import { rawHtml } from './inlines/raw-html.js';
import { taskCheckbox } from './inlines/task-checkbox.js';
import { typographer } from './inlines/typographer.js';
import type { Page } from './page.js';

/**
 * Makes a markdown-it instance without rules of its own (preset `zero`) parse and render as Goldmark does.
 * markdown-it drives: its core chain runs the steps, its inline parser the inline rules, its renderer the render
 * rules. Its own rules are not among them, since they follow CommonMark where Goldmark has its own ways: from how a
 * list item ends to which text a heading's id is made from.
 */
export function goldmarkPlugin(md: MarkdownIt, options: GoldmarkOptions): void {
  setCoreSteps(md, options);
  setInlineRules(md, options);
  setRenderRules(md.renderer, options);
}

type CoreStep = (state: StateCore) => void;

function setCoreSteps({ core }: MarkdownIt, options: GoldmarkOptions): void {
  const rules = blockRulesFor(options);
  core.ruler.enableOnly([]);
  const add = (name: string, step: CoreStep): void => core.ruler.push(`goldmark_${name}`, step);
  add('block', (state) => parseBlocks(state, rules, options));
  add('inline', parseInlines);
  if (!options.wrapStandAloneImageWithinParagraph) add('stand_alone_images', unwrapImages);
  add('footnotes', (state) => {
    state.tokens = moveFootnotes(state.tokens);
  });
}

/** In the order in which they are asked about a line. */
function blockRulesFor(options: GoldmarkOptions): BlockRules {
  const when = <Rule>(isOn: boolean, ...rules: Rule[]): Rule[] => (isOn ? rules : []);
  return indexBlockRules(
    [
      ...when(options.attribute.block, blockAttributes),
      setextHeading,
      ...when(options.definitionList, definitionList, definitionDescription),
      thematicBreak,
      list,
      listItem,
      indentedCode,
      atxHeading,
      fence,
      quote,
      htmlBlock,
      ...when(options.footnote, footnoteDefinition),
      paragraph,
    ],
    [takeLinkDefinitions, ...when(options.table, transformTable)],
  );
}

function parseBlocks(state: StateCore, rules: BlockRules, options: GoldmarkOptions): void {
  const page = state.env as Page;
  const parsing = new BlockParsing(state.src, options, rules, page.references, page.headingIds);
  const document = parsing.parse();
  if (options.attribute.block) applyBlockAttributes(document, options.codeFences);
  state.tokens = makeBlockTokens(state.src, document, { ...options, isOnPage: true });
  if (parsing.footnotes) addFootnotes(state, parsing.footnotes, page, options);
}

/**
 * Notes the footnotes for the references to them. When a definition stands in another one, Goldmark's list of
 * footnotes gets into itself and out of the page, so that no text in it is parsed; it appears in the end all the same.
 */
function addFootnotes(state: StateCore, footnotes: Block, page: Page, options: GoldmarkOptions): void {
  for (let block = footnotes.firstChild; block; block = block.next) {
    const footnote = block.get('footnote');
    if (!page.footnotes.has(footnote.label)) page.footnotes.set(footnote.label, footnote);
  }
  if (state.tokens.some(({ type }) => type === 'footnote_list_open')) return;
  const { parent } = footnotes;
  const holder = parent?.find('footnote');
  if (holder) holder.endsWithFootnotes = parent?.lastChild === footnotes;
  parent?.remove(footnotes);
  const lost = makeBlockTokens(state.src, footnotes, { ...options, isOnPage: false });
  state.tokens = [...state.tokens, ...lost];
}

function parseInlines({ tokens, md, env }: StateCore): void {
  const page = env as Page;
  for (const token of tokens) {
    if (token.type !== 'inline') continue;
    const { context } = token.meta as BlockTokenMeta;
    if (context) page.inlineContext = context;
    md.inline.parse(token.content, md, page, token.children ?? []);
  }
}

/** Takes away the paragraph around an image that is alone in it; the image gets the paragraph's attributes. */
function unwrapImages({ tokens }: StateCore): void {
  for (const [at, token] of tokens.entries()) {
    const [image, ...others] = token.children ?? [];
    const open = tokens[at - 1];
    if (image?.type !== 'image' || others.length > 0 || open?.type !== 'paragraph_open') continue;
    image.attrs = open.attrs;
    open.hidden = true;
    tokens[at + 1]!.hidden = true;
  }
}

/** In the order in which they are asked about a character. */
function inlineRulesFor(options: GoldmarkOptions): InlineRule[] {
  const when = (isOn: boolean, rule: InlineRule): InlineRule[] => (isOn ? [rule] : []);
  return [
    ...when(options.taskList, { triggers: '[', find: taskCheckbox }),
    { triggers: '`', find: codeSpan },
    ...when(options.footnote, { triggers: '![', find: footnoteReference }),
    { triggers: '![', find: linkStart },
    { triggers: ']', find: linkEnd },
    { triggers: '<', find: autolink },
    { triggers: '<', find: rawHtml },
    { triggers: '*_', find: emphasis },
    ...when(options.strikethrough, { triggers: '~', find: strikethrough }),
    ...when(options.linkify, { triggers: ' *_~(', find: linkify }),
    // Goldmark asks about `,*[` in vain, which yet parts the text there.
    ...when(options.typographer, { triggers: '\'"-.<>,*[', find: typographer }),
  ];
}

function setInlineRules({ inline }: MarkdownIt, options: GoldmarkOptions): void {
  inline.State = InlineState;
  inline.ruler.enableOnly([]);
  inline.ruler2.enableOnly([]);
  inline.ruler.push('goldmark_line', makeLineRule(inlineRulesFor(options)) as unknown as RuleInline);
  const finish = (name: string, step: (state: InlineState) => void): void => {
    inline.ruler2.push(`goldmark_${name}`, step as unknown as RuleInline2);
  };
  finish('delimiters', (state) => state.delimiterList.process(undefined));
  finish('brackets', closeBrackets);
  finish('tokens', makeInlineTokens);
}
