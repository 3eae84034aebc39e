import type { ClickId } from './click-id.js';

/**
 * One request of a tracked link as the log keeps it: what the steps need to judge it later, and nothing that names the reader.
 * Deliberately absent: the address (hashed before this is made) and the query string.
 */
export interface LoggedClick {
  readonly id: ClickId;
  readonly partnerKey: string;
  /** Empty where the request named none, or none that this partner has. */
  readonly placementId: string;
  /** Key of the target that was chosen; empty for the partner's own destination. */
  readonly targetKey: string;
  /** Cut to `maxUserAgentLength`. */
  readonly userAgent: string;
  /** Lower case, without port; empty where there is none. */
  readonly referrerHost: string;
  /** ISO 3166-1 alpha-2, upper case; empty where it is not known. */
  readonly country: string;
  /** Two halves of the visitor's hash; meaningless without `clickMarks.hasVisitor`. */
  readonly visitorHigh: number;
  readonly visitorLow: number;
  /** Sum of `clickMarks`. */
  readonly marks: number;
}

/** Facts of a request that the steps look at. A mark never changes its number: logs are read by later versions. */
export const clickMarks = {
  hasVisitor: 1,
  /** Asked not to be followed: no visitor, no click id, only counts are kept. */
  isPrivate: 2,
  isHead: 4,
  isPrefetch: 8,
  isPreview: 16,
  lacksAccept: 32,
  isOwnAddress: 64,
  /** The partner was paused, expired or had no fitting target, and its fallback was sent. */
  isFallback: 128,
  /** The same without a fallback: the reader got a 410. */
  isGone: 256,
} as const;

/** Longer ones are no browser's. Also bounds what parsing one may cost. */
export const maxUserAgentLength = 512;
