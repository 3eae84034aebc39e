import type { LookupAddress } from 'node:dns';
import { lookup as lookUpHost } from 'node:dns/promises';
import type { ClientRequest, IncomingHttpHeaders, IncomingMessage, RequestOptions } from 'node:http';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP } from 'node:net';
import type { AddressRules } from './address-rules.js';
import { describeFailure } from './describe-failure.js';
import { OutboundError } from './outbound-error.js';
import { ACCEPTED_ENCODINGS, readBody } from './read-body.js';

/** All addresses of a host name. @throws when there is none. */
export type Resolve = (host: string) => Promise<readonly LookupAddress[]>;

export interface OutboundClientOptions {
  readonly rules: AddressRules;
  /** Default: as the system resolves names. */
  readonly resolve?: Resolve;
}

export interface OutboundRequest {
  readonly url: string;
  readonly method?: 'GET' | 'HEAD' | 'POST';
  /** `Authorization` and `Cookie` are left out once a redirect leads to another origin. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** How many redirects are followed. Default 5; with 0 a redirect is an answer like any other. */
  readonly mostRedirects?: number;
  /** Milliseconds from the call to the last byte of the answer, redirects included. Default 30,000. */
  readonly totalMs?: number;
  /** Milliseconds until a server has sent the headers of its answer. Default 10,000. */
  readonly headersMs?: number;
  /** Milliseconds without a byte of the body. Default 10,000. */
  readonly idleMs?: number;
  /** Of the body, as it came and decompressed. Default 1 MiB. */
  readonly mostBytes?: number;
  readonly signal?: AbortSignal;
}

export interface OutboundAnswer {
  /** Whatever the server said: a 500 is an answer, no error. */
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Where the answer came from. */
  readonly url: string;
  /** The addresses that redirected there, first one first; empty without redirects. */
  readonly redirectedFrom: readonly Redirect[];
}

export interface Redirect {
  readonly url: string;
  readonly status: number;
}

const DEFAULTS = { mostRedirects: 5, totalMs: 30_000, headersMs: 10_000, idleMs: 10_000, mostBytes: 2 ** 20 } as const;
const MOST_HEADER_BYTES = 32 * 1024;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** Never sent on to another origin, whoever set them. */
const CREDENTIALS = new Set(['authorization', 'cookie', 'proxy-authorization']);
/** What a browser leaves out, too, where a redirect turns a POST into a GET. */
const BODY_HEADERS = new Set(['content-type', 'content-length', 'content-encoding']);

type Limits = Required<Pick<OutboundRequest, keyof typeof DEFAULTS>>;

interface Hop {
  readonly url: URL;
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/**
 * The only way in which Waypost speaks to servers that somebody names. Every host name is resolved once, all of its addresses are
 * judged, and the connection is made to exactly those: a name that changes its address meanwhile changes nothing. The same
 * again at every redirect. Each request has a connection of its own.
 */
export class OutboundClient {
  private readonly rules: AddressRules;
  private readonly resolve: Resolve;

  constructor({ rules, resolve }: OutboundClientOptions) {
    this.rules = rules;
    this.resolve = resolve ?? ((host) => lookUpHost(host, { all: true }));
  }

  /**
   * Whether requests to a URL would be sent now. A host that is not known at the moment passes: it may be later.
   * @throws OutboundError URL_INVALID, SCHEME_REFUSED, CREDENTIALS_REFUSED or ADDRESS_REFUSED.
   */
  async checkUrl(text: string): Promise<void> {
    try {
      await this.findAddresses(readUrl(text));
    } catch (error) {
      if (!(error instanceof OutboundError && error.code === 'HOST_UNKNOWN')) throw error;
    }
  }

  /** @throws OutboundError when no whole answer was had. */
  async send(request: OutboundRequest): Promise<OutboundAnswer> {
    const limits: Limits = { ...DEFAULTS, ...definedOf(request) };
    const deadline = AbortSignal.timeout(limits.totalMs);
    const signal = request.signal ? AbortSignal.any([request.signal, deadline]) : deadline;
    try {
      return await this.follow(request, limits, signal);
    } catch (error) {
      if (request.signal?.aborted) throw new OutboundError('ABORTED', 'The request was given up.', { cause: error });
      if (deadline.aborted) {
        throw new OutboundError('TIMED_OUT', `The answer was not complete within ${limits.totalMs} ms.`, {
          cause: error,
        });
      }
      throw error;
    }
  }

  private async follow(request: OutboundRequest, limits: Limits, signal: AbortSignal): Promise<OutboundAnswer> {
    const redirectedFrom: Redirect[] = [];
    let hop = firstHop(request);
    for (;;) {
      const answer = await this.open(hop, limits, signal);
      const status = answer.statusCode ?? 0;
      const target = limits.mostRedirects > 0 && REDIRECTS.has(status) ? answer.headers.location : undefined;
      if (target === undefined) {
        const body = hasBody(hop, status) ? await this.read(answer, limits) : discard(answer);
        return { status, headers: answer.headers, body, url: hop.url.href, redirectedFrom };
      }
      discard(answer);
      redirectedFrom.push({ url: hop.url.href, status });
      if (redirectedFrom.length > limits.mostRedirects) {
        throw new OutboundError('TOO_MANY_REDIRECTS', `It redirects more than ${limits.mostRedirects} times.`);
      }
      hop = nextHop(hop, status, target);
    }
  }

