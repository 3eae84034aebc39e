import type { IncomingMessage } from 'node:http';
import type { Scope } from './scope.js';

/** What a host vouches for about a request. */
export interface HostActor {
  /** Tells two of the same name apart, in the audit log and for `Idempotency-Key`. Default: names are unique. */
  readonly id?: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** false: the HTML of content it writes is sanitised. Default true. */
  readonly isTrusted?: boolean;
}

export interface AuthOptions {
  /** A token that is always valid and has every scope, for bootstrap and automation. Default: none. At least 16 characters. */
  readonly adminToken?: string;
  /**
   * Asked first for every request, so that a host's own sessions work. Return undefined to leave the request to
   * Waypost's API tokens.
   */
  readonly authorize?: (request: IncomingMessage) => HostActor | undefined | Promise<HostActor | undefined>;
}
