import Token from 'markdown-it/lib/token.mjs';
import type { BlockTokenMeta } from './blocks/block-tokens.js';
import type { FootnoteDetail } from './blocks/block.js';

/** Moves the footnotes to the end of the page, in the order of their first references; those without one go. */
export function moveFootnotes(tokens: Token[]): Token[] {
  const from = tokens.findIndex((token) => token.type === 'footnote_list_open');
  if (from < 0) return tokens;
  const to = tokens.findIndex((token) => token.type === 'footnote_list_close');
  const rest = [...tokens.slice(0, from), ...tokens.slice(to + 1)];
  const footnotes = splitFootnotes(tokens.slice(from + 1, to)).filter(({ footnote }) => footnote.number > 0);
  if (footnotes.length === 0) return rest;
  footnotes.sort((one, other) => one.footnote.number - other.footnote.number);
  return [...rest, tokens[from]!, ...footnotes.flatMap(withBacklinks), tokens[to]!];
}

interface FootnoteTokens {
  readonly footnote: FootnoteDetail;
  readonly tokens: Token[];
}

function splitFootnotes(tokens: readonly Token[]): FootnoteTokens[] {
  const entries: FootnoteTokens[] = [];
  let entry: FootnoteTokens | undefined;
  for (const token of tokens) {
    const { footnote } = (token.meta ?? {}) as BlockTokenMeta;
    if (footnote && token.nesting === 1) entries.push((entry = { footnote, tokens: [] }));
    entry?.tokens.push(token);
  }
  return entries;
}

/** One link back for each reference: in the last paragraph, or behind another last block. */
function withBacklinks({ footnote, tokens }: FootnoteTokens): Token[] {
  const links: Token[] = [];
  for (let repetition = 0; repetition < footnote.referenceCount; repetition++) {
    const link = new Token('footnote_backlink', 'a', 0);
    link.meta = { number: footnote.number, repetition };
    links.push(link);
  }
  const last = tokens.length - 1;
  const end = tokens[last - 1];
  const hasParagraph = end?.type === 'paragraph_close' && !end.hidden && !footnote.endsWithFootnotes;
  const at = hasParagraph ? last - 1 : last;
  return [...tokens.slice(0, at), ...links, ...tokens.slice(at)];
}
