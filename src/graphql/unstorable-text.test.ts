import { describe, expect, it } from 'vitest';
import { unstorableTexts } from './unstorable-text.js';

const fieldsOf = (input: unknown): (string | undefined)[] => unstorableTexts(input, 'input').map(({ field }) => field);

describe('texts that cannot be stored', () => {
  it('are named by their path, in lists, objects and keys', () => {
    const input = { title: 'a\0', tags: ['fine', 'b\ud800'], params: { deep: [{ x: '\udc00' }], 'k\0': 1 } };
    expect(new Set(fieldsOf(input))).toEqual(
      new Set(['input.title', 'input.tags.1', 'input.params', 'input.params.deep.0.x']),
    );
  });

  it('say where and what', () => {
    expect(unstorableTexts({ title: 'ab\0' }, 'input')).toEqual([
      {
        code: 'TEXT_NOT_STORABLE',
        message: 'title has the character U+0000 at character 3, which cannot be stored. Leave it out.',
        field: 'input.title',
      },
    ]);
  });

  it('are not those of any language, nor dates, numbers and nothing', () => {
    expect(fieldsOf({ a: '😀 مرحبا e\u0301 \u200b\u202e', b: new Date(), c: null, d: undefined, e: 1 })).toEqual([]);
  });

  it('are found however deep they lie', () => {
    let nested: unknown = 'x\0';
    for (let level = 0; level < 100_000; level += 1) nested = [nested];
    expect(unstorableTexts({ params: { nested } }, 'input')).toHaveLength(1);
  });
});
