import { WaypostError } from '../kernel/errors.js';

/** `host:port/database` of a connection string, without user and password. */
export function placeOf(url: string): string {
  try {
    const parsed = new URL(url);
    return `${parsed.hostname}:${parsed.port || '5432'}${parsed.pathname}`;
  } catch {
    return 'the address given';
  }
}

/** SQLSTATE classes and Node's socket codes, in words. */
const REASONS: Readonly<Record<string, string>> = {
  '28P01': 'the password is wrong. Correct it in DATABASE_URL.',
  '28000': 'this user may not log in from here. Check the user in DATABASE_URL and pg_hba.conf.',
  '3D000': 'the database does not exist. Create it, or correct its name in DATABASE_URL.',
  '42501': 'the user lacks a privilege. It needs CREATE on the database.',
  '53300': 'it has too many connections already.',
  '57P03': 'it is starting up or shutting down.',
  ECONNREFUSED: 'nothing listens there. Start Postgres, or correct host and port in DATABASE_URL.',
  ENOTFOUND: 'the host name is not known. Correct it in DATABASE_URL.',
  ETIMEDOUT: 'no answer in time.',
};

/** A Postgres that says this is not ready at the moment, and may be later. */
const PASSES = new Set(['57P03', '53300']);

/** Makes one clear sentence of what `pg` throws while connecting. The cause is kept. */
export function describePostgresFailure(url: string, error: unknown): WaypostError {
  const code = codeOf(error);
  const fallback = (error instanceof Error ? error.message : String(error)).replace(/[^.!?]$/, '$&.');
  const refused = /^[0-9A-Z]{5}$/.test(code ?? '') && !PASSES.has(code ?? '');
  return new WaypostError(
    refused ? 'DATABASE_REFUSED' : 'DATABASE_UNREACHABLE',
    [placeOf(url), REASONS[code ?? ''] ?? fallback],
    { cause: error },
  );
}

function codeOf(error: unknown): string | undefined {
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** SQLSTATE of a value that Postgres cannot take: U+0000, not UTF-8, out of range, not of the type. */
const BAD_VALUE = new Set(['22021', '22P05', '22P02', '22003', '22008']);
/** Statement timeout, lock timeout. */
const TOO_SLOW = new Set(['57014', '55P03']);
/** What the pool says, without a code, when all of its connections stay busy. */
const POOL_BUSY = 'timeout exceeded when trying to connect';
/** Shutting down, starting up, connection lost; and Node's codes for a socket. */
const GONE = /^(?:57P0[1-3]|08\d{3}|53300|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOENT)$/;

/**
 * What a statement's failure means for the caller, where it is no bug of ours.
 * @returns undefined for anything else.
 */
export function expectedFailure(error: unknown): WaypostError | undefined {
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : '';
  if (code !== undefined && BAD_VALUE.has(code))
    return new WaypostError('VALUE_NOT_STORABLE', [message], { cause: error });
  const isTooSlow = (code !== undefined && TOO_SLOW.has(code)) || message === POOL_BUSY;
  if (isTooSlow) return new WaypostError('DATABASE_TIMEOUT', [], { cause: error });
  const isGone = (code !== undefined && GONE.test(code)) || message.startsWith('Connection terminated');
  return isGone ? new WaypostError('DATABASE_GONE', [], { cause: error }) : undefined;
}
