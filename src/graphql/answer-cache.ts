import { LRUCache } from 'lru-cache';
import { Visitors } from './visitors.js';

/** A finished answer. */
export interface KeptAnswer {
  readonly body: Buffer;
  /** Names and values in turn, as Node takes them, of a 304 as well. Without what guards add to each response. */
  readonly headers: readonly string[];
  readonly contentType: string;
  readonly etag: string;
  /** Headers of requests by which answers differ. Beside `headers`, because a guard may name more. */
  readonly vary: string;
  /** What has to stay the same for it to stay true. */
  readonly tags: readonly string[];
}

interface Entry {
  readonly answer: KeptAnswer;
  readonly size: number;
}

/** One execution under way, which others with the same key wait for. */
export class Run {
  /** Cache tags that were dropped since it began: what it reads may be from before. `undefined`: all. */
  dropped: Set<string> | undefined = new Set();
  readonly done: Promise<KeptAnswer | undefined>;
  private settle: (answer: KeptAnswer | undefined) => void = () => undefined;

  constructor(readonly key: string) {
    this.done = new Promise((resolve) => {
      this.settle = resolve;
    });
  }

  end(answer: KeptAnswer | undefined): void {
    this.settle(answer);
  }
}

/** What an entry takes beside its texts and bytes, roughly. */
const ENTRY_OVERHEAD = 400;
const TAG_OVERHEAD = 120;
/** No single answer takes more than this part of the room. */
const LARGEST_PART = 16;

/**
 * Answers by the request that they answer, bounded in bytes; the longest unused leaves first. Once the room is used up, only
 * what is asked for a second time takes the place of others: a crawler, or somebody who asks each time for something else,
 * takes nothing away from the readers. It knows nothing of time: who uses it drops what is no longer true.
 */
export class AnswerCache {
  private readonly entries: LRUCache<string, Entry>;
  private readonly keysByTag = new Map<string, Set<string>>();
  /** Those that a new reader may still wait for. */
  private readonly open = new Map<string, Run>();
  private readonly runs = new Set<Run>();
  private readonly visitors = new Visitors();

  constructor(private readonly maxBytes: number) {
    this.entries = new LRUCache({
      maxSize: Math.max(maxBytes, 1),
      sizeCalculation: ({ size }) => size,
      dispose: (entry, key) => this.forget(key, entry),
    });
  }

  get size(): { readonly answers: number; readonly bytes: number } {
    return { answers: this.entries.size, bytes: this.entries.calculatedSize };
  }

  find(key: string): KeptAnswer | undefined {
    return this.entries.get(key)?.answer;
  }

  findRun(key: string): Run | undefined {
    return this.open.get(key);
  }

  begin(key: string): Run {
    const run = new Run(key);
    this.runs.add(run);
    this.open.set(key, run);
    return run;
  }

  /** `answer`: undefined where it may not be kept. It is kept unless what it was made of was dropped meanwhile. */
  finish(run: Run, answer: KeptAnswer | undefined): void {
    this.runs.delete(run);
    if (this.open.get(run.key) === run) this.open.delete(run.key);
    const { dropped } = run;
    if (answer && dropped && !answer.tags.some((tag) => dropped.has(tag))) this.keep(run.key, answer);
    run.end(answer);
  }

  /** Nobody joins a run that began before: what it reads may be older than what the caller of this has seen. */
  drop(tags: Iterable<string>): void {
    this.open.clear();
    for (const tag of tags) {
      for (const run of this.runs) run.dropped?.add(tag);
      for (const key of this.keysByTag.get(tag) ?? []) this.entries.delete(key);
    }
  }

  clear(): void {
    this.open.clear();
    for (const run of this.runs) run.dropped = undefined;
    this.entries.clear();
  }

  private keep(key: string, answer: KeptAnswer): void {
    const size = sizeOf(key, answer);
    if (size > this.maxBytes / LARGEST_PART) return;
    this.entries.delete(key);
    if (this.entries.calculatedSize + size > this.maxBytes && !this.visitors.hasCome(key)) return;
    this.entries.set(key, { answer, size });
    for (const tag of answer.tags) {
      const keys = this.keysByTag.get(tag) ?? new Set();
      this.keysByTag.set(tag, keys.add(key));
    }
  }

  private forget(key: string, { answer }: Entry): void {
    for (const tag of answer.tags) {
      const keys = this.keysByTag.get(tag);
      keys?.delete(key);
      if (keys?.size === 0) this.keysByTag.delete(tag);
    }
  }
}

function sizeOf(key: string, { body, headers, tags }: KeptAnswer): number {
  const texts = [key, ...headers, ...tags].reduce((sum, text) => sum + text.length, 0);
  return ENTRY_OVERHEAD + body.length + texts + tags.length * TAG_OVERHEAD;
}
