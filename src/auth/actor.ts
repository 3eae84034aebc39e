import type { Scope } from './scope.js';

/** Who sent a request. */
export interface Actor {
  /** `token`: an API token of Waypost. `host`: someone the host application vouches for. */
  readonly kind: 'anonymous' | 'token' | 'host';
  /** For audit and logs; never a secret. */
  readonly name: string;
  readonly scopes: ReadonlySet<Scope>;
}

export const ANONYMOUS: Actor = { kind: 'anonymous', name: 'anonymous', scopes: new Set() };

export function mayUse(actor: Actor, scope: Scope): boolean {
  return actor.scopes.has(scope);
}
