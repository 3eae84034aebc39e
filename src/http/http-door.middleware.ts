import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Logger } from '@nestjs/common';
import helmet, { type HelmetOptions } from 'helmet';
import type { SignInSettings } from '../access/sign-in.controller.js';
import type { TrustedProxies } from '../clicks/client-address.js';
import { clientAddress } from '../clicks/client-address.js';
import { WaypostError } from '../kernel/errors.js';
import { setHeaders } from '../kernel/response-headers.js';
import { noteRequestId } from '../kernel/request-id.js';
import { hideDetails } from '../observability/hidden-details.js';
import { countAnswer } from '../observability/http-counts.js';
import { isLoopbackAddress, networkOf } from './client-network.js';
import { decideCrossOrigin } from './cors.js';
import { sendError } from './http-answers.js';
import type { HttpOptions } from './http.options.js';
import { RateLimiter } from './rate-limiter.js';
import { loggedPath, pathOf, readRequestId } from './request-line.js';

type Next = () => void;
/** `headers`: names and values in turn, of which none is set yet. */
type NextWithHeaders = (headers: readonly string[]) => void;

const REQUESTS_PER_ADDRESS = 6000;
const REQUESTS_PER_TOKEN = 12_000;
/** Asked by machines that watch, which must not be told to wait. */
const WATCHED = /^\/(?:health\/|metrics$)/;
const GRAPHQL = '/graphql';

/**
 * What holds for every request but those of tracked links, which are answered ahead of it: an id, headers that tell
 * browsers what an answer may do, cross-origin access, limits of rate.
 */
export class HttpDoor {
  private readonly logger = new Logger('HTTP');
  private readonly perAddress: RateLimiter | undefined;
  private readonly perToken: RateLimiter | undefined;
  private readonly secureHeaders: readonly string[];

  constructor(private readonly options: HttpOptions) {
    this.perAddress = limiterOf(options.requestsPerAddress ?? REQUESTS_PER_ADDRESS);
    this.perToken = limiterOf(options.requestsPerToken ?? REQUESTS_PER_TOKEN);
    this.secureHeaders = headersOf({
      // An answer of the API is no page. A page brings a policy of its own.
      contentSecurityPolicy: {
        useDefaults: false,
        directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"], baseUri: ["'none'"], formAction: ["'none'"] },
      },
      crossOriginResourcePolicy: { policy: 'same-origin' },
      referrerPolicy: { policy: 'no-referrer' },
      strictTransportSecurity: options.isHttps ? { maxAge: 31_536_000, includeSubDomains: false } : false,
      xFrameOptions: { action: 'deny' },
    });
  }

  /** Connect middleware, to be mounted ahead of all others. */
  readonly enter = (request: IncomingMessage, response: ServerResponse, next: Next): void => {
    response.removeHeader('X-Powered-By');
    this.admit(request, response, (headers) => {
      setHeaders(response, headers);
      next();
    });
  };

  /** The same for who writes all headers of an answer at once, which takes a fraction of the time of setting each. */
  admit(request: IncomingMessage, response: ServerResponse, next: NextWithHeaders): void {
    const id = readRequestId(request.headers['x-request-id']);
    noteRequestId(request, id);
    this.watch(request, response, id);
    const headers = ['X-Request-Id', id, ...this.secureHeaders];
    const path = pathOf(request.url);
    if (path === GRAPHQL && this.answersPreflight(request, response, headers)) return;
    const refusal = this.refusalOf(request, path, headers);
    if (refusal === undefined) return next(headers);
    setHeaders(response, headers);
    sendError(response, refusal);
  }

  private refusalOf(request: IncomingMessage, path: string, headers: string[]): WaypostError | undefined {
    if (this.options.operationsElsewhere) {
      hideDetails(request);
      if (path === '/metrics') return new WaypostError('ROUTE_UNKNOWN');
    }
    const waitSeconds = WATCHED.test(path) ? 0 : this.waitOf(request, performance.now());
    if (waitSeconds === 0) return undefined;
    headers.push('Retry-After', String(waitSeconds));
    return new WaypostError('RATE_LIMITED', [waitSeconds]);
  }

  /** Adds to `headers` what browsers are to know of an answer for other sites. */
  private answersPreflight(request: IncomingMessage, response: ServerResponse, headers: string[]): boolean {
    const decision = decideCrossOrigin(
      {
        method: request.method ?? 'GET',
        origin: request.headers.origin,
        wantedMethod: request.headers['access-control-request-method'],
      },
      this.options.corsOrigins ?? [],
    );
    headers.push(...decision.headers.flat());
    if (!decision.isPreflight) return false;
    setHeaders(response, [...headers, 'Content-Length', '0']);
    response.writeHead(204);
    response.end();
    return true;
  }

  /** An unknown token counts for its address too, so that inventing tokens gains nothing. */
  private waitOf(request: IncomingMessage, nowMs: number): number {
    const address = addressOf(request, this.options.trustedProxies);
    const { authorization } = request.headers;
    // A proxy on this machine that nobody named would be limited for all its readers at once.
    const isSelf = isLoopbackAddress(address);
    const byAddress = isSelf && this.options.requestsPerAddress === undefined ? undefined : this.perAddress;
    const byToken = isSelf && this.options.requestsPerToken === undefined ? undefined : this.perToken;
    const waitSeconds = byAddress?.take(networkOf(address), nowMs) ?? 0;
    if (waitSeconds > 0 || authorization === undefined) return waitSeconds;
    return byToken?.take(createHash('sha256').update(authorization).digest('base64'), nowMs) ?? 0;
  }

  /** No address, no query, no header: what stands there may be a person's or a secret. */
  private watch(request: IncomingMessage, response: ServerResponse, id: string): void {
    const startMs = performance.now();
    // Now: Express takes the part that led to a route off it.
    const path = loggedPath(pathOf(request.url));
    response.once('finish', () => {
      const { statusCode } = response;
      countAnswer(statusCode);
      if (!this.options.logsRequests && statusCode < 500) return;
      const line = `${request.method} ${path} ${statusCode} ${Math.round(performance.now() - startMs)} ms, request ${id}`;
      if (statusCode >= 500) this.logger.warn(line);
      else this.logger.log(line);
    });
  }
}

function addressOf(request: IncomingMessage, trusted: TrustedProxies = { kind: 'none' }): string {
  const forwarded = request.headers['x-forwarded-for'];
  const chain = Array.isArray(forwarded) ? forwarded.join(', ') : forwarded;
  return clientAddress(trusted, request.socket.remoteAddress ?? '', chain);
}

/** How sign-ins stand in the open. */
export function signInSettingsOf({ trustedProxies, isHttps }: HttpOptions): SignInSettings {
  return { isHttps: isHttps ?? false, networkOf: (request) => networkOf(addressOf(request, trustedProxies)) };
}

/** What helmet sets on every response, names and values in turn: nothing of it depends on the request. */
function headersOf(options: HelmetOptions): string[] {
  const headers: string[] = [];
  const response = {
    setHeader: (name: string, value: string) => headers.push(name, value),
    removeHeader: () => undefined,
  };
  helmet(options)({} as IncomingMessage, response as unknown as ServerResponse, (error) => {
    if (error instanceof Error) throw error;
  });
  return headers;
}

function limiterOf(perMinute: number): RateLimiter | undefined {
  return perMinute > 0 ? new RateLimiter(perMinute) : undefined;
}
