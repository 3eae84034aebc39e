import { setTimeout as delay } from 'node:timers/promises';

/** Asks again and again; the test's own timeout ends it. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await delay(20);
}
