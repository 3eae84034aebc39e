import type MarkdownIt from 'markdown-it';
import type Token from 'markdown-it/lib/token.mjs';
import StateInline from 'markdown-it/lib/rules_inline/state_inline.mjs';
import { BACKSLASH, CARRIAGE_RETURN, codePointBefore, isSpace, LINE_FEED, SPACE } from '../characters.js';
import type { Page } from '../page.js';
import { DelimiterList, type Delimiter } from './delimiters.js';
import { InlineNode, type LineBreak } from './inline-node.js';
import { TextIndex } from './text-index.js';

/** Facts about the block whose text is parsed, on which some inline rules depend. */
export interface InlineContext {
  /** The text is the first of a list item, where checkboxes stand. */
  readonly startsListItem: boolean;
  /** Indices of the lines of the text that in the source begin right behind the `>` of a quote. */
  readonly lineStartsAfterQuoteMark: ReadonlySet<number>;
  /** Indices of backslashes in a table cell that a code span must not show. */
  readonly escapedPipes: readonly number[];
}

const GREATER_THAN = 0x3e;

/**
 * markdown-it's inline state with Goldmark's: Goldmark goes through a text line by line, makes a tree in which
 * delimiters and brackets are nodes until their partner is found, and keeps an escape across a node.
 */
export class InlineState extends StateInline {
  declare env: Page;
  readonly context: InlineContext;
  readonly root = new InlineNode('root');
  readonly delimiterList = new DelimiterList();
  /** Brackets that are still open, outermost first. */
  readonly brackets: InlineNode[] = [];
  /** The last delimiter before the latest `[`, null when there was none; undefined once a link has been made. */
  linkBottom: Delimiter | null | undefined;
  /** How many of the escaped pipes lie behind the place that is parsed. */
  pipeCount = 0;
  /** The greatest index at which a link made so far began; a bracket before it holds a link. */
  lastLinkStart = -1;

  /** The next character is the first of a line or the first behind a node. */
  isFresh = true;
  isEscaped = false;
  /** Start of the text that no node holds yet. */
  textStart = 0;
  /** Index behind the line feed of the current line. */
  lineEnd = 0;
  /** Index behind the content of the current line: before its line break. */
  contentEnd = 0;
  private lineBreak: LineBreak = 'none';
  private keepsTrailingSpace = false;
  private textIndex: TextIndex | undefined;

  constructor(src: string, md: MarkdownIt, env: Page, outTokens: Token[]) {
    super(src, md, env, outTokens);
    this.context = env.inlineContext;
  }

  /** Answers searches that would otherwise go to the end of the text again and again. */
  get index(): TextIndex {
    this.textIndex ??= new TextIndex(this.src);
    return this.textIndex;
  }

  /** Finds out where the rest of the line ends and with what kind of break. */
  startLine(): void {
    const { src, pos } = this;
    if (pos >= this.lineEnd) {
      const lineFeed = src.indexOf('\n', pos);
      this.lineEnd = lineFeed < 0 ? src.length : lineFeed + 1;
    }
    this.textStart = pos;
    const hasLineFeed = src.charCodeAt(this.lineEnd - 1) === LINE_FEED;
    const hasReturn = hasLineFeed && this.codeBefore(this.lineEnd - 1) === CARRIAGE_RETURN;
    const contentEnd = this.lineEnd - (hasReturn ? 2 : 1);
    const before = this.codeBefore(contentEnd);
    this.keepsTrailingSpace = false;
    if (!hasLineFeed) {
      this.contentEnd = this.lineEnd;
      this.lineBreak = 'none';
    } else if (before === BACKSLASH && this.codeBefore(contentEnd - 1) !== BACKSLASH) {
      this.contentEnd = contentEnd - 1;
      this.lineBreak = 'hard';
      this.keepsTrailingSpace = true;
    } else if (before === SPACE && this.codeBefore(contentEnd - 1) === SPACE) {
      this.contentEnd = contentEnd - 2;
      this.lineBreak = 'hard';
    } else {
      this.contentEnd = this.lineEnd - 1;
      this.lineBreak = 'soft';
    }
  }

  /** Makes a node of the text up to `end` and goes to the next line. */
  finishLine(end: number): void {
    let stop = end;
    if (!this.keepsTrailingSpace) while (stop > this.textStart && isSpace(this.src.charCodeAt(stop - 1))) stop--;
    const text = new InlineNode('text', this.textStart, stop);
    text.lineBreak = this.lineBreak;
    this.add(text, this.lineEnd);
  }

  /** Adds text that a node or another piece of text follows. */
  addText(start: number, stop: number): void {
    const last = this.root.lastChild;
    if (last?.kind === 'text' && last.stop === start && last.lineBreak !== 'soft') last.stop = stop;
    else this.root.append(new InlineNode('text', start, stop));
  }

  /** Adds a node and goes behind it. Returns true, as a rule does that has found something. */
  add(node: InlineNode, end: number): true {
    this.root.append(node);
    this.pos = end;
    this.isFresh = true;
    return true;
  }

  /** The character before `at`; a line feed at the start of a line, whatever the source has before that line. */
  codePointBefore(at: number): number {
    if (at === 0) return LINE_FEED;
    if (this.context.lineStartsAfterQuoteMark.has(at)) return GREATER_THAN;
    return codePointBefore(this.src, at);
  }

  /** The character at `at`; a space at the end of the text. */
  codePointFrom(at: number): number {
    return this.src.codePointAt(at) ?? SPACE;
  }

  /** Code of the character before `at`, as long as that lies in what is left of the line. */
  private codeBefore(at: number): number {
    return at > this.pos ? this.src.charCodeAt(at - 1) : -1;
  }
}