  /** Sends one request and waits for the headers of its answer. */
  private async open(hop: Hop, limits: Limits, signal: AbortSignal): Promise<IncomingMessage> {
    const addresses = await this.findAddresses(hop.url, signal);
    const send = hop.url.protocol === 'https:' ? requestHttps : requestHttp;
    const request = send(hop.url, requestOptions(hop, addresses, signal));
    const timer = setTimeout(() => {
      request.destroy(new OutboundError('TIMED_OUT', `${hop.url.host} did not answer within ${limits.headersMs} ms.`));
    }, limits.headersMs);
    try {
      return await answerOf(request, hop.body);
    } catch (error) {
      throw describeFailure(hop.url, error);
    } finally {
      clearTimeout(timer);
    }
  }

  private async read(answer: IncomingMessage, limits: Limits): Promise<Buffer> {
    answer.setTimeout(limits.idleMs, () => {
      answer.destroy(new OutboundError('TIMED_OUT', `The answer stopped for ${limits.idleMs} ms.`));
    });
    try {
      return await readBody(answer, limits.mostBytes);
    } catch (error) {
      throw describeFailure(undefined, error);
    } finally {
      answer.destroy();
    }
  }

  /** @returns the addresses to connect to; all of them may be used. */
  private async findAddresses(url: URL, signal?: AbortSignal): Promise<readonly LookupAddress[]> {
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const family = isIP(host);
    const addresses = family === 0 ? await this.lookUp(host, signal) : [{ address: host, family }];
    if (this.rules.allowsHost(url.hostname)) return addresses;
    for (const { address } of addresses) {
      const kind = this.rules.refusalOf(address);
      if (kind !== undefined) throw addressRefused(host, address, kind);
    }
    return addresses;
  }

  private async lookUp(host: string, signal?: AbortSignal): Promise<readonly LookupAddress[]> {
    let addresses: readonly LookupAddress[];
    try {
      addresses = await untilAborted(this.resolve(host), signal);
    } catch (error) {
      throw new OutboundError('HOST_UNKNOWN', `The host "${host}" is not known.`, { cause: error });
    }
    if (addresses.length === 0) throw new OutboundError('HOST_UNKNOWN', `The host "${host}" has no address.`);
    return addresses;
  }
}

/** RFC 9110, 6.4.1: these end with their headers, whatever the headers say of a body. */
function hasBody(hop: Hop, status: number): boolean {
  return hop.method !== 'HEAD' && status !== 204 && status !== 304;
}

function discard(answer: IncomingMessage): Buffer {
  answer.destroy();
  return Buffer.alloc(0);
}

function firstHop({ url, method, headers, body }: OutboundRequest): Hop {
  const own = Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value] as const);
  return {
    url: readUrl(url),
    method: method ?? 'GET',
    headers: { 'user-agent': 'Waypost', 'accept-encoding': ACCEPTED_ENCODINGS, ...Object.fromEntries(own) },
    body,
  };
}

/** As browsers do it (Fetch, HTTP-redirect fetch): a POST becomes a GET unless the status is 307 or 308. */
function nextHop(hop: Hop, status: number, location: string): Hop {
  const url = readUrl(location, hop.url);
  const isGetNow = hop.method === 'POST' && status !== 307 && status !== 308;
  const isElsewhere = url.origin !== hop.url.origin;
  const headers = Object.entries(hop.headers).filter(
    ([name]) => !(isElsewhere && CREDENTIALS.has(name)) && !(isGetNow && BODY_HEADERS.has(name)),
  );
  return {
    url,
    method: isGetNow ? 'GET' : hop.method,
    headers: Object.fromEntries(headers),
    body: isGetNow ? undefined : hop.body,
  };
}

function readUrl(text: string, base?: URL): URL {
  const url = URL.canParse(text, base?.href) ? new URL(text, base) : undefined;
  if (!url)
    throw new OutboundError(
      'URL_INVALID',
      `"${text.slice(0, 200)}" is no URL. Write one such as https://example.org/hook.`,
    );
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new OutboundError('SCHEME_REFUSED', `"${url.protocol}" is not used. Write a URL with http or https.`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new OutboundError('CREDENTIALS_REFUSED', 'A URL with a user name or password is not used. Leave them out.');
  }
  return url;
}

function requestOptions(hop: Hop, addresses: readonly LookupAddress[], signal: AbortSignal): RequestOptions {
  const length = hop.body === undefined ? {} : { 'content-length': String(Buffer.byteLength(hop.body)) };
  return {
    method: hop.method,
    headers: { ...hop.headers, ...length },
    // A connection of its own: none that was made to an address judged earlier, for another URL.
    agent: false,
    maxHeaderSize: MOST_HEADER_BYTES,
    signal,
    lookup: (_host, options, done) => {
      const [first] = addresses;
      if (options.all === true) done(null, [...addresses]);
      else done(null, first?.address ?? '', first?.family);
    },
  };
}

function answerOf(request: ClientRequest, body: string | undefined): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.on('response', resolve);
    // Also after the answer has begun: its reader is told by the answer itself.
    request.on('error', reject);
    request.on('upgrade', (_answer, socket) => {
      socket.destroy();
      reject(new OutboundError('ANSWER_INVALID', 'The server wants to speak another protocol.'));
    });
    request.end(body);
  });
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

function addressRefused(host: string, address: string, kind: string): OutboundError {
  const what = host === address ? `${address} is` : `"${host}" has the address ${address}, which is`;
  return new OutboundError(
    'ADDRESS_REFUSED',
    `${what} not public (${kind}). Requests go to public addresses only; the operator can allow others.`,
  );
}

function definedOf(request: OutboundRequest): Partial<Limits> {
  const names = Object.keys(DEFAULTS) as (keyof Limits)[];
  return Object.fromEntries(names.filter((name) => request[name] !== undefined).map((name) => [name, request[name]]));
}
