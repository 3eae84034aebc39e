import type { EntityManager } from 'typeorm';
import { LONGEST_TRYING_MS, nextAttempt, nextRound } from './retry-plan.js';
import type { Attempt, LeasedWebhook } from './webhook-sender.service.js';

/**
 * Writes down what became of a round, and gives the webhook back. A webhook is disabled when its receiver says that it is gone,
 * or when nothing got through for 24 hours: what then waits, waits until it is enabled again. A message that alone is refused
 * for 24 hours, while others get through, is given up alone.
 */
export async function recordRound(
  manager: EntityManager,
  webhook: LeasedWebhook,
  attempts: readonly Attempt[],
  moment: Date | undefined,
): Promise<void> {
  const [state] = await manager.query<{ at: Date; failingSince: Date | null }[]>(
    `SELECT coalesce($2::timestamptz, clock_timestamp()) AS at, failing_since AS "failingSince"
       FROM waypost.webhooks WHERE id = $1 FOR UPDATE`,
    [webhook.id, moment ?? null],
  );
  // It was deleted meanwhile, and its deliveries with it.
  if (!state) return;
  const { at, failingSince } = state;
  const made = attempts.filter(({ outcome }) => outcome !== 'aborted');
  const succeeded = made.some(({ outcome }) => outcome === 'delivered');
  const disabledReason = goneReason(made) ?? (succeeded ? undefined : overReason(made, failingSince, at));
  await recordAttempts(manager, made, disabledReason !== undefined, at);
  await recordWebhook(manager, webhook, at, made.length > 0 ? succeeded : undefined);
  if (disabledReason !== undefined) await disable(manager, webhook.id, disabledReason, at);
}

/** One that was superseded while it was on its way is not made to wait again. */
async function recordAttempts(
  manager: EntityManager,
  attempts: readonly Attempt[],
  isDisabled: boolean,
  at: Date,
): Promise<void> {
  const results = attempts.map((attempt) => resultOf(attempt, isDisabled, at));
  await manager.query(
    `UPDATE waypost.webhook_deliveries delivery
        SET status = CASE WHEN delivery.status = 'pending' OR result.status = 'delivered' THEN result.status
                          ELSE delivery.status END,
            finished_at = CASE WHEN result.status = 'pending' THEN finished_at ELSE $1::timestamptz END,
            attempts = attempts + 1, first_attempt_at = coalesce(first_attempt_at, $1), last_attempt_at = $1,
            next_attempt_at = result.next_attempt_at, response_status = result.answer,
            error_code = result.code, error_message = result.message
       FROM unnest($2::uuid[], $3::text[], $4::timestamptz[], $5::integer[], $6::text[], $7::text[])
              AS result (id, status, next_attempt_at, answer, code, message)
      WHERE delivery.id = result.id AND delivery.status IN ('pending', 'superseded')`,
    [
      at,
      attempts.map(({ delivery }) => delivery.id),
      results.map(({ status }) => status),
      results.map(({ nextAttemptAt }) => nextAttemptAt),
      attempts.map(({ status }) => status ?? null),
      attempts.map(({ problem }) => problem?.code ?? null),
      attempts.map(({ problem }) => problem?.message ?? null),
    ],
  );
}

interface AttemptResult {
  readonly status: 'delivered' | 'pending' | 'failed';
  readonly nextAttemptAt: Date;
}

function resultOf({ delivery, outcome, retryAfterMs }: Attempt, isDisabled: boolean, at: Date): AttemptResult {
  if (outcome === 'delivered') return { status: 'delivered', nextAttemptAt: at };
  const firstAttemptAt = delivery.firstAttemptAt ?? at;
  const attempts = delivery.attempts + 1;
  const next = nextAttempt({ attempts, firstAttemptAt, at, random: Math.random(), retryAfterMs });
  return { status: next !== undefined || isDisabled ? 'pending' : 'failed', nextAttemptAt: next ?? at };
}

/** `succeeded`: undefined when nothing was tried. What waited for a webhook that fails is due as soon as it receives again. */
async function recordWebhook(
  manager: EntityManager,
  { id, lease, failures }: LeasedWebhook,
  at: Date,
  succeeded: boolean | undefined,
): Promise<void> {
  const isFailing = succeeded === false;
  const count = succeeded === undefined ? failures : isFailing ? failures + 1 : 0;
  await manager.query(
    `UPDATE waypost.webhooks
        SET leased_until = CASE WHEN leased_by = $2 THEN NULL ELSE leased_until END,
            leased_by = CASE WHEN leased_by = $2 THEN NULL ELSE leased_by END, failures = $3,
            failing_since = CASE WHEN $3 = 0 THEN NULL ELSE coalesce(failing_since, $4) END,
            retry_at = $5, last_success_at = CASE WHEN $6 THEN $4 ELSE last_success_at END
      WHERE id = $1`,
    [id, lease, count, at, isFailing ? nextRound(count, at, Math.random()) : null, succeeded ?? false],
  );
  if (succeeded && failures > 0) {
    await manager.query(
      `UPDATE waypost.webhook_deliveries SET next_attempt_at = $2
        WHERE webhook_id = $1 AND status = 'pending' AND next_attempt_at > $2 AND attempts > 0`,
      [id, at],
    );
  }
}

async function disable(manager: EntityManager, id: string, reason: string, at: Date): Promise<void> {
  await manager.query(
    `UPDATE waypost.webhooks
        SET enabled = false, disabled_reason = $2, disabled_at = $3, updated_at = $3, revision = revision + 1
      WHERE id = $1 AND enabled`,
    [id, reason, at],
  );
}

function goneReason(attempts: readonly Attempt[]): string | undefined {
  if (!attempts.some(({ outcome }) => outcome === 'gone')) return undefined;
  return 'The receiver answered 410: it is gone and wants no more.';
}

function overReason(attempts: readonly Attempt[], failingSince: Date | null, at: Date): string | undefined {
  if (failingSince === null || at.getTime() - failingSince.getTime() < LONGEST_TRYING_MS) return undefined;
  const last = attempts.at(-1)?.problem?.message;
  if (last === undefined) return undefined;
  return `Nothing got through for 24 hours, since ${failingSince.toISOString()}. Last: ${last}`;
}
