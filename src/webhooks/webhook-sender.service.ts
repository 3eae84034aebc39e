import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DataSource } from 'typeorm';
import { TransactionsService } from '../database/transactions.service.js';
import { OutboundClient } from '../outbound/outbound-client.js';
import { OutboundError } from '../outbound/outbound-error.js';
import { recordRound } from './record-round.service.js';
import { readRetryAfter } from './retry-plan.js';
import { readEncryptionKey, SecretError, signWebhook, unsealSecret } from './webhook-secret.js';
import type { WebhooksOptions } from './webhooks.options.js';
import { WEBHOOKS_OPTIONS } from './webhooks.options.js';

/** Messages to one webhook on their way at once. */
const MOST_AT_ONCE = 10;
/** Longer than any request: who still has the lease after it is dead. */
const LEASE_MS = 60_000;
const LIMITS = { mostBytes: 64 * 1024, mostRedirects: 0 } as const;
const TIMEOUT_MS = 15_000;
const MOST_TIMEOUT_MS = 30_000;
const GONE = 410;

/** A webhook whose messages this node sends at the moment. */
export interface LeasedWebhook {
  readonly id: string;
  readonly url: string;
  readonly secret: string;
  readonly previousSecret: string | null;
  readonly previousSecretUntil: Date | null;
  readonly failures: number;
  readonly lease: string;
  readonly claimedAt: Date;
}

export interface DueDelivery {
  readonly id: string;
  readonly event: string;
  readonly payload: string;
  readonly attempts: number;
  readonly firstAttemptAt: Date | null;
}

/** What became of one attempt. */
export interface Attempt {
  readonly delivery: DueDelivery;
  readonly outcome: 'delivered' | 'failed' | 'gone' | 'aborted';
  readonly status?: number;
  readonly problem?: { readonly code: string; readonly message: string };
  readonly retryAfterMs?: number | undefined;
}

/**
 * Sends what is due. A webhook is leased to one node at a time, which sends a few of its messages side by side and writes down
 * what became of them before it takes the next: so a later state never overtakes an earlier one.
 */
