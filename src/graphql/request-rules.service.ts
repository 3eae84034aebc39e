import type { ApolloServerOptions, ApolloServerPlugin, BaseContext, GraphQLRequestContext } from '@apollo/server';
import { HeaderMap } from '@apollo/server';
import { ApolloServerPluginCacheControlDisabled } from '@apollo/server/plugin/disabled';
import type { GraphQLFormattedError, TypeNode } from 'graphql';
import { GraphQLError, Kind, OperationTypeNode } from 'graphql';
import type { IncomingMessage } from 'node:http';
import { beyond, WaypostError } from '../kernel/errors.js';
import type { AnswerNotes } from './answer-notes.js';
import { notesOf } from './answer-notes.js';
import { CREDENTIAL_HEADERS, hasCredentials } from './credentials.js';
import { DocumentStore } from './document-store.js';
import { isStrangers } from './strangers.js';
import { followsFeed } from './kept-fields.js';
import { formatGraphqlError } from './format-error.service.js';
import type { GraphqlLimits, GraphqlOptions } from './graphql.options.js';
import { limitsOf } from './graphql.options.js';
import type { QueryMeasures } from './measure-query.service.js';
import { measureQuery, saysSize } from './measure-query.service.js';
import type { ExecutableQuery } from './prepared-queries.service.js';
import { noteExecutable } from './prepared-queries.service.js';

interface Context extends BaseContext {
  /** Absent in a host that makes contexts of its own. */
  readonly req?: IncomingMessage;
}

/** Characters of documents that callers registered by sending them once. */
const PERSISTED_LENGTH = 4 * 1_048_576;

/** Their answers hold a sync token. */
const TELL_PLACES = ['Query.syncToken', 'Query.changes'];

type RequestRules = Required<
  Pick<
    ApolloServerOptions<BaseContext>,
    | 'persistedQueries'
    | 'parseOptions'
    | 'validationOptions'
    | 'introspection'
    | 'formatError'
    | 'allowBatchedHttpRequests'
    | 'includeStacktraceInErrorResponses'
    | 'plugins'
  >
>;

/**
 * Waypost's rules for a GraphQL endpoint, as options of Apollo Server; a host spreads them into its own. They bound what a
 * request may cost, keep stack traces in, and answer errors with codes.
 */
export function graphqlRequestRules(options: GraphqlOptions & { readonly production?: boolean } = {}): RequestRules {
  const limits = limitsOf(options);
  const documents = new DocumentStore(PERSISTED_LENGTH, options.registeredDocuments);
  const credentials = [...CREDENTIAL_HEADERS, ...(options.credentialHeaders ?? [])].map((name) => name.toLowerCase());
  const isStranger = async ({ req }: Context): Promise<boolean> =>
    req === undefined || !hasCredentials(req, credentials) || ((await isStrangers(req)) ?? false);
  return {
    persistedQueries: { cache: documents, ttl: null },
    parseOptions: { maxTokens: limits.tokens },
    validationOptions: { maxErrors: limits.validationErrors },
    introspection: options.introspection ?? true,
    allowBatchedHttpRequests: false,
    includeStacktraceInErrorResponses: false,
    formatError: formatGraphqlError,
    plugins: [
      // It would look at every single field. What caches are told follows from the notes of resolvers.
      ApolloServerPluginCacheControlDisabled(),
      requestPlugin({
        limits,
        documents: options.registeredDocuments && documents,
        isStranger,
        hidesSuggestions: options.production ?? false,
      }),
    ],
  };
}

interface Rules {
  readonly limits: GraphqlLimits;
  /** Where only registered ones are answered. */
  readonly documents: DocumentStore | undefined;
  readonly isStranger: (context: Context) => Promise<boolean>;
  readonly hidesSuggestions: boolean;
}

