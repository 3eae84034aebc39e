import type { IncomingMessage, ServerResponse } from 'node:http';
import { clickIdText, createClickId } from '../clicks/click-id.js';
import { clientAddress, type AddressNetworks, type TrustedProxies } from '../clicks/client-address.js';
import type { ClickLog } from '../clicks/click-log.js';
import { clickMarks } from '../clicks/logged-click.js';
import type { SipHash } from '../clicks/siphash.js';
import { decideRedirect, type RedirectDecision } from './decide-redirect.js';
import type { LinkDirectory } from './link-directory.js';
import {
  readLanguage,
  readLink,
  readMarks,
  readReferrerHost,
  readUserAgent,
  type RequestedLink,
} from './read-request.js';
import { methodPage, PendingAnswer, sendPage, unknownPage } from './redirect-answer.js';

export interface RedirectHandlerOptions {
  /** The directory as it is now. */
  readonly directory: () => LinkDirectory;
  readonly log: ClickLog;
  /** Hash of a visitor of the day of `nowMs`; undefined where there can be none. */
  readonly hashVisitor: (address: string, userAgent: string, nowMs: number) => SipHash | undefined;
  readonly countryOf: (address: string) => string;
  readonly deviceOf: (userAgent: string) => string;
  readonly trustedProxies: TrustedProxies;
  readonly ownAddresses: AddressNetworks;
  /** Where tracked links live. Default `/go/`. */
  readonly prefix?: string;
  /** Name of a response header that carries the id of a durably logged click. */
  readonly clickIdHeader?: string;
  readonly now?: () => number;
}

/** Requests answered since the process started. */
export interface RedirectCounters {
  redirects: number;
  unknown: number;
  gone: number;
}

export interface RedirectHandler {
  /** False where the request is not for a tracked link: then nothing has been done to it. */
  (request: IncomingMessage, response: ServerResponse): boolean;
  readonly counters: RedirectCounters;
}

/**
 * Answers tracked links. It stands ahead of Express, reads nothing but memory, and waits for nothing but the click log.
 */
export function createRedirectHandler(options: RedirectHandlerOptions): RedirectHandler {
  const { prefix = '/go/', now = Date.now } = options;
  const counters: RedirectCounters = { redirects: 0, unknown: 0, gone: 0 };

  function handle(request: IncomingMessage, response: ServerResponse): boolean {
    const link = readLink(request.url ?? '', prefix);
    if (link === undefined) return false;
    const { method } = request;
    if (method !== 'GET' && method !== 'HEAD') {
      sendPage(response, 405, methodPage, ['Allow', 'GET, HEAD']);
      return true;
    }
    answer(new RedirectAttempt(options, link, request, now()), response);
    return true;
  }

  function answer(attempt: RedirectAttempt, response: ServerResponse): void {
    const decision = decideRedirect(options.directory(), attempt);
    if (decision.kind === 'unknown') {
      counters.unknown++;
      sendPage(response, 404, unknownPage);
      return;
    }
    if (decision.kind === 'gone') counters.gone++;
    else counters.redirects++;
    const location = decision.kind === 'gone' ? undefined : decision.location;
    const { clickIdHeader } = options;
    const shownId = clickIdHeader === undefined ? undefined : attempt.clickId();
    options.log.append(attempt.loggedClick(decision), new PendingAnswer(response, location, clickIdHeader, shownId));
  }

  return Object.assign(handle, { counters });
}

type Counted = Exclude<RedirectDecision, { kind: 'unknown' }>;

/** One request on its way to an answer. What costs time is found out when it is asked for, once. */
class RedirectAttempt {
  readonly partnerKey: string;
  readonly placementId: string;
  readonly query: string;
  private readonly id;
  private readonly marks: number;
  private readonly userAgent: string;
  private readonly address: string;
  private readonly visitor: SipHash | undefined;
  private knownCountry: string | undefined;

  constructor(
    private readonly options: RedirectHandlerOptions,
    link: RequestedLink,
    private readonly request: IncomingMessage,
    readonly nowMs: number,
  ) {
    const { headers } = request;
    this.partnerKey = link.partnerKey;
    this.placementId = link.placementId;
    this.query = link.query;
    this.id = createClickId(nowMs);
    this.userAgent = readUserAgent(headers);
    this.address = clientAddress(
      options.trustedProxies,
      request.socket.remoteAddress ?? '',
      headers['x-forwarded-for'] as string | undefined,
    );
    let marks = readMarks(request.method ?? '', headers, link.query);
    if (!options.ownAddresses.isEmpty && options.ownAddresses.has(this.address)) marks |= clickMarks.isOwnAddress;
    this.visitor =
      (marks & clickMarks.isPrivate) === 0 ? options.hashVisitor(this.address, this.userAgent, nowMs) : undefined;
    if (this.visitor !== undefined) marks |= clickMarks.hasVisitor;
    this.marks = marks;
  }

  clickId(): string | undefined {
    return (this.marks & clickMarks.isPrivate) === 0 ? clickIdText(this.id) : undefined;
  }

  country(): string {
    this.knownCountry ??= this.options.countryOf(this.address);
    return this.knownCountry;
  }

  device(): string {
    return this.options.deviceOf(this.userAgent);
  }

  language(): string {
    return readLanguage(this.request.headers);
  }

  share(): number {
    return this.visitor === undefined ? Math.random() : this.visitor.low / 0x1_0000_0000;
  }

  loggedClick(decision: Counted) {
    const isFallback = decision.kind === 'redirect' && decision.isFallback;
    return {
      id: this.id,
      partnerKey: decision.partner.key,
      placementId: decision.placementId,
      targetKey: decision.kind === 'redirect' ? decision.targetKey : '',
      userAgent: this.userAgent,
      referrerHost: readReferrerHost(this.request.headers.referer),
      country: this.country(),
      visitorHigh: this.visitor?.high ?? 0,
      visitorLow: this.visitor?.low ?? 0,
      marks: this.marks | (isFallback ? clickMarks.isFallback : 0) | (decision.kind === 'gone' ? clickMarks.isGone : 0),
    };
  }
}
