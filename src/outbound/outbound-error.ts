/** Why a request to another server was not sent, or got no usable answer. The text is for the person who named the address. */
export type OutboundErrorCode =
  /** The text is no URL. */
  | 'URL_INVALID'
  /** Neither http nor https. */
  | 'SCHEME_REFUSED'
  /** A user name or password stands in the URL. */
  | 'CREDENTIALS_REFUSED'
  /** The host is, or has, an address that is not public and not allowed. */
  | 'ADDRESS_REFUSED'
  | 'HOST_UNKNOWN'
  | 'CONNECTION_FAILED'
  | 'CERTIFICATE_INVALID'
  | 'TIMED_OUT'
  /** What came back is not HTTP, or breaks off. */
  | 'ANSWER_INVALID'
  | 'HEADERS_TOO_LARGE'
  | 'BODY_TOO_LARGE'
  | 'TOO_MANY_REDIRECTS'
  | 'ABORTED';

export class OutboundError extends Error {
  override readonly name = 'OutboundError';

  constructor(
    readonly code: OutboundErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
