import type { TrustedProxies } from '../clicks/client-address.js';

/** How the standalone server stands in the open. A host that mounts the plugin has its own ways. */
export interface HttpOptions {
  /** Whose `X-Forwarded-For` is believed. Default: nobody's. */
  readonly trustedProxies?: TrustedProxies;
  /**
   * Origins whose pages may send mutations and tokens, such as `https://app.example.org`. Any page may read by GET what
   * everybody may read. Default: none.
   */
  readonly corsOrigins?: readonly string[];
  /** Requests a minute and address, of IPv6 a /64; 0: no limit. Default 6,000, and none for the machine itself. */
  readonly requestsPerAddress?: number;
  /** Requests a minute and token; 0: no limit. Default 12,000, and none for the machine itself. */
  readonly requestsPerToken?: number;
  /** Readers use https: browsers are told to stay with it. Default false. */
  readonly isHttps?: boolean;
  /** Metrics and the details of readiness are served by a listener of their own, and not here. Default false. */
  readonly operationsElsewhere?: boolean;
  /** A line in the log for every request. Default: for those that failed on our side. */
  readonly logsRequests?: boolean;
}

/**
 * Limits of Node's server against clients that send slowly or never end. Its defaults are a minute for headers and five
 * for a request.
 */
export const SERVER_LIMITS = {
  headersTimeout: 15_000,
  requestTimeout: 60_000,
  /** Longer than the idle time of common load balancers, so that they close first. */
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 5000,
  maxHeaderSize: 16_384,
  requireHostHeader: true,
} as const;
