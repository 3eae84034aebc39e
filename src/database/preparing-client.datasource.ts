import { createHash } from 'node:crypto';
import { callbackify } from 'node:util';
import pg from 'pg';

/** Of a statement: it may be planned once for each connection. Its plan must not depend on its values. */
const MARK = '/* planned once */ ';
/** What is planned once is planned anew with a new connection: tables grow. */
export const LONGEST_CONNECTION_SECONDS = 300;
/** Each takes memory of the server for as long as its connection lives. */
const MOST_STATEMENTS = 32;
/** SQLSTATE of a server that does not know what was prepared, or knows it already: another one answers behind a pooler. */
const ANOTHER_SERVER = new Set(['26000', '42P05']);
/** A column has another type than when it was prepared. */
const RESULT_CHANGED = '0A000';

/** `sql`: one SELECT, of which there are few forms. Planning it can take longer than running it. */
export function plannedOnce(sql: string): string {
  return MARK + sql;
}

/** The forms of `pg`'s `query` that statements with values come in: that of a client, and that of a pool. */
type Query = (sql: unknown, values?: unknown, done?: Done) => Promise<pg.QueryResult>;
type Done = (error: unknown, result?: pg.QueryResult) => void;

/**
 * Connections that prepare statements which are `plannedOnce`, under a name made of their text. Where a pooler gives each
 * transaction another server they find out with the first of them, and none is prepared from then on.
 * @param canPrepare false where that is known beforehand.
 */
export function preparingClient(canPrepare: boolean): typeof pg.Client {
  let prepares = canPrepare;

  class PreparingClient extends pg.Client {
    private readonly names = new Map<string, string>();

    constructor(config?: string | pg.ClientConfig) {
      super(config);
      const query: Query = (...call) => (super.query as Query).apply(this, call);
      const prepared = (sql: unknown, values?: unknown, done?: Done): Promise<pg.QueryResult> => {
        const name = typeof sql === 'string' && Array.isArray(values) ? this.nameOf(sql) : undefined;
        if (name === undefined) return query(sql, values, done);
        const result = query({ name, text: sql, values }).catch((error: unknown) => {
          const { code } = error as { code?: string };
          if (code === undefined || (code !== RESULT_CHANGED && !ANOTHER_SERVER.has(code))) throw error;
          prepares &&= code === RESULT_CHANGED;
          // It was refused before it was run.
          return query(sql, values);
        });
        if (done) callbackify(() => result)(done);
        return result;
      };
      this.query = prepared as pg.Client['query'];
    }

    private nameOf(sql: string): string | undefined {
      if (!prepares || !sql.startsWith(MARK)) return undefined;
      const known = this.names.get(sql);
      if (known !== undefined || this.names.size >= MOST_STATEMENTS) return known;
      const name = `waypost_${createHash('sha256').update(sql).digest('hex').slice(0, 32)}`;
      this.names.set(sql, name);
      return name;
    }
  }
  return PreparingClient;
}
