import type { IncomingMessage, ServerResponse } from 'node:http';
import type { WaypostError } from '../kernel/errors.js';
import type { KeptAnswer } from './answer-cache.js';
import { drainBody } from './request-body.js';

const JSON_TYPE = 'application/json';
const RESPONSE_TYPE = 'application/graphql-response+json';

export function addVary(response: ServerResponse, names: string): void {
  const there = response.getHeader('Vary');
  response.setHeader('Vary', there === undefined ? names : `${String(there)}, ${names}`);
}

/**
 * Only a safe method may be answered with 304 (RFC 9110, 13.1.2).
 * @param others headers that hold for the answer, too, names and values in turn.
 */
export function writeKept(
  request: IncomingMessage,
  response: ServerResponse,
  answer: KeptAnswer,
  others: readonly string[] = [],
): void {
  const { body, contentType, etag } = answer;
  const headers = [...others, ...answer.headers];
  const at = others.indexOf('Vary') + 1;
  const there = at > 0 ? others[at] : response.getHeader('Vary');
  const vary = there === undefined ? answer.vary : `${String(there)}, ${answer.vary}`;
  if (at > 0) headers[at] = vary;
  else headers.push('Vary', vary);
  if (request.method !== 'POST' && isKnown(request.headers['if-none-match'], etag)) {
    response.writeHead(304, headers).end();
    return;
  }
  headers.push('Content-Type', contentType, 'Content-Length', String(body.length));
  response.writeHead(200, headers).end(body);
}

function isKnown(known: string | undefined, etag: string): boolean {
  if (known === undefined) return false;
  return known.trim() === '*' || known.split(',').some((one) => one.trim().replace(/^W\//, '') === etag);
}

/** A refusal of the request itself, in GraphQL's form. */
export function writeRefusal(request: IncomingMessage, response: ServerResponse, error: WaypostError): void {
  const { accept = '' } = request.headers;
  const type = accept.includes(RESPONSE_TYPE) && !accept.includes(JSON_TYPE) ? RESPONSE_TYPE : JSON_TYPE;
  const { message, code, bound, status } = error;
  response.statusCode = status;
  response.setHeader('Content-Type', `${type}; charset=utf-8`);
  response.setHeader('Cache-Control', 'no-store');
  const text = `${JSON.stringify({ errors: [{ message, extensions: { code, ...bound } }] })}\n`;
  response.setHeader('Content-Length', Buffer.byteLength(text));
  if (request.readableEnded || request.method !== 'POST') {
    response.end(text);
    return;
  }
  // What was not read of the body would be taken for the next request.
  response.setHeader('Connection', 'close');
  response.write(text);
  void drainBody(request).then(() => response.end());
}
