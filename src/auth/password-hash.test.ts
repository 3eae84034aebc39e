import { describe, expect, it } from 'vitest';
import { hashPassword, isPassword, PasswordQueueFullError } from './password-hash.js';

describe('a password', () => {
  it('is kept as argon2id with a salt of its own', async () => {
    const [one, two] = await Promise.all([hashPassword('correct horse'), hashPassword('correct horse')]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(one).not.toBe(two);
    expect(await isPassword('correct horse', one)).toBe(true);
    expect(await isPassword('correct horse ', one)).toBe(false);
  });

  it("is nobody's where there is none", async () => {
    expect(await isPassword('nobody', undefined)).toBe(false);
    expect(await isPassword('nobody', null)).toBe(false);
  });

  it('waits in a queue that ends', async () => {
    const results = await Promise.allSettled(Array.from({ length: 100 }, () => isPassword('x', undefined)));
    const refused = results.filter((one) => one.status === 'rejected').map((one) => one.reason as unknown);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.every((reason) => reason instanceof PasswordQueueFullError)).toBe(true);
    expect(await isPassword('x', undefined)).toBe(false);
  });
});
