import { AsyncLocalStorage } from 'node:async_hooks';

/** What a statement answered, as `pg` has it. */
export interface ReadRows {
  readonly rows: Record<string, unknown>[];
  readonly rowCount: number | null;
}

/** Where the statements of one request are run, as long as they may be run elsewhere than on the primary. */
export interface Reader {
  /** undefined: ask the primary. It throws only where the primary would be no help. */
  readonly query: (sql: string, values: unknown[] | undefined) => Promise<ReadRows | undefined>;
  /** From here on everything is asked of the primary: what was read once, or written, is never followed by something older. */
  readonly turnToPrimary: () => void;
}

const readers = new AsyncLocalStorage<Reader>();

/** Every statement that `work` makes outside transactions goes by `reader`, also later and in parallel. */
export function readingBy<T>(reader: Reader, work: () => T): T {
  return readers.run(reader, work);
}

/** undefined outside of `readingBy`: there is only the primary. */
export function currentReader(): Reader | undefined {
  return readers.getStore();
}
