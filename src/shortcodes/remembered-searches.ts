import { isUnicodeSpace } from './characters.js';

/** Between `from` and `found` there is none. */
interface Search {
  readonly from: number;
  readonly found: number;
}

/** Remembers where each search ended: a text that does not hold what is searched must not be walked through again and again. */
export class RememberedSearches {
  private readonly searches = new Map<string, Search>();

  constructor(private readonly source: string) {}

  /** Infinity: there is none. */
  nextIndex(searched: string, from: number): number {
    return this.search(searched, from, () => indexOrEnd(this.source, searched, from));
  }

  /** The end of the text where there is none. */
  nextSpace(from: number): number {
    return this.search('space', from, () => {
      let at = from;
      while (at < this.source.length && !isUnicodeSpace(this.source.charCodeAt(at))) at += 1;
      return at;
    });
  }

  private search(key: string, from: number, find: () => number): number {
    const known = this.searches.get(key);
    if (known !== undefined && known.from <= from && from <= known.found) return known.found;
    const found = find();
    this.searches.set(key, { from, found });
    return found;
  }
}

export function indexOrEnd(source: string, searched: string, from: number): number {
  const index = source.indexOf(searched, from);
  return index === -1 ? Infinity : index;
}
