/** What a token may do. Nothing implies anything else: a token has exactly the scopes it was given. */
export const SCOPES = [
  'content:read',
  'content:write',
  'affiliates:read',
  'affiliates:write',
  'reports:read',
  'admin',
] as const;

export type Scope = (typeof SCOPES)[number];

export function isScope(text: string): text is Scope {
  return (SCOPES as readonly string[]).includes(text);
}
