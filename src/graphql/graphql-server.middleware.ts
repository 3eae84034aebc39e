import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ApolloServer, HTTPGraphQLResponse } from '@apollo/server';
import { HeaderMap } from '@apollo/server';
import { Inject, Injectable } from '@nestjs/common';
import { ActorsService } from '../auth/actors.service.js';
import type { AuthOptions } from '../auth/auth.options.js';
import { AUTH_OPTIONS } from '../auth/auth.tokens.js';
import { beyond, WaypostError } from '../kernel/errors.js';
import type { KeptAnswer, Run } from './answer-cache.js';
import { AnswerCache } from './answer-cache.js';
import type { AnswerNotes } from './answer-notes.js';
import { takeNotes } from './answer-notes.js';
import { publicTags } from './answer-tags.js';
import { CREDENTIAL_HEADERS, hasCredentials, mayComeFromAnotherSite } from './credentials.js';
import { FeedWatch } from './feed-watch.service.js';
import type { AnswerCacheOptions, GraphqlLimits, GraphqlOptions } from './graphql.options.js';
import { cacheOptionsOf, GRAPHQL_OPTIONS, limitsOf } from './graphql.options.js';
import { addVary, isJsonType, parseJson, writeKept, writeRefusal } from './http-answer.js';
import type { RepeatableRequest, StoredAnswer } from './idempotency.service.js';
import { IdempotencyService } from './idempotency.service.js';
import { findLandingFile, LANDING_POLICY } from './landing-page.js';
import { PreparedQueries, readPlainRequest } from './prepared-queries.service.js';
import { readRequestBody } from './request-body.js';
import { noteCaller } from './strangers.js';

type Next = (error?: unknown) => void;

/** What was found of a request on its way through `ahead`, for `handle`. */
interface ReadRequest {
  /** Of POST: the body, or why there is none. */
  readonly body: unknown;
  readonly refusal: WaypostError | undefined;
  /** Of POST: the body as it came. */
  readonly text?: string;
  /** Under which an answer to it is kept; undefined where none is. */
  readonly key: string | undefined;
}

const PATH = '/graphql';
/** A client that holds a sync token sends it along, and reads nothing from before it on any node. */
const SYNC_TOKEN_HEADER = 'waypost-sync-token';
/** A longer header is nobody's that has to be fast. */
const LONGEST_ACCEPT = 200;

/**
 * The HTTP side of the GraphQL endpoint, by the GraphQL over HTTP specification.
 *
 * `ahead` stands before everything else a server does: it reads the body within its bound, and answers anonymous queries
 * whose answer is kept. `handle` stands behind what holds for every request (CORS, limits of rate, ...) and executes.
 */
@Injectable()
export class GraphqlServer {
  private readonly limits: GraphqlLimits;
  private readonly cacheOptions: AnswerCacheOptions | undefined;
  private readonly cache: AnswerCache;
  private readonly credentials: readonly string[];
  private readonly vary: string;
  private readonly prepared = new PreparedQueries();
  private readonly read = new WeakMap<IncomingMessage, ReadRequest>();
  private apollo: ApolloServer | undefined;
  private showsPage = false;

  constructor(
    @Inject(GRAPHQL_OPTIONS) options: GraphqlOptions,
    @Inject(AUTH_OPTIONS) auth: AuthOptions,
    private readonly watch: FeedWatch,
    private readonly actors: ActorsService,
    private readonly idempotency: IdempotencyService,
  ) {
    this.limits = limitsOf(options);
    // What else a host reads of a request, only the host can say.
    const isKnown = auth.authorize === undefined || options.credentialHeaders !== undefined;
    this.cacheOptions = isKnown ? cacheOptionsOf(options) : undefined;
    this.cache = new AnswerCache(this.cacheOptions?.maxBytes ?? 0);
    this.credentials = [...CREDENTIAL_HEADERS, ...(options.credentialHeaders ?? [])].map((name) => name.toLowerCase());
    this.vary = ['Accept', ...[...this.credentials, SYNC_TOKEN_HEADER].map(headerName)].join(', ');
    this.watch.follow(this.cache);
  }

