import type { IncomingMessage } from 'node:http';
import { beyond, WaypostError } from '../kernel/errors.js';
import { readRequestBody } from './request-body.js';

/** The body of a POST, or why there is none. */
export type JsonBody =
  | { readonly body: unknown; readonly refusal: undefined; /** As it came. */ readonly text: string }
  | { readonly body: undefined; readonly refusal: WaypostError };

/** Of a type that is no JSON, so much is told. */
const LONGEST_TYPE = 200;

/** Reads one JSON value of at most `limit` bytes. */
export async function readJsonBody(request: IncomingMessage, limit: number): Promise<JsonBody> {
  const { 'content-type': contentType = 'none', 'content-encoding': encoding = 'identity' } = request.headers;
  if (!isJsonType(contentType) || encoding !== 'identity') {
    const found = isJsonType(contentType) ? `Content-Encoding: ${encoding}` : contentType;
    return refused(new WaypostError('CONTENT_TYPE_UNKNOWN', [found.slice(0, LONGEST_TYPE)]));
  }
  const read = await readRequestBody(request, limit);
  if (read.kind === 'too large') return refused(beyond('BODY_TOO_LARGE', read.found, limit));
  if (read.kind === 'aborted') return refused(new WaypostError('BAD_ARGUMENT', ['The request was cut off.']));
  const body = parseJson(read.text);
  if (body === undefined) return refused(new WaypostError('BAD_ARGUMENT', ['The body is no JSON.']));
  if (Array.isArray(body)) return refused(new WaypostError('BATCHING_OFF'));
  return { body, refusal: undefined, text: read.text };
}

function refused(refusal: WaypostError): JsonBody {
  return { body: undefined, refusal };
}

/** `application/json`, in UTF-8: a browser asks the server first before it sends this for another site. */
function isJsonType(contentType: string): boolean {
  return /^application\/json\s*(?:;\s*charset\s*=\s*"?utf-?8"?\s*)?$/i.test(contentType.trim());
}

/** undefined: it is none. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
