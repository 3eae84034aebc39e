import pg from 'pg';
import { BinaryArray, type ElementType } from './binary-array.js';
import { writeClickId } from './click-id.js';
import type { ClickCounts } from './click-counts.js';
import { dayOf } from './click-counts.js';
import type { SourcePart } from './click-source.js';
import { dayMs } from './daily-salts.js';
import type { LoggedClick } from './logged-click.js';
import { BatchPlanner, judgeBatch, type BatchPlan, type ClickRow, type StoredClick, type Visit } from './plan-batch.js';
import { createAgentReader, type Agent, type Device } from './user-agent.js';

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
  /** Article of a placement. Never outdated: a placement never changes its owner. */
  private readonly articles = new Map<string, string>();
  private readonly partitionDays = new Set<number>();

  constructor(private readonly options: ClickStoreOptions) {}

  /** A batch that was applied before, or a part of it, changes nothing. */
  async apply(parts: readonly SourcePart[]): Promise<AppliedBatch> {
    const clicks = parts.flatMap((part) => part.clicks);
    const client = await this.connected();
    try {
      await this.prepare(client, clicks);
      return await this.applyInTransaction(client, parts);
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

  private async applyInTransaction(client: pg.Client, parts: readonly SourcePart[]): Promise<AppliedBatch> {
    await client.query(
      `BEGIN; SET LOCAL synchronous_commit = on; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off;
       SET LOCAL statement_timeout = '5min'; SELECT pg_advisory_xact_lock(${drainLock})`,
    );
    const taken = await this.movePositions(client, parts);
    const clicks = parts.flatMap((part) => (taken.has(part.source) ? part.clicks : []));
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
    await saveVisits(client, plan.visits);
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
    await client.query(
      `INSERT INTO waypost.clicks (clicked_at, id, partner_key, placement_id, article_id, target_key, visitor, country, agent_id, referrer_host, is_fallback, is_counted)
       SELECT * FROM unnest($1::timestamptz[], $2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::text[], $7::bigint[], $8::text[], $9::integer[], $10::text[], $11::boolean[], $12::boolean[])
       ON CONFLICT DO NOTHING`,
      [
        column('timestamptz', kept, (array, row) => array.pushTimestamp(row.atMs)),
        column('uuid', kept, (array, row) => array.pushUuid((view, offset) => writeClickId(view, offset, row.id))),
        column('text', kept, (array, row) => array.pushText(row.partnerKey)),
        column('text', kept, (array, row) => array.pushTextOrNull(row.placementId)),
        column('uuid', kept, pushArticle),
        column('text', kept, (array, row) => array.pushTextOrNull(row.targetKey)),
        column('int8', kept, (array, row) =>
          row.hasVisitor ? array.pushInt8(row.visitorHigh, row.visitorLow) : array.pushNull(),
        ),
        column('text', kept, (array, row) => array.pushTextOrNull(row.country)),
        column('int4', kept, (array, row) => array.pushInt4(this.agentIds.get(agentKey(row.agent)) ?? 0)),
        column('text', kept, (array, row) => array.pushTextOrNull(row.referrerHost)),
        column('bool', kept, (array, row) => array.pushBool(row.isFallback)),
        column('bool', kept, (array, row) => array.pushBool(row.isCounted)),
      ],
    );
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
      const key = agentKey(agent);
      if (!agent.isBot && !this.agentIds.has(key)) unknown.set(key, agent);
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

const sum = (numbers: Iterable<number>): number => [...numbers].reduce((total, number) => total + number, 0);

const agentKey = (agent: Pick<Agent, 'device' | 'browser' | 'os'>): string =>
  `${agent.device}|${agent.browser}|${agent.os}`;

function column<Row>(type: ElementType, rows: readonly Row[], push: (array: BinaryArray, row: Row) => void): Buffer {
  const array = new BinaryArray(type, rows.length);
  for (const row of rows) push(array, row);
  return array.finish();
}

function pushArticle(array: BinaryArray, row: { readonly articleId: string }): void {
  if (row.articleId === '') array.pushNull();
  else array.pushUuid((view, offset) => writeUuid(view, offset, row.articleId));
}

function writeUuid(view: DataView, offset: number, uuid: string): void {
  const bytes = Buffer.from(uuid.replaceAll('-', ''), 'hex');
  for (let index = 0; index < 16; index++) view.setUint8(offset + index, bytes[index] ?? 0);
}

interface VisitRecord {
  readonly day: number;
  readonly high: number;
  readonly low: number;
  readonly partner_key: string;
  readonly placement_id: string;
  readonly article_id: string | null;
  readonly first_ms: number;
  readonly last_ms: number;
}

/** Sixty-four bits come as halves: the driver would make a text of them, and BigInt is slow. */
async function findVisits(client: pg.Client, visitors: readonly ClickRow[]): Promise<Visit[]> {
  if (visitors.length === 0) return [];
  const { rows } = await client.query<VisitRecord>(
    `SELECT (day - DATE '1970-01-01')::integer AS day, (visitor >> 32)::integer AS high, ((visitor << 32) >> 32)::integer AS low,
       partner_key, placement_id, article_id, (extract(epoch FROM first_at) * 1000)::float8 AS first_ms, (extract(epoch FROM last_at) * 1000)::float8 AS last_ms
     FROM (SELECT DISTINCT day, visitor FROM unnest($1::date[], $2::bigint[]) AS seen (day, visitor)) AS seen
     JOIN waypost.click_visits USING (day, visitor)`,
    [
      column('date', visitors, (array, row) => array.pushDate(dayOf(row.atMs))),
      column('int8', visitors, (array, row) => array.pushInt8(row.visitorHigh, row.visitorLow)),
    ],
  );
  return rows.map((row) => ({
    day: row.day,
    visitorHigh: row.high >>> 0,
    visitorLow: row.low >>> 0,
    partnerKey: row.partner_key,
    placementId: row.placement_id,
    articleId: row.article_id ?? '',
    firstMs: row.first_ms,
    lastMs: row.last_ms,
  }));
}

type LateVisit = BatchPlanner['lateVisits'][number];

interface NeighbourRecord {
  readonly number: number;
  readonly id: string;
  readonly at_ms: number;
  readonly target_key: string | null;
  readonly country: string | null;
  readonly device: Device;
  readonly referrer_host: string | null;
  readonly is_counted: boolean;
}

async function findNeighbours(
  client: pg.Client,
  late: readonly LateVisit[],
): Promise<(StoredClick & { readonly visit: Visit })[]> {
  const { rows } = await client.query<NeighbourRecord>(
    `SELECT wanted.number::integer, click.id, (extract(epoch FROM click.clicked_at) * 1000)::float8 AS at_ms, click.target_key, click.country, agent.device,
       click.referrer_host, click.is_counted
     FROM unnest($1::timestamptz[], $2::timestamptz[], $3::bigint[], $4::text[], $5::text[])
       WITH ORDINALITY AS wanted (from_at, to_at, visitor, partner_key, placement_id, number)
     JOIN waypost.clicks AS click ON click.clicked_at BETWEEN wanted.from_at AND wanted.to_at AND click.visitor = wanted.visitor
       AND click.partner_key = wanted.partner_key AND coalesce(click.placement_id, '') = wanted.placement_id
     JOIN waypost.click_agents AS agent ON agent.id = click.agent_id`,
    [
      column('timestamptz', late, (array, { fromMs }) => array.pushTimestamp(fromMs)),
      column('timestamptz', late, (array, { toMs }) => array.pushTimestamp(toMs)),
      column('int8', late, (array, { visit }) => array.pushInt8(visit.visitorHigh, visit.visitorLow)),
      column('text', late, (array, { visit }) => array.pushText(visit.partnerKey)),
      column('text', late, (array, { visit }) => array.pushText(visit.placementId)),
    ],
  );
  return rows.flatMap((row) => {
    const visit = late[row.number - 1]?.visit;
    if (visit === undefined) return [];
    return {
      visit,
      atMs: row.at_ms,
      idHex: row.id.replaceAll('-', ''),
      partnerKey: visit.partnerKey,
      placementId: visit.placementId,
      articleId: visit.articleId,
      targetKey: row.target_key ?? '',
      country: row.country ?? '',
      device: row.device,
      referrerHost: row.referrer_host ?? '',
      isPrivate: false,
      isCounted: row.is_counted,
    };
  });
}

async function uncountClicks(client: pg.Client, clicks: readonly StoredClick[]): Promise<void> {
  if (clicks.length === 0) return;
  await client.query(
    `UPDATE waypost.clicks AS click SET is_counted = false
     FROM unnest($1::timestamptz[], $2::uuid[]) AS wrong (clicked_at, id)
     WHERE click.clicked_at = wrong.clicked_at AND click.id = wrong.id`,
    [
      column('timestamptz', clicks, (array, { atMs }) => array.pushTimestamp(atMs)),
      column('uuid', clicks, (array, { idHex }) => array.pushUuid((view, offset) => writeUuid(view, offset, idHex))),
    ],
  );
}

async function saveVisits(client: pg.Client, visits: readonly Visit[]): Promise<void> {
  if (visits.length === 0) return;
  await client.query(
    `INSERT INTO waypost.click_visits (day, visitor, partner_key, placement_id, article_id, first_at, last_at)
     SELECT * FROM unnest($1::date[], $2::bigint[], $3::text[], $4::text[], $5::uuid[], $6::timestamptz[], $7::timestamptz[])
     ON CONFLICT (day, visitor, partner_key, placement_id) DO UPDATE SET first_at = excluded.first_at, last_at = excluded.last_at`,
    [
      column('date', visits, (array, visit) => array.pushDate(visit.day)),
      column('int8', visits, (array, visit) => array.pushInt8(visit.visitorHigh, visit.visitorLow)),
      column('text', visits, (array, visit) => array.pushText(visit.partnerKey)),
      column('text', visits, (array, visit) => array.pushText(visit.placementId)),
      column('uuid', visits, pushArticle),
      column('timestamptz', visits, (array, visit) => array.pushTimestamp(visit.firstMs)),
      column('timestamptz', visits, (array, visit) => array.pushTimestamp(visit.lastMs)),
    ],
  );
}

async function addCounts(client: pg.Client, counts: ClickCounts): Promise<void> {
  await addHourly(client, counts.hourly);
  await addFiltered(client, counts.filtered);
  await addDaily(client, counts.daily);
  await addDimensions(client, counts.dimensions);
}

async function addHourly(client: pg.Client, rows: ClickCounts['hourly']): Promise<void> {
  if (rows.length === 0) return;
  await client.query(
    `WITH batch AS (
       SELECT * FROM unnest($1::timestamptz[], $2::text[], $3::text[], $4::text[], $5::uuid[], $6::integer[], $7::integer[])
         AS batch (hour, partner_key, placement_id, target_key, article_id, clicks, private_clicks)
     ), hourly AS (
       INSERT INTO waypost.click_counts_hourly AS counts (hour, partner_key, placement_id, target_key, article_id, clicks, private_clicks)
       TABLE batch
       ON CONFLICT (hour, partner_key, placement_id, target_key) DO UPDATE
         SET clicks = counts.clicks + excluded.clicks, private_clicks = counts.private_clicks + excluded.private_clicks
     ), links AS (
       INSERT INTO waypost.click_links_daily AS counts (day, partner_key, placement_id, target_key, article_id, clicks)
       SELECT (hour AT TIME ZONE 'UTC')::date AS day, partner_key, placement_id, target_key, (array_agg(article_id))[1], sum(clicks)
       FROM batch GROUP BY day, partner_key, placement_id, target_key
       ON CONFLICT (day, partner_key, placement_id, target_key) DO UPDATE SET clicks = counts.clicks + excluded.clicks
     )
     INSERT INTO waypost.click_totals_hourly AS counts (hour, clicks, filtered)
     SELECT hour, sum(clicks), 0 FROM batch GROUP BY hour
     ON CONFLICT (hour) DO UPDATE SET clicks = counts.clicks + excluded.clicks`,
    [
      column('timestamptz', rows, (array, row) => array.pushTimestamp(row.hourMs)),
      column('text', rows, (array, row) => array.pushText(row.partnerKey)),
      column('text', rows, (array, row) => array.pushText(row.placementId)),
      column('text', rows, (array, row) => array.pushText(row.targetKey)),
      column('uuid', rows, pushArticle),
      column('int4', rows, (array, row) => array.pushInt4(row.clicks)),
      column('int4', rows, (array, row) => array.pushInt4(row.privateClicks)),
    ],
  );
}

async function addFiltered(client: pg.Client, rows: ClickCounts['filtered']): Promise<void> {
  if (rows.length === 0) return;
  await client.query(
    `WITH batch AS (
       SELECT * FROM unnest($1::timestamptz[], $2::text[], $3::text[], $4::integer[]) AS batch (hour, partner_key, reason, requests)
     ), hourly AS (
       INSERT INTO waypost.click_filtered_hourly AS counts (hour, partner_key, reason, requests)
       TABLE batch
       ON CONFLICT (hour, partner_key, reason) DO UPDATE SET requests = counts.requests + excluded.requests
     )
     INSERT INTO waypost.click_totals_hourly AS counts (hour, clicks, filtered)
     SELECT hour, 0, sum(requests) FROM batch GROUP BY hour
     ON CONFLICT (hour) DO UPDATE SET filtered = counts.filtered + excluded.filtered`,
    [
      column('timestamptz', rows, (array, row) => array.pushTimestamp(row.hourMs)),
      column('text', rows, (array, row) => array.pushText(row.partnerKey)),
      column('text', rows, (array, row) => array.pushText(row.reason)),
      column('int4', rows, (array, row) => array.pushInt4(row.requests)),
    ],
  );
}

/** What was thought to be over, and is not, is added up again by the next maintenance. */
async function addDaily(client: pg.Client, rows: ClickCounts['daily']): Promise<void> {
  if (rows.length === 0) return;
  await client.query(
    `WITH added AS (
       INSERT INTO waypost.click_counts_daily AS counts (day, kind, key, clicks, visitors, filtered)
       SELECT * FROM unnest($1::date[], $2::text[], $3::text[], $4::integer[], $5::integer[], $6::integer[])
       ON CONFLICT (kind, day, key) DO UPDATE SET clicks = counts.clicks + excluded.clicks,
         visitors = counts.visitors + excluded.visitors, filtered = counts.filtered + excluded.filtered
     )
     DELETE FROM waypost.click_spans WHERE EXISTS
       (SELECT FROM (SELECT DISTINCT unnest($1::date[]) AS day) AS days WHERE days.day >= from_day AND days.day < to_day)`,
    [
      column('date', rows, (array, row) => array.pushDate(row.day)),
      column('text', rows, (array, row) => array.pushText(row.kind)),
      column('text', rows, (array, row) => array.pushText(row.key)),
      column('int4', rows, (array, row) => array.pushInt4(row.clicks)),
      column('int4', rows, (array, row) => array.pushInt4(row.visitors)),
      column('int4', rows, (array, row) => array.pushInt4(row.filtered)),
    ],
  );
}

/** By partner, and under an empty key for all of them. */
async function addDimensions(client: pg.Client, rows: ClickCounts['dimensions']): Promise<void> {
  if (rows.length === 0) return;
  await client.query(
    `WITH batch AS (
       SELECT * FROM unnest($1::date[], $2::text[], $3::text[], $4::text[], $5::integer[]) AS batch (day, partner_key, dimension, value, clicks)
     )
     INSERT INTO waypost.click_dimensions_daily AS counts (day, partner_key, dimension, value, clicks)
     TABLE batch UNION ALL SELECT day, '', dimension, value, sum(clicks) FROM batch GROUP BY day, dimension, value
     ON CONFLICT (dimension, day, partner_key, value) DO UPDATE SET clicks = counts.clicks + excluded.clicks`,
    [
      column('date', rows, (array, row) => array.pushDate(row.day)),
      column('text', rows, (array, row) => array.pushText(row.partnerKey)),
      column('text', rows, (array, row) => array.pushText(row.dimension)),
      column('text', rows, (array, row) => array.pushText(row.value)),
      column('int4', rows, (array, row) => array.pushInt4(row.clicks)),
    ],
  );
}

/** Partitions of clicks and visits for `count` days from `day` on. Any number of nodes may call it at once. */
export async function makeDayPartitions(client: pg.ClientBase, day: number, count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    const from = dateText(day + index);
    const to = dateText(day + index + 1);
    const suffix = from.replaceAll('-', '');
    await client.query(`
      DO $$ BEGIN
        IF to_regclass('waypost.clicks_${suffix}') IS NULL OR to_regclass('waypost.click_visits_${suffix}') IS NULL THEN
          PERFORM pg_advisory_xact_lock(${drainLock + 1});
          CREATE TABLE IF NOT EXISTS waypost.clicks_${suffix} PARTITION OF waypost.clicks
            FOR VALUES FROM ('${from} 00:00+00') TO ('${to} 00:00+00');
          CREATE TABLE IF NOT EXISTS waypost.click_visits_${suffix} PARTITION OF waypost.click_visits
            FOR VALUES FROM ('${from}') TO ('${to}') WITH (fillfactor = 90);
        END IF;
      END $$`);
  }
}

const dateText = (day: number): string => new Date(day * dayMs).toISOString().slice(0, 10);
