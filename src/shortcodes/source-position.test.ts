import { describe, expect, it } from 'vitest';
import { SourceLines } from './source-position.js';

describe('a position', () => {
  const lines = new SourceLines('ab\n\né😀c\r\nd\re', 12);

  it.each([
    ['the start', 0, 12, 1],
    ['the line feed', 2, 12, 3],
    ['an empty line', 3, 13, 1],
    ['behind a character outside the basic plane, which counts twice', 7, 14, 4],
    ['the carriage return', 8, 14, 5],
    ['behind a lone carriage return, which starts no line', 12, 15, 3],
    ['the end', 13, 15, 4],
  ])('of %s', (_name, offset, line, column) => {
    expect(lines.positionOf(offset)).toEqual({ line, column });
  });

  it('starts at line 1 when nothing else is said', () => {
    expect(new SourceLines('').positionOf(0)).toEqual({ line: 1, column: 1 });
  });
});
