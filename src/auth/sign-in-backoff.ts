/** So many wrong passwords cost nothing: people mistype. */
const FREE_FAILURES = 3;
const LONGEST_WAIT_SECONDS = 60;
/** After so long without a failure, failures are forgotten. */
export const FORGET_FAILURES_SECONDS = 3600;
const MOST_ADDRESSES = 50_000;

/** Seconds to wait after so many failures in a row: 1, 2, 4 ... up to a minute. */
export function waitSecondsAfter(failures: number): number {
  if (failures < FREE_FAILURES) return 0;
  return Math.min(LONGEST_WAIT_SECONDS, 2 ** (failures - FREE_FAILURES));
}

interface Failures {
  count: number;
  lastMs: number;
}

/** Failed sign-ins by address, in the memory of this process only: addresses are not stored. */
export class AddressFailures {
  private readonly byNetwork = new Map<string, Failures>();

  /** @returns how often this network failed lately. */
  countOf(network: string, nowMs: number): number {
    const failures = this.byNetwork.get(network);
    if (!failures || nowMs - failures.lastMs > FORGET_FAILURES_SECONDS * 1000) return 0;
    return failures.count;
  }

  /** @returns seconds until it may try again; 0: now. */
  waitSeconds(network: string, nowMs: number): number {
    const failures = this.byNetwork.get(network);
    const waitMs = waitSecondsAfter(this.countOf(network, nowMs)) * 1000;
    return failures ? Math.max(0, Math.ceil((failures.lastMs + waitMs - nowMs) / 1000)) : 0;
  }

  /** Counted before the password is looked at, so that a hundred guesses at once are a hundred failures. */
  note(network: string, nowMs: number): void {
    const count = this.countOf(network, nowMs) + 1;
    this.byNetwork.delete(network);
    this.byNetwork.set(network, { count, lastMs: nowMs });
    if (this.byNetwork.size > MOST_ADDRESSES) {
      const [oldest = ''] = this.byNetwork.keys();
      this.byNetwork.delete(oldest);
    }
  }

  forget(network: string): void {
    this.byNetwork.delete(network);
  }
}
