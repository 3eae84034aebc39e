import { isPunctuation, isWhiteSpace } from '../characters.js';
import { InlineNode } from './inline-node.js';

/** A run of `*`, `_` or `~` that may open or close a span. */
export class Delimiter {
  previous: Delimiter | undefined = undefined;
  next: Delimiter | undefined = undefined;
  /** Rank by place in the text. */
  order = 0;
  readonly originalLength: number;

  constructor(
    readonly node: InlineNode,
    readonly mark: string,
    readonly canOpen: boolean,
    readonly canClose: boolean,
  ) {
    this.originalLength = this.length;
  }

  /** How many of its characters are not used yet. */
  get length(): number {
    return this.node.stop - this.node.start;
  }

  /** How many characters of this and of `closer` make a span: 2, 1, or 0 by CommonMark's rule of three. */
  consumption(closer: Delimiter): 0 | 1 | 2 {
    const isBothWays = this.canClose || closer.canOpen;
    const sum = this.originalLength + closer.originalLength;
    if (isBothWays && sum % 3 === 0 && closer.originalLength % 3 !== 0) return 0;
    return this.length >= 2 && closer.length >= 2 ? 2 : 1;
  }
}

/** Whether a run of `mark` may open or close a span, by the characters on its two sides. */
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
  first: Delimiter | undefined = undefined;
  last: Delimiter | undefined = undefined;
  private count = 0;

  push(delimiter: Delimiter): void {
    delimiter.order = this.count++;
    delimiter.previous = this.last;
    if (this.last) this.last.next = delimiter;
    else this.first = delimiter;
    this.last = delimiter;
  }

  /**
   * Makes spans of the delimiters behind `bottom`, and text of those that are left.
   * `bottom`: null when there was no delimiter before the link; undefined at the end of a block.
   */
  process(bottom: Delimiter | null | undefined): void {
    if (!this.last) return;
    const vainSearches = new Map<string, VainSearch>();
    let closer = this.firstCloser(bottom);
    while (closer) {
      if (!closer.canClose) {
        closer = closer.next;
        continue;
      }
      const { opener, sawOpener } = findOpener(closer, bottom ?? undefined, vainSearches);
      const { next }: Delimiter = closer;
      if (!opener) {
        if (!sawOpener && !closer.canOpen) this.remove(closer);
        closer = next;
        continue;
      }
      this.match(opener, closer);
      if (closer.length === 0) {
        this.remove(closer);
        closer = next;
      }
    }
    while (this.last && this.last !== bottom) this.remove(this.last);
  }

  /** For a link Goldmark leaves the last delimiter out, so that a lone one is not looked at. */
  private firstCloser(bottom: Delimiter | null | undefined): Delimiter | undefined {
    if (bottom === undefined) return this.first;
    const first = bottom === null ? this.first : bottom.next;
    return first === this.last ? undefined : first;
  }

  private match(opener: Delimiter, closer: Delimiter): void {
    const consumed = opener.consumption(closer);
    opener.node.stop -= consumed;
    closer.node.stop -= consumed;
    const span = new InlineNode(opener.mark === '~' ? 's' : consumed === 2 ? 'strong' : 'em');
    for (let child = opener.node.next; child && child !== closer.node;) {
      const { next } = child;
      span.append(child);
      child = next;
    }
    opener.node.parent?.insertAfter(opener.node, span);
    while (opener.next && opener.next !== closer) this.remove(opener.next);
    if (opener.length === 0) this.remove(opener);
  }

  /** Takes a delimiter out; what is left of its characters becomes text. */
  private remove(delimiter: Delimiter): void {
    const { previous, next, node } = delimiter;
    if (previous) previous.next = next;
    else this.first = next;
    if (next) next.previous = previous;
    else this.last = previous;
    delimiter.previous = undefined;
    delimiter.next = undefined;
    if (delimiter.length > 0) becomeText(node);
    else node.parent?.remove(node);
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
  for (let opener = closer.previous; opener && opener !== bottom; opener = opener.previous) {
    if (vain && opener.order < vain.order) break;
    if (!opener.canOpen || opener.mark !== closer.mark) continue;
    sawOpener = true;
    if (opener.consumption(closer) > 0) return { opener, sawOpener };
  }
  vainSearches.set(kind, { order: closer.order, sawOpener });
  return { sawOpener };
}

/** Makes text of a node that has not become anything else, joining it to the text before it. */
export function becomeText(node: InlineNode): void {
  const before = node.previous;
  if (before?.kind === 'text' && before.stop === node.start && before.lineBreak !== 'soft') {
    before.stop = node.stop;
    node.parent?.remove(node);
  } else {
    node.parent?.replace(node, new InlineNode('text', node.start, node.stop));
  }
}
