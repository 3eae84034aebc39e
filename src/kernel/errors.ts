/**
 * Every error Waypost raises on purpose: its code, HTTP status and message. `%s` stands for an argument.
 * Anything that is not one of these is a bug, and becomes INTERNAL without details.
 */
const ERRORS = {
  INTERNAL: { status: 500, message: 'Something went wrong on our side. The log has the details under request id %s.' },
  UNAUTHENTICATED: { status: 401, message: 'Send an API token: "Authorization: Bearer <token>". %s' },
  FORBIDDEN: { status: 403, message: 'This needs the scope %s. The token you sent has: %s.' },
  SESSION_ENDED: { status: 401, message: 'Your session has ended. Sign in again.' },
  SIGN_IN_FAILED: { status: 401, message: 'That is not the password of that account, or there is no such account.' },
  SIGN_IN_SLOWED: { status: 429, message: 'Too many attempts to sign in. Try again in %s seconds.' },
  SIGN_IN_LINK_INVALID: {
    status: 401,
    message: 'This link was used already, or is older than 15 minutes. Make another with: waypost sign-in',
  },
  CSRF_REFUSED: {
    status: 403,
    message:
      'This request does not come from a page of ours. Send what GET /session answers as "csrfToken" in X-Waypost-CSRF.',
  },
  RATE_LIMITED: { status: 429, message: 'Too many requests at once. Try again in %s seconds.' },
  ROUTE_UNKNOWN: { status: 404, message: 'There is nothing at this address. The API is at /graphql.' },
  METHOD_UNKNOWN: { status: 405, message: 'This address does not take that method.' },
  REQUEST_MALFORMED: { status: 400, message: 'The request cannot be read. Send what its Content-Type says.' },
  REQUEST_TOO_LARGE: { status: 413, message: 'The body of the request is too large. Send less at once.' },
  REQUEST_TYPE_UNKNOWN: { status: 415, message: 'The body is of a type that is not taken here. Send JSON in UTF-8.' },
  BAD_ARGUMENT: { status: 400, message: '%s' },
  BODY_TOO_LARGE: { status: 413, message: 'The request has %s bytes; at most %s are taken. Send less at once.' },
  CONTENT_TYPE_UNKNOWN: { status: 415, message: 'Send "Content-Type: application/json". Found: %s.' },
  BATCHING_OFF: { status: 400, message: 'A request holds one operation. Send several requests, side by side.' },
  CROSS_SITE_GET: {
    status: 403,
    message:
      'A GET with cookies that may come from another site is not answered. Send "apollo-require-preflight: true", or use POST.',
  },
  QUERY_TOO_LONG: { status: 400, message: 'The document has %s tokens; at most %s are read. Split it.' },
  QUERY_TOO_DEEP: {
    status: 400,
    message: 'The query has %s levels; at most %s are answered. Ask again below by "node", with an id.',
  },
  QUERY_TOO_MANY_ALIASES: { status: 400, message: 'The query has %s aliases; at most %s are answered. Split it.' },
  QUERY_TOO_COSTLY: {
    status: 400,
    message: 'The answer could have %s fields; at most %s are sent. Ask for smaller pages, or for less below each.',
  },
  PAGE_TOO_LARGE: { status: 400, message: 'The page has %s entries; at most %s are sent. Page with "after".' },
  QUERY_TIMEOUT: { status: 503, message: 'The query took longer than %s milliseconds. Ask for less at once.' },
  IDEMPOTENCY_KEY_REUSED: {
    status: 422,
    message: 'The Idempotency-Key "%s" was sent with another body before. Use a new one for another request.',
  },
  IDEMPOTENCY_KEY_IN_USE: {
    status: 409,
    message: 'A request with the Idempotency-Key "%s" is still under way. Send it again later.',
  },
  DOCUMENT_NOT_REGISTERED: { status: 403, message: 'Only registered documents are answered here, and this is none.' },
  VALUE_NOT_STORABLE: {
    status: 400,
    message:
      'A value you sent cannot be stored or compared: %s. Leave out U+0000, and keep numbers and ids in their range.',
  },
  DATABASE_TIMEOUT: { status: 503, message: 'The database took too long. Ask for less at once, or try again later.' },
  DATABASE_GONE: { status: 503, message: 'The database cannot be reached at the moment. Try again later.' },
  ARTICLE_SLUG_AMBIGUOUS: {
    status: 409,
    message: 'The slug "%s" belongs to several articles: %s. Ask by path instead, with locale where paths are equal.',
  },
  REVISION_UNKNOWN: { status: 404, message: 'The article "%s" has no revision %s.' },
  SYNC_TOKEN_INVALID: { status: 400, message: '%s' },
  RESYNC_REQUIRED: {
    status: 410,
    message: 'This sync token cannot be continued. %s Take a new one, and read everything once.',
  },
  REPORT_REFUSED: { status: 400, message: '%s' },
  DATABASE_UNREACHABLE: { status: 503, message: 'Postgres at %s cannot be reached: %s' },
  DATABASE_REFUSED: { status: 503, message: 'Postgres at %s refused the connection: %s' },
  DATABASE_TOO_OLD: { status: 503, message: 'Postgres at %s is version %s. Waypost needs 15 or newer.' },
  DATABASE_AHEAD: {
    status: 503,
    message:
      'The database holds the migration %s, which this version of Waypost does not know. Start the newer version.',
  },
} as const satisfies Record<string, { status: number; message: string }>;

export type ErrorCode = keyof typeof ERRORS;

export interface Bound {
  readonly limit: number;
  readonly found: number;
}

/** An error whose message names first what was found and then the limit. */
export function beyond(code: ErrorCode, found: number, limit: number): WaypostError {
  return new WaypostError(code, [found, limit], { bound: { limit, found } });
}

/** An error with a code of the table above. Its message is meant for the person who caused it. */
export class WaypostError extends Error {
  override readonly name = 'WaypostError';
  readonly status: number;
  /** Of an error that says what was too much. */
  readonly bound: Bound | undefined;

  constructor(
    readonly code: ErrorCode,
    args: readonly (string | number)[] = [],
    options?: ErrorOptions & { readonly bound?: Bound },
  ) {
    super(fillTemplate(ERRORS[code].message, args), options);
    this.status = ERRORS[code].status;
    this.bound = options?.bound;
  }
}

/** A refusal of input that the caller can mend. `field` is a path such as `input.destinationUrl`. */
export interface UserProblem {
  readonly code: string;
  readonly message: string;
  readonly field?: string;
}

/**
 * Thrown inside a transaction to roll it back when input is refused, and turned into `userErrors` at the door.
 * It is an expected outcome: it is never logged as a failure.
 */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';

  /** `current`: fields of the payload that are told all the same, such as what stands in the way. */
  constructor(
    readonly problems: readonly UserProblem[],
    readonly current: object = {},
  ) {
    super(problems.map((problem) => problem.message).join(' '));
  }
}

function fillTemplate(template: string, args: readonly (string | number)[]): string {
  let index = 0;
  return template.replaceAll('%s', () => String(args[index++] ?? '')).trimEnd();
}
