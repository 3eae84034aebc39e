import { Parser } from 'htmlparser2';
import { FeedError } from './feed-error.js';

/** A piece of text as a reader sees it. White space is one space. */
export type TextBlock =
  | { readonly kind: 'paragraph' | 'heading'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly string[] };

const HEADINGS = new Set(['h1', 'h2', 'h3', 'h4', 'h5', 'h6']);
const LISTS = new Set(['ul', 'ol']);
/** Each ends what stood before it. */
const BLOCKS = new Set(
  `p div section article header footer main aside nav blockquote pre figure figcaption table caption thead tbody tfoot tr td th
   dl dt dd form fieldset address hr br details summary`.split(/\s+/),
);
/** What no reader reads. */
const UNSEEN = new Set(
  'script style template noscript iframe object embed svg math textarea select option button head title video audio'.split(
    ' ',
  ),
);

/** Deeper is no text, and costs the parser time that grows with the square. */
const MOST_DEPTH = 1000;

/**
 * The text of HTML whose author nobody vouches for. Nothing of its markup is left, and nothing that a reader does not see.
 * @throws FeedError ITEM_TOO_DEEP
 */
export function readTextBlocks(html: string): TextBlock[] {
  const reader = new BlockReader();
  const parser = new Parser(
    {
      onopentag: (name) => reader.open(name),
      ontext: (text) => reader.add(text),
      onclosetag: (name) => reader.close(name),
    },
    { decodeEntities: true },
  );
  parser.end(html);
  return reader.end();
}

/** Tags and entities that are left once HTML was read: it was escaped twice. */
const MARKUP =
  /<\/?(?:a|abbr|article|b|blockquote|br|code|div|em|figure|font|h[1-6]|hr|i|iframe|img|li|ol|p|pre|script|section|small|span|strong|style|sub|sup|table|td|tr|u|ul)\b[^<>]*>|&(?:#\d{1,7}|#x[\da-f]{1,6}|[a-z]{2,10}\d?);/i;
const MOST_ROUNDS = 3;

/** The same as one line. What was escaped twice, as feeds do, is read twice. */
export function plainText(html: string): string {
  let text = textOf(html);
  for (let round = 1; round < MOST_ROUNDS && MARKUP.test(text); round += 1) text = textOf(text);
  return text;
}

/** For titles and names, which are text more often than HTML: a `<` that begins no tag of HTML stays one. */
export function plainTitle(text: string): string {
  return plainText(
    MARKUP.test(text) && /<[a-z/]/i.test(text) && MARKUP.exec(text)?.[0].startsWith('<')
      ? text
      : text.replaceAll('<', '&lt;'),
  );
}

function textOf(html: string): string {
  return readTextBlocks(html)
    .map((block) => (block.kind === 'list' ? block.items.join(' ') : block.text))
    .join(' ');
}

/**
 * Space, and characters that no text needs: controls, and marks that turn the direction of what follows, behind which other text
 * could hide.
 */
// oxlint-disable-next-line no-control-regex -- those are what is looked for
const SPACE_AND_CONTROLS =
  /[\s\u0000-\u001F\u007F-\u009F\u200B\u200E\u200F\u2028-\u202E\u2060-\u2069\uFEFF\uFFFE\uFFFF]+/g;

const LONE_SURROGATE = /\p{Surrogate}/gu;

export function cleanText(text: string): string {
  return text.replaceAll(LONE_SURROGATE, '\uFFFD').replaceAll(SPACE_AND_CONTROLS, ' ').trim();
}

class BlockReader {
  private readonly blocks: TextBlock[] = [];
  private pieces: string[] = [];
  private heading: string | undefined;
  /** Items of the outermost list that is open; lists inside it add theirs. */
  private items: string[] | undefined;
  private listDepth = 0;
  private unseenDepth = 0;
  private depth = 0;

  open(name: string): void {
    this.depth += 1;
    if (this.depth > MOST_DEPTH) {
      throw new FeedError('ITEM_TOO_DEEP', `The HTML of the item is nested more than ${MOST_DEPTH} deep.`);
    }
    if (UNSEEN.has(name)) this.unseenDepth += 1;
    if (this.unseenDepth > 0) return;
    if (LISTS.has(name)) this.openList();
    else if (name === 'li' || BLOCKS.has(name)) this.flush(name);
    else if (HEADINGS.has(name)) {
      this.flush();
      this.heading = name;
    }
  }

  close(name: string): void {
    this.depth -= 1;
    if (UNSEEN.has(name)) this.unseenDepth = Math.max(0, this.unseenDepth - 1);
    if (this.unseenDepth > 0) return;
    if (LISTS.has(name)) this.closeList();
    else if (name === 'li' || BLOCKS.has(name)) this.flush(name);
    else if (HEADINGS.has(name)) {
      this.flush();
      this.heading = undefined;
    }
  }

  add(text: string): void {
    if (this.unseenDepth === 0) this.pieces.push(text);
  }

  end(): TextBlock[] {
    this.flush();
    this.listDepth = Math.min(this.listDepth, 1);
    this.closeList();
    return this.blocks;
  }

  private openList(): void {
    this.flush();
    if (this.listDepth === 0) this.items = [];
    this.listDepth += 1;
  }

  private closeList(): void {
    if (this.listDepth === 0) return;
    this.flush();
    this.listDepth -= 1;
    if (this.listDepth > 0) return;
    if (this.items && this.items.length > 0) this.blocks.push({ kind: 'list', items: this.items });
    this.items = undefined;
  }

  /** A paragraph within an item ends no item. */
  private flush(by = ''): void {
    if (this.items && BLOCKS.has(by)) {
      this.pieces.push(' ');
      return;
    }
    const text = cleanText(this.pieces.join(''));
    this.pieces = [];
    if (text === '') return;
    if (this.items) this.items.push(text);
    else this.blocks.push({ kind: this.heading === undefined ? 'paragraph' : 'heading', text });
  }
}
