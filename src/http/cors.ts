/** The part of a request that decides. */
export interface CrossOriginRequest {
  readonly method: string;
  readonly origin: string | undefined;
  /** Of a preflight: `Access-Control-Request-Method`. */
  readonly wantedMethod: string | undefined;
}

export interface CrossOriginAnswer {
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The request asked for permission only, and is answered by the headers. */
  readonly isPreflight: boolean;
}

const VARY = ['Vary', 'Origin'] as const;
const KEPT_SECONDS = '7200';
/** What a page may read of an answer besides its body. */
const EXPOSED = ['Access-Control-Expose-Headers', 'ETag, Idempotency-Replayed, Retry-After, X-Request-Id'] as const;

/**
 * Cross-origin access to the GraphQL endpoint. Any page may GET what everybody may read: mutations are never done by GET,
 * and no token may come along. Only the origins named may POST and send tokens. Cookies never come along.
 */
export function decideCrossOrigin(
  { method, origin, wantedMethod }: CrossOriginRequest,
  allowedOrigins: readonly string[],
): CrossOriginAnswer {
  const isPreflight = method === 'OPTIONS' && origin !== undefined && wantedMethod !== undefined;
  if (origin === undefined) return { headers: [VARY], isPreflight };
  const isAllowed = allowedOrigins.includes(origin);
  const wanted = isPreflight ? wantedMethod : method;
  if (!isAllowed && wanted !== 'GET' && wanted !== 'HEAD') return { headers: [VARY], isPreflight };
  const allowOrigin = ['Access-Control-Allow-Origin', isAllowed ? origin : '*'] as const;
  if (!isPreflight) return { headers: [VARY, allowOrigin, EXPOSED], isPreflight };
  const headers = isAllowed ? 'Authorization, Content-Type, Idempotency-Key, ' : '';
  return {
    headers: [
      VARY,
      allowOrigin,
      ['Access-Control-Allow-Methods', isAllowed ? 'GET, HEAD, POST' : 'GET, HEAD'],
      [
        'Access-Control-Allow-Headers',
        `${headers}Apollo-Require-Preflight, If-None-Match, Waypost-Sync-Token, X-Request-Id`,
      ],
      ['Access-Control-Max-Age', KEPT_SECONDS],
    ],
    isPreflight,
  };
}
