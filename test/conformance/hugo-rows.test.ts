import { describe, expect, it } from 'vitest';
import { renderMarkdown, type RenderedMarkdown } from '../../src/markdown.entry.js';
import { deviations, maxDeviatingRows } from './deviations.js';
import { firstBodyLine, goldmarkSettingsOf, readHugoRows, type HugoRow } from './hugo-rows.js';
import { hugoShortcodes } from './hugo-shortcodes.js';

const rows = readHugoRows();
const deviatingRows = new Set(deviations.flatMap((deviation) => deviation.rows));
const rowById = new Map(rows.map((row) => [row.id, row]));

describe('Hugo 0.111.3', () => {
  it.each(rows.filter((row) => !deviatingRows.has(row.id)).map((row) => [row.id, row] as const))(
    'agrees on %s',
    (_id, row) => {
      expect(whatWaypostSays(row)).toEqual(whatHugoSays(row));
    },
  );
});

describe.each(deviations)('Deliberately different: $reason', ({ rows: ids }) => {
  it.each(ids)('%s', (id) => {
    const row = rowById.get(id);
    if (row === undefined) throw new Error(`no row ${id}`);
    expect(whatWaypostSays(row)).not.toEqual(whatHugoSays(row));
  });
});

describe('the list of deviations', () => {
  it('is short', () => {
    expect(deviatingRows.size).toBeLessThanOrEqual(maxDeviatingRows);
  });

  it('names no row twice', () => {
    expect(deviations.flatMap((deviation) => deviation.rows)).toHaveLength(deviatingRows.size);
  });
});

interface Verdict {
  readonly html?: string;
  readonly text?: string;
  readonly error?: string;
  readonly at?: string;
}

function whatHugoSays(row: HugoRow): Verdict {
  const { expected_html: html, expected_error: error, html_written_anyway: written } = row;
  if (html !== undefined) return isHighlighted(row) ? { text: textOf(html) } : { html };
  return { error, at: `${row.error_line}:${row.error_col}`, ...(written === undefined ? {} : { html: written }) };
}

function whatWaypostSays(row: HugoRow): Verdict {
  const rendered = renderMarkdown(row.markdown, {
    shortcodes: hugoShortcodes(row.markdown),
    goldmark: goldmarkSettingsOf(row),
    firstLine: firstBodyLine,
  });
  if (row.expected_error !== undefined) return errorVerdict(row, row.expected_error, rendered);
  const [error] = row.group.startsWith('inline-') ? [] : errorsOf(rendered);
  if (error !== undefined) return { error: error.message };
  return isHighlighted(row) ? { text: textOf(rendered.html) } : { html: rendered.html };
}

function errorVerdict(row: HugoRow, message: string, rendered: RenderedMarkdown): Verdict {
  const errors = errorsOf(rendered);
  const found = errors.find((error) => error.message === message);
  if (found === undefined) return { error: errors.map((error) => error.message).join(' | ') };
  // Of what its lexer finds Hugo 0.111 says line 1, column 1, and of what a template reports nothing.
  const isPlaceless = row.error_line === undefined || row.error_line === 1;
  const at = isPlaceless ? `${row.error_line}:${row.error_col}` : `${found.line}:${found.column}`;
  return { error: found.message, at, ...(row.html_written_anyway === undefined ? {} : { html: rendered.html }) };
}

function errorsOf({ diagnostics }: RenderedMarkdown): RenderedMarkdown['diagnostics'] {
  return diagnostics.filter(({ severity }) => severity === 'error');
}

/** Chroma colours code with a language; nobody need reproduce its styles. */
function isHighlighted(row: HugoRow): boolean {
  return row.expected_html?.includes('class="highlight"') ?? false;
}

const entities: Readonly<Record<string, string>> = { quot: '"', lt: '<', gt: '>', amp: '&' };

function textOf(html: string): string {
  return html
    .replace(/<[^>]*>/g, '')
    .replace(/&(?:#(\d+)|(quot|lt|gt|amp));/g, (entity: string, code?: string, name?: string) =>
      code === undefined ? (entities[name ?? ''] ?? entity) : String.fromCodePoint(Number(code)),
    );
}