  /** `showsPage`: browsers get a page to explore with. */
  serve(apollo: ApolloServer, { showsPage }: { readonly showsPage: boolean }): void {
    this.apollo = apollo;
    this.showsPage = showsPage;
  }

  /** Who sends what is no credential is a stranger. @throws WaypostError UNAUTHENTICATED for a token that is not valid. */
  private async isStranger(request: IncomingMessage): Promise<boolean> {
    return !hasCredentials(request, this.credentials) || (await this.actors.getActor(request)).kind === 'anonymous';
  }

  /** Connect middleware, to be mounted before everything else. What it does not answer goes on. */
  readonly ahead = (request: IncomingMessage, response: ServerResponse, next: Next): void => {
    if (!isForGraphql(request)) return next();
    if (request.method === 'POST') {
      this.readPost(request).then((read) => this.answerRead(read, request, response, next), next);
    } else {
      this.read.set(request, { body: undefined, refusal: undefined, key: this.keyOf(request, '') });
      void this.answerKept(request, response, next);
    }
  };

  /** The same, behind whatever holds for every request. Answers everything but `OPTIONS`. */
  readonly handle = (request: IncomingMessage, response: ServerResponse, next: Next): void => {
    if (request.method === 'OPTIONS') return next();
    // Not to `next`: there Apollo would answer everything below, past the bounds.
    if (!isAnswered(request)) return writeRefusal(request, response, new WaypostError('ROUTE_UNKNOWN'));
    noteCaller(request, () => this.isStranger(request));
    this.answerOrRefuse(request, response).then(undefined, next);
  };

  /** Both, where nothing else stands between them. What is not for GraphQL goes on. */
  readonly enter = (request: IncomingMessage, response: ServerResponse, next: Next): void => {
    this.ahead(request, response, (error) => {
      if (error !== undefined || !isForGraphql(request)) return next(error);
      return this.handle(request, response, next);
    });
  };

  /** What was refused is answered at once: the rest of its body is read by nobody. */
  private answerRead({ refusal }: ReadRequest, request: IncomingMessage, response: ServerResponse, next: Next) {
    if (!refusal) return this.answerKept(request, response, next);
    writeRefusal(request, response, refusal);
    return undefined;
  }

  private async answerKept(request: IncomingMessage, response: ServerResponse, next: Next): Promise<void> {
    const key = this.read.get(request)?.key;
    // Another node may have given the token: what this one knows may lie before it.
    if (key !== undefined && request.headers[SYNC_TOKEN_HEADER] !== undefined) await this.watch.catchUp();
    const kept = key === undefined ? undefined : this.cache.find(key);
    if (!kept || key === undefined) return next();
    if (!this.watch.isSure() && !(await this.watch.beSure())) return next();
    const answer = this.cache.find(key);
    if (!answer) return next();
    writeKept(request, response, answer);
  }

