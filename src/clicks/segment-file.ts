import { constants } from 'node:fs';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { crc32 } from './crc32.js';
import { endFrameBytes, maxClickBytes } from './record-codec.js';

/**
 * The local log is a folder of segments. Each is written by one process, front to back, and never again: a process that starts makes its
 * own. So the reader needs no lock, and a torn write can only be a segment's last.
 *
 * Segment :: magic 8   version u16   nothing u16   checksum u32   id 16   nothing 32   Frame*   zero bytes
 */
export const segmentVersion = 1;
export const segmentHeaderBytes = 64;
export const segmentSuffix = '.log';
export const preparingSuffix = '.preparing';
const magic = 'WAYPOSTC';

export interface Segment {
  readonly id: string;
  readonly path: string;
  readonly file: FileHandle;
  /** See {@link SegmentOptions}. */
  readonly capacityBytes: number;
}

export interface SegmentOptions {
  readonly directory: string;
  /** First part of the file's name: says which process writes it. */
  readonly writer: string;
  /** Every write reaches the disk before it returns. */
  readonly isDurable: boolean;
  /**
   * A stream of so many bytes ends with the click that reaches it. Space for that, for the click and for the end mark is written ahead: a write into zeros
   * takes half as long as one that also moves the file's end, and a disk that fills up meanwhile cannot refuse it.
   */
  readonly capacityBytes: number;
}

const preallocationStepBytes = 512 * 1024;

export async function createSegment(options: SegmentOptions): Promise<Segment> {
  const id = randomUUID();
  const name = `${options.writer}-${Date.now().toString(36)}-${id}`;
  const preparing = join(options.directory, name + preparingSuffix);
  const path = join(options.directory, name + segmentSuffix);
  try {
    await writeEmptySegment(preparing, id, options);
    await rename(preparing, path);
    if (options.isDurable) await syncDirectory(options.directory);
    const flags = constants.O_RDWR | (options.isDurable ? constants.O_DSYNC : 0);
    return { id, path, file: await open(path, flags), capacityBytes: options.capacityBytes };
  } catch (error) {
    // On a full disk, what was written so far would take the room that the next attempt needs.
    for (const left of [preparing, path]) await rm(left, { force: true }).catch(() => undefined);
    throw error;
  }
}

async function writeEmptySegment(path: string, id: string, options: SegmentOptions): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.write(segmentHeader(id), 0, segmentHeaderBytes, 0);
    const zeros = new Uint8Array(preallocationStepBytes);
    const end = segmentHeaderBytes + options.capacityBytes + maxClickBytes + endFrameBytes;
    for (let offset = segmentHeaderBytes; offset < end; offset += zeros.length) {
      await writeWhole(file, zeros.subarray(0, end - offset), offset);
      // Step by step: one sync of the whole would make the redirects of that moment wait for it.
      if (options.isDurable) await file.datasync();
    }
    if (options.isDurable) await file.sync();
  } finally {
    await file.close();
  }
}

/** A full disk takes a part of what it is given, and says so only with the next write. */
async function writeWhole(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += (await file.write(bytes, written, bytes.length - written, position + written)).bytesWritten;
  }
}

/** A new name is durable only with its directory. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function segmentHeader(id: string): Uint8Array {
  const header = new Uint8Array(segmentHeaderBytes);
  const view = new DataView(header.buffer);
  new TextEncoder().encodeInto(magic, header);
  view.setUint16(8, segmentVersion, true);
  header.set(Buffer.from(id.replaceAll('-', ''), 'hex'), 16);
  view.setUint32(12, headerChecksum(header), true);
  return header;
}

const headerChecksum = (header: Uint8Array): number => (crc32(header, 0, 12) ^ crc32(header, 16, 32)) >>> 0;

export type SegmentHeader =
  { readonly id: string; readonly problem?: undefined } | { readonly id?: undefined; readonly problem: string };

/** What a file in the log's folder says it is. */
export function readSegmentHeader(header: Uint8Array): SegmentHeader {
  if (header.length < segmentHeaderBytes) return { problem: `it has only ${header.length} bytes` };
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  if (new TextDecoder().decode(header.subarray(0, 8)) !== magic) return { problem: 'it is no segment of a click log' };
  const version = view.getUint16(8, true);
  if (version !== segmentVersion) {
    return { problem: `it is of format ${version}, and this version reads format ${segmentVersion}` };
  }
  if (view.getUint32(12, true) !== headerChecksum(header)) return { problem: 'its header is damaged' };
  const hex = Buffer.from(header.subarray(16, 32)).toString('hex');
  return { id: hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-') };
}
