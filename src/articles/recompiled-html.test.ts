import { expect, it } from 'vitest';
import type { PlacementLink } from './article-view.js';
import { articleView } from './article-view.js';
import { compileArticle, isSpliced, renderArticle } from './compile-article.js';
import { RecompiledHtml } from './recompiled-html.js';

const SOURCE = 'See {{% aff "p" "place" "text" %}}.';

/** Reads articles through one store and counts how often one of them was rendered. */
function reader() {
  const html = new RecompiledHtml();
  const counts = { renders: 0 };
  const read = (changes: { source?: string; isTrusted?: boolean; text?: string; updatedOn?: string } = {}): string => {
    const article = { source: SOURCE, sourceLine: 1, isTrusted: true, ...changes };
    const compiled = compileArticle(article, {}).stored;
    const link: PlacementLink = { text: changes.text ?? 'text', href: '/go/p/1' };
    const view = {
      ...articleView({ placements: [], affOffsets: [], origin: '', updatedOn: '2026-01-01', now: new Date(0) }),
      ...(changes.updatedOn !== undefined && { updatedOn: changes.updatedOn }),
      linkAt: () => link,
    };
    // As the database gives it: the source only where the compiled body is not enough.
    const stored = { ...article, source: compiled.body.hasFrozenCalls ? article.source : '', compiled };
    return html.read(stored, view, () => {
      counts.renders += 1;
      return renderArticle(stored, view, {});
    });
  };
  return { read, counts };
}

it('makes HTML once, and again for each thing that it shows', () => {
  const { read, counts } = reader();
  const first = read();
  expect(first).toContain('href="/go/p/1"');
  expect(read()).toBe(first);
  expect(counts.renders).toBe(1);
  expect(read({ text: 'another' })).toContain('another');
  read({ updatedOn: '2026-01-02' });
  read({ source: `${SOURCE} More.` });
  expect(counts.renders).toBe(4);
  expect(read()).toBe(first);
  expect(counts.renders).toBe(4);
});

it('tells articles without a loaded source apart, and never gives unsanitised HTML for a sanitised one', () => {
  const { read } = reader();
  expect(read({ source: 'One.', isTrusted: false })).toContain('One.');
  expect(read({ source: 'Two.', isTrusted: false })).toContain('Two.');
  const script = '<script>x</script> {{% aff "p" "place" "text" %}}';
  expect(read({ source: script })).toContain('<script>');
  expect(read({ source: script, isTrusted: false })).not.toContain('<script>');
});

it.each([
  ['a splice', 'See {{< aff "p" "place" "text" >}}.', true, true],
  ['with calls that Markdown parses', SOURCE, true, false],
  ['sanitised', 'Text.', false, false],
])('takes an article %s for what it is', (_what, source, isTrusted, expected) => {
  const article = { source, sourceLine: 1, isTrusted };
  expect(isSpliced({ ...article, compiled: compileArticle(article, {}).stored })).toBe(expected);
});
