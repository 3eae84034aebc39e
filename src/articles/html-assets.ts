import { QuoteType, Tokenizer } from 'htmlparser2';
import { applySplices, type Splice } from '../front-matter/splice.js';
import { escapeHtml } from '../markdown/escape-html.js';
import type { AssetResolver } from './asset-base.js';

/** Where HTML names what a page shows as a part of itself. A link is no part of a page: it may lead to another one. */
const EMBEDDED: ReadonlyMap<string, readonly string[]> = new Map([
  ['img', ['src', 'srcset']],
  ['source', ['src', 'srcset']],
  ['video', ['src', 'poster']],
  ['audio', ['src']],
  ['track', ['src']],
]);

const MAY_EMBED = /<(?:img|source|video|audio|track)[\s/]/i;

/** Finds what to write instead of the URLs that are resolved. Linear, whatever the HTML is. */
export function findHtmlAssets(html: string, resolve: AssetResolver): Splice[] {
  if (!MAY_EMBED.test(html)) return [];
  const splices: Splice[] = [];
  let wanted: readonly string[] = [];
  let name = '';
  let nameEnd = 0;
  let value = '';
  const tokenizer = new Tokenizer(
    {},
    {
      ...IGNORED,
      onopentagname: (start, end) => {
        wanted = EMBEDDED.get(html.slice(start, end).toLowerCase()) ?? [];
      },
      onattribname: (start, end) => {
        if (wanted.length > 0) name = html.slice(start, end).toLowerCase();
        nameEnd = end;
        value = '';
      },
      onattribdata: (start, end) => {
        if (wanted.length > 0) value += html.slice(start, end);
      },
      onattribentity: (codePoint) => {
        if (wanted.length > 0) value += String.fromCodePoint(codePoint);
      },
      onattribend: (quote, end) => {
        if (quote === QuoteType.NoValue || !wanted.includes(name)) return;
        const resolved = name === 'srcset' ? resolveSrcset(value, resolve) : resolve(value);
        if (resolved === undefined) return;
        splices.push({ start: valueStart(html, nameEnd), end, inserted: `"${escapeHtml(resolved)}"` });
      },
    },
  );
  tokenizer.write(html);
  tokenizer.end();
  return splices;
}

const ignore = (): void => undefined;

const IGNORED = {
  oncdata: ignore,
  onclosetag: ignore,
  oncomment: ignore,
  ondeclaration: ignore,
  onend: ignore,
  onopentagend: ignore,
  onprocessinginstruction: ignore,
  onselfclosingtag: ignore,
  ontext: ignore,
  ontextentity: ignore,
};

/** Index of the value of an attribute, its quotation mark included. */
function valueStart(html: string, nameEnd: number): number {
  EQUALS.lastIndex = nameEnd;
  EQUALS.test(html);
  return EQUALS.lastIndex;
}

const EQUALS = /[ \t\n\f\r]*=[ \t\n\f\r]*/y;

/**
 * Srcset :: [ Candidate { `,` Candidate } ], Candidate :: URL [ white space Descriptor ]
 * A URL ends at white space, commas and all; those at its end end the candidate.
 * @returns undefined where no URL is resolved.
 */
function resolveSrcset(srcset: string, resolve: AssetResolver): string | undefined {
  const splices: Splice[] = [];
  for (let at = 0; at < srcset.length;) {
    const [found = '', url = ''] = matchAt(CANDIDATE_URL, srcset, at);
    at += found.length;
    const length = withoutCommas(url);
    const start = at - url.length;
    const inserted = resolve(url.slice(0, length));
    if (inserted !== undefined) splices.push({ start, end: start + length, inserted });
    if (length === url.length) at += (matchAt(DESCRIPTOR, srcset, at)[0] ?? '').length;
  }
  return splices.length > 0 ? applySplices(srcset, splices) : undefined;
}

const CANDIDATE_URL = /[\s,]*([^\s,]\S*)?/y;
const DESCRIPTOR = /[^,]*/y;

function matchAt(pattern: RegExp, text: string, at: number): readonly string[] {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? [];
}

/** Length of a text without the commas at its end. */
function withoutCommas(text: string): number {
  let length = text.length;
  while (text[length - 1] === ',') length -= 1;
  return length;
}
