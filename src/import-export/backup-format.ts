/**
 * The file of a backup: the line `waypost-backup 1`, then gzip over frames. A frame is one letter, the length of what
 * follows as a 32-bit number, and that many bytes:
 *
 *   H  what it is of: JSON, see `BackupHead`
 *   T  a table begins: JSON, see `BackupTable`
 *   D  rows of it, as COPY writes them in its text format, in pieces of any size
 *   E  the table ends: JSON, see `TableSummary`
 *   Z  the backup ends: JSON, see `BackupEnd`
 *
 * COPY's text format is the same in every version of Postgres, so that a backup moves a database to another one.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { BackupError } from './backup-error.js';

export const BACKUP_MAGIC = 'waypost-backup 1\n';
const ANY_MAGIC = /^waypost-backup (\d{1,6})\n/;
const MAGIC_BYTES = Buffer.byteLength(BACKUP_MAGIC);
const FRAME_HEAD_BYTES = 5;
/** Larger than any frame that is written; what claims more is no backup. */
const MOST_FRAME_BYTES = 8 * 1024 * 1024;
export const MOST_DATA_BYTES = 1024 * 1024;

export interface BackupHead {
  /** RFC 3339, by the database's clock. */
  readonly createdAt: string;
  /** Of Postgres, such as `18.4`. */
  readonly serverVersion: string;
  /** Names of the migrations that its tables had, in order. */
  readonly migrations: readonly string[];
  /** Partitions that its rows need. */
  readonly partitions: readonly BackupPartition[];
}

export interface BackupPartition {
  readonly table: string;
  readonly name: string;
  /** As in SQL: `FOR VALUES FROM ('…') TO ('…')`. */
  readonly bound: string;
}

export interface BackupTable {
  readonly name: string;
  readonly columns: readonly string[];
}

export interface TableSummary {
  readonly rows: number;
  readonly bytes: number;
  /** Of the rows as COPY wrote them, in hex. */
  readonly sha256: string;
}

export interface BackupEnd {
  readonly tables: Readonly<Record<string, TableSummary>>;
  /** Next to come of each sequence, as text: they are 64 bits. */
  readonly sequences: readonly { readonly name: string; readonly value: string; readonly isCalled: boolean }[];
}

export type BackupPart =
  | { readonly kind: 'head'; readonly head: BackupHead }
  | { readonly kind: 'table'; readonly table: BackupTable }
  | { readonly kind: 'data'; readonly data: Buffer }
  | { readonly kind: 'tableEnd'; readonly table: BackupTable; readonly summary: TableSummary }
  | { readonly kind: 'end'; readonly end: BackupEnd };

export type FrameLetter = 'H' | 'T' | 'D' | 'E' | 'Z';

export function frame(letter: FrameLetter, payload: Buffer | object): Buffer {
  const bytes = Buffer.isBuffer(payload) ? payload : Buffer.from(JSON.stringify(payload));
  const head = Buffer.alloc(FRAME_HEAD_BYTES);
  head.write(letter, 'latin1');
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

/**
 * Reads a backup from beginning to end and checks it on the way: order, lengths, and each table's bytes. Who got the
 * last part has had a whole one.
 * @throws BackupError BACKUP_FOREIGN, BACKUP_TOO_NEW, BACKUP_TRUNCATED, BACKUP_CORRUPT or BACKUP_FILE.
 */
export async function* readBackup(path: string): AsyncGenerator<BackupPart> {
  await checkMagic(path);
  const checker = new PartChecker();
  for await (const { letter, payload } of readFrames(path)) yield checker.check(letter, payload);
  checker.finish();
}

async function checkMagic(path: string): Promise<void> {
  let start: Buffer;
  try {
    const file = await open(path, 'r');
    try {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(64), 0, 64, 0);
      start = buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new BackupError('BACKUP_FILE', `${path} cannot be read: ${messageOf(error)}`, { cause: error });
  }
  const magic = ANY_MAGIC.exec(start.toString('latin1'));
  if (!magic) {
    if (start.length > 0 && BACKUP_MAGIC.startsWith(start.toString('latin1'))) throw truncated();
    throw new BackupError('BACKUP_FOREIGN', `${path} is no backup that "waypost backup" made.`);
  }
  if (magic[0] !== BACKUP_MAGIC) {
    const message = `${path} has format ${magic[1]}, which this version of Waypost does not know. Use the newer version.`;
    throw new BackupError('BACKUP_TOO_NEW', message);
  }
}

interface Frame {
  readonly letter: string;
  readonly payload: Buffer;
}

async function* readFrames(path: string): AsyncGenerator<Frame> {
  const gunzip = createGunzip();
  const unpacking = pipeline(createReadStream(path, { start: MAGIC_BYTES }), gunzip);
  unpacking.catch(() => undefined); // the loop below meets the same error
  let pending: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
      for (;;) {
        const found = takeFrame(pending);
        if (!found) break;
        pending = found.rest;
        yield found.frame;
      }
    }
  } catch (error) {
    throw error instanceof BackupError ? error : unpackingError(error);
  } finally {
    gunzip.destroy();
  }
  if (pending.length > 0) throw truncated();
}

