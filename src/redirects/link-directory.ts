import type { Destination } from './destination-url.js';
import { PlacementIds } from './placement-ids.js';

/** What a redirect needs to know of a partner. */
export interface LinkPartner {
  readonly key: string;
  readonly isPaused: boolean;
  /** Milliseconds since 1970. From `startsAtMs` on, and before `endsAtMs`. */
  readonly startsAtMs: number;
  readonly endsAtMs: number;
  /** Undefined where the stored one cannot be used; the partner then answers as if it were paused. */
  readonly destination: Destination | undefined;
  readonly fallback: Destination | undefined;
  /** By rank. */
  readonly targets: readonly LinkTarget[];
  readonly placements: PlacementIds;
}

/** A conditional destination. An absent condition is met by everybody. */
export interface LinkTarget {
  readonly key: string;
  /** Of the targets that fit, those of the lowest rank share the readers by weight. */
  readonly rank: number;
  readonly weight: number;
  readonly countries: ReadonlySet<string> | undefined;
  readonly devices: ReadonlySet<string> | undefined;
  /** Primary subtags, lower case. */
  readonly languages: ReadonlySet<string> | undefined;
  readonly startsAtMs: number;
  readonly endsAtMs: number;
  readonly destination: Destination;
}

/** One consistent picture of all partners. A change makes another; a reader keeps the one that it has looked up. */
export class LinkDirectory {
  private constructor(
    private readonly partners: ReadonlyMap<string, LinkPartner>,
    /** Partners whose targets ask for something that costs time to find out. */
    readonly size: number,
  ) {}

  static readonly empty = new LinkDirectory(new Map(), 0);

  static of(partners: Iterable<LinkPartner>): LinkDirectory {
    const byKey = new Map<string, LinkPartner>();
    for (const partner of partners) byKey.set(partner.key, partner);
    return new LinkDirectory(byKey, byKey.size);
  }

  find(key: string): LinkPartner | undefined {
    return this.partners.get(key);
  }

  with(changed: Iterable<LinkPartner>, removedKeys: Iterable<string>): LinkDirectory {
    const byKey = new Map(this.partners);
    for (const key of removedKeys) byKey.delete(key);
    for (const partner of changed) byKey.set(partner.key, partner);
    return new LinkDirectory(byKey, byKey.size);
  }

  [Symbol.iterator](): IterableIterator<LinkPartner> {
    return this.partners.values();
  }
}
