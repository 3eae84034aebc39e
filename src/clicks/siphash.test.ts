import { describe, expect, it } from 'vitest';
import { sipHash, sipKey } from './siphash.js';

const key = sipKey(Uint8Array.from({ length: 16 }, (_, index) => index));
const message = Uint8Array.from({ length: 64 }, (_, index) => index);

describe('sipHash', () => {
  // From the reference implementation's vectors.h (vectors_sip64), read as a little-endian number.
  it.each([
    [0, '726fdb47dd0e0e31'],
    [1, '74f839c593dc67fd'],
    [2, '0d6c8009d9a94f5a'],
    [3, '85676696d7fb7e2d'],
    [7, 'ab0200f58b01d137'],
    [8, '93f5f5799a932462'],
    [15, 'a129ca6149be45e5'],
    [63, '958a324ceb064572'],
  ])('of %i bytes is the reference vector', (length, expected) => {
    const { high, low } = sipHash(key, message, length);
    expect(high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0')).toBe(expected);
  });

  it('takes 16 bytes of key and no other number', () => {
    expect(() => sipKey(new Uint8Array(15))).toThrow('16 bytes');
  });
});
