import pg from 'pg';
import { DataSource } from 'typeorm';
import { Replicas } from '../../../src/database/replicas.service.js';
import type { TestWaypost } from '../../../src/testing/index.js';
import type { Pair } from '../../support/standby.js';
import { until } from '../../support/until.js';

export const articleQuery = (slug: string): string => `{ article(slug: "${slug}") { title html tags { name } } }`;

/** Asks all that can be kept. */
export const wholeQuery = (id: string, name: string): string => `query ${name} {
  articles(first: 5, orderBy: [{ field: TITLE, direction: ASC }]) { totalCount nodes { ...Whole } }
  searchArticles(query: "text") { nodes { article { title } snippetHtml } }
  others: articles(filter: { search: "whole", tag: { eq: "one" } }) { nodes { id } }
  tags { nodes { name articles { totalCount nodes { title } } } }
  node(id: "${id}") { id }
  articleRedirects { nodes { fromPath } }
}
fragment Whole on Article {
  html markdown source excerpt jsonLd tags { name } placements { id } diagnostics { code }
  previousPublished { id } nextPublished { id } related { id }
}`;

/** How many statements that ask for articles went where while `work` ran. */
export async function statementsOf(
  { standbyUrl }: Pair,
  work: () => Promise<unknown>,
): Promise<{ primary: number; standby: number }> {
  const counts = { primary: 0, standby: 0 };
  const standbyPort = Number(new URL(standbyUrl).port);
  // oxlint-disable-next-line typescript/unbound-method -- called with its own `this` below
  const send = pg.Client.prototype.query as (...parameters: unknown[]) => unknown;
  pg.Client.prototype.query = function (this: pg.Client, ...parameters: unknown[]): never {
    const [config] = parameters;
    const sql = typeof config === 'string' ? config : (config as { text: string }).text;
    if (/waypost"?\."?(?:articles|tags|change_log|settings)\b/.test(sql) && !/AS "nextMs"|due_moments\)/.test(sql))
      counts[this.port === standbyPort ? 'standby' : 'primary'] += 1;
    return send.apply(this, parameters) as never;
  };
  try {
    await work();
    return counts;
  } finally {
    pg.Client.prototype.query = send as typeof pg.Client.prototype.query;
  }
}

/** Connections of Waypost to a standby. */
export const READERS_SQL = `FROM pg_stat_activity WHERE application_name = 'waypost replica'`;

/** As if the network were gone: they take what they are sent, and say nothing. */
export async function stopBackends(pair: Pair): Promise<number[]> {
  const rows = await pair.askStandby<{ pid: number }>(`SELECT pid ${READERS_SQL}`);
  for (const { pid } of rows) process.kill(pid, 'SIGSTOP');
  return rows.map(({ pid }) => pid);
}

export async function whilePaused(pair: Pair, work: () => Promise<void>): Promise<void> {
  await pair.askStandby('SELECT pg_wal_replay_pause()');
  await until(async () => {
    const [row] = await pair.askStandby<{ state: string }>('SELECT pg_get_wal_replay_pause_state() AS state');
    return row?.state === 'paused';
  });
  try {
    await work();
  } finally {
    await pair.askStandby('SELECT pg_wal_replay_resume()');
  }
}

export const takeToken = async (from: TestWaypost): Promise<string> =>
  (await from.data('{ syncToken }', {}, null)).syncToken;

export const replicasOf = (from: TestWaypost): Replicas => from.app.get(Replicas, { strict: false });

export const stateOf = (from: TestWaypost) => replicasOf(from).states[0] as Replicas['states'][number];

export const dataSourceOf = (from: TestWaypost): DataSource => from.app.get(DataSource, { strict: false });

export async function isStandby(from: TestWaypost): Promise<boolean | undefined> {
  const [row] = await dataSourceOf(from).query<{ is: boolean }[]>('SELECT pg_is_in_recovery() AS is');
  return row?.is;
}
