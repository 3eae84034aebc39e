import pg from 'pg';

/**
 * The statements, and their values, that this process sends to Postgres while `work` runs, whoever sends them. Files run in processes of
 * their own, so that nothing else is caught.
 */
export async function captureSql<T>(
  work: () => Promise<T>,
): Promise<{ readonly statements: string[]; readonly values: unknown[][]; readonly result: T }> {
  const statements: string[] = [];
  const values: unknown[][] = [];
  // oxlint-disable-next-line typescript/unbound-method -- called with its own `this` below
  const send = pg.Client.prototype.query as (...parameters: unknown[]) => unknown;
  pg.Client.prototype.query = function (this: pg.Client, ...parameters: unknown[]): never {
    const [config, given] = parameters as [string | { text: string; values?: unknown[] }, unknown];
    statements.push(typeof config === 'string' ? config : config.text);
    values.push(Array.isArray(given) ? given : typeof config === 'string' ? [] : (config.values ?? []));
    return send.apply(this, parameters) as never;
  };
  try {
    return { result: await work(), statements, values };
  } finally {
    pg.Client.prototype.query = send as typeof pg.Client.prototype.query;
  }
}
