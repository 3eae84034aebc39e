/**
 * SipHash-2-4, a keyed hash for short input (https://www.aumasson.jp/siphash/siphash.pdf), in halves of 32 bits: BigInt would take fifty times
 * as long, and `crypto.createHmac` ten times.
 */
export interface SipKey {
  readonly k0High: number;
  readonly k0Low: number;
  readonly k1High: number;
  readonly k1Low: number;
}

export interface SipHash {
  readonly high: number;
  readonly low: number;
}

export function sipKey(bytes: Uint8Array): SipKey {
  if (bytes.length !== 16) throw new RangeError(`A SipHash key has 16 bytes, not ${bytes.length}.`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, 16);
  return {
    k0Low: view.getInt32(0, true),
    k0High: view.getInt32(4, true),
    k1Low: view.getInt32(8, true),
    k1High: view.getInt32(12, true),
  };
}

// The state v0..v3 as halves. One block is mixed at a time and nothing else runs in between, so it can live here.
let v0h = 0;
let v0l = 0;
let v1h = 0;
let v1l = 0;
let v2h = 0;
let v2l = 0;
let v3h = 0;
let v3l = 0;

function sipRound(): void {
  let low = (v0l >>> 0) + (v1l >>> 0);
  v0h = (v0h + v1h + (low > 0xffff_ffff ? 1 : 0)) | 0;
  v0l = low | 0;
  low = (v2l >>> 0) + (v3l >>> 0);
  v2h = (v2h + v3h + (low > 0xffff_ffff ? 1 : 0)) | 0;
  v2l = low | 0;

  // v1 <<< 13, v3 <<< 16
  let high = (v1h << 13) | (v1l >>> 19);
  v1l = ((v1l << 13) | (v1h >>> 19)) ^ v0l;
  v1h = high ^ v0h;
  high = (v3h << 16) | (v3l >>> 16);
  v3l = ((v3l << 16) | (v3h >>> 16)) ^ v2l;
  v3h = high ^ v2h;

  // v0 <<< 32
  high = v0h;
  v0h = v0l;
  v0l = high;

  low = (v2l >>> 0) + (v1l >>> 0);
  v2h = (v2h + v1h + (low > 0xffff_ffff ? 1 : 0)) | 0;
  v2l = low | 0;
  low = (v0l >>> 0) + (v3l >>> 0);
  v0h = (v0h + v3h + (low > 0xffff_ffff ? 1 : 0)) | 0;
  v0l = low | 0;

  // v1 <<< 17, v3 <<< 21
  high = (v1h << 17) | (v1l >>> 15);
  v1l = ((v1l << 17) | (v1h >>> 15)) ^ v2l;
  v1h = high ^ v2h;
  high = (v3h << 21) | (v3l >>> 11);
  v3l = ((v3l << 21) | (v3h >>> 11)) ^ v0l;
  v3h = high ^ v0h;

  // v2 <<< 32
  high = v2h;
  v2h = v2l;
  v2l = high;
}

function mixBlock(high: number, low: number): void {
  v3h ^= high;
  v3l ^= low;
  sipRound();
  sipRound();
  v0h ^= high;
  v0l ^= low;
}

/** Hash of `bytes[0, length)`. */
export function sipHash(key: SipKey, bytes: Uint8Array, length: number): SipHash {
  v0h = key.k0High ^ 0x736f6d65;
  v0l = key.k0Low ^ 0x70736575;
  v1h = key.k1High ^ 0x646f7261;
  v1l = key.k1Low ^ 0x6e646f6d;
  v2h = key.k0High ^ 0x6c796765;
  v2l = key.k0Low ^ 0x6e657261;
  v3h = key.k1High ^ 0x74656462;
  v3l = key.k1Low ^ 0x79746573;
  const whole = length - (length % 8);
  for (let offset = 0; offset < whole; offset += 8) mixBlock(word(bytes, offset + 4, 4), word(bytes, offset, 4));
  const rest = length - whole;
  mixBlock(((length & 0xff) << 24) | word(bytes, whole + 4, rest - 4), word(bytes, whole, Math.min(rest, 4)));
  v2l ^= 0xff;
  for (let round = 0; round < 4; round++) sipRound();
  return { high: (v0h ^ v1h ^ v2h ^ v3h) >>> 0, low: (v0l ^ v1l ^ v2l ^ v3l) >>> 0 };
}

/** Up to four bytes, little-endian. */
function word(bytes: Uint8Array, offset: number, count: number): number {
  let value = 0;
  for (let index = 0; index < count; index++) value |= (bytes[offset + index] as number) << (8 * index);
  return value;
}
