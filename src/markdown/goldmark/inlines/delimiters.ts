import { isPunctuation, isWhiteSpace } from '../characters.js';
import { InlineNode, SpanNode, TextNode } from './inline-node.js';

/** A run of `*`, `_` or `~` that may open or close a span. */
export class Delimiter extends InlineNode {
  previousDelimiter: Delimiter | undefined;
  nextDelimiter: Delimiter | undefined;
  /** Rank by place in the text. */
  order = 0;
  readonly originalLength: number;

  constructor(
    readonly mark: string,
    start: number,
    stop: number,
    readonly canOpen: boolean,
    readonly canClose: boolean,
  ) {
    super(start, stop);
    this.originalLength = stop - start;
  }

  get length(): number {
    return this.stop - this.start;
  }

  /** How many characters of this and of `closer` make a span: 2, 1, or 0 by CommonMark's rule of three. */
  consumption(closer: Delimiter): 0 | 1 | 2 {
    const isBothWays = this.canClose || closer.canOpen;
    const sum = this.originalLength + closer.originalLength;
    if (isBothWays && sum % 3 === 0 && closer.originalLength % 3 !== 0) return 0;
    return this.length >= 2 && closer.length >= 2 ? 2 : 1;
  }
}

/** Whether the run from `start` to `stop` may open or close a span, by what stands on its two sides. */
export function flanking(
  mark: string,
  before: number,
  after: number,
): { readonly canOpen: boolean; readonly canClose: boolean } {
  const isBeforeSpace = isWhiteSpace(before);
  const isBeforePunctuation = isPunctuation(before);
  const isAfterSpace = isWhiteSpace(after);
  const isAfterPunctuation = isPunctuation(after);
  const isLeft = !isAfterSpace && (!isAfterPunctuation || isBeforeSpace || isBeforePunctuation);
  const isRight = !isBeforeSpace && (!isBeforePunctuation || isAfterSpace || isAfterPunctuation);
  if (mark !== '_') return { canOpen: isLeft, canClose: isRight };
  return {
    canOpen: isLeft && (!isRight || isBeforePunctuation),
    canClose: isRight && (!isLeft || isAfterPunctuation),
  };
}

/** How far back a search for an opener went in vain, for closers of one kind. */
interface VainSearch {
  readonly order: number;
  readonly sawOpener: boolean;
}

/** The delimiters of a text that have not become spans or text yet, in order. */
export class DelimiterList {
  first: Delimiter | undefined;
  last: Delimiter | undefined;
  private count = 0;

  push(delimiter: Delimiter): void {
    delimiter.order = this.count++;
    delimiter.previousDelimiter = this.last;
    if (this.last) this.last.nextDelimiter = delimiter;
    else this.first = delimiter;
    this.last = delimiter;
  }

  /**
   * Makes spans of the delimiters behind `bottom`, and text of those that are left.
   * `bottom`: null when there was no delimiter before the link; undefined at the end of a block.
   */
  process(bottom: Delimiter | null | undefined): void {
    const vainSearches = new Map<string, VainSearch>();
    let closer = this.firstCloser(bottom);
    while (closer) {
      if (!closer.canClose) {
        closer = closer.nextDelimiter;
        continue;
      }
      const { opener, sawOpener } = findOpener(closer, bottom ?? undefined, vainSearches);
      const { nextDelimiter }: Delimiter = closer;
      if (!opener) {
        if (!sawOpener && !closer.canOpen) this.remove(closer);
        closer = nextDelimiter;
        continue;
      }
      this.match(opener, closer);
      if (closer.length === 0) {
        this.remove(closer);
        closer = nextDelimiter;
      }
    }
    while (this.last && this.last !== bottom) this.remove(this.last);
  }

  /** For a link Goldmark leaves the last delimiter out, so that a lone one is not looked at. */
  private firstCloser(bottom: Delimiter | null | undefined): Delimiter | undefined {
    if (bottom === undefined) return this.first;
    const first = bottom === null ? this.first : bottom.nextDelimiter;
    return first === this.last ? undefined : first;
  }

  private match(opener: Delimiter, closer: Delimiter): void {
    const consumed = opener.consumption(closer);
    opener.stop -= consumed;
    closer.stop -= consumed;
    const span = new SpanNode(opener.mark === '~' ? 's' : consumed === 2 ? 'strong' : 'em');
    for (let child = opener.next; child && child !== closer;) {
      const { next } = child;
      span.append(child);
      child = next;
    }
    opener.parent?.insertAfter(opener, span);
    while (opener.nextDelimiter && opener.nextDelimiter !== closer) this.remove(opener.nextDelimiter);
    if (opener.length === 0) this.remove(opener);
  }

  /** Takes a delimiter out; what is left of its characters becomes text. */
  private remove(delimiter: Delimiter): void {
    const { previousDelimiter, nextDelimiter } = delimiter;
    if (previousDelimiter) previousDelimiter.nextDelimiter = nextDelimiter;
    else this.first = nextDelimiter;
    if (nextDelimiter) nextDelimiter.previousDelimiter = previousDelimiter;
    else this.last = previousDelimiter;
    delimiter.previousDelimiter = undefined;
    delimiter.nextDelimiter = undefined;
    if (delimiter.length > 0) becomeText(delimiter);
    else delimiter.parent?.remove(delimiter);
  }
}

/** Searches back from `closer`. A search ends where one for the same kind of closer ended in vain. */
function findOpener(
  closer: Delimiter,
  bottom: Delimiter | undefined,
  vainSearches: Map<string, VainSearch>,
): { readonly opener?: Delimiter; readonly sawOpener: boolean } {
  const kind = `${closer.mark}${closer.canOpen ? '+' : '-'}${closer.originalLength % 3}`;
  const vain = vainSearches.get(kind);
  let sawOpener = vain?.sawOpener ?? false;
  let candidate = closer.previousDelimiter;
  for (; candidate && candidate !== bottom; candidate = candidate.previousDelimiter) {
    if (vain && candidate.order < vain.order) break;
    if (!candidate.canOpen || candidate.mark !== closer.mark) continue;
    sawOpener = true;
    if (candidate.consumption(closer) > 0) return { opener: candidate, sawOpener };
  }
  vainSearches.set(kind, { order: closer.order, sawOpener });
  return { sawOpener };
}

/** Makes text of a node that has not become anything else, joining it to the text before it. */
export function becomeText(node: InlineNode): void {
  const before = node.previous;
  if (before instanceof TextNode && before.stop === node.start && before.lineBreak !== 'soft') {
    before.stop = node.stop;
    node.parent?.remove(node);
  } else {
    node.parent?.replace(node, new TextNode(node.start, node.stop));
  }
}
