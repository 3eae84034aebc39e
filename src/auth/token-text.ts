import { createHash, randomBytes } from 'node:crypto';

/** Marks a token in logs and in secret scanners. */
const TOKEN_START = 'wpt_';
const PREFIX_LENGTH = TOKEN_START.length + 6;
const SECRET_BYTES = 32;
const TOKEN_LENGTH = TOKEN_START.length + Math.ceil((SECRET_BYTES * 4) / 3);

/** A new token: `wpt_` and 32 random bytes in base64url, 47 characters. */
export function createTokenText(): string {
  return TOKEN_START + randomBytes(SECRET_BYTES).toString('base64url');
}

/** The first characters, by which a person recognises a token. They give nothing away. */
export function tokenPrefix(token: string): string {
  return token.slice(0, PREFIX_LENGTH);
}

/** Whether it can be one of ours at all; what cannot is not looked up. */
export function looksLikeToken(text: string): boolean {
  return text.startsWith(TOKEN_START) && text.length === TOKEN_LENGTH;
}

export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** The token of `Authorization: Bearer <token>` (RFC 6750), or why there is none. */
export function readBearer(header: string): { token: string } | { problem: string } {
  const match = /^bearer +(?<token>[A-Za-z0-9\-._~+/]+=*) *$/i.exec(header);
  if (!match?.groups?.['token']) return { problem: 'The Authorization header you sent is not of that form.' };
  return { token: match.groups['token'] };
}

export function mentionsWaypostToken(header: string): boolean {
  return header.includes(TOKEN_START);
}
