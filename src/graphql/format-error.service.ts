import { randomUUID } from 'node:crypto';
import { unwrapResolverError } from '@apollo/server/errors';
import { Logger } from '@nestjs/common';
import type { GraphQLFormattedError } from 'graphql';
import { GraphQLError, Lexer, TokenKind } from 'graphql';
import { expectedFailure } from '../database/postgres-failure.js';
import { beyond, WaypostError } from '../kernel/errors.js';

const logger = new Logger('GraphQL');

/**
 * Every error leaves with a code and a sentence. What is not an error of Waypost's table or of GraphQL itself is a bug:
 * the caller gets INTERNAL with an id, the log gets the rest.
 */
export function formatGraphqlError(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
  const thrown = unwrapResolverError(error);
  const original = thrown instanceof WaypostError ? thrown : (expectedFailure(thrown) ?? thrown);
  const { locations, path } = formatted;
  const place = { ...(locations && { locations }), ...(path && { path }) };
  if (original instanceof WaypostError) {
    return { message: original.message, ...place, extensions: { code: original.code, ...original.bound } };
  }
  const tooLong = original instanceof GraphQLError ? tooManyTokens(original) : undefined;
  if (tooLong) return { message: tooLong.message, ...place, extensions: { code: tooLong.code, ...tooLong.bound } };
  // GraphQL's own: syntax, validation, coercion of variables, persisted queries.
  const code = isOfCaller(original) ? 'BAD_USER_INPUT' : formatted.extensions?.['code'];
  if (original instanceof GraphQLError && code !== 'INTERNAL_SERVER_ERROR') {
    return {
      message: formatted.message,
      ...place,
      extensions: { code: typeof code === 'string' ? code : 'BAD_USER_INPUT', ...boundOf(formatted) },
    };
  }
  const id = randomUUID();
  logger.error(`Unexpected error ${id}`, original instanceof Error ? original.stack : String(original));
  const internal = new WaypostError('INTERNAL', [id], { cause: original });
  return { message: internal.message, ...place, extensions: { code: internal.code } };
}

/** Apollo Server gives no code to what is wrong with a persisted query, only the status. */
function isOfCaller(error: unknown): boolean {
  if (!(error instanceof GraphQLError)) return false;
  const { code, http } = error.extensions as { readonly code?: unknown; readonly http?: { readonly status?: number } };
  return code === undefined && http?.status === 400;
}

/** What an error says that was made for one of the limits. */
function boundOf({ extensions }: GraphQLFormattedError): { limit?: unknown; found?: unknown } {
  if (extensions?.['limit'] === undefined) return {};
  return { limit: extensions['limit'], found: extensions['found'] };
}

/** GraphQL's parser gives up at the limit; how many tokens there are is counted for the message. */
function tooManyTokens({ message, source }: GraphQLError): WaypostError | undefined {
  const limit = /Document contains more tha[nt] (\d+) tokens/.exec(message)?.[1];
  if (limit === undefined || !source) return undefined;
  const lexer = new Lexer(source);
  let found = 0;
  try {
    while (lexer.advance().kind !== TokenKind.EOF) found += 1;
  } catch {
    // Past a character that is no token nothing counts.
  }
  return beyond('QUERY_TOO_LONG', found, Number(limit));
}
