import { trimUnicodeSpace } from '../shortcodes/characters.js';
import { compileCalls, type CallPlace, type CompiledCall } from '../shortcodes/compiled-call.js';
import type { ShortcodeCall, ShortcodeDefinitions } from '../shortcodes/definition.js';
import { describeProblem, type Diagnostics } from '../shortcodes/diagnostic.js';
import { parseShortcodes } from '../shortcodes/parser.js';
import { renderCall, type CallRendering } from '../shortcodes/render-call.js';
import type { CallPart, Part, UnresolvedPart } from '../shortcodes/shortcode-document.js';
import { SourceLines } from '../shortcodes/source-position.js';
import { replaceEmojiCodes } from './emoji.js';
import { escapeHtml } from './escape-html.js';
import { renderGoldmark, type GoldmarkOptions } from './goldmark/goldmark.js';
import { trimShortHtml, unwrapNestedParagraph } from './inner-html.js';
import { goldmarkOptionsOf, type GoldmarkSettings } from './markdown-options.js';
import { Placeholders } from './placeholders.js';
import { removeSummaryDivider } from './summary-divider.js';

/** HTML with gaps: the output of call `sites[i]` stands between `pieces[i]` and `pieces[i + 1]`. */
export interface SplicedHtml {
  readonly pieces: readonly string[];
  /** Indexes of calls. A call may stand in several places, or in none. */
  readonly sites: readonly number[];
  /**
   * Gaps between `</p>` and a call right before them: whether they stand in a paragraph of their own shows when the
   * output before them is known. If it ends with `<p>`, both tags go.
   */
  readonly lateGaps: readonly number[];
  /** The page has a summary divider, and therefore no white space at its ends. */
  readonly isTrimmed: boolean;
}

export interface CompiledHtml extends SplicedHtml {
  readonly calls: readonly CompiledCall[];
}

export interface BodySettings {
  readonly shortcodes: ShortcodeDefinitions;
  readonly keepUnknown: boolean;
  readonly goldmark: GoldmarkSettings;
  readonly diagnostics: Diagnostics;
  readonly onCall?: (call: ShortcodeCall, index: number) => void;
}

/** What stands in the Markdown as a word: a call, or a text that is shown as it is. */
type Content = { readonly call: number } | { readonly text: string };

/** Finds the place in the file for a range of the text that is read. */
type PlaceOf = (start: number, end: number) => CallPlace;

/** Escaped calls may hold escaped calls; Hugo brings one layer to life with each `renderInner`. */
const maxEmbeddedDepth = 10;

/**
 * Characters of Markdown that the calls of one page may have rendered. Content is rendered anew on each level it is
 * nested in, so without a limit a short text could ask for any amount of work.
 */
const maxNestedMarkdownLength = 10_000_000;

/** Renders one body: calls to strings, Markdown to HTML, and the two together. */
export class BodyRenderer {
  private readonly goldmark: GoldmarkOptions;
  private readonly pageCalls: CallRendering;
  private readonly embeddedCalls: CallRendering;
  private embeddedDepth = 0;
  private nestedMarkdownLength = 0;

  constructor(private readonly settings: BodySettings) {
    this.goldmark = goldmarkOptionsOf(settings.goldmark);
    this.embeddedCalls = {
      shortcodes: settings.shortcodes,
      report: (diagnostic) => settings.diagnostics.add(diagnostic),
      renderNestedMarkdown: (markdown, call) => this.renderNestedMarkdown(markdown, call),
      renderInner: (markdown, call) => this.renderInner(markdown, call),
    };
    this.pageCalls = { ...this.embeddedCalls, onCall: settings.onCall };
  }

  /** Renders the Markdown, with gaps where `{{< >}}` calls stand. `{{% %}}` calls are rendered into it. */
  compile(body: string, firstLine: number): CompiledHtml {
    return this.compileWith(body, placesIn(body, firstLine), this.pageCalls);
  }

  /** Renders the calls that stand in the page, or the given ones, in the order of the text, and puts their output into the gaps. */
  splice(html: SplicedHtml, calls: readonly CompiledCall[], rendered = callsAt(html.sites)): string {
    return spliceWith(html, calls, rendered, this.pageCalls);
  }

