import { randomFillSync } from 'node:crypto';

/**
 * A click's id is a ULID: 48 bits of milliseconds and 80 random bits, written as 26 lower-case characters.
 * Lower-case letters and digits fit the sub id of every network. The random part is from the system's generator, since the id
 * travels in URLs and nobody should guess another's.
 * Deliberately absent: a counter within the millisecond. Order inside one carries no meaning, several processes could not keep it,
 * and it would make ids guessable.
 */
export interface ClickId {
  readonly timeMs: number;
  readonly random16: number;
  readonly random32a: number;
  readonly random32b: number;
}

export const clickIdBytes = 16;
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const randomBytesPerId = 10;

/** The system's random bytes in portions: one call for 800 ids costs what one call for a single id does. */
const pool = new DataView(new ArrayBuffer(randomBytesPerId * 800));
let poolOffset = pool.byteLength;

export function createClickId(timeMs: number): ClickId {
  if (poolOffset === pool.byteLength) {
    randomFillSync(new Uint8Array(pool.buffer));
    poolOffset = 0;
  }
  const offset = poolOffset;
  poolOffset += randomBytesPerId;
  return {
    timeMs,
    random16: pool.getUint16(offset),
    random32a: pool.getUint32(offset + 2),
    random32b: pool.getUint32(offset + 6),
  };
}

/** Big-endian, so that the order of bytes is the order of time. */
export function writeClickId(view: DataView, offset: number, id: ClickId): void {
  view.setUint16(offset, Math.floor(id.timeMs / 0x1_0000_0000));
  view.setUint32(offset + 2, id.timeMs >>> 0);
  view.setUint16(offset + 6, id.random16);
  view.setUint32(offset + 8, id.random32a);
  view.setUint32(offset + 12, id.random32b);
}

export function readClickId(view: DataView, offset: number): ClickId {
  return {
    timeMs: view.getUint16(offset) * 0x1_0000_0000 + view.getUint32(offset + 2),
    random16: view.getUint16(offset + 6),
    random32a: view.getUint32(offset + 8),
    random32b: view.getUint32(offset + 12),
  };
}

export function clickIdText(id: ClickId): string {
  let text = '';
  let time = id.timeMs;
  for (let index = 0; index < 10; index++) {
    text = alphabet.charAt(time % 32) + text;
    time = Math.floor(time / 32);
  }
  // 80 bits in two halves of 40, each of which a double holds exactly.
  return (
    text +
    fortyBitsText(id.random16 * 0x100_0000 + (id.random32a >>> 8)) +
    fortyBitsText((id.random32a & 0xff) * 0x1_0000_0000 + id.random32b)
  );
}

function fortyBitsText(value: number): string {
  const high = Math.floor(value / 0x10_0000);
  const low = value % 0x10_0000;
  return twentyBitsText(high) + twentyBitsText(low);
}

const twentyBitsText = (bits: number): string =>
  alphabet.charAt(bits >>> 15) +
  alphabet.charAt((bits >>> 10) & 31) +
  alphabet.charAt((bits >>> 5) & 31) +
  alphabet.charAt(bits & 31);

/** Orders clicks by time, then by id: every process decides alike. */
export function compareClickIds(one: ClickId, other: ClickId): number {
  return (
    one.timeMs - other.timeMs ||
    one.random16 - other.random16 ||
    one.random32a - other.random32a ||
    one.random32b - other.random32b
  );
}
