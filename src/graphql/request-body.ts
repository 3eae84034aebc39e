import type { IncomingMessage } from 'node:http';

export type RequestBody =
  | { readonly kind: 'text'; readonly text: string }
  /** It was longer than allowed; `found` is what the sender announced, or what had come when reading ended. */
  | { readonly kind: 'too large'; readonly found: number }
  | { readonly kind: 'aborted' };

/** Reads a body of at most `limit` bytes as UTF-8. */
export function readRequestBody(request: IncomingMessage, limit: number): Promise<RequestBody> {
  const announced = Number(request.headers['content-length']);
  if (announced > limit) return Promise.resolve({ kind: 'too large', found: announced });
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > limit) {
        request.pause();
        resolve({ kind: 'too large', found: length });
      } else chunks.push(chunk);
    });
    request.on('end', () => {
      const [first] = chunks;
      const whole = chunks.length === 1 && first ? first : Buffer.concat(chunks);
      resolve({ kind: 'text', text: whole.toString('utf8') });
    });
    request.on('error', () => resolve({ kind: 'aborted' }));
    request.on('close', () => resolve({ kind: 'aborted' }));
  });
}
