import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { BinaryRows } from './binary-rows.js';

/**
 * @param target table and columns, as they stand behind COPY.
 * @throws what Postgres says. The connection is of no use afterwards unless there is a savepoint.
 */
export async function copyRows(client: pg.Client, target: string, rows: BinaryRows): Promise<void> {
  const stream = client.query(copyFrom(`COPY ${target} FROM STDIN (FORMAT binary)`));
  await new Promise<void>((resolve, reject) => {
    stream.on('error', reject).on('finish', resolve);
    // In one piece: an error in the middle of several finds the library writing to a connection that it has let go.
    stream.end(rows.finish());
  });
}
