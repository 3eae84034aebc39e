import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/**
 * `public`: what anonymous callers may see. `all`: everything, drafts too. The changes of each are numbered apart, so that
 * nobody can tell from numbers how much is going on among drafts.
 */
export type FeedAudience = 'public' | 'all';

export type FeedPositions = Readonly<Record<FeedAudience, bigint>>;

/** A place in the change feed: everything up to and including these numbers has been seen. */
export interface SyncToken {
  /** UUID of the epoch, from one start of Postgres to the next, in which it was taken. */
  readonly epoch: string;
  readonly positions: FeedPositions;
}

/** The epoch of a feed into which nothing has been written yet. */
export const NO_EPOCH = '00000000-0000-0000-0000-000000000000';

export class SyncTokenError extends Error {
  override readonly name = 'SyncTokenError';
}

const VERSION = 1;
const CIPHER = 'aes-256-gcm';
const NONCE_LENGTH = 12;
const TAG_LENGTH = 16;
/** Epoch and two positions. */
const PLACE_LENGTH = 16 + 8 + 8;
const LENGTH = 1 + NONCE_LENGTH + PLACE_LENGTH + TAG_LENGTH;

/**
 * base64url without padding. Encrypted, because it also holds the place among the changes that its owner may not see;
 * and never twice the same, so that two tokens do not tell whether anything happened between them.
 * `key` is 32 bytes that only this feed has.
 */
export function encodeSyncToken({ epoch, positions }: SyncToken, key: Buffer): string {
  const place = Buffer.alloc(PLACE_LENGTH);
  place.write(epoch.replaceAll('-', ''), 'hex');
  place.writeBigUInt64BE(positions.public, 16);
  place.writeBigUInt64BE(positions.all, 24);
  const nonce = randomBytes(NONCE_LENGTH);
  const cipher = createCipheriv(CIPHER, key, nonce);
  const sealed = [cipher.update(place), cipher.final()];
  return Buffer.concat([Buffer.of(VERSION), nonce, ...sealed, cipher.getAuthTag()]).toString('base64url');
}

/**
 * @returns undefined for a token of another feed.
 * @throws SyncTokenError when the text is no token of this version.
 */
export function decodeSyncToken(text: string, key: Buffer): SyncToken | undefined {
  const bytes = Buffer.from(text, 'base64url');
  // Buffer skips what is not base64url: only a text that comes out the same again was a token.
  if (bytes.length !== LENGTH || bytes[0] !== VERSION || bytes.toString('base64url') !== text) {
    throw new SyncTokenError('This is no sync token. Send one that "syncToken" or "changes" gave you, as it was.');
  }
  const place = unseal(bytes, key);
  return (
    place && {
      epoch: place.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
      positions: { public: place.readBigUInt64BE(16), all: place.readBigUInt64BE(24) },
    }
  );
}

function unseal(bytes: Buffer, key: Buffer): Buffer | undefined {
  const decipher = createDecipheriv(CIPHER, key, bytes.subarray(1, 1 + NONCE_LENGTH), { authTagLength: TAG_LENGTH });
  decipher.setAuthTag(bytes.subarray(-TAG_LENGTH));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(1 + NONCE_LENGTH, -TAG_LENGTH)), decipher.final()]);
  } catch {
    // The tag does not fit the key.
    return undefined;
  }
}
