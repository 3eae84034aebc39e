import { describe, expect, it } from 'vitest';
import { createSecret, csrfTokenOf, isCsrfTokenOf, readSessionCookie, sessionCookie } from './session-secret.js';

describe('a session cookie', () => {
  it('is for this host alone, and out of reach of pages and other sites', () => {
    expect(sessionCookie('s', true, 60)).toBe(
      '__Host-waypost_session=s; Path=/; Max-Age=60; HttpOnly; SameSite=Strict; Secure',
    );
    expect(sessionCookie('s', false, 60)).toBe('waypost_session=s; Path=/; Max-Age=60; HttpOnly; SameSite=Strict');
    expect(sessionCookie(undefined, false, 60)).toContain('Max-Age=0');
  });

  it('is found among others', () => {
    const secret = createSecret();
    expect(readSessionCookie(`a=b; waypost_session=${secret}; c=d`)).toBe(secret);
    expect(readSessionCookie(`__Host-waypost_session=${secret}`)).toBe(secret);
  });

  it.each([undefined, '', 'a=b', 'waypost_session=', 'waypost_session=short', 'xwaypost_session=', ';;=;'])(
    'is not found in %j',
    (header) => {
      expect(readSessionCookie(header)).toBeUndefined();
    },
  );

  it('has a CSRF token that only it has', () => {
    const [one, two] = [createSecret(), createSecret()];
    expect(isCsrfTokenOf(one, csrfTokenOf(one))).toBe(true);
    expect(isCsrfTokenOf(one, csrfTokenOf(two))).toBe(false);
    expect(isCsrfTokenOf(one, '')).toBe(false);
  });
});
