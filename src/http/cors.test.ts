import { describe, expect, it } from 'vitest';
import { decideCrossOrigin } from './cors.js';

const ALLOWED = ['https://app.example'];
const allowed = (method: string, origin?: string, wantedMethod?: string) => {
  const { headers, isPreflight } = decideCrossOrigin({ method, origin, wantedMethod }, ALLOWED);
  const map = new Map(headers);
  return {
    isPreflight,
    origin: map.get('Access-Control-Allow-Origin'),
    methods: map.get('Access-Control-Allow-Methods'),
  };
};

describe('a page of another origin', () => {
  it.each([
    ['GET', 'https://any.example', '*'],
    ['HEAD', 'https://any.example', '*'],
    ['POST', 'https://any.example', undefined],
    ['GET', 'https://app.example', 'https://app.example'],
    ['POST', 'https://app.example', 'https://app.example'],
    ['POST', 'https://app.example.evil', undefined],
    ['POST', 'null', undefined],
    ['POST', undefined, undefined],
  ])('may %s from %s: %s', (method, origin, expected) => {
    expect(allowed(method, origin)).toMatchObject({ isPreflight: false, origin: expected });
  });

  it.each([
    ['https://any.example', 'GET', '*', 'GET, HEAD'],
    ['https://any.example', 'POST', undefined, undefined],
    ['https://any.example', 'DELETE', undefined, undefined],
    ['https://app.example', 'POST', 'https://app.example', 'GET, HEAD, POST'],
  ])('from %s asks for %s first', (origin, wanted, expected, methods) => {
    expect(allowed('OPTIONS', origin, wanted)).toEqual({ isPreflight: true, origin: expected, methods });
  });

  it('may send a key for a mutation where it may send mutations, and reads whether the answer is an old one', () => {
    const headersFor = (origin: string, method: string) =>
      new Map(decideCrossOrigin({ method, origin, wantedMethod: 'POST' }, ALLOWED).headers);
    const preflight = headersFor('https://app.example', 'OPTIONS');
    expect(preflight.get('Access-Control-Allow-Headers')).toContain('Idempotency-Key');
    expect(headersFor('https://app.example', 'POST').get('Access-Control-Expose-Headers')).toContain(
      'Idempotency-Replayed',
    );
  });

  it('never sends cookies, and no token unless it is named', () => {
    for (const origin of ['https://any.example', 'https://app.example']) {
      const { headers } = decideCrossOrigin({ method: 'OPTIONS', origin, wantedMethod: 'GET' }, ALLOWED);
      const names = headers.map(([name]) => name);
      expect(names).not.toContain('Access-Control-Allow-Credentials');
      expect(new Map(headers).get('Access-Control-Allow-Headers')?.includes('Authorization')).toBe(
        origin === 'https://app.example',
      );
    }
  });
});
