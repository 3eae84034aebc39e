import type { GraphQLSchema } from 'graphql';

const QUERY =
  'What can be read. Without a token: what readers see. Lists are connections of at most 100 entries a page. An error has `extensions.code`.';
const MUTATION =
  'What can be changed, by POST alone, with a scope that each one names. Refused input is no error: it stands in `userErrors`, and nothing was changed. With the header `Idempotency-Key` a request that is sent again is done once.';

/** Nest makes the root types of all resolvers together, and has no place for what they are. */
export function describeRoots(schema: GraphQLSchema): GraphQLSchema {
  const [query, mutation] = [schema.getQueryType(), schema.getMutationType()];
  if (query) query.description = QUERY;
  if (mutation) mutation.description = MUTATION;
  return schema;
}
