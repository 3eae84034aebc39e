import { describe, expect, it } from 'vitest';
import { forgetValuesOf, PerContext } from './per-context.js';

describe('a value per context', () => {
  it('is made once', () => {
    const perContext = new PerContext(() => ({}));
    const context = {};
    expect(perContext.of(context)).toBe(perContext.of(context));
    expect(perContext.of(context)).not.toBe(perContext.of({}));
  });

  it('is made anew when the context is told to forget', () => {
    const perContext = new PerContext(() => ({}));
    const context = {};
    const before = perContext.of(context);
    forgetValuesOf(context);
    const after = perContext.of(context);
    expect(after).not.toBe(before);
    expect(perContext.of(context)).toBe(after);
  });

  it('is made for the context, and for none of its stand-ins', () => {
    const context = { name: 'one' };
    const perContext = new PerContext(({ name }: typeof context) => ({ name }));
    forgetValuesOf(context);
    expect(perContext.of(context)).toEqual({ name: 'one' });
  });
});
