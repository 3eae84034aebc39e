import type Token from 'markdown-it/lib/token.mjs';
import { textValue } from '../html/text-value.js';
import { Delimiter } from './delimiters.js';
import {
  AutolinkNode,
  BracketNode,
  CheckboxNode,
  CodeNode,
  FootnoteReferenceNode,
  HtmlNode,
  LinkNode,
  MarkNode,
  SpanNode,
  TextNode,
  type InlineNode,
} from './inline-node.js';
import type { InlineState } from './inline-state.js';

/** The last inline step: makes markdown-it's tokens of the tree. */
export function makeInlineTokens(state: InlineState): void {
  let node = state.root.firstChild;
  while (node) {
    const isEntered = enter(state, node);
    if (isEntered && node.firstChild) {
      node = node.firstChild;
      continue;
    }
    if (isEntered) leave(state, node);
    while (node && !node.next) {
      node = node.parent;
      if (node && node !== state.root) leave(state, node);
    }
    node = node?.next;
  }
}

const spanTags = { em: 'em', strong: 'strong', s: 'del' } as const;

/** Pushes what a node begins with, or all of it; true when its children follow. */
function enter(state: InlineState, node: InlineNode): boolean {
  if (node instanceof TextNode) pushText(state, node);
  else if (node instanceof MarkNode) pushContent(state, 'mark', node.entity);
  else if (node instanceof CodeNode) pushContent(state, 'code_inline', node.content);
  else if (node instanceof AutolinkNode) pushAutolink(state, node);
  else if (node instanceof HtmlNode) pushContent(state, 'html_inline', state.src.slice(node.start, node.stop));
  else if (node instanceof CheckboxNode) state.push('checkbox', 'input', 0).meta = node.isChecked;
  else if (node instanceof FootnoteReferenceNode) state.push('footnote_reference', '', 0).meta = node;
  else if (node instanceof SpanNode) state.push(`${node.type}_open`, spanTags[node.type], 1);
  else if (node instanceof LinkNode) return enterLink(state, node);
  return node instanceof SpanNode;
}

function leave(state: InlineState, node: InlineNode): void {
  if (node instanceof SpanNode) state.push(`${node.type}_close`, spanTags[node.type], -1);
  else if (node instanceof LinkNode) state.push('link_close', 'a', -1);
}

function pushContent(state: InlineState, type: string, content: string): Token {
  const token = state.push(type, '', 0);
  token.content = content;
  return token;
}

function pushText(state: InlineState, node: TextNode): void {
  if (node.start < node.stop) pushContent(state, 'text', textValue(state.src.slice(node.start, node.stop)));
  if (node.lineBreak !== 'none') state.push(`${node.lineBreak}break`, 'br', 0);
}

function pushAutolink(state: InlineState, node: AutolinkNode): void {
  const token = pushContent(state, 'autolink', node.text);
  token.meta = node.href;
}

function enterLink(state: InlineState, node: LinkNode): boolean {
  const target = { destination: node.destination, title: node.title };
  if (!node.isImage) {
    state.push('link_open', 'a', 1).meta = target;
    return true;
  }
  const token = pushContent(state, 'image', sourceText(state.src, node));
  token.meta = target;
  return false;
}

/** The text of an image, as it stands in the source: Hugo does not resolve escapes and references in it. */
function sourceText(src: string, image: LinkNode): string {
  let text = '';
  let node: InlineNode | undefined = image.firstChild;
  while (node) {
    if (node instanceof TextNode || node instanceof Delimiter || node instanceof BracketNode) {
      text += src.slice(node.start, node.stop);
    } else if (node instanceof MarkNode) text += node.entity;
    else if (node instanceof CodeNode) text += node.content;
    let next: InlineNode | undefined = node.firstChild;
    while (!next && node && node !== image) {
      next = node.next;
      if (!next) node = node.parent;
    }
    node = next;
  }
  return text;
}