@Injectable()
export class WebhookSender {
  private readonly key: Buffer | undefined;
  private readonly timeoutMs: number;

  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: TransactionsService,
    private readonly outbound: OutboundClient,
    @Inject(WEBHOOKS_OPTIONS) { encryptionKey, timeoutMs }: WebhooksOptions,
  ) {
    this.key = encryptionKey === undefined ? undefined : readEncryptionKey(encryptionKey);
    this.timeoutMs = Math.min(timeoutMs ?? TIMEOUT_MS, MOST_TIMEOUT_MS);
  }

  /**
   * Takes a webhook for which something is due and sends one round of it.
   * @returns undefined when there is none, else what sends the round.
   */
  async claim(at?: Date): Promise<((signal: AbortSignal) => Promise<void>) | undefined> {
    const webhook = await this.lease(at);
    return webhook && ((signal) => this.sendRound(webhook, signal, at));
  }

  /** When something is due next, by the clock of the database: milliseconds from now, negative when it already is. */
  async msToNext(): Promise<number | undefined> {
    const [row] = await this.dataSource.query<{ ms: number | null }[]>(
      `SELECT extract(epoch FROM min(greatest(next.at, hook.retry_at, hook.leased_until)) - clock_timestamp())::float8 * 1000 AS ms
         FROM waypost.webhooks hook
        CROSS JOIN LATERAL (SELECT min(delivery.next_attempt_at) AS at FROM waypost.webhook_deliveries delivery
                             WHERE delivery.webhook_id = hook.id AND delivery.status = 'pending') AS next
        WHERE hook.enabled AND next.at IS NOT NULL`,
    );
    return row?.ms ?? undefined;
  }

  /**
   * The purges of other webhooks go first, as long as those receive. `claimed` is materialised: as a subquery, a plan may run it
   * once per webhook and lease each that it draws.
   */
  private async lease(at?: Date): Promise<LeasedWebhook | undefined> {
    const lease = randomUUID();
    const [[webhook]] = await this.dataSource.query<[LeasedWebhook[], number]>(
      `WITH moment AS MATERIALIZED (SELECT coalesce($1::timestamptz, clock_timestamp()) AS at),
       purges AS MATERIALIZED (
         SELECT EXISTS (SELECT FROM waypost.webhook_deliveries purge JOIN waypost.webhooks hook ON hook.id = purge.webhook_id, moment
                         WHERE purge.status = 'pending' AND purge.event = 'cache.purge' AND purge.attempts = 0
                           AND purge.next_attempt_at <= moment.at AND hook.enabled AND hook.failures = 0) AS wait
       ),
       claimed AS MATERIALIZED (
         SELECT candidate.id, moment.at FROM waypost.webhooks candidate, moment, purges
          WHERE candidate.enabled
            AND (candidate.leased_until IS NULL OR candidate.leased_until <= moment.at)
            AND (candidate.retry_at IS NULL OR candidate.retry_at <= moment.at)
            AND EXISTS (SELECT FROM waypost.webhook_deliveries due
                         WHERE due.webhook_id = candidate.id AND due.status = 'pending'
                           AND due.next_attempt_at <= moment.at
                           AND (due.event = 'cache.purge' OR NOT purges.wait))
          ORDER BY random() LIMIT 1
          FOR UPDATE OF candidate SKIP LOCKED
       )
       UPDATE waypost.webhooks hook
          SET leased_by = $2, leased_until = claimed.at + ${LEASE_MS} * interval '1 millisecond'
         FROM claimed
        WHERE hook.id = claimed.id
        RETURNING hook.id, hook.url, hook.secret, hook.previous_secret AS "previousSecret",
                  hook.previous_secret_until AS "previousSecretUntil", hook.failures, hook.leased_by AS lease,
                  claimed.at AS "claimedAt"`,
      [at ?? null, lease],
    );
    return webhook;
  }

  private async sendRound(webhook: LeasedWebhook, signal: AbortSignal, at?: Date): Promise<void> {
    const due = await this.readDue(webhook, at);
    const attempts = await Promise.all(due.map((delivery) => this.attempt(webhook, delivery, signal)));
    await this.transactions.run((manager: EntityManager) => recordRound(manager, webhook, attempts, at));
  }

  /** Purges alone, where there are any. One message only to a webhook that fails: it would be refused them all. */
  private async readDue({ id, failures }: LeasedWebhook, at?: Date): Promise<DueDelivery[]> {
    const due = await this.dataSource.query<DueDelivery[]>(
      `SELECT id, event, payload, attempts, first_attempt_at AS "firstAttemptAt" FROM waypost.webhook_deliveries
        WHERE webhook_id = $1 AND status = 'pending'
          AND next_attempt_at <= coalesce($2::timestamptz, clock_timestamp())
        ORDER BY event <> 'cache.purge', attempts, seq, id LIMIT $3`,
      [id, at ?? null, failures > 0 ? 1 : MOST_AT_ONCE],
    );
    const purges = due.filter(({ event }) => event === 'cache.purge');
    return purges.length > 0 ? purges : due;
  }

  private async attempt(webhook: LeasedWebhook, delivery: DueDelivery, signal: AbortSignal): Promise<Attempt> {
    try {
      const times = { totalMs: this.timeoutMs, headersMs: this.timeoutMs };
      const request = { ...LIMITS, ...times, ...this.requestOf(webhook, delivery), signal };
      const { status, headers } = await this.outbound.send(request);
      if (status >= 200 && status < 300) return { delivery, outcome: 'delivered', status };
      const retryAfterMs = readRetryAfter(headers['retry-after'], new Date());
      const problem = answerProblem(status, headers.location);
      return { delivery, outcome: status === GONE ? 'gone' : 'failed', status, problem, retryAfterMs };
    } catch (error) {
      if (error instanceof OutboundError && error.code === 'ABORTED') return { delivery, outcome: 'aborted' };
      return { delivery, outcome: 'failed', problem: problemOf(error) };
    }
  }

  private requestOf(webhook: LeasedWebhook, { id, payload }: DueDelivery) {
    const messageId = `msg_${id}`;
    const seconds = Math.floor(Date.now() / 1000);
    return {
      url: webhook.url,
      method: 'POST' as const,
      body: payload,
      headers: {
        'content-type': 'application/json',
        'webhook-id': messageId,
        'webhook-timestamp': String(seconds),
        'webhook-signature': signWebhook(messageId, seconds, payload, this.secretsOf(webhook)),
      },
    };
  }

  private secretsOf({ id, secret, previousSecret, previousSecretUntil, claimedAt }: LeasedWebhook): string[] {
    const isPreviousGood = previousSecret !== null && previousSecretUntil !== null && previousSecretUntil > claimedAt;
    return [secret, ...(isPreviousGood ? [previousSecret] : [])].map((one) => unsealSecret(one, id, this.key));
  }
}

function answerProblem(status: number, location: string | undefined): { code: string; message: string } {
  if (location !== undefined && status >= 300 && status < 400) {
    return {
      code: 'REDIRECTED',
      message: `It answered ${status} and redirects to ${location.slice(0, 200)}. Redirects are not followed: set that URL if it is right.`,
    };
  }
  return { code: `HTTP_${status}`, message: `It answered ${status}; 200 to 299 means that it was received.` };
}

function problemOf(error: unknown): { code: string; message: string } {
  if (error instanceof OutboundError) return { code: error.code, message: error.message };
  if (error instanceof SecretError) return { code: 'SECRET_UNREADABLE', message: error.message };
  // Whatever it is, the message must not be tried without end.
  return { code: 'UNEXPECTED', message: String(error) };
}
