import { readDocument } from '../front-matter/read-document.js';
import type { AffCall } from '../shortcodes/aff.js';
import { readAffCall } from '../shortcodes/aff.js';
import { describeProblem } from '../shortcodes/diagnostic.js';
import { parseShortcodes } from '../shortcodes/parser.js';
import type { CallPart } from '../shortcodes/shortcode-document.js';
import { FeedError } from './feed-error.js';

/** What the articles of a feed have in common. */
export interface FeedTemplate {
  /** Where they stand, such as `/aws`; empty: at the top. */
  readonly path: string;
  /** undefined: the default of the installation. */
  readonly locale?: string | undefined;
  /** Empty: the categories of the feed. */
  readonly tags: readonly string[];
  /** Markdown of the first paragraph, with `{title}`; empty: none. */
  readonly intro: string;
  /** `aff` calls as they are written at the end. */
  readonly calls: readonly string[];
}

export const DEFAULT_TEMPLATE: FeedTemplate = { path: '', tags: [], intro: '{title} — summary and notes.', calls: [] };

/** What a model article may hold besides what is taken from it. */
const MODEL_KEYS = new Set(['title', 'date', 'description', 'canonicalurl', 'draft', 'tags', 'path', 'locale']);
const SEGMENT = '[a-z0-9][a-z0-9._-]*';
const PATH = new RegExp(`^/?(?:${SEGMENT}(?:/${SEGMENT})*)?/?$`);

/**
 * Reads a model article: its `tags`, `path` and `locale` (front matter), the paragraph before its first heading, in which its title, or
 * `{title}`, stands for the title of each item, and its `aff` calls.
 * @throws FeedError TEMPLATE_INVALID that names the place.
 */
export function readTemplate(text: string, filename: string): FeedTemplate {
  const { fields, params, declaredKeys, body, bodyLine, diagnostics } = readDocument(text, { filename });
  const [problem] = diagnostics.filter(({ severity }) => severity === 'error');
  if (problem) throw invalid(`${filename}:${problem.line}:${problem.column}  ${problem.message}`);
  const unknown = [...declaredKeys].find((key) => !MODEL_KEYS.has(key));
  if (unknown !== undefined) {
    throw invalid(`${filename}: The key "${unknown}" has no meaning in a template. Use tags, path and locale.`);
  }
  return {
    path: readPath(params['path'], filename),
    locale: typeof params['locale'] === 'string' ? params['locale'].toLowerCase() : undefined,
    tags: fields.tags ?? [],
    intro: introOf(body, fields.title ?? ''),
    calls: readCalls(body, (at) => `${filename}:${bodyLine + lineOf(body, at)}`),
  };
}

function readPath(value: unknown, filename: string): string {
  if (value === undefined) return '';
  if (typeof value !== 'string' || !PATH.test(value)) {
    throw invalid(`${filename}: "path" is ${JSON.stringify(value)}. Write one such as "/aws/security", in lower case.`);
  }
  const path = value.replaceAll(/^\/|\/$/g, '');
  return path === '' ? '' : `/${path}`;
}

/** The paragraph before the first heading; none where a call or a list stands there. */
function introOf(body: string, title: string): string {
  const [beforeHeading = ''] = body.split(/^#/m);
  const paragraph = beforeHeading.trim();
  const isParagraph = paragraph !== '' && !/\n\s*\n|\{\{[<%]/.test(paragraph) && !/^[*_]*updated\b/i.test(paragraph);
  if (!isParagraph) return '';
  const line = paragraph.replaceAll(/\s+/g, ' ');
  return title === '' ? line : line.replaceAll(title.replaceAll(/\s+/g, ' '), '{title}');
}

function readCalls(body: string, placeOf: (offset: number) => string): string[] {
  const { parts, problems } = parseShortcodes(body, { aff: { inner: 'optional', render: () => '' } });
  const [problem] = problems;
  if (problem) {
    throw invalid(`${placeOf(problem.offset)}  ${describeProblem(problem.code, problem.details).message}`);
  }
  return parts
    .filter((part): part is CallPart => part.kind === 'call')
    .map((part) => {
      const call = readCall(part, body);
      const [wrong] = call.problems;
      if (wrong) throw invalid(`${placeOf(part.start)}  ${wrong.message} ${wrong.hint}`);
      return body.slice(part.start, part.end);
    });
}

function readCall({ positional, named, inner }: CallPart, body: string): AffCall {
  return readAffCall({ positional, named, innerText: inner.map(({ start, end }) => body.slice(start, end)).join('') });
}

function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length - 1;
}

function invalid(message: string): FeedError {
  return new FeedError('TEMPLATE_INVALID', message);
}
