import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { OutboundError } from './outbound-error.js';

const DECODERS: Readonly<Record<string, () => NodeJS.ReadWriteStream & Readable>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/** What `readBody` can read, for Accept-Encoding. */
export const ACCEPTED_ENCODINGS = 'gzip, deflate, br';

/**
 * The body, decompressed. `mostBytes` counts before and after decompression: a few kilobytes may unpack to gigabytes.
 * @throws OutboundError BODY_TOO_LARGE or ANSWER_INVALID; whatever destroyed the answer.
 */
export async function readBody(answer: IncomingMessage, mostBytes: number): Promise<Buffer> {
  const declared = Number(answer.headers['content-length'] ?? 0);
  if (declared > mostBytes) throw tooLarge(mostBytes);
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of decoded(answer, mostBytes) as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > mostBytes) throw tooLarge(mostBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function decoded(answer: IncomingMessage, mostBytes: number): Readable {
  const encoding = (answer.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (encoding === 'identity' || encoding === '') return answer;
  const decoder = DECODERS[encoding]?.();
  if (!decoder)
    throw new OutboundError('ANSWER_INVALID', `The answer is encoded as "${encoding}", which was not asked for.`);
  let received = 0;
  answer.on('data', (chunk: Buffer) => {
    received += chunk.length;
    if (received > mostBytes) answer.destroy(tooLarge(mostBytes));
  });
  // The callback takes what is also thrown to the reader of the decoder.
  return pipeline(answer, decoder, () => undefined);
}

function tooLarge(mostBytes: number): OutboundError {
  return new OutboundError('BODY_TOO_LARGE', `The answer is larger than ${mostBytes} bytes.`);
}
