import { describe, expect, it } from 'vitest';
import type { KeptAnswer } from './answer-cache.js';
import { AnswerCache } from './answer-cache.js';

const answer = (tags: readonly string[] = [], size = 10): KeptAnswer => ({
  body: Buffer.alloc(size),
  contentType: 'application/json',
  headers: [],
  etag: '"e"',
  vary: 'Accept',
  tags,
});

function keep(cache: AnswerCache, key: string, kept: KeptAnswer): void {
  cache.finish(cache.begin(key), kept);
}

describe('the answers that are kept', () => {
  it('take no more than their room, the longest unused leaving first', () => {
    const cache = new AnswerCache(32_000);
    for (let index = 0; index < 100; index += 1) {
      for (let time = 1; time <= 2; time += 1) keep(cache, `key ${index}`, answer(['list:article'], 1000));
      cache.find('key 0');
      expect(cache.size.bytes).toBeLessThanOrEqual(32_000);
    }
    expect(cache.find('key 0')).toBeDefined();
    expect([cache.find('key 1'), cache.find('key 99')]).toEqual([undefined, expect.anything()]);
    cache.drop(['list:article']);
    expect(cache.size).toEqual({ answers: 0, bytes: 0 });
  });

  it('give way to what is asked for twice, and not to what is asked for once', () => {
    const cache = new AnswerCache(32_000);
    for (let index = 0; cache.size.answers === index; index += 1) keep(cache, `key ${index}`, answer([], 1000));
    const full = cache.size;
    for (let index = 0; index < 1000; index += 1) keep(cache, `once ${index}`, answer([], 1000));
    expect([cache.size, cache.find('key 1'), cache.find('once 999')]).toEqual([full, expect.anything(), undefined]);
    keep(cache, 'once 999', answer([], 1000));
    expect([cache.find('key 0'), cache.find('once 999')]).toEqual([undefined, expect.anything()]);
  });

  it('have none that takes a large part of the room', () => {
    const cache = new AnswerCache(32_000);
    keep(cache, 'large', answer([], 4000));
    expect(cache.find('large')).toBeUndefined();
  });

  it('leave by what they were made of', () => {
    const cache = new AnswerCache(1_000_000);
    keep(cache, 'one', answer(['article:1', 'tag:1']));
    keep(cache, 'two', answer(['article:2', 'tag:1']));
    cache.drop(['article:1']);
    expect([cache.find('one'), cache.find('two')]).toEqual([undefined, expect.anything()]);
  });

  it('have none that was made of what changed while it was made', async () => {
    const cache = new AnswerCache(1_000_000);
    const changed = cache.begin('changed');
    const other = cache.begin('other');
    cache.drop(['article:1']);
    cache.finish(changed, answer(['article:1']));
    cache.finish(other, answer(['article:2']));
    expect([cache.find('changed'), cache.find('other')]).toEqual([undefined, expect.anything()]);
    // Who waited for it had asked before the change.
    expect(await changed.done).toBeDefined();
  });

  it('have none that was begun before all were dropped, and nobody waits for such a one', () => {
    const cache = new AnswerCache(1_000_000);
    const run = cache.begin('key');
    cache.clear();
    expect(cache.findRun('key')).toBeUndefined();
    cache.finish(run, answer());
    expect(cache.find('key')).toBeUndefined();
  });
});
