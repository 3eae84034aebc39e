import { fnv1a } from '../kernel/fnv.js';

/** Keys that are remembered at least. */
const REMEMBERED = 20_000;

/**
 * Who came before, so that what is asked for once alone takes nobody's place (the doorkeeper of TinyLFU, Einziger et al.,
 * 2017). Two keys in some hundred thousand are taken for one, which lets one in too early.
 */
export class Visitors {
  private current = new Set<number>();
  private former = new Set<number>();

  /** Whether it did, not too long ago. From now on it has. */
  hasCome(key: string): boolean {
    const hash = fnv1a(key);
    const isKnown = this.current.has(hash) || this.former.has(hash);
    this.current.add(hash);
    if (this.current.size >= REMEMBERED) {
      this.former = this.current;
      this.current = new Set();
    }
    return isKnown;
  }
}
