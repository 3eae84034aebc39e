import type { ServerResponse } from 'node:http';
import type { WaypostError } from '../kernel/errors.js';

/** Every error outside GraphQL leaves in the shape of GraphQL's: a sentence and a code. */
export function errorBody({ message, code }: Pick<WaypostError, 'message' | 'code'>): object {
  return { errors: [{ message, extensions: { code } }] };
}

export function sendError(response: ServerResponse, error: WaypostError): void {
  const text = `${JSON.stringify(errorBody(error))}\n`;
  response.statusCode = error.status;
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('Content-Length', Buffer.byteLength(text));
  response.end(text);
}
