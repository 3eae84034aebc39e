import type { IncomingMessage } from 'node:http';

/** Headers, in lower case, by which a request may say who sends it. */
export const CREDENTIAL_HEADERS: readonly string[] = ['authorization', 'cookie', 'x-api-key'];

/** A request without any is answered as a stranger's; nothing else of it decides what it may see. */
export function hasCredentials(request: IncomingMessage, names: readonly string[]): boolean {
  return names.some((name) => request.headers[name] !== undefined);
}

/**
 * A browser sends a reader's cookies with a GET that another site makes it send. The answer is not readable there, but how
 * long it takes is; so such a request is refused unless it shows by a header that no other site can set, or by what the
 * browser says of it (`Sec-Fetch-Site`), where it comes from.
 */
export function mayComeFromAnotherSite({ headers }: IncomingMessage): boolean {
  if (headers.cookie === undefined) return false;
  const site = headers['sec-fetch-site'];
  if (site === 'same-origin' || site === 'none') return false;
  return headers['apollo-require-preflight'] === undefined && headers['x-apollo-operation-name'] === undefined;
}
