import { describe, expect, it } from 'vitest';
import { DailySalts, dayMs, utcDayStartMs } from './daily-salts.js';

const day = '2026-03-29';
const startMs = utcDayStartMs(day);
const salt = (byte: number): Uint8Array => new Uint8Array(16).fill(byte);
const agent = 'Mozilla/5.0 Firefox/144.0';

function saltsOf(...known: [string, Uint8Array][]): DailySalts {
  const salts = new DailySalts();
  salts.set(known, startMs);
  return salts;
}

describe('DailySalts', () => {
  it('gives one reader one hash a day, and another the next', () => {
    const salts = saltsOf([day, salt(1)], ['2026-03-30', salt(2)]);
    const morning = salts.hash('192.0.2.1', agent, startMs);
    expect(salts.hash('192.0.2.1', agent, startMs + dayMs - 1)).toEqual(morning);
    expect(salts.hash('192.0.2.1', agent, startMs + dayMs)).not.toEqual(morning);
  });

  it('tells addresses and user agents apart', () => {
    const salts = saltsOf([day, salt(1)]);
    const hashes = [
      salts.hash('192.0.2.1', agent, startMs),
      salts.hash('192.0.2.2', agent, startMs),
      salts.hash('192.0.2.1', `${agent} `, startMs),
      salts.hash('2001:db8::1', agent, startMs),
    ];
    expect(new Set(hashes.map((hash) => JSON.stringify(hash))).size).toBe(4);
  });

  it('takes an IPv4 address in an IPv6 socket for the same reader', () => {
    const salts = saltsOf([day, salt(1)]);
    expect(salts.hash('::ffff:192.0.2.1', agent, startMs)).toEqual(salts.hash('192.0.2.1', agent, startMs));
    expect(salts.hash('2001:db8:0:0::1', agent, startMs)).toEqual(salts.hash('2001:db8::1', agent, startMs));
  });

  it('gives no hash without the day’s salt, nor for what is no address', () => {
    const salts = saltsOf([day, salt(1)]);
    expect(salts.hash('192.0.2.1', agent, startMs - 1)).toBeUndefined();
    expect(salts.hash('not an address', agent, startMs)).toBeUndefined();
  });

  it('forgets a salt after 48 hours, so that nobody can compute its hashes again', () => {
    const salts = saltsOf([day, salt(1)]);
    const before = salts.hash('192.0.2.1', agent, startMs);
    salts.set([], startMs + 2 * dayMs - 1);
    expect(salts.has(day)).toBe(true);
    salts.set([], startMs + 2 * dayMs);
    expect(salts.has(day)).toBe(false);
    expect(before).toBeDefined();
    expect(salts.hash('192.0.2.1', agent, startMs)).toBeUndefined();
    salts.set([[day, salt(1)]], startMs + 2 * dayMs);
    expect(salts.has(day)).toBe(false);
  });
});
