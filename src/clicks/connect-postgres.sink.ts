import pg from 'pg';

/** A connection of its own for long-lived work beside the pool. */
export async function connectPostgres(url: string, name: string, queryTimeoutMs?: number): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    application_name: `waypost ${name}`,
    connectionTimeoutMillis: 5000,
    keepAlive: true,
    ...(queryTimeoutMs === undefined ? {} : { query_timeout: queryTimeoutMs }),
  });
  // Without a listener the loss of a connection would end the process; the query under way, or the next one, reports it.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
