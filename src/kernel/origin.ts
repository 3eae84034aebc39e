import { AsyncLocalStorage } from 'node:async_hooks';

/** Who causes what is being done now, and by what. The audit log says so of every change. */
export interface Origin {
  readonly kind: 'token' | 'person' | 'host' | 'command' | 'system';
  /** Of the token, the person or whom a host vouches for; an audit entry still says it when their name has changed. */
  readonly id?: string;
  /** Never a secret, never an address. */
  readonly name: string;
  /** Name of the mutation, of the HTTP endpoint, or the command as it was typed. */
  readonly action: string;
  /** Of the HTTP request, as the log knows it. */
  readonly requestId?: string;
  /** The work writes one entry of its own with its counts, in place of one per row. */
  readonly isSummarised?: boolean;
}

const SYSTEM: Origin = { kind: 'system', name: 'waypost', action: 'background work' };
const origins = new AsyncLocalStorage<Origin>();

/** What no request and no command causes, the server does by itself. */
export function currentOrigin(): Origin {
  return origins.getStore() ?? SYSTEM;
}

/** Everything that `work` does, also later and in parallel, is caused by `origin`. */
export function causedBy<T>(origin: Origin, work: () => T): T {
  return origins.run(origin, work);
}