  /** The body as Markdown, with the output of every call in its place. */
  expand(body: string, firstLine: number): string {
    const { parts, calls, indexOf } = this.parse(body, placesIn(body, firstLine));
    let markdown = '';
    for (const part of parts) {
      if (part.kind === 'call') markdown += renderCall(calls, indexOf.get(part) ?? -1, this.pageCalls);
      else if (part.kind === 'text') markdown += this.readText(body.slice(part.start, part.end));
      else if (part.kind !== 'unresolved' || this.isKept(part)) markdown += body.slice(part.start, part.end);
    }
    return markdown;
  }

  private compileWith(body: string, placeOf: PlaceOf, rendering: CallRendering): CompiledHtml {
    const { parts, calls, indexOf } = this.parse(body, placeOf);
    const placeholders = new Placeholders<Content>();
    let divider: string | undefined;
    let markdown = '';
    for (const part of parts) {
      switch (part.kind) {
        case 'text':
          markdown += this.readText(body.slice(part.start, part.end));
          break;
        case 'verbatim':
          markdown += body.slice(part.start, part.end);
          break;
        case 'divider':
          divider = placeholders.add({ text: '' });
          markdown += `\n\n${divider}\n\n`;
          break;
        case 'unresolved':
          markdown += this.markdownOfUnresolved(body, part, placeholders);
          break;
        case 'call': {
          const call = indexOf.get(part) ?? -1;
          markdown += part.notation === '%' ? renderCall(calls, call, rendering) : placeholders.add({ call });
        }
      }
    }
    const html = this.renderMarkdown(markdown, placeholders);
    const isTrimmed = divider !== undefined;
    const page = divider === undefined ? html : removeSummaryDivider(html, divider);
    return { ...splitAtPlaceholders(page, placeholders), isTrimmed, calls };
  }

  private parse(
    body: string,
    placeOf: PlaceOf,
  ): { parts: readonly Part[]; calls: CompiledCall[]; indexOf: ReadonlyMap<CallPart, number> } {
    const { shortcodes, keepUnknown, diagnostics } = this.settings;
    const document = parseShortcodes(body, shortcodes);
    for (const { code, offset, details } of document.problems) {
      if (keepUnknown && code === 'shortcode-unknown') continue;
      const { line, column } = placeOf(offset, offset);
      diagnostics.add({ ...describeProblem(code, details), line, column });
    }
    const compilation = {
      placeOf: (part: CallPart) => placeOf(part.start, part.end),
      keepUnknown,
      readText: (text: string) => this.readText(text),
    };
    return { parts: document.parts, ...compileCalls(document, compilation) };
  }

  private renderMarkdown(markdown: string, placeholders: Placeholders<Content>): string {
    if (placeholders.isEmpty) return renderGoldmark(markdown, this.goldmark);
    // The words must not show in the ids of headings: they differ from page to page.
    const headingText = (text: string): string => placeholders.removeFrom(text);
    return renderGoldmark(markdown, { ...this.goldmark, headingText });
  }

  private markdownOfUnresolved(body: string, part: UnresolvedPart, placeholders: Placeholders<Content>): string {
    if (this.isKept(part)) return placeholders.add({ text: escapeHtml(body.slice(part.start, part.end)) });
    return part.notation === '%' ? '' : placeholders.add({ text: '' });
  }

  private isKept(part: UnresolvedPart): boolean {
    return this.settings.keepUnknown && part.reason === 'unknown';
  }

  private readText(text: string): string {
    return this.settings.goldmark.enableEmoji === true ? replaceEmojiCodes(text) : text;
  }

  private renderNestedMarkdown(markdown: string, call: ShortcodeCall): string {
    if (!this.mayRender(markdown, call)) return '';
    return unwrapNestedParagraph(renderGoldmark(markdown, this.goldmark), markdown);
  }