function requestPlugin({ limits, documents, isStranger, hidesSuggestions }: Rules): ApolloServerPlugin {
  return {
    requestDidStart: ({ contextValue }) => {
      const context = contextValue as Context;
      const notes = context.req && notesOf(context.req);
      const mayNotSend = async (source: string | undefined): Promise<boolean> =>
        documents !== undefined &&
        source !== undefined &&
        !documents.isRegistered(source) &&
        (await isStranger(context));
      return Promise.resolve({
        didResolveSource: () => {
          if (notes) notes.hasDocument = true;
          return Promise.resolve();
        },
        didResolveOperation: async (request) => {
          if (await mayNotSend(request.source).catch(throwRequestError)) throw requestError(NOT_REGISTERED);
          if (String(request.operation?.operation) === 'subscription') throw requestError(NO_SUBSCRIPTIONS);
          const measures = measured(request);
          const refusal = measures && beyondLimits(measures, limits);
          if (refusal) throw requestError(refusal);
          if (notes) {
            notes.operation = request.operation?.operation;
            notes.tellsPlace = TELL_PLACES.some((field) => measures?.fields.has(field));
            notes.isCacheable = notes.operation === 'query' && measures !== undefined && followsFeed(measures.fields);
            const executable = executableQuery(request, limits, notes);
            if (executable) noteExecutable(context.req, executable);
          }
        },
        willSendResponse: async ({ response, source, operation }) => {
          const result = response.body.kind === 'single' ? response.body.singleResult : undefined;
          if (!result?.errors) return;
          if (notes) notes.hasErrors = true;
          // What is wrong with a document that may not be sent would tell of the schema.
          if (operation === undefined && (await mayNotSend(source).catch(() => true))) {
            response.http.status = NOT_REGISTERED.status;
            result.errors = [{ message: NOT_REGISTERED.message, extensions: { code: NOT_REGISTERED.code } }];
          } else if (hidesSuggestions && (await isStranger(context).catch(() => true))) {
            result.errors = result.errors.map(withoutSuggestion);
          }
        },
      });
    },
  };
}

type ResolvedRequest = Pick<GraphQLRequestContext<BaseContext>, 'schema' | 'request'> &
  Required<Pick<GraphQLRequestContext<BaseContext>, 'document' | 'operation'>>;

function measured({ schema, document, operation, request }: Partial<ResolvedRequest>): QueryMeasures | undefined {
  // Which operation is meant may be unknown: GraphQL itself says so.
  return schema && document && operation && measureQuery(schema, document, operation, request?.variables ?? {});
}

/** Of a query, for its next time. */
function executableQuery(
  { schema, document, operation, request }: Partial<ResolvedRequest>,
  limits: GraphqlLimits,
  { isCacheable, tellsPlace }: AnswerNotes,
): ExecutableQuery | undefined {
  if (!schema || !document || operation?.operation !== OperationTypeNode.QUERY) return undefined;
  const hasSizes = operation.variableDefinitions?.some(({ type }) => saysSize(schema, namedTypeOf(type))) ?? false;
  const isWithin = (variables: Readonly<Record<string, unknown>>): boolean =>
    !hasSizes || !beyondLimits(measureQuery(schema, document, operation, variables), limits);
  return { schema, document, operationName: request?.operationName, isCacheable, tellsPlace, isWithin };
}

function namedTypeOf(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : namedTypeOf(type.type);
}

function beyondLimits(measures: QueryMeasures, limits: GraphqlLimits): WaypostError | undefined {
  const { depth, aliases, pageSize, cost } = measures;
  if (depth > limits.depth) return beyond('QUERY_TOO_DEEP', depth, limits.depth);
  if (aliases > limits.aliases) return beyond('QUERY_TOO_MANY_ALIASES', aliases, limits.aliases);
  if (pageSize > limits.pageSize) return beyond('PAGE_TOO_LARGE', pageSize, limits.pageSize);
  if (cost > limits.cost) return beyond('QUERY_TOO_COSTLY', Math.min(cost, Number.MAX_SAFE_INTEGER), limits.cost);
  return undefined;
}

const NOT_REGISTERED = new WaypostError('DOCUMENT_NOT_REGISTERED');
const NO_SUBSCRIPTIONS = new WaypostError('BAD_ARGUMENT', ['There are no subscriptions. Follow "changes" instead.']);

function throwRequestError(error: unknown): never {
  throw error instanceof WaypostError ? requestError(error) : error;
}

function requestError({ message, code, status, bound }: WaypostError): GraphQLError {
  return new GraphQLError(message, { extensions: { code, ...bound, http: { status, headers: new HeaderMap() } } });
}

/** GraphQL's own messages end with what the schema has instead. */
function withoutSuggestion(error: GraphQLFormattedError): GraphQLFormattedError {
  return { ...error, message: error.message.replace(/ Did you mean [^]*\?$/, '') };
}
