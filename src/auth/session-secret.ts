import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

const SECRET = /^[A-Za-z0-9_-]{43}$/;

/** 32 random bytes, base64url: what a session cookie or a sign-in link carries. */
export function createSecret(): string {
  return randomBytes(32).toString('base64url');
}

export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** Name of the cookie. `__Host-` binds it to the origin: browsers take it over https only, for this host and every path. */
export function cookieName(isHttps: boolean): string {
  return isHttps ? '__Host-waypost_session' : 'waypost_session';
}

/** The secret in a `Cookie` header; undefined where there is none, or something else. */
export function readSessionCookie(header: string | undefined): string | undefined {
  for (const part of (header ?? '').split(';')) {
    const [name, value] = part.trim().split('=', 2);
    if ((name === cookieName(true) || name === cookieName(false)) && value !== undefined && SECRET.test(value))
      return value;
  }
  return undefined;
}

/** `Set-Cookie` with this secret; with undefined, one that takes it away. Never sent along from other sites. */
export function sessionCookie(secret: string | undefined, isHttps: boolean, maxAgeSeconds: number): string {
  const age = secret === undefined ? 0 : maxAgeSeconds;
  const secure = isHttps ? '; Secure' : '';
  return `${cookieName(isHttps)}=${secret ?? ''}; Path=/; Max-Age=${age}; HttpOnly; SameSite=Strict${secure}`;
}

/** What a page of ours sends in `X-Waypost-CSRF` beside the cookie. It follows from the cookie, which no page can read. */
export function csrfTokenOf(secret: string): string {
  return createHmac('sha256', secret).update('waypost csrf').digest('base64url');
}

export function isCsrfTokenOf(secret: string, token: string): boolean {
  const expected = Buffer.from(csrfTokenOf(secret));
  const given = Buffer.from(token);
  return given.length === expected.length && timingSafeEqual(given, expected);
}