  /** As Hugo's `RenderString`: calls in the text are rendered too, which brings an escaped call in the content to life. */
  private renderInner(markdown: string, call: ShortcodeCall): string {
    if (!this.mayRender(markdown, call)) return '';
    const hasCalls = markdown.includes('{{<') || markdown.includes('{{%');
    return trimShortHtml(hasCalls ? this.renderEmbedded(markdown, call) : renderGoldmark(markdown, this.goldmark));
  }

  private renderEmbedded(markdown: string, call: ShortcodeCall): string {
    if (this.embeddedDepth === maxEmbeddedDepth) {
      this.report('shortcode-nested-too-deep', call, [call.name, String(maxEmbeddedDepth)]);
      return '';
    }
    const { offset, end, line, column } = call;
    this.embeddedDepth += 1;
    try {
      const compiled = this.compileWith(markdown, () => ({ offset, end, line, column }), this.embeddedCalls);
      return spliceWith(compiled, compiled.calls, callsAt(compiled.sites), this.embeddedCalls);
    } finally {
      this.embeddedDepth -= 1;
    }
  }

  private mayRender(markdown: string, call: ShortcodeCall): boolean {
    const isAllowed = this.nestedMarkdownLength <= maxNestedMarkdownLength;
    this.nestedMarkdownLength += markdown.length;
    if (!isAllowed) this.report('shortcode-markdown-limit', call, [call.name]);
    return isAllowed;
  }

  private report(
    code: 'shortcode-nested-too-deep' | 'shortcode-markdown-limit',
    { line, column }: ShortcodeCall,
    details: readonly string[],
  ): void {
    this.settings.diagnostics.add({ ...describeProblem(code, details), line, column });
  }
}

function placesIn(body: string, firstLine: number): PlaceOf {
  const lines = new SourceLines(body, firstLine);
  return (offset, end) => ({ offset, end, ...lines.positionOf(offset) });
}

function callsAt(sites: readonly number[]): number[] {
  return [...new Set(sites)].toSorted((a, b) => a - b);
}

function spliceWith(
  { pieces, sites, lateGaps, isTrimmed }: SplicedHtml,
  calls: readonly CompiledCall[],
  rendered: readonly number[],
  rendering: CallRendering,
): string {
  const outputs: string[] = [];
  for (const index of rendered) outputs[index] = renderCall(calls, index, rendering);
  let html = pieces[0] ?? '';
  for (let gap = 0; gap < sites.length; gap += 1) {
    const loses = lateGaps.length > 0 && lateGaps.includes(gap) && html.endsWith('<p>');
    const piece = pieces[gap + 1] ?? '';
    if (loses) html = html.slice(0, -'<p>'.length);
    html += (outputs[sites[gap] ?? -1] ?? '') + (loses ? piece.slice('</p>'.length) : piece);
  }
  return isTrimmed ? trimUnicodeSpace(html) : html;
}

/**
 * Cuts rendered HTML where calls stand. A call that a paragraph holds and nothing else loses the paragraph: exactly `<p>`
 * before it and `</p>` behind it go, whoever wrote them, and the line feed stays.
 */
function splitAtPlaceholders(
  html: string,
  placeholders: Placeholders<Content>,
): { pieces: string[]; sites: number[]; lateGaps: number[] } {
  const pieces: string[] = [];
  const sites: number[] = [];
  const lateGaps: number[] = [];
  if (placeholders.isEmpty) return { pieces: [html], sites, lateGaps };
  let piece = '';
  let copiedTo = 0;
  for (const { content, start, end } of placeholders.findIn(html)) {
    piece += html.slice(copiedTo, start);
    copiedTo = end;
    const isKept = 'text' in content && content.text !== '';
    if (!isKept && html.startsWith('</p>', end)) {
      if (piece.endsWith('<p>')) {
        piece = piece.slice(0, -'<p>'.length);
        copiedTo = end + '</p>'.length;
      } else if (piece.length < '<p>'.length && pieces.length > 0 && 'call' in content) {
        lateGaps.push(sites.length);
      }
    }
    if ('call' in content) {
      pieces.push(piece);
      sites.push(content.call);
      piece = '';
    } else {
      piece += content.text;
    }
  }
  pieces.push(piece + html.slice(copiedTo));
  return { pieces, sites, lateGaps };
}
