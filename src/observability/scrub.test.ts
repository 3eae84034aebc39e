import { describe, expect, it } from 'vitest';
import { scrub } from './scrub.js';

describe('a log line', () => {
  it.each([
    ['token wpt_abcdefghijklmnop here', 'token wpt_abcdef[...] here'],
    ['Authorization: Bearer abc.def', 'Authorization: [...] [...]'],
    ['sent bearer abc.def to', 'sent bearer [...] to'],
    ['at postgres://me:secret@db:5432/x failed', 'at postgres://[...]@db:5432/x failed'],
    ['{"password":"hunter2","name":"x"}', '{"password":[...],"name":"x"}'],
    ['GET /go/shop/3f9a?gclid=123 failed', 'GET /go/shop/3f9a?[...] failed'],
    ['nothing of the kind', 'nothing of the kind'],
  ])('%s becomes %s', (line, clean) => {
    expect(scrub(line)).toBe(clean);
  });
});
