import { findUpdatedStamp } from '../front-matter/updated-stamp.js';
import type { CompiledBody } from '../markdown/compile-body.js';
import { compileBody } from '../markdown/compile-body.js';
import type { GoldmarkSettings, MarkdownOptions } from '../markdown/markdown-options.js';
import { expandMarkdown, renderMarkdown } from '../markdown/render-markdown.js';
import { spliceBody } from '../markdown/splice-body.js';
import { readAffCall } from '../shortcodes/aff.js';
import type { CompiledCall } from '../shortcodes/compiled-call.js';
import { articleShortcodes } from './article-shortcodes.js';
import type { ArticleView } from './article-view.js';
import type { ArticlesOptions } from './articles.options.js';
import type { StoredDiagnostic } from './diagnostic.js';
import { storedDiagnostic } from './diagnostic.js';
import { sanitizeArticle } from './sanitize-article.js';

/** What is stored of a compiled article, as JSON: everything that reading it needs. */
export interface StoredBody {
  readonly body: CompiledBody;
  /** Where the `aff` calls with a usable partner key stand: offsets in the body, in the order of the placements. */
  readonly affOffsets: readonly number[];
}

/** One `aff` call that becomes a placement. */
export interface PlacedCall {
  readonly partnerKey: string;
  readonly label: string | undefined;
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

export interface CompiledArticle {
  readonly stored: StoredBody;
  readonly affCalls: readonly PlacedCall[];
  readonly diagnostics: readonly StoredDiagnostic[];
}

/** The parts of a source that rendering it needs. */
export interface ArticleSource {
  readonly source: string;
  readonly sourceLine: number;
  readonly isTrusted: boolean;
}

/** Parses the Markdown once, when it is saved. Never throws. */
export function compileArticle({ source, sourceLine }: ArticleSource, options: ArticlesOptions): CompiledArticle {
  const body = compileBody(withLiveDate(source, options), markdownOptions(NOTHING_KNOWN, options, sourceLine));
  const placed = body.calls
    .filter((call) => call.name === 'aff')
    .map((call) => ({ call, aff: readAffCall(withInnerText(call)) }));
  const usable = placed.filter(({ aff }) => aff.partnerKey !== undefined);
  const affProblems = placed.flatMap(({ call, aff }) =>
    aff.problems.map((problem) => storedDiagnostic({ ...problem, line: call.line, column: call.column })),
  );
  return {
    stored: { body, affOffsets: usable.map(({ call }) => call.offset) },
    affCalls: usable.map(({ call, aff }) => ({
      partnerKey: aff.partnerKey ?? '',
      label: aff.placement,
      text: aff.text ?? '',
      line: call.line,
      column: call.column,
    })),
    diagnostics: [...body.diagnostics.map(storedDiagnostic), ...affProblems],
  };
}

/** Whether reading it is a splice. Everything else parses Markdown or HTML again. */
export const isSpliced = ({ isTrusted, compiled }: ArticleSource & { readonly compiled: StoredBody }): boolean =>
  isTrusted && !compiled.body.hasFrozenCalls;

/**
 * The HTML as readers get it. A splice, but for an article with `{{% %}}` calls: Markdown has parsed their output, so that
 * it is rendered anew.
 */
export function renderArticle(
  article: ArticleSource & { readonly compiled: StoredBody },
  view: ArticleView,
  options: ArticlesOptions,
): string {
  const html = renderUnchecked(article, view, options);
  return article.isTrusted ? html : sanitizeArticle(html);
}

function renderUnchecked(
  article: ArticleSource & { readonly compiled: StoredBody },
  view: ArticleView,
  options: ArticlesOptions,
): string {
  const { body } = article.compiled;
  if (!body.hasFrozenCalls) return spliceBody(body, articleShortcodes(view, options.shortcodes));
  const source = withLiveDate(article.source, options);
  return renderMarkdown(source, markdownOptions(view, options, article.sourceLine)).html;
}

/** The Markdown body with its shortcodes resolved. */
export function expandArticle(article: ArticleSource, view: ArticleView, options: ArticlesOptions): string {
  const source = withLiveDate(article.source, options);
  return expandMarkdown(source, markdownOptions(view, options, article.sourceLine)).markdown;
}

/** While a source is compiled no partner is known: the output of `<` calls is not looked at. */
const NOTHING_KNOWN: ArticleView = { linkAt: () => undefined, disclosures: [], updatedOn: '1970-01-01' };

export function goldmarkSettings(options: ArticlesOptions): GoldmarkSettings {
  return { unsafe: options.unsafeHtml ?? true };
}

function markdownOptions(view: ArticleView, options: ArticlesOptions, firstLine: number): MarkdownOptions {
  return {
    shortcodes: articleShortcodes(view, options.shortcodes),
    unknownShortcodes: options.unknownShortcodes ?? 'report',
    goldmark: goldmarkSettings(options),
    firstLine,
  };
}

/**
 * Puts a call of `updated` in place of the date in a trailing `*Updated: 2025-09-12*`. The stamp is the last line, so that
 * no position before it moves; the stored source is not touched.
 */
function withLiveDate(source: string, options: ArticlesOptions): string {
  if (options.liveUpdatedStamp === false) return source;
  const stamp = findUpdatedStamp(source);
  if (!stamp) return source;
  return `${source.slice(0, stamp.dateStart)}{{< updated "${stamp.form}" >}}${source.slice(stamp.dateEnd)}`;
}

function withInnerText(call: CompiledCall): CompiledCall & { readonly innerText: string } {
  return { ...call, innerText: call.inner.filter((part) => typeof part === 'string').join('') };
}
