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
  for (const attempt of made) await recordAttempt(manager, attempt, disabledReason !== undefined, at);
  await recordWebhook(manager, webhook, at, made.length > 0 ? succeeded : undefined);
  if (disabledReason !== undefined) await disable(manager, webhook.id, disabledReason, at);
}

/** One that was superseded while it was on its way is not made to wait again. */
async function recordAttempt(
  manager: EntityManager,
  { delivery, outcome, status: answer, problem, retryAfterMs }: Attempt,
  isDisabled: boolean,
  at: Date,
): Promise<void> {
  const firstAttemptAt = delivery.firstAttemptAt ?? at;
  const attempts = delivery.attempts + 1;
  const next = nextAttempt({ attempts, firstAttemptAt, at, random: Math.random(), retryAfterMs });
  const isWaiting = next !== undefined || isDisabled;
  const status = outcome === 'delivered' ? 'delivered' : isWaiting ? 'pending' : 'failed';
  await manager.query(
    `UPDATE waypost.webhook_deliveries
        SET status = CASE WHEN status = 'pending' OR $2 = 'delivered' THEN $2 ELSE status END,
            finished_at = CASE WHEN $2 = 'pending' THEN finished_at ELSE $4 END,
            attempts = attempts + 1, first_attempt_at = coalesce(first_attempt_at, $4), last_attempt_at = $4,
            next_attempt_at = $3, response_status = $5, error_code = $6, error_message = $7
      WHERE id = $1 AND status IN ('pending', 'superseded')`,
    [delivery.id, status, next ?? at, at, answer ?? null, problem?.code ?? null, problem?.message ?? null],
  );
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
