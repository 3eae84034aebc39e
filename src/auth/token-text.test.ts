import { describe, expect, it } from 'vitest';
import { createTokenText, hashToken, readBearer, tokenPrefix } from './token-text.js';

describe('a token', () => {
  it('is random, and recognised by its beginning', () => {
    const tokens = Array.from({ length: 100 }, createTokenText);
    expect(new Set(tokens).size).toBe(100);
    for (const token of tokens) expect(token).toMatch(/^wpt_[A-Za-z0-9_-]{43}$/);
    expect(tokenPrefix('wpt_abcdefghij')).toBe('wpt_abcdef');
  });

  it('is hashed by SHA-256', () => {
    expect(hashToken('abc').toString('hex')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });

  it.each([
    ['Bearer abc', { token: 'abc' }],
    ['bearer  abc.d-e_f~g+h/i== ', { token: 'abc.d-e_f~g+h/i==' }],
  ])('is read from %s', (header, expected) => {
    expect(readBearer(header)).toEqual(expected);
  });

  it.each(['', 'abc', 'Basic abc', 'Bearer', 'Bearer a b', 'Bearer "abc"', 'Bearer abc,def'])(
    'is not read from "%s"',
    (header) => {
      expect(readBearer(header)).toHaveProperty('problem');
    },
  );
});
