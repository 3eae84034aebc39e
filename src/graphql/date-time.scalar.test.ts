import { describe, expect, it } from 'vitest';
import { DateTimeScalar } from './date-time.scalar.js';

describe('DateTime', () => {
  it.each([
    ['2025-09-12T13:19:38.864869Z', '2025-09-12T13:19:38.864Z'],
    ['2025-09-12T15:19:38+02:00', '2025-09-12T13:19:38.000Z'],
    ['2024-02-29T00:00:00z', '2024-02-29T00:00:00.000Z'],
  ])('reads %s', (text, expected) => {
    expect(DateTimeScalar.parseValue(text).toISOString()).toBe(expected);
  });

  it.each([
    'nonsense',
    '',
    '2025-09-12',
    '2025-09-12T13:19:38',
    '2025-02-30T00:00:00Z',
    '2025-02-29T00:00:00Z',
    '2025-13-01T00:00:00Z',
    '2025-01-01T24:00:00Z',
    '2025-01-01T25:00:00Z',
    '2025-01-01 00:00:00Z',
    1_757_683_178,
    null,
    true,
  ])('refuses %s', (value) => {
    expect(() => DateTimeScalar.parseValue(value)).toThrow('DateTime cannot represent');
  });

  it('prints UTC with milliseconds', () => {
    expect(DateTimeScalar.serialize(new Date(0))).toBe('1970-01-01T00:00:00.000Z');
  });
});