  private async answerOrRefuse(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.answer(request, response);
    } catch (error) {
      if (!(error instanceof WaypostError)) throw error;
      writeRefusal(request, response, error);
    }
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (await this.answerWithPage(request, response)) return;
    const read = this.read.get(request) ?? (await this.readHere(request));
    const { body, key } = read;
    const problem = read.refusal ?? this.problemOf(request);
    if (problem) throw problem;
    if (key === undefined || !(await this.watch.beSure()))
      return this.write(request, response, await this.executeOnce(request, read));
    const run = this.cache.findRun(key);
    const shared = await run?.done;
    if (shared) return writeKept(request, response, shared);
    // What the other one got may not be shared: each gets its own then, all at once.
    return run
      ? this.write(request, response, await this.execute(request, body))
      : this.answerAndKeep(request, response, body, key);
  }

  private async answerAndKeep(request: IncomingMessage, response: ServerResponse, body: unknown, key: string) {
    const run: Run = this.cache.begin(key);
    let kept: KeptAnswer | undefined;
    try {
      const executed = await this.execute(request, body);
      kept = this.keptOf(executed);
      if (!kept) return this.write(request, response, executed);
    } finally {
      this.cache.finish(run, kept);
    }
    return writeKept(request, response, kept);
  }

  /** With an `Idempotency-Key` a mutation is done once, and sending it again has the same answer. */
  private async executeOnce(request: IncomingMessage, { body, text }: ReadRequest): Promise<Executed> {
    const repeatable = text === undefined ? undefined : await this.repeatableOf(request, text);
    if (!repeatable) return this.execute(request, body);
    const stored = await this.idempotency.claim(repeatable);
    if (stored) return replayOf(stored, takeNotes(request));
    let toKeep: StoredAnswer | undefined;
    try {
      const executed = await this.execute(request, body);
      toKeep = doneAnswer(executed);
      return executed;
    } finally {
      await (toKeep ? this.idempotency.keep(repeatable, toKeep) : this.idempotency.release(repeatable));
    }
  }

  /** A text without the word is no mutation; which one stands behind a hash is not known yet. */
  private async repeatableOf(request: IncomingMessage, body: string): Promise<RepeatableRequest | undefined> {
    const key = request.headers['idempotency-key'];
    if (typeof key !== 'string' || !hasCredentials(request, this.credentials)) return undefined;
    if (!/\bmutation\b|persistedQuery/.test(body)) return undefined;
    if (!/^[!-~]{1,255}$/.test(key)) {
      throw new WaypostError('BAD_ARGUMENT', ['An Idempotency-Key has 1 to 255 visible ASCII characters.']);
    }
    // Who cannot be told is refused by the mutation itself.
    const actor = await this.actors.getActor(request).catch(() => undefined);
    if (!actor || actor.kind === 'anonymous') return undefined;
    return { actor: `${actor.kind} ${actor.id ?? actor.name}`, key, body };
  }

  private problemOf(request: IncomingMessage): WaypostError | undefined {
    const isGet = request.method === 'GET' || request.method === 'HEAD';
    return isGet && mayComeFromAnotherSite(request) ? new WaypostError('CROSS_SITE_GET') : undefined;
  }

  /** Where nobody stands ahead: a host's own parser may have read the body. */
  private async readHere(request: IncomingMessage): Promise<ReadRequest> {
    const { body } = request as { body?: unknown };
    const isParsed = body !== undefined || request.readableEnded;
    if (request.method !== 'POST' || isParsed) return { body, refusal: undefined, key: undefined };
    return this.readPost(request);
  }

  private async readPost(request: IncomingMessage): Promise<ReadRequest> {
    const read = await this.readJson(request);
    // A parser further on sees a stream that is over, and leaves this as it is.
    (request as { body?: unknown }).body = read.body ?? {};
    this.read.set(request, read);
    return read;
  }

  private async readJson(request: IncomingMessage): Promise<ReadRequest> {
    const refused = (refusal: WaypostError): ReadRequest => ({ body: undefined, refusal, key: undefined });
    const contentType = request.headers['content-type'] ?? 'none';
    if (!isJsonType(contentType) || (request.headers['content-encoding'] ?? 'identity') !== 'identity') {
      request.resume();
      const found = isJsonType(contentType) ? `Content-Encoding: ${request.headers['content-encoding']}` : contentType;
      return refused(new WaypostError('CONTENT_TYPE_UNKNOWN', [found.slice(0, LONGEST_ACCEPT)]));
    }
    const read = await readRequestBody(request, this.limits.bodyBytes);
    if (read.kind === 'too large') return refused(beyond('BODY_TOO_LARGE', read.found, this.limits.bodyBytes));
    if (read.kind === 'aborted') return refused(new WaypostError('BAD_ARGUMENT', ['The request was cut off.']));
    const body = parseJson(read.text);
    if (body === undefined) return refused(new WaypostError('BAD_ARGUMENT', ['The body is no JSON.']));
    if (Array.isArray(body)) return refused(new WaypostError('BATCHING_OFF'));
    return { body, refusal: undefined, text: read.text, key: this.keyOf(request, read.text) };
  }

  /** An answer is a function of exactly this, as long as the feed does not move. */
  private keyOf(request: IncomingMessage, text: string): string | undefined {
    if (!this.cacheOptions || !this.watch.isListening || hasCredentials(request, this.credentials)) return undefined;
    const { accept = '' } = request.headers;
    if (accept.length > LONGEST_ACCEPT) return undefined;
    return `${request.method === 'HEAD' ? 'GET' : request.method} ${urlOf(request)} ${accept}\n${text}`;
  }

  private async execute(request: IncomingMessage, body: unknown): Promise<Executed> {
    const notes = takeNotes(request);
    const result = await this.inTime(this.executePrepared(request, body, notes), notes);
    // Who is told that a mutation is done, or where the feed stands, reads nothing older from here on, whatever was kept.
    if (notes.operation === 'mutation' || notes.tellsPlace) await this.watch.catchUp();
    return { result, notes };
  }

  /** A query that was answered before is executed at once. Apollo Server does the rest. */
  private async executePrepared(
    request: IncomingMessage,
    body: unknown,
    notes: AnswerNotes,
  ): Promise<HTTPGraphQLResponse> {
    const caller = hasCredentials(request, this.credentials) ? 'known' : 'stranger';
    const plain = readPlainRequest(request, urlOf(request), body, caller);
    const prepared = plain && this.prepared.find(plain);
    if (prepared) {
      const { isCacheable, tellsPlace, contentType } = prepared;
      Object.assign(notes, { hasDocument: true, operation: 'query', isCacheable, tellsPlace });
      const text = await this.prepared.execute(plain, prepared, { req: request });
      if (text !== undefined) return answerOf(contentType, text);
    }
    const result = await this.executeByApollo(request, body);
    const contentType = result.headers.get('content-type');
    if (plain && notes.executable && !notes.hasErrors && contentType !== undefined) {
      this.prepared.keep(plain, { ...notes.executable, contentType });
    }
    return result;
  }

  private executeByApollo(request: IncomingMessage, body: unknown): Promise<HTTPGraphQLResponse> {
    if (!this.apollo) throw new Error('The GraphQL server is asked before it was started.');
    const headers = new HeaderMap();
    for (const name of ['accept', 'content-type'] as const) {
      const value = request.headers[name];
      if (value !== undefined) headers.set(name, value);
    }
    const { method = 'GET' } = request;
    const url = urlOf(request);
    const search = url.includes('?') ? url.slice(url.indexOf('?')) : '';
    return this.apollo.executeHTTPGraphQLRequest({
      httpGraphQLRequest: { method: method === 'HEAD' ? 'GET' : method, headers, search, body },
      context: () => Promise.resolve({ req: request }),
    });
  }

  /** GraphQL cannot be told to stop: what it still asks for is bounded by the time of a statement. */
  private async inTime(
    execution: Promise<HTTPGraphQLResponse>,
    notes: AnswerNotes,
  ): Promise<HTTPGraphQLResponse | WaypostError> {
    const { executionMs } = this.limits;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<WaypostError>((resolve) => {
      timer = setTimeout(() => {
        if (notes.operation !== 'mutation') {
          resolve(
            new WaypostError('QUERY_TIMEOUT', [executionMs], { bound: { limit: executionMs, found: executionMs } }),
          );
        }
      }, executionMs);
    });
    try {
      return await Promise.race([execution, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  private keptOf({ result, notes }: Executed): KeptAnswer | undefined {
    const { cacheOptions } = this;
    if (!cacheOptions || result instanceof WaypostError || result.body.kind !== 'complete') return undefined;
    const isFine = (result.status ?? 200) === 200 && notes.isCacheable && !notes.hasErrors;
    if (!isFine) return undefined;
    const body = Buffer.from(result.body.string);
    const etag = `"${createHash('sha1').update(body).digest('base64url')}"`;
    const told = publicTags(notes.tags);
    const headers = [
      ...['Content-Type', result.headers.get('content-type') ?? 'application/json; charset=utf-8'],
      ...['Cache-Control', cacheControl(cacheOptions)],
      ...['ETag', etag],
      ...(told.length > 0 ? ['Cache-Tag', told.join(','), 'Surrogate-Key', told.join(' ')] : []),
    ];
    return { body, headers, etag, tags: [...notes.tags], vary: this.vary };
  }

  private write(request: IncomingMessage, response: ServerResponse, { result, notes }: Executed): void {
    if (result instanceof WaypostError) return writeRefusal(request, response, result);
    if (result.body.kind !== 'complete') throw new Error('Nothing is delivered in parts.');
    for (const [name, value] of result.headers) response.setHeader(name, value);
    addVary(response, this.vary);
    response.setHeader('Cache-Control', 'no-store');
    response.statusCode = statusOf(result, notes);
    response.end(result.body.string);
  }

  private async answerWithPage(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const { method } = request;
    const url = urlOf(request);
    if (!this.showsPage || (method !== 'GET' && method !== 'HEAD')) return false;
    const name = url.startsWith(`${PATH}/page/`) ? url.slice(PATH.length + 6) : '';
    const wantsPage = name !== '' || (/\btext\/html\b/.test(request.headers.accept ?? '') && !url.includes('query='));
    const file = wantsPage ? await findLandingFile(name) : undefined;
    if (!file) return false;
    response.setHeader('Content-Type', `${file.contentType}; charset=utf-8`);
    response.setHeader('Content-Security-Policy', LANDING_POLICY);
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Cache-Control', 'no-cache');
    addVary(response, 'Accept');
    response.end(file.body);
    return true;
  }
}

interface Executed {
  readonly result: HTTPGraphQLResponse | WaypostError;
  readonly notes: AnswerNotes;
}

/** What a mutation answered that was done; undefined where nothing was. */
function doneAnswer({ result, notes }: Executed): StoredAnswer | undefined {
  if (result instanceof WaypostError || result.body.kind !== 'complete' || notes.operation !== 'mutation')
    return undefined;
  const text = withoutSecrets(result.body.string, notes.secrets);
  const { data } = JSON.parse(text) as { readonly data?: unknown };
  return data == null ? undefined : { contentType: result.headers.get('content-type') ?? 'application/json', text };
}

/** A secret is kept as its hash, so that it may not stand in an answer that is kept. */
function withoutSecrets(text: string, secrets: ReadonlySet<string>): string {
  return [...secrets].reduce((rest, secret) => rest.replaceAll(JSON.stringify(secret), 'null'), text);
}

function replayOf({ contentType, text }: StoredAnswer, notes: AnswerNotes): Executed {
  const result = answerOf(contentType, text);
  result.headers.set('idempotency-replayed', 'true');
  return { result, notes };
}

function answerOf(contentType: string, text: string): HTTPGraphQLResponse {
  return { headers: new HeaderMap([['content-type', contentType]]), body: { kind: 'complete', string: text } };
}

/** As it was sent: Express takes away the part that a handler is mounted at. */
function urlOf(request: IncomingMessage): string {
  return (request as { readonly originalUrl?: string }).originalUrl ?? request.url ?? '';
}

function isForGraphql({ url = '' }: IncomingMessage): boolean {
  return url === PATH || url.startsWith(`${PATH}?`);
}

/** A middleware is mounted at everything below its path, too. */
function isAnswered(request: IncomingMessage): boolean {
  const [path = ''] = urlOf(request).split('?', 1);
  return path === PATH || path === `${PATH}/` || path.startsWith(`${PATH}/page/`);
}

function cacheControl({ sharedMaxAgeSeconds, staleWhileRevalidateSeconds }: AnswerCacheOptions): string {
  return `public, max-age=0, s-maxage=${sharedMaxAgeSeconds}, stale-while-revalidate=${staleWhileRevalidateSeconds}`;
}

/**
 * To a client that takes nothing newer than `application/json`, a request that HTTP could read was fine, whatever GraphQL
 * says of it (GraphQL over HTTP, 6.4.1).
 */
function statusOf({ status = 200, headers }: HTTPGraphQLResponse, { hasDocument }: AnswerNotes): number {
  const isPlain = headers.get('content-type')?.startsWith('application/json') ?? false;
  return status === 400 && hasDocument && isPlain ? 200 : status;
}

/** `x-api-key` as it is usually written. */
function headerName(name: string): string {
  return name.replaceAll(/(^|-)([a-z])/g, (_match, start: string, letter: string) => start + letter.toUpperCase());
}
