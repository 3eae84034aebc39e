import pg from 'pg';

/** What a node asks for by itself: the next moment, and its own connections for clicks and announcements. */
const BACKGROUND = /min\(at\) - clock_timestamp\(\)/;

/** Counts the statements that this process sends to Postgres for requests while `work` runs. */
export async function countStatements(work: () => Promise<unknown>): Promise<number> {
  let count = 0;
  const { query } = pg.Client.prototype;
  pg.Client.prototype.query = function counted(this: pg.Client, ...parameters: unknown[]) {
    const { connectionParameters } = this as { connectionParameters?: { application_name?: string } };
    const text = typeof parameters[0] === 'string' ? parameters[0] : '';
    if (connectionParameters?.application_name === 'waypost' && !BACKGROUND.test(text)) count += 1;
    return Reflect.apply(query, this, parameters) as never;
  } as typeof query;
  try {
    await work();
  } finally {
    pg.Client.prototype.query = query;
  }
  return count;
}
