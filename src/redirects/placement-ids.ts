/**
 * The known placement ids of one partner: 200,000 of them take 1.6 MB. An id of 12 hex digits is a number below 2^48, which a double holds exactly, so
 * the ids are one sorted array. Changes gather in a small overlay until it is worth merging. Immutable: readers keep what they have.
 */
export class PlacementIds {
  private constructor(
    private readonly sorted: Float64Array,
    /** True: added since; false: removed since. Also every id of another form. */
    private readonly overlay: ReadonlyMap<string, boolean>,
    readonly size: number,
  ) {}

  static readonly none = new PlacementIds(new Float64Array(0), new Map(), 0);

  static of(ids: Iterable<string>): PlacementIds {
    return PlacementIds.none.with(ids, []);
  }

  has(id: string): boolean {
    if (this.overlay.size > 0) {
      const change = this.overlay.get(id);
      if (change !== undefined) return change;
    }
    return this.sorted.length > 0 && shortId.test(id) && includesSorted(this.sorted, numberOf(id));
  }

  with(added: Iterable<string>, removed: Iterable<string>): PlacementIds {
    const overlay = new Map(this.overlay);
    let size = this.size;
    for (const id of removed) {
      if (!this.hasIn(overlay, id)) continue;
      overlay.set(id, false);
      size--;
    }
    for (const id of added) {
      if (this.hasIn(overlay, id)) continue;
      overlay.set(id, true);
      size++;
    }
    const isSmall = overlay.size <= Math.max(64, Math.sqrt(this.sorted.length));
    return isSmall ? new PlacementIds(this.sorted, overlay, size) : merge(this.sorted, overlay, size);

    function merge(sorted: Float64Array, changes: Map<string, boolean>, mergedSize: number): PlacementIds {
      const [numbers, others] = mergeChanges(sorted, changes);
      return new PlacementIds(numbers, others, mergedSize);
    }
  }

  *[Symbol.iterator](): Generator<string> {
    for (const number of this.sorted) {
      const id = idOf(number);
      if (!this.overlay.has(id)) yield id;
    }
    for (const [id, isAdded] of this.overlay) if (isAdded) yield id;
  }

  private hasIn(overlay: ReadonlyMap<string, boolean>, id: string): boolean {
    return overlay.get(id) ?? (shortId.test(id) && includesSorted(this.sorted, numberOf(id)));
  }
}

/** @param owners the partner key of each placement id. */
export function idsByPartner(owners: Iterable<readonly [id: string, partnerKey: string]>): Map<string, string[]> {
  const ids = new Map<string, string[]>();
  for (const [id, key] of owners) {
    const known = ids.get(key);
    if (known) known.push(id);
    else ids.set(key, [id]);
  }
  return ids;
}

const shortId = /^[0-9a-f]{12}$/;

const numberOf = (id: string): number => Number.parseInt(id, 16);

const idOf = (number: number): string => number.toString(16).padStart(12, '0');

function includesSorted(sorted: Float64Array, wanted: number): boolean {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as number) < wanted) low = middle + 1;
    else high = middle;
  }
  return sorted[low] === wanted;
}

function mergeChanges(
  sorted: Float64Array,
  changes: ReadonlyMap<string, boolean>,
): [Float64Array, Map<string, boolean>] {
  const removed = new Set<number>();
  const added: number[] = [];
  const others = new Map<string, boolean>();
  for (const [id, isAdded] of changes) {
    if (!shortId.test(id)) {
      if (isAdded) others.set(id, true);
    } else if (isAdded) added.push(numberOf(id));
    else removed.add(numberOf(id));
  }
  const addedSet = new Set(added);
  const kept = sorted.filter((number) => !removed.has(number) && !addedSet.has(number));
  const merged = new Float64Array(kept.length + added.length);
  merged.set(kept);
  merged.set(added, kept.length);
  return [merged.sort(), others];
}
