import type { SipHash } from './siphash.js';
import { VisitorHasher } from './visitor-hash.js';

export const dayMs = 86_400_000;

/** A salt is used on one day and kept for the next: clicks of midnight are still on their way then. After 48 hours it is gone. */
export const saltLifeMs = 2 * dayMs;

/** `2026-11-24`, in UTC. Salts, partitions and visitors have the same days everywhere. */
export const utcDay = (timeMs: number): string => new Date(timeMs).toISOString().slice(0, 10);

export const utcDayStartMs = (day: string): number => Date.parse(`${day}T00:00:00.000Z`);

/** From this moment on, the salt may be nowhere any more. */
export const saltEndMs = (day: string): number => utcDayStartMs(day) + saltLifeMs;

/** The salts of today and tomorrow as this process knows them. Where they come from is another's: a table that all nodes share. */
export class DailySalts {
  private readonly hashers = new Map<string, VisitorHasher>();
  private currentDay = '';
  private currentStartMs = 0;
  private current: VisitorHasher | undefined;

  /** Forgets those whose 48 hours are over, also without being told anything new. */
  set(salts: Iterable<readonly [day: string, salt: Uint8Array]>, nowMs: number): void {
    for (const [day, salt] of salts) {
      if (saltEndMs(day) > nowMs && !this.hashers.has(day)) this.hashers.set(day, new VisitorHasher(salt));
    }
    for (const day of this.hashers.keys()) if (saltEndMs(day) <= nowMs) this.hashers.delete(day);
    this.currentDay = '';
  }

  has(day: string): boolean {
    return this.hashers.has(day);
  }

  /** Undefined where the day's salt is not known: the click is then counted without a visitor. */
  hash(address: string, userAgent: string, nowMs: number): SipHash | undefined {
    if (this.currentDay === '' || nowMs < this.currentStartMs || nowMs >= this.currentStartMs + dayMs) {
      this.currentDay = utcDay(nowMs);
      this.currentStartMs = utcDayStartMs(this.currentDay);
      this.current = this.hashers.get(this.currentDay);
    }
    return this.current?.hash(address, userAgent);
  }
}
