import type { IncomingMessage } from 'node:http';
import { ApolloServer } from '@apollo/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { graphqlRequestRules } from './request-rules.service.js';

/** A host's server, which knows callers by a header of its own. */
const server = new ApolloServer({
  typeDefs: 'type Query { title: String }',
  ...graphqlRequestRules({
    production: true,
    registeredDocuments: ['{ title }'],
    credentialHeaders: ['X-Staff'],
  }),
});

beforeAll(() => server.start());
afterAll(() => server.stop());

async function errorsOf(query: string, contextValue: object): Promise<(readonly [unknown, string])[]> {
  const { body } = await server.executeOperation({ query }, { contextValue });
  const errors = body.kind === 'single' ? (body.singleResult.errors ?? []) : [];
  return errors.map(({ extensions, message }) => [extensions?.['code'], message] as const);
}

const requestOf = (headers: Record<string, string>) => ({ req: { headers } as unknown as IncomingMessage });

describe('in a host', () => {
  it.each([
    ['without a credential', requestOf({})],
    ['of whom the context says nothing', {}],
  ])('a caller %s may send what is registered, and is told nothing of the rest', async (_name, context) => {
    expect(await errorsOf('{ title }', context)).toEqual([]);
    for (const query of ['{ title title }', '{ titel }', '{'])
      expect(await errorsOf(query, context)).toEqual([['DOCUMENT_NOT_REGISTERED', expect.any(String)]]);
  });

  it("a caller with the host's own credential may send any, and is told what is wrong with it", async () => {
    const context = requestOf({ 'x-staff': 'somebody' });
    expect(await errorsOf('{ title title }', context)).toEqual([]);
    expect(await errorsOf('{ titel }', context)).toEqual([
      ['GRAPHQL_VALIDATION_FAILED', expect.stringContaining('Did you mean "title"?')],
    ]);
  });
});
