import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { ArticleView } from './article-view.js';
import type { ArticleSource, StoredBody } from './compile-article.js';

/** Characters of HTML that are kept; the longest unread go first. */
const MOST_CHARACTERS = 16 * 1024 * 1024;

/**
 * HTML that is no mere splice: of articles with `{{% %}}` calls, whose output Markdown parses, and of those that are
 * sanitised. It is made again when their source or what their calls show changes, and not at each read.
 */
export class RecompiledHtml {
  private readonly kept = new LRUCache<string, string>({
    maxSize: MOST_CHARACTERS,
    sizeCalculation: (html, key) => html.length + key.length,
  });

  read(article: ArticleSource & { readonly compiled: StoredBody }, view: ArticleView, render: () => string): string {
    const key = keyOf(article, view);
    const kept = this.kept.get(key);
    if (kept !== undefined) return kept;
    const html = render();
    this.kept.set(key, html);
    return html;
  }
}

/** Everything that the HTML is made of, but for the options, which a process keeps. */
function keyOf(
  { source, sourceLine, isTrusted, compiled }: ArticleSource & { readonly compiled: StoredBody },
  { linkAt, disclosures, updatedOn }: ArticleView,
): string {
  const shown = [sourceLine, isTrusted, compiled.affOffsets.map(linkAt), disclosures, updatedOn];
  // The source is read only where the compiled body is not enough; where it is, that body stands for it.
  const text = compiled.body.hasFrozenCalls ? source : JSON.stringify(compiled);
  return createHash('sha256').update(JSON.stringify(shown)).update('\0').update(text).digest('base64');
}
