import type { IncomingMessage } from 'node:http';

export type RequestBody =
  | { readonly kind: 'text'; readonly text: string }
  /** It was longer than allowed; `found` is what the sender announced, or what had come when reading ended. */
  | { readonly kind: 'too large'; readonly found: number }
  | { readonly kind: 'aborted' };

/** Of a body that was refused so much is thrown away, and so long, before its sender is cut off. */
const MOST_DRAINED_BYTES = 64 * 1024 * 1024;
const MOST_DRAINED_MS = 5000;

/** Reads a body of at most `limit` bytes as UTF-8. */
export function readRequestBody(request: IncomingMessage, limit: number): Promise<RequestBody> {
  const announced = Number(request.headers['content-length']);
  if (announced > limit) return Promise.resolve({ kind: 'too large', found: announced });
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const take = (chunk: Buffer): void => {
      length += chunk.length;
      chunks.push(chunk);
      if (length <= limit) return;
      request.pause().off('data', take);
      resolve({ kind: 'too large', found: length });
    };
    request.on('data', take);
    request.on('end', () => {
      const [first] = chunks;
      const whole = chunks.length === 1 && first ? first : Buffer.concat(chunks);
      resolve({ kind: 'text', text: whole.toString('utf8') });
    });
    request.on('error', () => resolve({ kind: 'aborted' }));
    request.on('close', () => resolve({ kind: 'aborted' }));
  });
}

/**
 * Throws away what comes of a body, until it ends, or its sender stops because of the answer. A connection that is closed
 * on bytes which nobody has read is reset, and the answer is lost with it.
 */
export function drainBody(request: IncomingMessage): Promise<void> {
  if (request.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    let left = MOST_DRAINED_BYTES;
    const finish = (): void => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(finish, MOST_DRAINED_MS);
    request.on('data', (chunk: Buffer) => {
      left -= chunk.length;
      if (left < 0) finish();
    });
    request.once('end', finish).once('close', finish).resume();
  });
}
