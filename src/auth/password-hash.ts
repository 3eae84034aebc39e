import type { Algorithm } from '@node-rs/argon2';
import { hash, verify } from '@node-rs/argon2';

/** OWASP's parameters for argon2id: 19 MiB, two passes, one lane. About 30 ms of one core. */
const ARGON2ID = { algorithm: 2 as Algorithm.Argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** As many at once: libuv has four threads, and files and names must not wait for passwords. */
const MOST_AT_ONCE = 2;
const MOST_WAITING = 64;

/** Too many passwords are being checked; nobody's account is at fault. */
export class PasswordQueueFullError extends Error {
  override readonly name = 'PasswordQueueFullError';

  constructor() {
    super(`${MOST_WAITING} passwords wait to be checked already.`);
  }
}

let running = 0;
const waiting: (() => void)[] = [];

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running >= MOST_AT_ONCE) {
    if (waiting.length >= MOST_WAITING) throw new PasswordQueueFullError();
    await new Promise<void>((resolve) => waiting.push(resolve));
  } else running += 1;
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  }
}

/** @throws PasswordQueueFullError */
export function hashPassword(password: string): Promise<string> {
  return inTurn(() => hash(password, ARGON2ID));
}

let nobodysHash: Promise<string> | undefined;

/**
 * Takes as long for somebody who does not exist, or has no password, as for anybody else.
 * @throws PasswordQueueFullError
 */
export async function isPassword(password: string, hashed: string | null | undefined): Promise<boolean> {
  nobodysHash ??= hash('nobody', ARGON2ID);
  const against = hashed ?? (await nobodysHash);
  return (await inTurn(() => verify(against, password))) && hashed != null;
}