function takeFrame(bytes: Buffer): { frame: Frame; rest: Buffer } | undefined {
  if (bytes.length < FRAME_HEAD_BYTES) return undefined;
  const length = bytes.readUInt32BE(1);
  if (length > MOST_FRAME_BYTES) throw corrupt(`a frame of ${length} bytes`);
  const end = FRAME_HEAD_BYTES + length;
  if (bytes.length < end) return undefined;
  const letter = bytes.toString('latin1', 0, 1);
  return { frame: { letter, payload: bytes.subarray(FRAME_HEAD_BYTES, end) }, rest: bytes.subarray(end) };
}

/** Knows which part may follow which, and what the table at hand has had so far. */
class PartChecker {
  private head: BackupHead | undefined;
  private table: BackupTable | undefined;
  private end: BackupEnd | undefined;
  private hash = createHash('sha256');
  private bytes = 0;
  private readonly done = new Map<string, TableSummary>();

  check(letter: string, payload: Buffer): BackupPart {
    if (this.end) throw corrupt('something behind its end');
    if ((letter === 'H') !== (this.head === undefined)) throw corrupt('no head');
    if ((letter === 'D' || letter === 'E') !== (this.table !== undefined)) throw corrupt('rows in the wrong place');
    switch (letter) {
      case 'H':
        return { kind: 'head', head: (this.head = json<BackupHead>(payload, isHead)) };
      case 'T':
        return { kind: 'table', table: this.begin(json(payload, isTable)) };
      case 'D':
        this.hash.update(payload);
        this.bytes += payload.length;
        return { kind: 'data', data: payload };
      case 'E':
        return this.endTable(json(payload, isSummary));
      case 'Z':
        return this.finishWith(json(payload, isEnd));
      default:
        throw corrupt(`a frame "${letter}"`);
    }
  }

  private begin(table: BackupTable): BackupTable {
    if (this.done.has(table.name)) throw corrupt(`the table ${table.name} twice`);
    this.table = table;
    this.hash = createHash('sha256');
    this.bytes = 0;
    return table;
  }

  private endTable(summary: TableSummary): BackupPart {
    const table = this.table as BackupTable;
    if (this.bytes !== summary.bytes || this.hash.digest('hex') !== summary.sha256) {
      throw corrupt(`other rows of ${table.name} than were written`);
    }
    this.done.set(table.name, summary);
    this.table = undefined;
    return { kind: 'tableEnd', table, summary };
  }

  private finishWith(end: BackupEnd): BackupPart {
    const isSame = JSON.stringify(Object.entries(end.tables)) === JSON.stringify([...this.done]);
    if (!isSame) throw corrupt('other tables than its list says');
    this.end = end;
    return { kind: 'end', end };
  }

  finish(): void {
    if (!this.end) throw truncated();
  }
}

function json<T>(payload: Buffer, isOne: (value: never) => boolean): T {
  try {
    const value: unknown = JSON.parse(payload.toString('utf8'));
    if (typeof value === 'object' && value !== null && isOne(value as never)) return value as T;
  } catch {
    // Said below.
  }
  throw corrupt('a part that cannot be read');
}

const isText = (value: unknown): boolean => typeof value === 'string';
const isListOf = (value: unknown, isItem: (item: never) => boolean): boolean =>
  Array.isArray(value) && value.every((item) => isItem(item as never));

const isHead = ({ migrations, partitions }: BackupHead): boolean =>
  isListOf(migrations, isText) &&
  isListOf(partitions, ({ table, name, bound }: BackupPartition) => [table, name, bound].every(isText));

const isTable = ({ name, columns }: BackupTable): boolean => isText(name) && isListOf(columns, isText);

const isSummary = ({ rows, bytes, sha256 }: TableSummary): boolean =>
  Number.isSafeInteger(rows) && Number.isSafeInteger(bytes) && isText(sha256);

const isEnd = ({ tables, sequences }: BackupEnd): boolean =>
  typeof tables === 'object' &&
  tables !== null &&
  isListOf(sequences, ({ name, value, isCalled }: BackupEnd['sequences'][number]) => {
    return isText(name) && /^-?\d{1,19}$/.test(value) && typeof isCalled === 'boolean';
  });

function unpackingError(error: unknown): BackupError {
  const code = (error as { code?: string }).code ?? '';
  if (code === 'Z_BUF_ERROR') return truncated();
  return code.startsWith('Z_')
    ? corrupt(messageOf(error))
    : new BackupError('BACKUP_FILE', messageOf(error), { cause: error });
}

function truncated(): BackupError {
  return new BackupError('BACKUP_TRUNCATED', 'The backup is cut off: its end is missing. Nothing was restored.');
}

export function corrupt(found: string): BackupError {
  return new BackupError('BACKUP_CORRUPT', `The backup is damaged: it has ${found}. Nothing was restored.`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
