import type { IncomingMessage } from 'node:http';
import type { DocumentNode, GraphQLSchema } from 'graphql';
import { execute } from 'graphql';
import { LRUCache } from 'lru-cache';
import { isRecord } from '../kernel/record.js';

/** What GraphQL found of a query before it executed it. */
export interface ExecutableQuery {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operationName: string | undefined;
  /** See `AnswerNotes`. */
  readonly isCacheable: boolean;
  /** See `AnswerNotes`. */
  readonly tellsPlace: boolean;
  /** Whether it keeps within the limits with these variables. */
  readonly isWithin: (variables: Readonly<Record<string, unknown>>) => boolean;
}

const executables = new WeakMap<object, ExecutableQuery>();

/** Told by the rules of requests, of a query that is valid and within the limits. */
export function noteExecutable(request: object, query: ExecutableQuery): void {
  executables.set(request, query);
}

/** undefined for what is no such query. */
export function executableOf(request: object): ExecutableQuery | undefined {
  return executables.get(request);
}

/** A query that was read, found valid and answered before: what is left to do of it is to execute it. */
export interface PreparedQuery extends ExecutableQuery {
  readonly contentType: string;
}

/** A request that says plainly what it asks for. */
export interface PlainRequest {
  /** The same for every request that differs in its variables alone. */
  readonly key: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Characters of documents that are kept; what is made of one takes some fifty times as much. */
const MOST_CHARACTERS = 512 * 1024;
/** Longer headers are nobody's that has to be fast. */
const LONGEST_HEADERS = 200;

/**
 * Queries by the request that asked for them, the longest unused leaving first. What is wrong with a request is none of its
 * business: whatever is not plain, or fails, is left to the server that says so in GraphQL's words.
 */
export class PreparedQueries {
  private readonly queries = new LRUCache<string, PreparedQuery>({
    maxSize: MOST_CHARACTERS,
    sizeCalculation: (_query, key) => key.length,
  });

  find({ key, variables }: PlainRequest): PreparedQuery | undefined {
    const query = this.queries.get(key);
    return query?.isWithin(variables) ? query : undefined;
  }

  keep({ key }: PlainRequest, query: PreparedQuery): void {
    this.queries.set(key, query);
  }

  /** @returns the answer as text; undefined where something is wrong, which is the other server's to tell. */
  async execute({ key, variables }: PlainRequest, query: PreparedQuery, context: object): Promise<string | undefined> {
    const { schema, document, operationName } = query;
    const { data, errors } = await execute({
      schema,
      document,
      operationName,
      variableValues: variables,
      contextValue: context,
    });
    if (!errors) return `${JSON.stringify({ data })}\n`;
    // So that a query that fails each time is not executed twice each time.
    this.queries.delete(key);
    return undefined;
  }
}

/** `caller`: who may get another answer to the same request. `url`: as it was sent. */
export function readPlainRequest(
  { method, headers }: IncomingMessage,
  url: string,
  body: unknown,
  caller: string,
): PlainRequest | undefined {
  const head = `${headers.accept ?? ''}\n${headers['content-type'] ?? ''}`;
  if (head.length > LONGEST_HEADERS) return undefined;
  const asked = method === 'POST' ? body : askedIn(searchOf(url));
  if (!isRecord(asked)) return undefined;
  const { query, extensions, operationName = null, variables } = asked;
  const document = extensions == null ? query : hashOf(query, extensions);
  if (typeof document !== 'string' || document === '') return undefined;
  if (operationName !== null && typeof operationName !== 'string') return undefined;
  if (variables != null && !isRecord(variables)) return undefined;
  const isPost = method === 'POST' ? 'POST' : 'GET';
  const key = [caller, isPost, head, JSON.stringify(operationName), extensions == null, document].join('\n');
  return { key, variables: variables ?? {} };
}

/** What stands for a document that was sent before; undefined where one is sent to be kept. */
function hashOf(query: unknown, extensions: unknown): unknown {
  if (query !== undefined || !isRecord(extensions)) return undefined;
  const { persistedQuery, ...others } = extensions;
  if (!isRecord(persistedQuery) || Object.keys(others).length > 0 || persistedQuery['version'] !== 1) return undefined;
  return persistedQuery['sha256Hash'];
}

/** undefined: it says something twice, or no JSON where JSON belongs. */
function askedIn(text: string): unknown {
  const search = new URLSearchParams(text);
  const names = [...search.keys()];
  if (new Set(names).size < names.length) return undefined;
  const { variables, extensions, ...others } = Object.fromEntries(search);
  try {
    return {
      ...others,
      ...(variables !== undefined && { variables: JSON.parse(variables) as unknown }),
      ...(extensions !== undefined && { extensions: JSON.parse(extensions) as unknown }),
    };
  } catch {
    return undefined;
  }
}

/** The part of a URL from the question mark on; empty where there is none. */
export function searchOf(url: string): string {
  const start = url.indexOf('?');
  return start < 0 ? '' : url.slice(start);
}
