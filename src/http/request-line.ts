import { randomUUID } from 'node:crypto';

/** An id from outside stands in logs, so that it may hold nothing but what an id needs. */
const PLAIN_ID = /^[A-Za-z0-9._-]{1,64}$/;

/** The caller's `X-Request-Id` where it is one, else a new one. */
export function readRequestId(header: string | string[] | undefined): string {
  return typeof header === 'string' && PLAIN_ID.test(header) ? header : randomUUID();
}

/** The path of a request target, without its query. */
export function pathOf(target: string | undefined): string {
  const path = (target ?? '/').split(/[?#]/, 1)[0] ?? '/';
  return path === '' ? '/' : path;
}

/** What a log may say of a path: further parts may be secret, as in `/postback/<token>`, or not fit for a log. */
export function loggedPath(path: string): string {
  const [, first = '', second] = /^\/([A-Za-z0-9._-]{0,40})(\/)?/.exec(path) ?? [];
  return `/${first}${second === undefined ? '' : '/...'}`;
}
