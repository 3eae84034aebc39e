/** How webhooks are kept and sent. */
export interface WebhooksOptions {
  /**
   * 32 bytes in base64. The secrets of webhooks are encrypted with it before they are stored. Default none: they are stored as
   * they are, and protected as the database is.
   */
  readonly encryptionKey?: string;
  /** Milliseconds that a receiver may take for its answer. Default 15,000; at most 30,000. */
  readonly timeoutMs?: number;
  /** Days for which the log keeps deliveries that are finished. Default 30. */
  readonly logDays?: number;
}

/** Injection token of the `webhooks` slice of the options. */
export const WEBHOOKS_OPTIONS = Symbol('waypost webhooks options');
