/** What a request to the GraphQL API may cost. Each has a default; an error names the limit and what was found. */
export interface GraphqlLimits {
  /** Fields below each other. Default 12. */
  readonly depth: number;
  /** Fields with an alias, counted once for each time a fragment is spread. Default 30. */
  readonly aliases: number;
  /** Lexical tokens of a document. Default 2,000. */
  readonly tokens: number;
  /** Fields that an answer can have at most, by the sizes of its pages. Default 50,000. */
  readonly cost: number;
  /** `first` and `last`. Default 100, which is also the most. */
  readonly pageSize: number;
  /** Bytes of a request body. Default 1 MiB. */
  readonly bodyBytes: number;
  /** Milliseconds until a query is given up. Default 10,000. A mutation is never given up half way. */
  readonly executionMs: number;
  /** Errors of validation that one answer tells. Default 5. */
  readonly validationErrors: number;
}

/** Answers to anonymous queries that are kept ready as bytes, and what caches further out are told. */
export interface AnswerCacheOptions {
  /** Bytes of answers that are kept. Default 64 MiB. */
  readonly maxBytes: number;
  /**
   * Milliseconds by which an answer may lag behind a change that another node made. Default 2,000; usually it is a few. Never
   * behind a mutation that this process answered.
   */
  readonly maxLagMs: number;
  /** Seconds for which a shared cache may keep an answer (`s-maxage`). Default 30. */
  readonly sharedMaxAgeSeconds: number;
  /** Seconds for which it may serve an older one while it asks anew. Default 300. */
  readonly staleWhileRevalidateSeconds: number;
}

export interface GraphqlOptions {
  readonly limits?: Partial<GraphqlLimits>;
  /** false: every query is executed. */
  readonly cache?: Partial<AnswerCacheOptions> | false;
  /**
   * Names of headers, beside `Authorization`, `Cookie` and `X-Api-Key`, by which a request may say who sends it; such a
   * request is never answered from the cache. A host whose `authorize` reads others must name them, else nothing is cached.
   */
  readonly credentialHeaders?: readonly string[];
  /** Whether callers may read the schema over the API. Default true: it is a public promise. */
  readonly introspection?: boolean;
  /** Documents that anonymous callers may send; every other is refused. Default: any. */
  readonly registeredDocuments?: readonly string[];
}

/** Token of the `graphql` slice of the options. */
export const GRAPHQL_OPTIONS = Symbol('waypost graphql options');

const DEFAULT_LIMITS: GraphqlLimits = {
  depth: 12,
  aliases: 30,
  tokens: 2000,
  cost: 50_000,
  pageSize: 100,
  bodyBytes: 1_048_576,
  executionMs: 10_000,
  validationErrors: 5,
};

const DEFAULT_CACHE: AnswerCacheOptions = {
  maxBytes: 67_108_864,
  maxLagMs: 2000,
  sharedMaxAgeSeconds: 30,
  staleWhileRevalidateSeconds: 300,
};

export const limitsOf = ({ limits }: GraphqlOptions): GraphqlLimits => ({ ...DEFAULT_LIMITS, ...limits });

/** Milliseconds by which what is answered may lag behind another node; 0: everything is asked of the primary. */
export function maxLagMsOf(options: GraphqlOptions, hasReplicas: boolean): number {
  return cacheOptionsOf(options)?.maxLagMs ?? (hasReplicas ? DEFAULT_CACHE.maxLagMs : 0);
}

export function cacheOptionsOf({ cache }: GraphqlOptions): AnswerCacheOptions | undefined {
  return cache === false ? undefined : { ...DEFAULT_CACHE, ...cache };
}
