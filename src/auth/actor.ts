import { WaypostError } from '../kernel/errors.js';
import type { Scope } from './scope.js';

/** Who sent a request. */
export interface Actor {
  /** `token`: an API token of Waypost. `person`: somebody who signed in. `host`: someone the host application vouches for. */
  readonly kind: 'anonymous' | 'token' | 'person' | 'host';
  /** Of the token or the person, or what the host says; else undefined. */
  readonly id?: string;
  /** For audit and logs; never a secret. */
  readonly name: string;
  readonly scopes: ReadonlySet<Scope>;
  /** Whether content it writes reaches readers as it is; otherwise its HTML is sanitised. */
  readonly isTrusted: boolean;
}

export const ANONYMOUS: Actor = { kind: 'anonymous', name: 'anonymous', scopes: new Set(), isTrusted: false };

export function mayUse(actor: Actor, scope: Scope): boolean {
  return actor.scopes.has(scope);
}

/** The error for an actor who lacks a scope: 401 for a stranger, 403 for somebody known. */
export function refusal(actor: Actor, scope: Scope): WaypostError {
  if (actor.kind === 'anonymous') return new WaypostError('UNAUTHENTICATED', [`It needs the scope ${scope}.`]);
  return new WaypostError('FORBIDDEN', [scope, [...actor.scopes].join(', ') || 'none']);
}
