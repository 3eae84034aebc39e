import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeSyncToken, encodeSyncToken, SyncTokenError } from './sync-token.js';

const key = randomBytes(32);
const sample = { epoch: '0b53de7b-55de-455a-afac-eed804080f79', positions: { public: 3n, all: 12n } };

describe('a sync token', () => {
  it('is read as it was made', () => {
    const position = fc.bigInt(0n, 2n ** 63n - 1n);
    const token = fc.record({ epoch: fc.uuid(), positions: fc.record({ public: position, all: position }) });
    fc.assert(
      fc.property(token, (place) => {
        expect(decodeSyncToken(encodeSyncToken(place, key), key)).toEqual(place);
      }),
    );
  });

  it('is a text that stands in a URL as it is', () => {
    expect(encodeSyncToken(sample, key)).toMatch(/^[A-Za-z0-9_-]{82}$/);
  });

  it('of the same place is never the same twice', () => {
    expect(encodeSyncToken(sample, key)).not.toBe(encodeSyncToken(sample, key));
  });

  it('of another feed is known as one', () => {
    expect(decodeSyncToken(encodeSyncToken(sample, randomBytes(32)), key)).toBeUndefined();
  });

  it('cannot be altered', () => {
    const bytes = Buffer.from(encodeSyncToken(sample, key), 'base64url');
    for (let index = 1; index < bytes.length; index += 1) {
      const altered = Buffer.from(bytes);
      altered[index] = (altered[index] ?? 0) ^ 1;
      expect(decodeSyncToken(altered.toString('base64url'), key)).toBeUndefined();
    }
  });

  it.each([
    ['nothing', ''],
    ['a number', '17'],
    ['a cursor', Buffer.from('["a",1]').toString('base64url')],
    ['a token with padding', `${encodeSyncToken(sample, key)}=`],
    ['a token that was cut', encodeSyncToken(sample, key).slice(0, -2)],
    ['a token of another version', `Ag${encodeSyncToken(sample, key).slice(2)}`],
  ])('is not made of %s', (_name, text) => {
    expect(() => decodeSyncToken(text, key)).toThrow(SyncTokenError);
  });

  it('is made of no other text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => decodeSyncToken(text, key)).toThrow(SyncTokenError);
      }),
    );
  });
});
