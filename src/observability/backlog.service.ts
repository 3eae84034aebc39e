import type { DataSource } from 'typeorm';
import type { Metric } from './metric.js';
import { gauge } from './metric.js';

const LONGEST_WAIT_MS = 2000;
/** A moment that has come is in the feed at once while somebody works; so late, nobody does. */
const MOST_OVERDUE_SECONDS = 120;
/** Servers of others are asked again after seconds to minutes. */
const LATE_SECONDS = 300;

/** What waits in the database to be done, and since when. */
export interface Backlog {
  /** Age of the oldest change that came with its moment and is not in the change feed. */
  readonly changesOverdueSeconds: number;
  /** Of webhooks that are enabled. */
  readonly webhookMessages: number;
  readonly oldestWebhookMessageSeconds: number;
  /** Within the last hour. */
  readonly webhookMessagesGivenUp: number;
  readonly webhooksWorking: number;
  /** Enabled, and the last attempt failed. */
  readonly webhooksFailing: number;
  readonly webhooksDisabled: number;
  readonly feedsWorking: number;
  /** The last run failed. */
  readonly feedsFailing: number;
  /** Attempts to sign in that failed in a row, of all accounts together; an account that is left alone is forgotten. */
  readonly failedSignIns: number;
  /** How late the feed is that should have been read the longest ago. */
  readonly oldestDueFeedSeconds: number;
}

export type DatabaseHealth = { readonly backlog: Backlog } | { readonly problem: string };

/** Asked within two seconds, so that a health check always has an answer. */
export async function askDatabase(dataSource: DataSource): Promise<DatabaseHealth> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<DatabaseHealth>((resolve) => {
    timer = setTimeout(() => resolve({ problem: 'Postgres does not answer.' }), LONGEST_WAIT_MS);
  });
  const answer = readBacklog(dataSource).then(
    (backlog) => ({ backlog }),
    () => ({ problem: 'Postgres cannot be reached.' }),
  );
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** 0 where there is none, or where it lies ahead. */
const secondsSince = (moment: string, condition = 'true'): string =>
  `greatest(0, extract(epoch FROM clock_timestamp() - min(${moment}) FILTER (WHERE ${condition})))::float8`;

async function readBacklog(dataSource: DataSource): Promise<Backlog> {
  const [row] = await dataSource.query<Backlog[]>(
    `SELECT (SELECT ${secondsSince('at')} FROM waypost.due_moments) AS "changesOverdueSeconds",
            messages.*, webhooks.*, feeds.*,
            (SELECT coalesce(sum(failures), 0) FROM waypost.sign_in_failures WHERE last_at > now() - interval '1 hour')::integer
              AS "failedSignIns",
            (SELECT count(*) FROM waypost.webhook_deliveries
              WHERE status = 'failed' AND finished_at > now() - interval '1 hour')::integer
              AS "webhookMessagesGivenUp"
       FROM (SELECT count(*)::integer AS "webhookMessages", ${secondsSince('delivery.created_at')} AS "oldestWebhookMessageSeconds"
               FROM waypost.webhook_deliveries delivery JOIN waypost.webhooks hook ON hook.id = delivery.webhook_id
              WHERE delivery.status = 'pending' AND hook.enabled) AS messages,
            (SELECT count(*) FILTER (WHERE enabled AND failures = 0)::integer AS "webhooksWorking",
                    count(*) FILTER (WHERE enabled AND failures > 0)::integer AS "webhooksFailing",
                    count(*) FILTER (WHERE NOT enabled)::integer AS "webhooksDisabled" FROM waypost.webhooks) AS webhooks,
            (SELECT count(*) FILTER (WHERE failures = 0)::integer AS "feedsWorking",
                    count(*) FILTER (WHERE failures > 0)::integer AS "feedsFailing",
                    ${secondsSince('next_run_at', 'every_minutes > 0')} AS "oldestDueFeedSeconds" FROM waypost.feeds) AS feeds`,
  );
  if (!row) throw new Error('An aggregate answers one row.');
  return row;
}

/** One sentence for each part that is not well. */
export function problemsOf(health: DatabaseHealth): string[] {
  if ('problem' in health) return [health.problem];
  const { changesOverdueSeconds } = health.backlog;
  if (changesOverdueSeconds <= MOST_OVERDUE_SECONDS) return [];
  return [`The change feed is ${Math.round(changesOverdueSeconds)} seconds behind what the dates of articles say.`];
}

/**
 * One sentence for each part that waits for a server of somebody else: worth a look, and no reason to send readers elsewhere.
 */
export function lateWith(health: DatabaseHealth): string[] {
  if ('problem' in health) return [];
  const { backlog } = health;
  const late = Math.round(backlog.oldestWebhookMessageSeconds);
  const feedsLate = Math.round(backlog.oldestDueFeedSeconds);
  return [
    late > LATE_SECONDS && `Messages to webhooks wait: ${backlog.webhookMessages}, the oldest for ${late} seconds.`,
    backlog.webhooksFailing > 0 && `Webhooks that do not take what they are sent: ${backlog.webhooksFailing}.`,
    backlog.feedsFailing > 0 && `Incoming feeds that cannot be read: ${backlog.feedsFailing}.`,
    feedsLate > LATE_SECONDS && `An incoming feed should have been read ${feedsLate} seconds ago.`,
  ].filter((sentence) => sentence !== false);
}

export function databaseMetrics(health: DatabaseHealth): Metric[] {
  const up = gauge('waypost_database_up', 'Whether Postgres answers.', 'backlog' in health ? 1 : 0);
  if ('problem' in health) return [up];
  const { changesOverdueSeconds, webhookMessages, oldestWebhookMessageSeconds, ...rest } = health.backlog;
  return [
    up,
    gauge(
      'waypost_changes_overdue_seconds',
      'Age of the oldest change that came with its moment and is not in the change feed.',
      changesOverdueSeconds,
    ),
    gauge('waypost_webhook_messages', 'Messages to enabled webhooks that are to be sent.', webhookMessages),
    gauge('waypost_webhook_oldest_message_seconds', 'Age of the oldest of them.', oldestWebhookMessageSeconds),
    gauge(
      'waypost_webhook_messages_given_up',
      'Messages to webhooks that were given up within the last hour.',
      rest.webhookMessagesGivenUp,
    ),
    gauge(
      'waypost_sign_in_failures',
      'Attempts to sign in that failed in a row, of all accounts that somebody tried within the last hour.',
      rest.failedSignIns,
    ),
    byState('waypost_webhooks', 'Webhooks, by what became of the last attempt.', {
      working: rest.webhooksWorking,
      failing: rest.webhooksFailing,
      disabled: rest.webhooksDisabled,
    }),
    byState('waypost_feeds', 'Incoming feeds, by what became of the last run.', {
      working: rest.feedsWorking,
      failing: rest.feedsFailing,
    }),
    gauge(
      'waypost_feed_oldest_due_seconds',
      'How late the incoming feed is that should have been read the longest ago.',
      rest.oldestDueFeedSeconds,
    ),
  ];
}

function byState(name: string, help: string, counts: Readonly<Record<string, number>>): Metric {
  const samples = Object.entries(counts).map(([state, count]) => [`state="${state}"`, count] as const);
  return { name, help, type: 'gauge', samples };
}
