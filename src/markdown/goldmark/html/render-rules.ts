import type Renderer from 'markdown-it/lib/renderer.mjs';
import type { RenderRule, RenderRuleRecord } from 'markdown-it/lib/renderer.mjs';
import type Token from 'markdown-it/lib/token.mjs';
import { escapeHtml } from 'markdown-it/lib/common/utils.mjs';
import type { BlockTokenMeta } from '../blocks/block-tokens.js';
import type { GoldmarkOptions } from '../goldmark-options.js';
import type { FootnoteLink, LinkTarget } from '../inlines/inline-node.js';
import { renderCodeBlock, renderPlainFence } from './code-block.js';
import { textValue } from './text-value.js';
import { destinationValue, encodeUrl, isDangerousUrl } from './url-value.js';

const omittedHtml = '<!-- raw HTML omitted -->';

/** Makes a renderer write HTML as Goldmark does. */
export function setRenderRules(renderer: Renderer, options: GoldmarkOptions): void {
  renderer.rules = rulesFor(options);
  renderer.renderToken = (tokens, index) => renderTag(tokens[index]!);
}

/** A start or end tag. */
function renderTag(token: Token): string {
  const { endsLine } = (token.meta ?? {}) as BlockTokenMeta;
  const lineFeed = endsLine ? '\n' : '';
  if (token.hidden) return '';
  return token.nesting < 0 ? `</${token.tag}>${lineFeed}` : `<${token.tag}${attributesOf(token)}>${lineFeed}`;
}

function attributesOf({ attrs }: Token): string {
  return attrs ? attrs.map(([name, value]) => ` ${name}="${escapeHtml(value)}"`).join('') : '';
}

function rulesFor(options: GoldmarkOptions): RenderRuleRecord {
  const emptyTagEnd = options.xhtml ? ' />' : '>';
  const rule = (render: (token: Token) => string): RenderRule => {
    return (tokens, index) => render(tokens[index]!);
  };

  const urlOf = (destination: string): string => {
    if (!options.unsafe && isDangerousUrl(destination)) return '';
    return escapeHtml(encodeUrl(destinationValue(destination)));
  };
  const titleOf = (title: string | undefined): string => {
    return title === undefined ? '' : ` title="${escapeHtml(textValue(title))}"`;
  };
  const lineBreak = `<br${emptyTagEnd}\n`;

  return {
    text: rule(({ content }) => escapeHtml(content)),
    mark: rule(({ content }) => content),
    softbreak: rule(() => (options.hardWraps ? lineBreak : '\n')),
    hardbreak: rule(() => lineBreak),
    code_inline: rule(({ content }) => `<code>${escapeHtml(content.replaceAll('\n', ' '))}</code>`),
    html_inline: rule(({ content }) => (options.unsafe ? content : omittedHtml)),
    checkbox: rule(({ meta }) => {
      return `<input ${meta ? 'checked="" ' : ''}disabled="" type="checkbox"${emptyTagEnd} `;
    }),
    autolink: rule(({ content, meta }) => {
      return `<a href="${escapeHtml(encodeUrl(meta as string))}">${escapeHtml(content)}</a>`;
    }),
    link_open: rule(({ meta }) => {
      const { destination, title } = meta as LinkTarget;
      return `<a href="${urlOf(destination)}"${titleOf(title)}>`;
    }),
    image: rule((token) => {
      const { destination, title } = token.meta as LinkTarget;
      const alt = escapeHtml(token.content);
      return `<img src="${urlOf(destination)}" alt="${alt}"${titleOf(title)}${attributesOf(token)}${emptyTagEnd}`;
    }),
    footnote_reference: rule(({ meta }) => renderFootnoteReference(meta as FootnoteLink)),
    footnote_backlink: rule(({ meta }) => renderFootnoteBacklink(meta as FootnoteLink)),
    footnote_list_open: rule((token) => {
      return `<div class="footnotes" role="doc-endnotes"${attributesOf(token)}>\n<hr${emptyTagEnd}\n<ol>\n`;
    }),
    footnote_list_close: rule(() => '</ol>\n</div>\n'),
    footnote_open: rule((token) => {
      const { footnote } = token.meta as BlockTokenMeta;
      return `<li id="fn:${footnote?.number}"${attributesOf(token)}>\n`;
    }),
    footnote_close: rule(() => '</li>\n'),
    hr: rule((token) => `<hr${attributesOf(token)}${emptyTagEnd}\n`),
    line_end: rule(() => '\n'),
    code_block: rule(({ content }) => `<pre><code>${escapeHtml(content)}</code></pre>\n`),
    fence: rule(({ info, content }) => renderCodeBlock(info, content, options.unsafe)),
    plain_fence: rule(({ info, content }) => renderPlainFence(info, content)),
    html_block: rule(({ content, meta }) => renderHtmlBlock(content, meta as BlockTokenMeta, options.unsafe)),
  };
}

function renderHtmlBlock(content: string, { closingLine }: BlockTokenMeta, unsafe: boolean): string {
  if (unsafe) return `${content}${closingLine ?? ''}`.replaceAll('\0', '\uFFFD');
  const omittedLine = `${omittedHtml}\n`;
  return closingLine === undefined ? omittedLine : omittedLine.repeat(2);
}

function repetitionOf({ repetition }: FootnoteLink): string {
  return repetition > 0 ? String(repetition) : '';
}

function renderFootnoteReference(link: FootnoteLink): string {
  const { number } = link;
  const target = `<a href="#fn:${number}" class="footnote-ref" role="doc-noteref">${number}</a>`;
  return `<sup id="fnref${repetitionOf(link)}:${number}">${target}</sup>`;
}

function renderFootnoteBacklink(link: FootnoteLink): string {
  const target = `#fnref${repetitionOf(link)}:${link.number}`;
  return `&#160;<a href="${target}" class="footnote-backref" role="doc-backlink">&#x21a9;&#xfe0e;</a>`;
}
