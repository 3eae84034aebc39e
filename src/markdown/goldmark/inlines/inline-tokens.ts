import { textValue } from '../html/text-value.js';
import type { InlineKind, InlineNode } from './inline-node.js';
import type { InlineState } from './inline-state.js';

/** The last inline step: makes markdown-it's tokens of the tree; without recursion, since a text may nest deep. */
export function makeInlineTokens(state: InlineState): void {
  let node = state.root.firstChild;
  while (node) {
    const hasInside = enter(state, node);
    if (hasInside && node.firstChild) {
      node = node.firstChild;
      continue;
    }
    if (hasInside) leave(state, node);
    while (node && !node.next) {
      node = node.parent;
      if (node && node !== state.root) leave(state, node);
    }
    node = node?.next;
  }
}

interface Tag {
  readonly name: string;
  /** Types of the tokens for the start and the end tag. */
  readonly open: string;
  readonly close: string;
}

/** Kinds that become a start and an end tag with their children between. */
const tags: Partial<Record<InlineKind, Tag>> = {
  em: { name: 'em', open: 'em_open', close: 'em_close' },
  strong: { name: 'strong', open: 'strong_open', close: 'strong_close' },
  s: { name: 'del', open: 's_open', close: 's_close' },
  link: { name: 'a', open: 'link_open', close: 'link_close' },
};

/** Kinds that become one token, and its type. */
const types: Partial<Record<InlineKind, string>> = {
  mark: 'mark',
  code: 'code_inline',
  autolink: 'autolink',
  html: 'html_inline',
  checkbox: 'checkbox',
  'footnote-reference': 'footnote_reference',
  image: 'image',
};

/** Pushes what a node begins with, or all of it; true when its children follow. HTML says where in the block's text it stands. */
function enter(state: InlineState, node: InlineNode): boolean {
  if (node.kind === 'text') {
    pushText(state, node);
    return false;
  }
  const tag = tags[node.kind];
  if (tag) {
    state.push(tag.open, tag.name, 1).meta = node.meta;
    return true;
  }
  const token = state.push(types[node.kind] ?? 'text', '', 0);
  token.content = contentOf(state.src, node);
  token.meta = node.kind === 'html' ? node.start : node.meta;
  return false;
}

function leave(state: InlineState, node: InlineNode): void {
  const tag = tags[node.kind];
  if (tag) state.push(tag.close, tag.name, -1);
}

function pushText(state: InlineState, node: InlineNode): void {
  if (node.start < node.stop) state.push('text', '', 0).content = textValue(state.src.slice(node.start, node.stop));
  if (node.lineBreak !== 'none') state.push(node.lineBreak === 'hard' ? 'hardbreak' : 'softbreak', 'br', 0);
}

function contentOf(src: string, node: InlineNode): string {
  if (node.kind === 'html') return src.slice(node.start, node.stop);
  return node.kind === 'image' ? sourceText(src, node) : node.value;
}

/** The text of an image, as it stands in the source: Hugo does not resolve escapes and references in it. */
function sourceText(src: string, image: InlineNode): string {
  let text = '';
  let node = image.firstChild;
  while (node) {
    if (node.kind === 'text') text += src.slice(node.start, node.stop);
    else if (node.kind === 'mark' || node.kind === 'code') text += node.value;
    let next: InlineNode | undefined = node.firstChild;
    while (!next && node && node !== image) {
      next = node.next;
      if (!next) node = node.parent;
    }
    node = next;
  }
  return text;
}
