import { createHash } from 'node:crypto';

/**
 * Documents by the SHA-256 of their text, for automatic persisted queries: those that were registered for ever, others
 * until the room is used up, the longest unused leaving first.
 */
export class DocumentStore {
  private readonly texts = new Map<string, string>();
  private readonly registered: ReadonlyMap<string, string>;
  private length = 0;

  /** `maxLength`: characters of all documents together. */
  constructor(
    private readonly maxLength: number,
    registered: readonly string[] = [],
  ) {
    this.registered = new Map(registered.map((text) => [sha256(text), text]));
  }

  isRegistered(text: string): boolean {
    return this.registered.has(sha256(text));
  }

  get(hash: string): Promise<string | undefined> {
    const text = this.texts.get(hash);
    if (text !== undefined) {
      this.texts.delete(hash);
      this.texts.set(hash, text);
    }
    return Promise.resolve(this.registered.get(hash) ?? text);
  }

  set(hash: string, text: string): Promise<void> {
    this.remove(hash);
    this.texts.set(hash, text);
    this.length += hash.length + text.length;
    for (const oldest of this.texts.keys()) {
      if (this.length <= this.maxLength) break;
      this.remove(oldest);
    }
    return Promise.resolve();
  }

  delete(hash: string): Promise<boolean> {
    return Promise.resolve(this.remove(hash));
  }

  private remove(hash: string): boolean {
    const text = this.texts.get(hash);
    if (text !== undefined) this.length -= hash.length + text.length;
    return this.texts.delete(hash);
  }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
