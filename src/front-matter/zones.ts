import type { WallTime } from './go-time.js';

/** Seconds east of UTC that a zone has at a moment, given in milliseconds since 1970. */
export type ZoneOffset = (epochMs: number) => number;

const UTC: ZoneOffset = () => 0;

/** A formatter costs tens of microseconds to make and is asked for every date. */
const knownZones = new Map<string, ZoneOffset | undefined>([['', UTC]]);
const MAX_KNOWN_ZONES = 1000;

/** The zone of an IANA name such as `Europe/Paris`; undefined when there is none of that name. */
export function findZone(timeZone: string | undefined): ZoneOffset | undefined {
  if (timeZone === undefined || timeZone === 'UTC') return UTC;
  if (!knownZones.has(timeZone)) {
    if (knownZones.size >= MAX_KNOWN_ZONES) knownZones.clear();
    knownZones.set(timeZone, makeZone(timeZone));
  }
  return knownZones.get(timeZone);
}

function makeZone(timeZone: string): ZoneOffset | undefined {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset', year: 'numeric' });
  } catch {
    return undefined;
  }
  return (epochMs) => {
    // GMT, GMT+02:00 or, for the local mean times before standard time, GMT+00:09:21
    const found = /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?/.exec(format.format(epochMs));
    if (found === null) return 0;
    const seconds = Number(found[2]) * 3600 + Number(found[3]) * 60 + Number(found[4] ?? 0);
    return found[1] === '-' ? -seconds : seconds;
  };
}

/**
 * RFC 3339 as Go prints it: the written offset kept, `Z` for none, a fraction without trailing zeros.
 * A time without an offset is one of `zone`.
 */
export function formatWallTime(time: WallTime, zone: ZoneOffset): string {
  if (time.offsetSeconds !== undefined) return printMoment(utcMs(time), time.offsetSeconds, time.nanosecond);
  const wallMs = utcMs(time);
  const utc = wallMs - offsetOfWallClock(wallMs, zone) * 1000;
  const offset = zone(utc);
  return printMoment(utc + offset * 1000, offset, time.nanosecond);
}

/** `seconds` since 1970, as Hugo reads an integer date. */
export function formatUnixSeconds(seconds: bigint): string | undefined {
  // Years 0 to 9999: RFC 3339 has no others.
  if (seconds < -62_167_219_200n || seconds > 253_402_300_799n) return undefined;
  return printMoment(Number(seconds) * 1000, 0, 0);
}

/**
 * Go's rule where the clock jumps: a time that does not exist counts with the offset before the jump, one that exists twice
 * with the offset after it.
 */
function offsetOfWallClock(wallMs: number, zone: ZoneOffset): number {
  const guess = zone(wallMs);
  return guess === 0 ? 0 : zone(wallMs - guess * 1000);
}

function utcMs(time: WallTime): number {
  const date = new Date(0);
  // Date.UTC reads the years 0 to 99 as 1900 to 1999.
  date.setUTCFullYear(time.year, time.month - 1, time.day);
  date.setUTCHours(time.hour, time.minute, time.second, 0);
  return date.getTime();
}

function printMoment(wallMs: number, offsetSeconds: number, nanosecond: number): string {
  const date = new Date(wallMs);
  const day = `${pad(date.getUTCFullYear(), 4)}-${pad(date.getUTCMonth() + 1, 2)}-${pad(date.getUTCDate(), 2)}`;
  const clock = `${pad(date.getUTCHours(), 2)}:${pad(date.getUTCMinutes(), 2)}:${pad(date.getUTCSeconds(), 2)}`;
  return `${day}T${clock}${printFraction(nanosecond)}${printOffset(offsetSeconds)}`;
}

export function printFraction(nanosecond: number): string {
  return nanosecond === 0 ? '' : `.${pad(nanosecond, 9).replace(/0+$/, '')}`;
}

function printOffset(offsetSeconds: number): string {
  if (offsetSeconds === 0) return 'Z';
  const minutes = Math.trunc(Math.abs(offsetSeconds) / 60);
  return `${offsetSeconds < 0 ? '-' : '+'}${pad(Math.trunc(minutes / 60), 2)}:${pad(minutes % 60, 2)}`;
}

export function pad(value: number, width: number): string {
  return String(value).padStart(width, '0');
}
