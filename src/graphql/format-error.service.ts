import { randomUUID } from 'node:crypto';
import { unwrapResolverError } from '@apollo/server/errors';
import { Logger } from '@nestjs/common';
import type { GraphQLFormattedError } from 'graphql';
import { GraphQLError } from 'graphql';
import { expectedFailure } from '../database/postgres-failure.js';
import { WaypostError } from '../kernel/errors.js';

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
    return { message: original.message, ...place, extensions: { code: original.code } };
  }
  // GraphQL's own: syntax, validation, coercion of variables, persisted queries.
  const code = formatted.extensions?.['code'];
  if (original instanceof GraphQLError && code !== 'INTERNAL_SERVER_ERROR') {
    return {
      message: formatted.message,
      ...place,
      extensions: { code: typeof code === 'string' ? code : 'BAD_USER_INPUT' },
    };
  }
  const id = randomUUID();
  logger.error(`Unexpected error ${id}`, original instanceof Error ? original.stack : String(original));
  const internal = new WaypostError('INTERNAL', [id], { cause: original });
  return { message: internal.message, ...place, extensions: { code: internal.code } };
}
