import type { Scope } from './scope.js';
import { SCOPES } from './scope.js';

/** What people may do, made of the scopes that tokens have. */
export const ROLE_SCOPES = {
  editor: ['content:read', 'content:write'],
  affiliate_manager: ['content:read', 'affiliates:read', 'affiliates:write', 'reports:read'],
  administrator: SCOPES,
} as const satisfies Record<string, readonly Scope[]>;

export type Role = keyof typeof ROLE_SCOPES;
