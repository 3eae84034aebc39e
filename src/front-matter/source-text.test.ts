import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SourceText } from './source-text.js';

/** One to four bytes, and the halves of a pair that may stand alone. */
const CHARACTER = fc.constantFrom('a', '\n', 'é', '€', '🎓', '\uD83C', '\uDF93');

describe('SourceText', () => {
  it('counts lines at LF, CRLF and a lone CR', () => {
    const source = new SourceText('a\nb\r\nc\rd');
    const positions = [0, 1, 2, 4, 5, 7, 8].map((offset) => source.positionAt(offset));
    expect(positions.map(({ line, column }) => `${line}:${column}`)).toEqual([
      '1:1',
      '1:2',
      '2:1',
      '2:3',
      '3:1',
      '4:1',
      '4:2',
    ]);
  });

  it('answers in any order', () => {
    const text = 'é\n🎓x'.repeat(1000);
    const source = new SourceText(text);
    const offsets = [4995, 0, 2500, 4];
    expect(offsets.map((offset) => source.byteOffsetAt(offset))).toEqual(
      offsets.map((offset) => Buffer.byteLength(text.slice(0, offset))),
    );
    expect(source.positionAt(4999)).toEqual({ line: 1001, column: 3 });
  });

  it('counts bytes as encoding writes them, beyond a checkpoint too', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: CHARACTER, minLength: 1, maxLength: 40 }),
        fc.array(fc.nat(3000)),
        (unit, offsets) => {
          const content = unit.repeat(Math.ceil(3000 / unit.length));
          const source = new SourceText(content);
          const whole = offsets.filter((offset) => !splitsPair(content, offset));
          expect(whole.map((offset) => source.byteOffsetAt(offset))).toEqual(
            whole.map((offset) => Buffer.byteLength(content.slice(0, offset))),
          );
        },
      ),
    );
  });
});

function splitsPair(text: string, offset: number): boolean {
  const isHigh = (text.charCodeAt(offset - 1) & 0xfc00) === 0xd800;
  return isHigh && (text.charCodeAt(offset) & 0xfc00) === 0xdc00;
}
