import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';

/**
 * Documents by the SHA-256 of their text, for automatic persisted queries: those that were registered for ever, others
 * until the room is used up, the longest unused leaving first.
 */
export class DocumentStore {
  private readonly texts: LRUCache<string, string>;
  private readonly registered: ReadonlyMap<string, string>;

  /** `maxLength`: characters of all documents together. */
  constructor(maxLength: number, registered: readonly string[] = []) {
    this.texts = new LRUCache({
      maxSize: Math.max(maxLength, 1),
      sizeCalculation: (text, hash) => hash.length + text.length,
    });
    this.registered = new Map(registered.map((text) => [sha256(text), text]));
  }

  isRegistered(text: string): boolean {
    return this.registered.has(sha256(text));
  }

  get(hash: string): Promise<string | undefined> {
    return Promise.resolve(this.registered.get(hash) ?? this.texts.get(hash));
  }

  set(hash: string, text: string): Promise<void> {
    this.texts.set(hash, text);
    return Promise.resolve();
  }

  delete(hash: string): Promise<boolean> {
    return Promise.resolve(this.texts.delete(hash));
  }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
