import type { HTTPGraphQLResponse } from '@apollo/server';
import { HeaderMap } from '@apollo/server';
import { WaypostError } from '../kernel/errors.js';
import type { AnswerNotes } from './answer-notes.js';
import type { StoredAnswer } from './idempotency.service.js';

/** What GraphQL made of a request, and what is known of it. */
export interface Executed {
  readonly result: HTTPGraphQLResponse | WaypostError;
  readonly notes: AnswerNotes;
}

/** What a mutation answered that was done; undefined where nothing was. */
export function doneAnswer({ result, notes }: Executed): StoredAnswer | undefined {
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

export function replayOf({ contentType, text }: StoredAnswer, notes: AnswerNotes): Executed {
  const result = answerOf(contentType, text);
  result.headers.set('idempotency-replayed', 'true');
  return { result, notes };
}

export function answerOf(contentType: string, text: string): HTTPGraphQLResponse {
  return { headers: new HeaderMap([['content-type', contentType]]), body: { kind: 'complete', string: text } };
}

/**
 * To a client that takes nothing newer than `application/json`, a request that HTTP could read was fine, whatever GraphQL
 * says of it (GraphQL over HTTP, 6.4.1).
 */
export function statusOf({ status = 200, headers }: HTTPGraphQLResponse, { hasDocument }: AnswerNotes): number {
  const isPlain = headers.get('content-type')?.startsWith('application/json') ?? false;
  return status === 400 && hasDocument && isPlain ? 200 : status;
}
