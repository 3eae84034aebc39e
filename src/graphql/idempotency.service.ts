import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { WaypostError } from '../kernel/errors.js';

/** One request that may be sent again, as the same. */
export interface RepeatableRequest {
  /** Who sends it: keys of different actors have nothing to do with each other. */
  readonly actor: string;
  readonly key: string;
  readonly body: string;
}

export interface StoredAnswer {
  readonly contentType: string;
  readonly text: string;
}

const KEPT = `interval '24 hours'`;
/** Whoever has not answered by then has died. */
const LONGEST_CLAIM = `interval '5 minutes'`;
const LONGEST_WAIT_MS = 10_000;
const POLL_MS = 50;
const SWEEP_MS = 10 * 60_000;

/** The answers of requests with an `Idempotency-Key`, for 24 hours, on all nodes. */
@Injectable()
export class IdempotencyService {
  private sweptAtMs = -Infinity;

  constructor(private readonly dataSource: DataSource) {}

  /**
   * The answer that the same request had, once it is there; undefined: it is the caller's to execute, and then to `keep` or
   * `release`.
   * @throws WaypostError IDEMPOTENCY_KEY_REUSED with another body, IDEMPOTENCY_KEY_IN_USE when the first takes too long.
   */
  async claim(request: RepeatableRequest): Promise<StoredAnswer | undefined> {
    await this.sweep();
    const deadlineMs = performance.now() + LONGEST_WAIT_MS;
    while (performance.now() < deadlineMs) {
      if (await this.tryToClaim(request)) return undefined;
      const answer = await this.findAnswer(request);
      if (answer) return answer;
      await delay(POLL_MS);
    }
    throw new WaypostError('IDEMPOTENCY_KEY_IN_USE', [request.key]);
  }

  async keep({ actor, key }: RepeatableRequest, { contentType, text }: StoredAnswer): Promise<void> {
    await this.dataSource.query(
      `UPDATE waypost.idempotency_keys SET content_type = $3, answer = $4 WHERE actor = $1 AND key = $2`,
      [actor, key, contentType, text],
    );
  }

  /** Nothing was done: the same request may be tried again. */
  async release({ actor, key }: RepeatableRequest): Promise<void> {
    await this.dataSource.query(
      `DELETE FROM waypost.idempotency_keys WHERE actor = $1 AND key = $2 AND answer IS NULL`,
      [actor, key],
    );
  }

  /** The unique key decides between those who come at the same time. */
  private async tryToClaim({ actor, key, body }: RepeatableRequest): Promise<boolean> {
    const rows = await this.dataSource.query<unknown[]>(
      `INSERT INTO waypost.idempotency_keys AS kept (actor, key, body_hash) VALUES ($1, $2, $3)
       ON CONFLICT (actor, key) DO UPDATE
         SET body_hash = excluded.body_hash, claimed_at = excluded.claimed_at, content_type = NULL, answer = NULL
         WHERE kept.claimed_at < clock_timestamp() - ${KEPT}
            OR (kept.answer IS NULL AND kept.claimed_at < clock_timestamp() - ${LONGEST_CLAIM})
       RETURNING key`,
      [actor, key, hashOf(body)],
    );
    return rows.length > 0;
  }

  private async findAnswer({ actor, key, body }: RepeatableRequest): Promise<StoredAnswer | undefined> {
    const [row] = await this.dataSource.query<{ hash: Buffer; contentType: string; answer: string | null }[]>(
      `SELECT body_hash AS hash, content_type AS "contentType", answer FROM waypost.idempotency_keys
        WHERE actor = $1 AND key = $2`,
      [actor, key],
    );
    if (row && !row.hash.equals(hashOf(body))) throw new WaypostError('IDEMPOTENCY_KEY_REUSED', [key]);
    return row?.answer == null ? undefined : { contentType: row.contentType, text: row.answer };
  }

  private async sweep(): Promise<void> {
    if (performance.now() - this.sweptAtMs < SWEEP_MS) return;
    this.sweptAtMs = performance.now();
    await this.dataSource.query(`DELETE FROM waypost.idempotency_keys WHERE claimed_at < clock_timestamp() - ${KEPT}`);
  }
}

const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest();
