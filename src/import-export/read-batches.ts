import { createHash } from 'node:crypto';
import type { FoundFile } from './find-files.js';
import { FileRefusedError, readRegularFile } from './read-regular-file.js';

/** A file's bytes, or why there are none. */
export interface ReadFile {
  readonly name: string;
  readonly bytes: Buffer | undefined;
  /** SHA-256 in hex; empty without bytes. */
  readonly hash: string;
  readonly problem: { readonly code: string; readonly message: string } | undefined;
}

export interface BatchLimits {
  readonly files: number;
  /** A batch ends with the file that passes it: what is held in memory at once does not grow with the tree. */
  readonly bytes: number;
  readonly bytesOfFile: number;
}

/** Files that are opened at the same time. */
const CONCURRENCY = 16;

/** Reads files in their order, in batches. One that cannot be read does not stop the rest. */
export async function* readBatches(files: readonly FoundFile[], limits: BatchLimits): AsyncGenerator<ReadFile[]> {
  let batch: ReadFile[] = [];
  let bytes = 0;
  for (let start = 0; start < files.length; start += CONCURRENCY) {
    const chunk = files.slice(start, start + CONCURRENCY);
    for (const file of await Promise.all(chunk.map((one) => readFile(one, limits.bytesOfFile)))) {
      batch.push(file);
      bytes += file.bytes?.length ?? 0;
      if (batch.length < limits.files && bytes < limits.bytes) continue;
      yield batch;
      batch = [];
      bytes = 0;
    }
  }
  if (batch.length > 0) yield batch;
}

async function readFile({ path, name }: FoundFile, mostBytes: number): Promise<ReadFile> {
  try {
    const bytes = await readRegularFile(path, mostBytes);
    return { name, bytes, hash: createHash('sha256').update(bytes).digest('hex'), problem: undefined };
  } catch (error) {
    if (!(error instanceof FileRefusedError)) throw error;
    return { name, bytes: undefined, hash: '', problem: { code: error.code, message: error.message } };
  }
}
