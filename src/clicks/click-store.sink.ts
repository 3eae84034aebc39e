import pg from 'pg';
import { addCounts } from './add-counts.sink.js';
import { BinaryRows } from './binary-rows.js';
import { writeClickId } from './click-id.js';
import { dayOf } from './click-counts.js';
import type { SourcePart } from './click-source.js';
import { pushArticle } from './columns.js';
import { copyRows } from './copy-rows.sink.js';
import { dayMs } from './daily-salts.js';
import type { LoggedClick } from './logged-click.js';
import { BatchPlanner, judgeBatch, type BatchPlan, type ClickRow } from './plan-batch.js';
import { findNeighbours, uncountClicks, withoutStored } from './stored-clicks.sink.js';
import { createAgentReader, type Agent } from './user-agent.js';
import { findVisits, saveVisits } from './visit-rows.sink.js';

export interface ClickStoreOptions {
  /** A connection of its own: drains are serial, and share nothing with the rest. */
  readonly connect: () => Promise<pg.Client>;
  /** A repeat sooner than this is a duplicate. Default 2000. */
  readonly duplicateWindowMs?: number;
  /** Clicks older than this get no row of their own, only counts. Default 90. */
  readonly retentionDays?: number;
  readonly now?: () => number;
}

export interface AppliedBatch {
  /** Rows added, duplicates included. */
  readonly clicks: number;
  readonly counted: number;
  /** Every request that was not counted, by reason. */
  readonly filtered: ReadonlyMap<string, number>;
  /** False: the database stood elsewhere for some part, which was left out. */
  readonly isComplete: boolean;
}

/** Only one drain at a time in the whole cluster, so that what one decides of a visitor is there when the next looks. */
export const drainLock = 8_147_203_116;
const nothingApplied: AppliedBatch = { clicks: 0, counted: 0, filtered: new Map(), isComplete: true };
const maxPlacementsKept = 200_000;

/** Takes batches of the click log into Postgres: clicks, visits, rollups and the log's position, in one transaction. */
export class ClickStore {
  private client: pg.Client | undefined;
  private readonly readAgent = createAgentReader();
  private readonly agentIds = new Map<string, number>();
  private readonly idsOfAgents = new WeakMap<Agent, number>();
  /** Article of a placement. Never outdated: a placement never changes its owner. */
  private readonly articles = new Map<string, string>();
  private readonly partitionDays = new Set<number>();

  constructor(private readonly options: ClickStoreOptions) {}

  /** A batch that was applied before, or a part of it, changes nothing. */
  async apply(parts: readonly SourcePart[]): Promise<AppliedBatch> {
    try {
      return await this.tryToApply(parts, 'plain');
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      // A click stands there that no position tells of: the log or the database is older than the other.
      return this.tryToApply(parts, 'skip-stored');
    }
  }

  private async tryToApply(parts: readonly SourcePart[], mode: ApplyMode): Promise<AppliedBatch> {
    const clicks = clicksOf(parts);
    const client = await this.connected();
    try {
      await this.prepare(client, clicks);
      return await this.applyInTransaction(client, parts, mode);
    } catch (error) {
      // Whatever it was, a new connection has no transaction that is half done.
      await this.disconnect();
      throw error;
    }
  }

  /** How far segments have been drained. One that is not among them has not been begun. */
  async positions(sources: readonly string[]): Promise<Map<string, number>> {
    const client = await this.connected();
    const { rows } = await client.query<{ source: string; position: string }>(
      `SELECT source, position FROM waypost.click_log_positions WHERE source = ANY($1::uuid[])`,
      [sources],
    );
    return new Map(rows.map((row) => [row.source, Number(row.position)]));
  }

  async close(): Promise<void> {
    await this.disconnect();
  }

  /** What only adds, and may be added outside the transaction: agents, partitions, knowledge of articles. */
  private async prepare(client: pg.Client, clicks: readonly LoggedClick[]): Promise<void> {
    await this.learnAgents(client, clicks);
    await this.learnArticles(client, clicks);
    await this.makePartitions(client, clicks);
  }

