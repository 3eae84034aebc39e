import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DocumentStore } from './document-store.js';

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');
const HASH_LENGTH = 64;

describe('the store of persisted documents', () => {
  it('holds no more than its room, and forgets the longest unused first', async () => {
    const store = new DocumentStore(3 * (HASH_LENGTH + 10));
    const texts = ['a', 'b', 'c'].map((letter) => letter.repeat(10));
    for (const text of texts) await store.set(hashOf(text), text);
    await store.get(hashOf('a'.repeat(10)));
    await store.set(hashOf('d'.repeat(10)), 'd'.repeat(10));
    const kept = await Promise.all(['a', 'b', 'c', 'd'].map((letter) => store.get(hashOf(letter.repeat(10)))));
    expect(kept.map((text) => text?.[0])).toEqual(['a', undefined, 'c', 'd']);
  });

  it('does not take more room for the same document again, and gives back that of a deleted one', async () => {
    const store = new DocumentStore(2 * (HASH_LENGTH + 10));
    for (let time = 0; time < 5; time += 1) await store.set('x'.repeat(HASH_LENGTH), 'x'.repeat(10));
    await store.set('y'.repeat(HASH_LENGTH), 'y'.repeat(10));
    expect(await store.get('x'.repeat(HASH_LENGTH))).toBe('x'.repeat(10));
    expect(await store.delete('y'.repeat(HASH_LENGTH))).toBe(true);
    expect(await store.delete('y'.repeat(HASH_LENGTH))).toBe(false);
    await store.set('z'.repeat(HASH_LENGTH), 'z'.repeat(10));
    expect(await store.get('x'.repeat(HASH_LENGTH))).toBe('x'.repeat(10));
  });

  it('does not keep what is larger than all of it', async () => {
    const store = new DocumentStore(100);
    await store.set(hashOf('long'), 'long'.repeat(100));
    expect(await store.get(hashOf('long'))).toBeUndefined();
  });

  it('never forgets what was registered', async () => {
    const store = new DocumentStore(0, ['{ a }']);
    await store.set(hashOf('{ b }'), '{ b }');
    expect([await store.get(hashOf('{ a }')), await store.get(hashOf('{ b }'))]).toEqual(['{ a }', undefined]);
    expect([store.isRegistered('{ a }'), store.isRegistered('{ b }')]).toEqual([true, false]);
  });
});
