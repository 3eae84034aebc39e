import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { TransactionsService } from '../database/transactions.service.js';
import type { LinksOptions } from '../partners/links.options.js';
import { LINKS_OPTIONS, linkOrigin } from '../partners/links.options.js';
import { readPublicChanges } from './public-changes.service.js';
import type { PlannedDelivery, PublicChange, WebhookEvent } from './webhook-events.js';
import { planDeliveries, planReset, subjectsOf } from './webhook-events.js';

/** One node plans at a time; a number of its own, so that it meets no other lock. */
const PLANNING_LOCK = 8_147_203_119;
/** Changes of one transaction: enough to share its cost, few enough to keep it short. */
const BATCH_CHANGES = 500;

interface SubscriberRow {
  readonly id: string;
  readonly events: WebhookEvent[];
  readonly position: string;
  /** The feed has begun anew since: everything is to be told. */
  readonly isReset: boolean;
}

/**
 * Turns changes of the feed into deliveries. A webhook's position moves in the transaction that writes its deliveries, so that
 * no change is left out or told twice, whenever a node dies. All webhooks move together: purges can then go out before
 * everything else.
 */
@Injectable()
export class WebhookPlanner {
  constructor(
    private readonly transactions: TransactionsService,
    @Inject(LINKS_OPTIONS) private readonly links: LinksOptions,
  ) {}

  /** When it returns, every change that was committed when it was called is planned, here or by another node. */
  async plan(at?: Date): Promise<void> {
    while (await this.transactions.run((manager) => this.planBatch(manager, at)));
  }

  /** @returns whether there may be more. */
  private async planBatch(manager: EntityManager, at?: Date): Promise<boolean> {
    const [{ isPlanning } = { isPlanning: false }] = await manager.query<{ isPlanning: boolean }[]>(
      `SELECT EXISTS (SELECT FROM waypost.webhooks WHERE ${BEHIND_SQL})
              AND pg_try_advisory_xact_lock($1) AS "isPlanning"`,
      [PLANNING_LOCK],
    );
    if (!isPlanning) return false;
    const subscribers = await lockSubscribers(manager);
    const batches = new Map<string, readonly PublicChange[]>();
    for (const subscriber of subscribers) {
      const { position } = subscriber;
      const changes =
        batches.get(position) ?? (await readPublicChanges(manager, position, BATCH_CHANGES, linkOrigin(this.links)));
      batches.set(position, changes);
      await planFor(manager, subscriber, changes, at);
    }
    return subscribers.length > 0;
  }
}

/** Where the public feed ends. */
export const FEED_HEAD_SQL = `(SELECT coalesce(max(public_seq), 0) FROM waypost.change_log)`;
/** Which feed it is: another one after a restore, and after `waypost changes renew`. */
export const FEED_GENERATION_SQL = `(SELECT value #>> '{}' FROM waypost.settings WHERE key = 'changes.generation')`;

/** A position beyond the end is of a future that was lost. */
const RESET_SQL = `(generation IS DISTINCT FROM ${FEED_GENERATION_SQL} OR position > ${FEED_HEAD_SQL})`;
const BEHIND_SQL = `enabled AND (position <> ${FEED_HEAD_SQL} OR ${RESET_SQL})`;

/** In the order of their ids, so that two nodes cannot deadlock. */
function lockSubscribers(manager: EntityManager): Promise<SubscriberRow[]> {
  return manager.query<SubscriberRow[]>(
    `SELECT id, events, CASE WHEN ${RESET_SQL} THEN 0 ELSE position END AS position, ${RESET_SQL} AS "isReset"
       FROM waypost.webhooks WHERE ${BEHIND_SQL} ORDER BY id FOR UPDATE`,
  );
}

async function planFor(
  manager: EntityManager,
  { id, events, position, isReset }: SubscriberRow,
  changes: readonly PublicChange[],
  at: Date | undefined,
): Promise<void> {
  const last = changes.at(-1);
  if (isReset) await forgetWaiting(manager, id, at);
  const waitingUntil = await supersede(manager, id, subjectsOf(changes), at);
  const planned = [...(isReset ? planReset(events, at ?? new Date()) : []), ...planDeliveries(changes, events)];
  await insertDeliveries(manager, id, planned, waitingUntil, at);
  await manager.query(`UPDATE waypost.webhooks SET position = $2, generation = ${FEED_GENERATION_SQL} WHERE id = $1`, [
    id,
    last?.seq.toString() ?? position,
  ]);
}

/** States of the feed as it was before it began anew: some may be of things that are gone without a word. */
async function forgetWaiting(manager: EntityManager, webhookId: string, at: Date | undefined): Promise<void> {
  await manager.query(
    `UPDATE waypost.webhook_deliveries
        SET status = 'superseded', finished_at = coalesce($2::timestamptz, clock_timestamp())
      WHERE webhook_id = $1 AND status = 'pending' AND subject IS NOT NULL`,
    [webhookId, at ?? null],
  );
}

/**
 * Messages that wait and tell an earlier state of these subjects are not sent any more, also where the webhook does not
 * subscribe to what happened since.
 * @returns until when an untried message about the same was to wait, by subject: its successor waits no longer.
 */
async function supersede(
  manager: EntityManager,
  webhookId: string,
  subjects: readonly string[],
  at: Date | undefined,
): Promise<ReadonlyMap<string, Date>> {
  const [rows] = await manager.query<[{ subject: string; attempts: number; next_attempt_at: Date }[], number]>(
    `UPDATE waypost.webhook_deliveries
        SET status = 'superseded', finished_at = coalesce($3::timestamptz, clock_timestamp())
      WHERE webhook_id = $1 AND status = 'pending' AND subject = ANY($2)
      RETURNING subject, attempts, next_attempt_at`,
    [webhookId, subjects, at ?? null],
  );
  return new Map(rows.filter(({ attempts }) => attempts === 0).map((row) => [row.subject, row.next_attempt_at]));
}

async function insertDeliveries(
  manager: EntityManager,
  webhookId: string,
  planned: readonly PlannedDelivery[],
  waitingUntil: ReadonlyMap<string, Date>,
  at: Date | undefined,
): Promise<void> {
  if (planned.length === 0) return;
  await manager.query(
    `INSERT INTO waypost.webhook_deliveries (webhook_id, event, subject, seq, payload, created_at, next_attempt_at)
     SELECT $1, one.event, one.subject, one.seq, one.payload, now.at,
            least(now.at + one.delay_ms * interval '1 millisecond', one.waiting_until)
       FROM (SELECT coalesce($8::timestamptz, clock_timestamp()) AS at) AS now,
            unnest($2::text[], $3::text[], $4::bigint[], $5::text[], $6::integer[], $7::timestamptz[])
              AS one (event, subject, seq, payload, delay_ms, waiting_until)`,
    [
      webhookId,
      planned.map(({ event }) => event),
      planned.map(({ subject }) => subject),
      planned.map(({ seq }) => seq.toString()),
      planned.map(({ payload }) => payload),
      planned.map(({ delayMs }) => delayMs),
      planned.map(({ subject }) => (subject === null ? null : (waitingUntil.get(subject) ?? null))),
      at ?? null,
    ],
  );
}
