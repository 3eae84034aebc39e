import type { IncomingMessage, ServerResponse } from 'node:http';
import type { WaypostError } from '../kernel/errors.js';
import type { KeptAnswer } from './answer-cache.js';

const JSON_TYPE = 'application/json';
const RESPONSE_TYPE = 'application/graphql-response+json';

/** `application/json`, in UTF-8: a browser asks the server first before it sends this for another site. */
export function isJsonType(contentType: string): boolean {
  return /^application\/json\s*(?:;\s*charset\s*=\s*"?utf-?8"?\s*)?$/i.test(contentType.trim());
}

/** undefined: it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

export function addVary(response: ServerResponse, names: string): void {
  const there = response.getHeader('Vary');
  response.setHeader('Vary', there === undefined ? names : `${String(there)}, ${names}`);
}

/** Only a safe method may be answered with 304 (RFC 9110, 13.1.2). */
export function writeKept(request: IncomingMessage, response: ServerResponse, answer: KeptAnswer): void {
  addVary(response, answer.vary);
  for (let index = 0; index + 1 < answer.headers.length; index += 2) {
    response.setHeader(answer.headers[index] ?? '', answer.headers[index + 1] ?? '');
  }
  if (request.method !== 'POST' && isKnown(request.headers['if-none-match'], answer.etag)) {
    response.statusCode = 304;
    response.removeHeader('Content-Type');
    response.end();
    return;
  }
  response.setHeader('Content-Length', answer.body.length);
  response.end(answer.body);
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
  // What was not read of the body would be taken for the next request.
  if (!request.readableEnded && request.method === 'POST') response.setHeader('Connection', 'close');
  response.end(`${JSON.stringify({ errors: [{ message, extensions: { code, ...bound } }] })}\n`);
}
