import type Token from 'markdown-it/lib/token.mjs';
import type { BlockTokenMeta } from './blocks/block-tokens.js';
import type { Segment } from './blocks/segment.js';
import { destinationValue, encodeUrl } from './html/url-value.js';
import type { LinkTarget } from './inlines/inline-node.js';

/** The address of an image, in the image or in the link definition that it refers to: `source.slice(start, end)`. */
export interface ImageDestination {
  readonly start: number;
  readonly end: number;
  /** What it stands for: escapes and references resolved, percent-encoded. */
  readonly url: string;
}

/** Raw HTML, without what its lines have before it, such as the `>` of a quote. */
export interface RawHtmlPlace {
  readonly html: string;
  /** The index in the source of an index in the HTML. */
  readonly sourceIndex: (at: number) => number;
}

export interface ImagePlaces {
  /** Each once, however many images refer to it. */
  readonly destinations: readonly ImageDestination[];
  readonly rawHtml: readonly RawHtmlPlace[];
}

/** Collects them of the tokens of a page. */
export function imagePlacesIn(tokens: readonly Token[]): ImagePlaces {
  const destinations = new Map<number, ImageDestination>();
  const rawHtml: RawHtmlPlace[] = [];
  for (const { type, content, meta, children } of tokens) {
    if (type !== 'html_block' && type !== 'inline') continue;
    const { lines = [], closingLine = '' } = meta as BlockTokenMeta;
    const sourceIndex = sourceIndexIn(lines);
    if (type === 'html_block') rawHtml.push({ html: content + closingLine, sourceIndex });
    for (const child of children ?? []) {
      if (child.type === 'image') {
        const { destination, destinationAt, definedAt } = child.meta as LinkTarget;
        const start = destinationAt === undefined ? definedAt : sourceIndex(destinationAt);
        if (start === undefined) continue;
        const url = encodeUrl(destinationValue(destination));
        destinations.set(start, { start, end: start + destination.length, url });
      } else if (child.type === 'html_inline') {
        const from = child.meta as number;
        rawHtml.push({ html: child.content, sourceIndex: (at) => sourceIndex(from + at) });
      }
    }
  }
  return { destinations: [...destinations.values()], rawHtml };
}

/** Finds the place of a character of the text that these lines make. */
function sourceIndexIn(lines: readonly Segment[]): (at: number) => number {
  const ends: number[] = [];
  let length = 0;
  for (const { start, stop, padding } of lines) ends.push((length += padding + stop - start));
  return (at) => {
    const number = firstGreater(ends, at);
    const { start, stop } = lines[number]!;
    return Math.max(start, stop - (ends[number]! - at));
  };
}

/** Index of the first number that is greater, of numbers in order; of the last one where none is. */
function firstGreater(numbers: readonly number[], limit: number): number {
  let low = 0;
  let high = numbers.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle]! > limit) high = middle;
    else low = middle + 1;
  }
  return low;
}
