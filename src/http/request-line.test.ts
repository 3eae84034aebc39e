import { describe, expect, it } from 'vitest';
import { loggedPath, pathOf, readRequestId } from './request-line.js';

describe('the id of a request', () => {
  it.each(['abc', '0b8b4b7e-7a55-4d0f-9a30-6f8e4f2f2b61', 'a.b_c-1'])("is the caller's: %s", (id) => {
    expect(readRequestId(id)).toBe(id);
  });

  it.each([undefined, '', 'a b', 'a\u0000', 'a"b', 'ä', 'x'.repeat(65), ['a', 'b']])('is a new one for %j', (id) => {
    expect(readRequestId(id)).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('a path', () => {
  it.each([
    [undefined, '/'],
    ['/a/b?c=d', '/a/b'],
    ['?x', '/'],
    ['/graphql?query={a}', '/graphql'],
  ])('of %s is %s', (target, path) => {
    expect(pathOf(target)).toBe(path);
  });

  it.each([
    ['/', '/'],
    ['/graphql', '/graphql'],
    ['/postback/s3cr3t', '/postback/...'],
    ['/%0d%0aX', '/'],
    ['//evil', '//...'],
  ])('%s is logged as %s', (path, logged) => {
    expect(loggedPath(path)).toBe(logged);
  });
});
