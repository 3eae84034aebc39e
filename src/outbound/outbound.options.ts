/** How Waypost sends requests to other servers: webhooks, feeds, link checks. */
export interface OutboundOptions {
  /**
   * What may be reached besides public addresses: networks (`10.1.0.0/16`), addresses and host names. Default none, so that
   * nobody who may name a URL can reach what lies behind the firewall.
   */
  readonly allow?: readonly string[];
}

/** Injection token of the `outbound` slice of the options. */
export const OUTBOUND_OPTIONS = Symbol('waypost outbound options');