  private async applyInTransaction(
    client: pg.Client,
    parts: readonly SourcePart[],
    mode: ApplyMode,
  ): Promise<AppliedBatch> {
    // A generic plan: else the planner looks at each of 50,000 values, to find that there are many.
    await client.query(
      `BEGIN; SET LOCAL synchronous_commit = on; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off;
       SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL statement_timeout = '5min';
       SELECT pg_advisory_xact_lock(${drainLock})`,
    );
    const taken = await this.movePositions(client, parts);
    const given = clicksOf(parts.filter(({ source }) => taken.has(source)));
    const clicks = mode === 'plain' ? given : await withoutStored(client, given);
    if (clicks.length > 0) {
      const applied = await this.applyClicks(client, clicks, taken.size === parts.length);
      await client.query('COMMIT');
      return applied;
    }
    await client.query('COMMIT');
    return { ...nothingApplied, isComplete: taken.size === parts.length };
  }

  private async applyClicks(
    client: pg.Client,
    clicks: readonly LoggedClick[],
    isComplete: boolean,
  ): Promise<AppliedBatch> {
    const judged = judgeBatch(clicks, { readAgent: this.readAgent });
    const planner = new BatchPlanner(judged, this.articleOf, this.options.duplicateWindowMs ?? 2000);
    planner.learnVisits(await findVisits(client, planner.visitors));
    const neighbours = planner.lateVisits.length === 0 ? [] : await findNeighbours(client, planner.lateVisits);
    const plan = planner.plan(neighbours);
    await this.insertClicks(client, plan);
    await uncountClicks(client, plan.uncounted);
    await saveVisits(client, plan);
    await addCounts(client, plan.counts);
    const filtered = new Map<string, number>();
    for (const { reason, requests } of plan.counts.filtered)
      filtered.set(reason, (filtered.get(reason) ?? 0) + requests);
    return { clicks: plan.rows.length, counted: clicks.length - sum(filtered.values()), filtered, isComplete };
  }

  /** @returns the sources that stood where their part begins. They stand where it ends now. */
  private async movePositions(client: pg.Client, parts: readonly SourcePart[]): Promise<Set<string>> {
    const { rows } = await client.query<{ source: string }>(
      `INSERT INTO waypost.click_log_positions AS log (source, previous, position, is_message)
       SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::boolean[])
       ON CONFLICT (source) DO UPDATE SET position = excluded.position, previous = excluded.previous, updated_at = now()
         WHERE log.position = excluded.previous AND NOT log.is_message
       RETURNING source`,
      [
        parts.map((part) => part.source),
        parts.map((part) => part.from),
        parts.map((part) => part.to),
        parts.map((part) => part.isMessage),
      ],
    );
    return new Set(rows.map((row) => row.source));
  }

  private async insertClicks(client: pg.Client, { rows }: BatchPlan): Promise<void> {
    const oldestMs = (this.options.now ?? Date.now)() - (this.options.retentionDays ?? 90) * dayMs;
    const kept = rows.filter((row) => row.atMs >= oldestMs);
    if (kept.length === 0) return;
    await copyRows(client, `waypost.clicks (${clickColumns})`, this.clickRows(kept));
  }

  private clickRows(clicks: readonly ClickRow[]): BinaryRows {
    const rows = new BinaryRows(12, clicks.length);
    for (const click of clicks) {
      rows.beginRow();
      rows.pushTimestamp(click.atMs);
      rows.pushUuid((view, offset) => writeClickId(view, offset, click.id));
      rows.pushText(click.partnerKey);
      rows.pushTextOrNull(click.placementId);
      pushArticle(rows, click);
      rows.pushTextOrNull(click.targetKey);
      if (click.hasVisitor) rows.pushInt8(click.visitorHigh, click.visitorLow);
      else rows.pushNull();
      rows.pushTextOrNull(click.country);
      rows.pushInt4(this.agentIdOf(click.agent));
      rows.pushTextOrNull(click.referrerHost);
      rows.pushBool(click.isFallback);
      rows.pushBool(click.isCounted);
    }
    return rows;
  }

  private agentIdOf(agent: Agent): number {
    let id = this.idsOfAgents.get(agent);
    if (id === undefined) {
      id = this.agentIds.get(agentKey(agent)) ?? 0;
      this.idsOfAgents.set(agent, id);
    }
    return id;
  }

  private readonly articleOf = (placementId: string): string => this.articles.get(placementId) ?? '';

  private async learnArticles(client: pg.Client, clicks: readonly LoggedClick[]): Promise<void> {
    const unknown = new Set<string>();
    for (const { placementId } of clicks) {
      if (placementId !== '' && !this.articles.has(placementId)) unknown.add(placementId);
    }
    if (unknown.size === 0) return;
    if (this.articles.size + unknown.size > maxPlacementsKept) this.articles.clear();
    const { rows } = await client.query<{ id: string; article_id: string }>(
      `SELECT id, article_id FROM waypost.placements WHERE id = ANY($1::text[])`,
      [[...unknown]],
    );
    for (const row of rows) this.articles.set(row.id, row.article_id);
  }

