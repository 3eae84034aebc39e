import type pg from 'pg';

const MOVED: Readonly<Record<string, readonly string[]>> = {
  articles: ['published_at', 'first_published_at', 'expires_at', 'updated_at', 'content_updated_at'],
  partners: ['starts_at', 'expires_at'],
  due_moments: ['at'],
};

/**
 * Makes the database look as it will in an hour, if nobody writes until then: no trigger sees it. Whoever sets a moment within
 * that hour need not be faster than the clock to look at what is before it.
 */
export async function passAnHour(client: pg.Client): Promise<void> {
  const updates = Object.entries(MOVED).map(
    ([table, columns]) =>
      `UPDATE waypost.${table} SET ${columns.map((column) => `${column} = ${column} - interval '1 hour'`).join(', ')};`,
  );
  await client.query(`BEGIN; SET LOCAL session_replication_role = replica; ${updates.join(' ')} COMMIT`);
}

/** SQL: comes as the hour passes. */
export const WITHIN_THE_HOUR = `date_trunc('milliseconds', now() + interval '30 minutes')`;
