import type { DataSource } from 'typeorm';
import type { Metric } from './metric.js';
import { gauge } from './metric.js';

const LONGEST_WAIT_MS = 2000;
/** A moment that has come is in the feed at once while somebody works; so late, nobody does. */
const MOST_OVERDUE_SECONDS = 120;

/** What waits in the database to be done, and since when. */
export interface Backlog {
  /** Age of the oldest change that came with its moment and is not in the change feed. */
  readonly changesOverdueSeconds: number;
  readonly webhookMessages: number;
  readonly oldestWebhookMessageSeconds: number;
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

async function readBacklog(dataSource: DataSource): Promise<Backlog> {
  const [row] = await dataSource.query<Backlog[]>(
    `SELECT coalesce((SELECT greatest(0, extract(epoch FROM clock_timestamp() - min(at))) FROM waypost.due_moments), 0)::float8
              AS "changesOverdueSeconds",
            count(*)::integer AS "webhookMessages",
            coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0)::float8 AS "oldestWebhookMessageSeconds"
       FROM waypost.webhook_deliveries WHERE status = 'pending'`,
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

export function databaseMetrics(health: DatabaseHealth): Metric[] {
  const up = gauge('waypost_database_up', 'Whether Postgres answers.', 'backlog' in health ? 1 : 0);
  if ('problem' in health) return [up];
  const { changesOverdueSeconds, webhookMessages, oldestWebhookMessageSeconds } = health.backlog;
  return [
    up,
    gauge(
      'waypost_changes_overdue_seconds',
      'Age of the oldest change that came with its moment and is not in the change feed.',
      changesOverdueSeconds,
    ),
    gauge('waypost_webhook_messages', 'Messages to webhooks that are to be sent.', webhookMessages),
    gauge('waypost_webhook_oldest_message_seconds', 'Age of the oldest of them.', oldestWebhookMessageSeconds),
  ];
}
