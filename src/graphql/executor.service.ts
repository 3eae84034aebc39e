import type { IncomingMessage } from 'node:http';
import type { ApolloServer, HTTPGraphQLResponse } from '@apollo/server';
import { HeaderMap } from '@apollo/server';
import { notesOf } from './answer-notes.js';
import { answerOf } from './executed-answer.service.js';
import { executableOf, PreparedQueries, readPlainRequest, searchOf } from './prepared-queries.service.js';

/** `unknown`: says who it is, and it cannot be told whether that is so. */
export type Caller = 'stranger' | 'known' | 'unknown';

export interface AskedRequest {
  readonly request: IncomingMessage;
  /** As it was sent. */
  readonly url: string;
  readonly body: unknown;
  readonly caller: Caller;
}

/** Executes what is asked for: at once where it was answered before, else by Apollo Server. */
export class Executor {
  private readonly prepared = new PreparedQueries();

  constructor(private readonly apollo: ApolloServer) {}

  async execute(asked: AskedRequest): Promise<HTTPGraphQLResponse> {
    const { request, url, body, caller } = asked;
    const notes = notesOf(request);
    if (!notes || caller === 'unknown') return this.executeByApollo(asked);
    const plain = readPlainRequest(request, url, body, caller);
    const prepared = plain && this.prepared.find(plain);
    if (prepared) {
      const { isCacheable, tellsPlace, contentType } = prepared;
      Object.assign(notes, { hasDocument: true, operation: 'query', isCacheable, tellsPlace });
      const text = await this.prepared.execute(plain, prepared, { req: request });
      if (text !== undefined) return answerOf(contentType, text);
    }
    const result = await this.executeByApollo(asked);
    const contentType = result.headers.get('content-type');
    const executable = executableOf(request);
    if (plain && executable && !notes.hasErrors && contentType !== undefined) {
      this.prepared.keep(plain, { ...executable, contentType });
    }
    return result;
  }

  private executeByApollo({ request, url, body }: AskedRequest): Promise<HTTPGraphQLResponse> {
    const headers = new HeaderMap();
    for (const name of ['accept', 'content-type'] as const) {
      const value = request.headers[name];
      if (value !== undefined) headers.set(name, value);
    }
    const { method = 'GET' } = request;
    return this.apollo.executeHTTPGraphQLRequest({
      httpGraphQLRequest: { method: method === 'HEAD' ? 'GET' : method, headers, search: searchOf(url), body },
      context: () => Promise.resolve({ req: request }),
    });
  }
}
