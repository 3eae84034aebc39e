import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';

/** Secrets of Standard Webhooks (1.0): `whsec_` and 24 to 64 random bytes in base64. */
const SECRET_START = 'whsec_';
const SECRET_BYTES = 32;

const CIPHER = 'aes-256-gcm';
const NONCE_LENGTH = 12;
const TAG_LENGTH = 16;
const PLAIN = 'plain:';
const SEALED = 'aes-256-gcm:';

export class SecretError extends Error {
  override readonly name = 'SecretError';
}

export function createSecret(): string {
  return SECRET_START + randomBytes(SECRET_BYTES).toString('base64');
}

/**
 * The value of `webhook-signature`: HMAC-SHA256 over id, timestamp and body, once for each secret.
 * `seconds`: since 1970, the moment of this attempt.
 */
export function signWebhook(id: string, seconds: number, body: string, secrets: readonly string[]): string {
  return secrets
    .map((secret) => {
      const key = Buffer.from(secret.slice(SECRET_START.length), 'base64');
      return `v1,${createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64')}`;
    })
    .join(' ');
}

/** @throws SecretError unless the text is 32 bytes in base64. */
export function readEncryptionKey(text: string): Buffer {
  const key = Buffer.from(text, 'base64');
  if (key.length !== 32 || key.toString('base64') !== text) {
    throw new SecretError('is not 32 bytes in base64. Make one with: openssl rand -base64 32');
  }
  return key;
}

/**
 * What is stored of a secret: encrypted where there is a key, else as it is.
 * `owner` is the id of its webhook, so that a stored secret is of no use in the row of another.
 */
export function sealSecret(secret: string, owner: string, key: Buffer | undefined): string {
  if (!key) return PLAIN + secret;
  const nonce = randomBytes(NONCE_LENGTH);
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(Buffer.from(owner));
  const bytes = [nonce, cipher.update(secret, 'utf8'), cipher.final(), cipher.getAuthTag()];
  return SEALED + Buffer.concat(bytes).toString('base64');
}

/** @throws SecretError when it was sealed with a key that is not this one. */
export function unsealSecret(stored: string, owner: string, key: Buffer | undefined): string {
  if (stored.startsWith(PLAIN)) return stored.slice(PLAIN.length);
  if (!key) throw new SecretError('The secret is encrypted and no encryption key is configured.');
  const bytes = Buffer.from(stored.slice(SEALED.length), 'base64');
  const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_LENGTH), { authTagLength: TAG_LENGTH });
  decipher.setAAD(Buffer.from(owner)).setAuthTag(bytes.subarray(-TAG_LENGTH));
  try {
    const start = decipher.update(bytes.subarray(NONCE_LENGTH, -TAG_LENGTH));
    return Buffer.concat([start, decipher.final()]).toString('utf8');
  } catch (error) {
    throw new SecretError('The secret was encrypted with another key than the one configured.', { cause: error });
  }
}
