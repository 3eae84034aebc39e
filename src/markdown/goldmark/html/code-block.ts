import { escapeHtml } from 'markdown-it/lib/common/utils.mjs';
import { parseAttributes, type Attribute } from '../attributes.js';
import { LineReader } from '../blocks/line-reader.js';
import { attributeText } from './attribute-text.js';
import { isHighlightedLanguage } from './code-languages.js';
import { textValue } from './text-value.js';

/**
 * A fence as Hugo renders it. Where Hugo would highlight, the frame is the same and the code is plain: a reader's
 * browser or the site that shows the page may colour it by its language.
 */
export function renderCodeBlock(info: string, content: string, unsafe: boolean): string {
  const language = languageOf(info).replace(/\{[^]*/, '');
  const code = content.replace(/[\r\n]+$/, '');
  const text = code === '' ? '' : `${code}\n`;
  const pre = `<pre tabindex="0"><code${languageAttributes(language, unsafe)}>`;
  if (language === '' || !isHighlightedLanguage(language)) return `${pre}${escapeCode(text)}</code></pre>`;
  return `<div class="highlight${frameAttributes(info)}>${pre}${escapeCode(toLineFeeds(text))}</code></pre></div>`;
}

/** A fence as Goldmark alone renders it. */
export function renderPlainFence(info: string, content: string): string {
  const language = languageOf(info);
  const attribute = language === '' ? '' : ` class="language-${escapeHtml(textValue(language))}"`;
  return `<pre><code${attribute}>${escapeHtml(content)}</code></pre>\n`;
}

function languageOf(info: string): string {
  const space = info.indexOf(' ');
  return space < 0 ? info : info.slice(0, space);
}

/** Hugo does not escape the language, so that it can bring in attributes and tags; here that takes `unsafe`. */
function languageAttributes(language: string, unsafe: boolean): string {
  const name = unsafe ? language : language.replace(/["<>]/g, escapeHtml);
  return name === '' ? '' : ` class="language-${name}" data-lang="${name}"`;
}

/** Attributes in the info string that tell the highlighter what to do. */
const highlightOptions = new Set(
  (
    'anchorlinenos guesssyntax hl_lines hl_inline lineanchors linenos linenostart linenumbersintable noclasses nohl ' +
    'style tabwidth'
  ).split(' '),
);

/** The rest of the frame's start tag, from inside its class on. */
function frameAttributes(info: string): string {
  const attributes = parseInfoAttributes(info);
  const className = attributes.find(({ name }) => name === 'class');
  const others = attributes.filter(({ name }) => name !== 'class');
  const rest = others.map(({ name, value }) => ` ${name}="${escapeHtml(attributeText(value))}"`);
  return `${className ? ` ${escapeHtml(attributeText(className.value))}` : ''}"${rest.join('')}`;
}

function parseInfoAttributes(info: string): Attribute[] {
  const start = info.indexOf('{');
  const parsed = start < 0 ? undefined : parseAttributes(new LineReader(info.slice(start)));
  return (parsed ?? [])
    .map(({ name, value }) => ({ name: name.toLowerCase(), value }))
    .filter(({ name }) => !name.startsWith('on') && !highlightOptions.has(name));
}

function toLineFeeds(text: string): string {
  return text.replace(/\r\n?/g, '\n');
}

/** As Go's html package escapes. */
function escapeCode(text: string): string {
  return escapeHtml(text).replaceAll('&quot;', '&#34;').replaceAll("'", '&#39;');
}
