import { randomBytes, randomUUID } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import {
  createSecret,
  readEncryptionKey,
  sealSecret,
  SecretError,
  signWebhook,
  unsealSecret,
} from './webhook-secret.js';

const key = randomBytes(32);
const owner = randomUUID();
const NO_MATCH = 'No matching signature found';
const now = (): number => Math.floor(Date.now() / 1000);
const headersOf = (id: string, seconds: number, signature: string) => ({
  'webhook-id': id,
  'webhook-timestamp': String(seconds),
  'webhook-signature': signature,
});

describe('a signature', () => {
  const body = '{"type":"article.upserted","data":{"title":"Größe"}}';

  it("is accepted by the library of Standard Webhooks, and is the library's own", () => {
    const secret = createSecret();
    const seconds = now();
    const signature = signWebhook('msg_1', seconds, body, [secret]);
    expect(new Webhook(secret).verify(body, headersOf('msg_1', seconds, signature))).toEqual(JSON.parse(body));
    expect(signature).toBe(new Webhook(secret).sign('msg_1', new Date(seconds * 1000), body));
  });

  it('of two secrets is accepted by whoever has either', () => {
    const secrets = [createSecret(), createSecret()];
    const seconds = now();
    const headers = headersOf('msg_1', seconds, signWebhook('msg_1', seconds, body, secrets));
    for (const secret of secrets) expect(() => new Webhook(secret).verify(body, headers)).not.toThrow();
    expect(() => new Webhook(createSecret()).verify(body, headers)).toThrow(NO_MATCH);
  });

  it.each([
    ['another body', `${body} `, 'msg_1'],
    ['another id', body, 'msg_2'],
  ])('does not fit %s', (_name, text, id) => {
    const secret = createSecret();
    const seconds = now();
    const headers = headersOf(id, seconds, signWebhook('msg_1', seconds, body, [secret]));
    expect(() => new Webhook(secret).verify(text, headers)).toThrow(NO_MATCH);
  });
});

describe('a stored secret', () => {
  it('is encrypted, and never the same twice', () => {
    const secret = createSecret();
    const stored = sealSecret(secret, owner, key);
    expect(stored).not.toContain(secret.slice(6, 20));
    expect(sealSecret(secret, owner, key)).not.toBe(stored);
    expect(unsealSecret(stored, owner, key)).toBe(secret);
  });

  it('without a key is stored as it is, and read when there is one', () => {
    const stored = sealSecret('whsec_x', owner, undefined);
    expect([unsealSecret(stored, owner, undefined), unsealSecret(stored, owner, key)]).toEqual(['whsec_x', 'whsec_x']);
  });

  it.each([
    ['another key', owner, randomBytes(32)],
    ['no key', owner, undefined],
    ['the id of another webhook', randomUUID(), key],
  ])('is not read with %s', (_name, id, other) => {
    const stored = sealSecret('whsec_x', owner, key);
    expect(() => unsealSecret(stored, id, other)).toThrow(SecretError);
  });

  it.each([
    '',
    'short',
    randomBytes(31).toString('base64'),
    randomBytes(32).toString('hex'),
    `${key.toString('base64')} `,
  ])('needs a key of 32 bytes in base64: %s', (text) => {
    expect(() => readEncryptionKey(text)).toThrow(SecretError);
  });
});