  private async learnAgents(client: pg.Client, clicks: readonly LoggedClick[]): Promise<void> {
    const unknown = new Map<string, Agent>();
    for (const { userAgent } of clicks) {
      const agent = this.readAgent(userAgent);
      if (agent.isBot || this.idsOfAgents.has(agent)) continue;
      const key = agentKey(agent);
      if (!this.agentIds.has(key)) unknown.set(key, agent);
    }
    if (unknown.size === 0) return;
    const agents = [...unknown.values()];
    const values = [agents.map((one) => one.device), agents.map((one) => one.browser), agents.map((one) => one.os)];
    await client.query(
      `INSERT INTO waypost.click_agents (device, browser, os) SELECT * FROM unnest($1::text[], $2::text[], $3::text[]) ON CONFLICT DO NOTHING`,
      values,
    );
    const { rows } = await client.query<Agent & { id: number }>(
      `SELECT id, device, browser, os FROM waypost.click_agents JOIN unnest($1::text[], $2::text[], $3::text[]) AS wanted (device, browser, os) USING (device, browser, os)`,
      values,
    );
    for (const row of rows) this.agentIds.set(agentKey(row), row.id);
  }

  private async makePartitions(client: pg.Client, clicks: readonly LoggedClick[]): Promise<void> {
    for (const { id } of clicks) {
      const day = dayOf(id.timeMs);
      if (this.partitionDays.has(day)) continue;
      await makeDayPartitions(client, day, 1);
      this.partitionDays.add(day);
      if (this.partitionDays.size > 1000) this.partitionDays.clear();
    }
  }

  private async connected(): Promise<pg.Client> {
    if (this.client === undefined) {
      const client = await this.options.connect();
      client.on('error', () => {
        if (this.client === client) this.client = undefined;
      });
      this.client = client;
      // Partitions may have been dropped while there was no connection.
      this.partitionDays.clear();
    }
    return this.client;
  }

  private async disconnect(): Promise<void> {
    const { client } = this;
    this.client = undefined;
    await client?.end().catch(() => undefined);
  }
}

/** Most batches are one part, of 50,000 clicks perhaps. */
const clicksOf = (parts: readonly SourcePart[]): readonly LoggedClick[] =>
  parts.length === 1 && parts[0] !== undefined ? parts[0].clicks : parts.flatMap((part) => part.clicks);

const sum = (numbers: Iterable<number>): number => [...numbers].reduce((total, number) => total + number, 0);

/** `skip-stored`: clicks that have a row already are left as they are, and not counted again. */
type ApplyMode = 'plain' | 'skip-stored';

const clickColumns =
  'clicked_at, id, partner_key, placement_id, article_id, target_key, visitor, country, agent_id, referrer_host, is_fallback, is_counted';

const isUniqueViolation = (error: unknown): boolean => error instanceof pg.DatabaseError && error.code === '23505';

const agentKey = (agent: Pick<Agent, 'device' | 'browser' | 'os'>): string =>
  `${agent.device}|${agent.browser}|${agent.os}`;

/**
 * Partitions of clicks and visits for `count` days from `day` on. Any number of nodes may call it at once. A new partition locks its whole table, and two
 * tables can make a deadlock: so no drain runs meanwhile, and the tables come in the order in which a backup reads them.
 */
export async function makeDayPartitions(client: pg.ClientBase, day: number, count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    const from = dateText(day + index);
    const to = dateText(day + index + 1);
    const suffix = from.replaceAll('-', '');
    await client.query(`
      DO $$ BEGIN
        IF to_regclass('waypost.clicks_${suffix}') IS NULL OR to_regclass('waypost.click_visits_${suffix}') IS NULL THEN
          PERFORM pg_advisory_xact_lock(${drainLock});
          CREATE TABLE IF NOT EXISTS waypost.click_visits_${suffix} PARTITION OF waypost.click_visits
            FOR VALUES FROM ('${from}') TO ('${to}') WITH (fillfactor = 90);
          CREATE TABLE IF NOT EXISTS waypost.clicks_${suffix} PARTITION OF waypost.clicks
            FOR VALUES FROM ('${from} 00:00+00') TO ('${to} 00:00+00');
        END IF;
      END $$`);
  }
}

const dateText = (day: number): string => new Date(day * dayMs).toISOString().slice(0, 10);
