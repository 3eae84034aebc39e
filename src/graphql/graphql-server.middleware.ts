import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ApolloServer, HTTPGraphQLResponse } from '@apollo/server';
import { Inject, Injectable } from '@nestjs/common';
import { ActorsService } from '../auth/actors.service.js';
import type { AuthOptions } from '../auth/auth.options.js';
import { AUTH_OPTIONS } from '../auth/auth.tokens.js';
import { readingBy } from '../database/reader.js';
import { Replicas, type ReplicaReader } from '../database/replicas.service.js';
import { WaypostError } from '../kernel/errors.js';
import { setHeaders } from '../kernel/response-headers.js';
import type { KeptAnswer, Run } from './answer-cache.js';
import { AnswerCache } from './answer-cache.js';
import type { AnswerNotes } from './answer-notes.js';
import { takeNotes } from './answer-notes.js';
import { publicTags } from './answer-tags.js';
import { CREDENTIAL_HEADERS, hasCredentials, mayComeFromAnotherSite } from './credentials.js';
import { doneAnswer, replayOf, statusOf, type Executed } from './executed-answer.service.js';
import type { Caller } from './executor.service.js';
import { Executor } from './executor.service.js';
import { FeedWatch } from './feed-watch.service.js';
import type { AnswerCacheOptions, GraphqlLimits, GraphqlOptions } from './graphql.options.js';
import { cacheOptionsOf, GRAPHQL_OPTIONS, limitsOf } from './graphql.options.js';
import { addVary, writeKept, writeRefusal } from './http-answer.js';
import type { RepeatableRequest, StoredAnswer } from './idempotency.service.js';
import { IdempotencyService } from './idempotency.service.js';
import { findLandingFile, LANDING_POLICY } from './landing-page.js';
import { readJsonBody } from './json-body.js';
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
  /** Who is a stranger can be told. */
  private readonly knowsStrangers: boolean;
  private readonly cacheOptions: AnswerCacheOptions | undefined;
  private readonly cache: AnswerCache;
  private readonly credentials: readonly string[];
  private readonly vary: string;
  private readonly read = new WeakMap<IncomingMessage, ReadRequest>();
  private readonly caughtUp = new WeakSet<IncomingMessage>();
  private executor: Executor | undefined;
  private showsPage = false;

  constructor(
    @Inject(GRAPHQL_OPTIONS) options: GraphqlOptions,
    @Inject(AUTH_OPTIONS) auth: AuthOptions,
    private readonly watch: FeedWatch,
    private readonly replicas: Replicas,
    private readonly actors: ActorsService,
    private readonly idempotency: IdempotencyService,
  ) {
    this.limits = limitsOf(options);
    // What else a host reads of a request, only the host can say.
    this.knowsStrangers = auth.authorize === undefined || options.credentialHeaders !== undefined;
    this.cacheOptions = this.knowsStrangers ? cacheOptionsOf(options) : undefined;
    this.cache = new AnswerCache(this.cacheOptions?.maxBytes ?? 0);
    this.credentials = [...CREDENTIAL_HEADERS, ...(options.credentialHeaders ?? [])].map((name) => name.toLowerCase());
    this.vary = ['Accept', ...[...this.credentials, SYNC_TOKEN_HEADER].map(headerName)].join(', ');
    this.watch.follow(this.cache);
  }

  /** `showsPage`: browsers get a page to explore with. */
  serve(apollo: ApolloServer, { showsPage }: { readonly showsPage: boolean }): void {
    this.executor = new Executor(apollo);
    this.showsPage = showsPage;
    this.replicas.start();
  }

  /** Who sends what is no credential is a stranger. @throws WaypostError UNAUTHENTICATED for a token that is not valid. */
  private async isStranger(request: IncomingMessage): Promise<boolean> {
    return !hasCredentials(request, this.credentials) || (await this.actors.getActor(request)).kind === 'anonymous';
  }

  /** Connect middleware, to be mounted before everything else. What it does not answer goes on. */
  readonly ahead = (request: IncomingMessage, response: ServerResponse, next: Next): void =>
    this.lookAhead(request, response, [], next);

  private lookAhead(request: IncomingMessage, response: ServerResponse, headers: readonly string[], next: Next): void {
    const goOn = (error?: unknown): void => {
      setHeaders(response, headers);
      next(error);
    };
    if (!isForGraphql(request)) return goOn();
    const answer = (read: ReadRequest): Promise<void> | void => {
      const { refusal, key } = read;
      if (!refusal) {
        return this.answerKept(request, response, headers, key, () => {
          this.read.set(request, read);
          goOn();
        });
      }
      // What was refused is answered at once: the rest of its body is read by nobody.
      setHeaders(response, headers);
      return writeRefusal(request, response, refusal);
    };
    if (request.method === 'POST') this.readPost(request).then(answer, goOn);
    else void answer({ body: undefined, refusal: undefined, key: this.keyOf(request, '') });
  }

  /** The same, behind whatever holds for every request. Answers everything but `OPTIONS`. */
  readonly handle = (request: IncomingMessage, response: ServerResponse, next: Next): void => {
    if (request.method === 'OPTIONS') return next();
    // Not to `next`: there Apollo would answer everything below, past the bounds.
    if (!isAnswered(request)) return writeRefusal(request, response, new WaypostError('ROUTE_UNKNOWN'));
    noteCaller(request, () => this.isStranger(request));
    this.answerOrRefuse(request, response).then(undefined, next);
  };

  /**
   * Both, where nothing else stands between them. What is not for GraphQL goes on.
   * @param headers names and values in turn, which every answer gets; set when it goes on.
   */
  enter(request: IncomingMessage, response: ServerResponse, headers: readonly string[], next: Next): void {
    this.lookAhead(request, response, headers, (error) => {
      if (error !== undefined || !isForGraphql(request)) return next(error);
      return this.handle(request, response, next);
    });
  }

  private async answerKept(
    request: IncomingMessage,
    response: ServerResponse,
    headers: readonly string[],
    key: string | undefined,
    goOn: () => void,
  ): Promise<void> {
    if (key !== undefined) await this.catchUpWithToken(request);
    const kept = key === undefined ? undefined : this.cache.find(key);
    if (!kept || key === undefined) return goOn();
    if (!this.watch.isSure() && !(await this.watch.beSure())) return goOn();
    const answer = this.cache.find(key);
    if (!answer) return goOn();
    writeKept(request, response, answer, headers);
  }

  /** Another node may have given the token: what this one knows may lie before it. */
  private async catchUpWithToken(request: IncomingMessage): Promise<void> {
    if (request.headers[SYNC_TOKEN_HEADER] === undefined || this.caughtUp.has(request)) return;
    this.caughtUp.add(request);
    await this.watch.catchUp();
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
    const isSure = await this.beSureFor(request);
    if (key === undefined || !isSure)
      return this.write(request, response, await this.executeOnce(request, read, isSure));
    const run = this.cache.findRun(key);
    const shared = await run?.done;
    if (shared) return writeKept(request, response, shared);
    // What the other one got may not be shared: each gets its own then, all at once.
    return run
      ? this.write(request, response, await this.execute(request, body, true))
      : this.answerAndKeep(request, response, body, key);
  }

  private async beSureFor(request: IncomingMessage): Promise<boolean> {
    if (!this.isStrangers(request)) return false;
    await this.catchUpWithToken(request);
    return this.watch.beSure();
  }

  private async answerAndKeep(request: IncomingMessage, response: ServerResponse, body: unknown, key: string) {
    const run: Run = this.cache.begin(key);
    let kept: KeptAnswer | undefined;
    try {
      const executed = await this.execute(request, body, true);
      kept = this.keptOf(executed);
      if (!kept) return this.write(request, response, executed);
    } finally {
      this.cache.finish(run, kept);
    }
    return writeKept(request, response, kept);
  }

  /** With an `Idempotency-Key` a mutation is done once, and sending it again has the same answer. */
  private async executeOnce(request: IncomingMessage, { body, text }: ReadRequest, isSure: boolean): Promise<Executed> {
    const repeatable = text === undefined ? undefined : await this.repeatableOf(request, text);
    if (!repeatable) return this.execute(request, body, isSure);
    const stored = await this.idempotency.claim(repeatable);
    if (stored) return replayOf(stored, takeNotes(request));
    let toKeep: StoredAnswer | undefined;
    try {
      const executed = await this.execute(request, body, false);
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
    const json = await readJsonBody(request, this.limits.bodyBytes);
    const read = { ...json, key: json.refusal ? undefined : this.keyOf(request, json.text) };
    // A parser further on sees a stream that is over, and leaves this as it is.
    (request as { body?: unknown }).body = read.body ?? {};
    return read;
  }

  private isStrangers(request: IncomingMessage): boolean {
    return this.knowsStrangers && this.watch.isListening && !hasCredentials(request, this.credentials);
  }

  /** An answer is a function of exactly this, as long as the feed does not move. */
  private keyOf(request: IncomingMessage, text: string): string | undefined {
    if (!this.cacheOptions || !this.isStrangers(request)) return undefined;
    const { accept = '' } = request.headers;
    if (accept.length > LONGEST_ACCEPT) return undefined;
    return `${request.method === 'HEAD' ? 'GET' : request.method} ${urlOf(request)} ${accept}\n${text}`;
  }

  /** `isSure`: a stranger asks, and what this process knows of the feed is recent enough for them. */
  private async execute(request: IncomingMessage, body: unknown, isSure: boolean): Promise<Executed> {
    const { executor } = this;
    if (!executor) throw new Error('The GraphQL server is asked before it was started.');
    const notes = takeNotes(request);
    const reader = isSure ? await this.findReader(notes) : undefined;
    const caller = await this.callerOf(request);
    const begin = (): Promise<HTTPGraphQLResponse> => executor.execute({ request, url: urlOf(request), body, caller });
    const execution = reader ? readingBy(reader, begin) : begin();
    const result = await this.inTime(execution, notes).finally(() => reader?.end());
    // Who is told that a mutation is done, or where the feed stands, reads nothing older from here on, whatever was kept.
    if (notes.operation === 'mutation' || notes.tellsPlace) await this.watch.catchUp();
    return { result, notes };
  }

  /** Who cannot be told is refused by the fields that need to know. */
  private async callerOf(request: IncomingMessage): Promise<Caller> {
    const isStranger = await this.isStranger(request).catch(() => undefined);
    if (isStranger === undefined) return 'unknown';
    return isStranger ? 'stranger' : 'known';
  }

  /** Only what the feed tells of is read from a replica: which must have just what the feed told of. */
  private async findReader(notes: AnswerNotes): Promise<ReplicaReader | undefined> {
    if (!this.replicas.areConfigured) return undefined;
    const reader = await this.replicas.findReader(this.limits.executionMs, () => notes.isCacheable);
    return this.watch.isSure() ? reader : undefined;
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
    const contentType = result.headers.get('content-type') ?? 'application/json; charset=utf-8';
    // Of the type, too: who knows the bytes as another type has to be sent them anew (RFC 9110, 8.8.1).
    const etag = `"${createHash('sha1').update(contentType).update(body).digest('base64url')}"`;
    const told = publicTags(notes.tags);
    const headers = [
      ...['Cache-Control', cacheControl(cacheOptions)],
      ...['ETag', etag],
      ...(told.length > 0 ? ['Cache-Tag', told.join(','), 'Surrogate-Key', told.join(' ')] : []),
    ];
    return { body, contentType, headers, etag, tags: [...notes.tags], vary: this.vary };
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

/** `x-api-key` as it is usually written. */
function headerName(name: string): string {
  return name.replaceAll(/(^|-)([a-z])/g, (_match, start: string, letter: string) => start + letter.toUpperCase());
}
