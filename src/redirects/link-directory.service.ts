import type pg from 'pg';
import { LinkDirectory } from './link-directory.js';
import { readPartnerRow, type LinkRowOptions, type PartnerRow } from './link-rows.js';
import { readLinkSnapshot, writeLinkSnapshot } from './link-snapshot.js';
import { PlacementIds, idsByPartner } from './placement-ids.js';

export interface LinkDirectoryOptions {
  /** A connection of its own, past any pooler: it listens. */
  readonly connect: () => Promise<pg.Client>;
  /** Where the last state is kept for a start without Postgres. */
  readonly snapshotPath: string | undefined;
  readonly ownOrigins: () => readonly string[];
  readonly onProblem: (sentence: string) => void;
  /** Longest time between two looks, also without a notice. Default 500. */
  readonly checkMs?: number;
}

const channel = 'waypost_links';
const snapshotDelayMs = 2000;
const longestBackoffMs = 1000;

/** The partner's columns as the directory wants them; `partner` is the table's alias. */
const partnerJson = `json_build_object(
  'key', partner.key, 'status', partner.status, 'destinationUrl', partner.destination_url, 'network', partner.network,
  'subIdTemplate', partner.sub_id_template, 'passthrough', partner.passthrough, 'fallbackUrl', partner.fallback_url,
  'startsAtMs', (extract(epoch FROM partner.starts_at) * 1000)::float8, 'endsAtMs', (extract(epoch FROM partner.expires_at) * 1000)::float8,
  'targets', coalesce((SELECT json_agg(json_build_object(
      'key', target.key, 'rank', target.rank, 'weight', target.weight, 'destinationUrl', target.destination_url,
      'network', target.network, 'subIdTemplate', target.sub_id_template, 'countries', target.countries,
      'devices', target.devices, 'languages', target.languages,
      'startsAtMs', (extract(epoch FROM target.starts_at) * 1000)::float8, 'endsAtMs', (extract(epoch FROM target.ends_at) * 1000)::float8))
    FROM waypost.partner_targets AS target WHERE target.partner_key = partner.key), '[]'))`;

interface Delta {
  readonly snapshot: string;
  readonly isReload: boolean;
  readonly keys: readonly string[];
  readonly partners: readonly PartnerRow[];
  readonly placementIds: readonly string[];
  readonly placements: readonly { readonly id: string; readonly partnerKey: string }[];
}

/**
 * Keeps the link directory equal to the database. A notice says that something has changed, and a look every half second stands behind it; either way what
 * has changed is found by comparing transaction snapshots. A lost connection is made anew at once, and then everything is read.
 */
export class LinkDirectoryService {
  current = LinkDirectory.empty;
  /** When the directory was last known to be equal to the database; 0 where it never was. */
  checkedAtMs = 0;
  problem: string | undefined = 'The link directory has not been loaded yet.';
  private readonly rows = new Map<string, PartnerRow>();
  private readonly placements = new Map<string, PlacementIds>();
  private snapshot = '';
  private client: pg.Client | undefined;
  private isStopped = false;
  private running: Promise<void> = Promise.resolve();
  private wake: (() => void) | undefined;
  private hasNews = false;
  private snapshotTimer: NodeJS.Timeout | undefined;
  private whenLoaded: (() => void)[] = [];

  constructor(private readonly options: LinkDirectoryOptions) {}

  /** Follows the database from now on. */
  start(): void {
    this.running = this.run();
  }

  /** Fulfils when the directory was read from the database. */
  loaded(): Promise<void> {
    if (this.snapshot !== '') return Promise.resolve();
    return new Promise((resolve) => this.whenLoaded.push(resolve));
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    this.wake?.();
    // Also where nothing has changed: a restart tells how old its links are.
    if (this.snapshot !== '') await this.saveSnapshotFile();
    await this.client?.end().catch(() => undefined);
    await this.running;
  }

  private async run(): Promise<void> {
    let failures = 0;
    while (!this.isStopped) {
      try {
        await this.follow(() => (failures = 0));
      } catch (error) {
        if (this.isStopped) return;
        this.problem = `The link directory cannot be read: ${error instanceof Error ? error.message : String(error)}`;
        failures++;
        // The first time at once: a connection that was cut is no sign that Postgres is gone.
        if (failures > 1) await this.pause(Math.min(longestBackoffMs, 50 * 2 ** failures));
      }
    }
  }

  private async follow(onSuccess: () => void): Promise<void> {
    const client = await this.options.connect();
    this.client = client;
    try {
      let failure: Error | undefined;
      client.on('error', (error) => {
        failure = error;
        this.wake?.();
      });
      client.on('notification', () => {
        this.hasNews = true;
        this.wake?.();
      });
      await client.query(`LISTEN ${channel}`);
      await this.loadAll(client);
      onSuccess();
      while (!this.isStopped) {
        if (!this.hasNews) await this.pause(this.options.checkMs ?? 500);
        if (failure !== undefined) throw failure;
        if (this.isStopped) return;
        this.hasNews = false;
        await this.loadChanges(client);
      }
    } finally {
      this.client = undefined;
      await client.end().catch(() => undefined);
    }
  }

  private async loadAll(client: pg.Client): Promise<void> {
    const startedMs = Date.now();
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const { rows: snapshots } = await client.query<{ snapshot: string }>(
      'SELECT pg_current_snapshot()::text AS snapshot',
    );
    const { rows: partners } = await client.query<{ partner: PartnerRow }>(
      `SELECT ${partnerJson} AS partner FROM waypost.partners AS partner`,
    );
    const { rows: placements } = await client.query<{ key: string; ids: string }>(
      `SELECT partner_key AS key, string_agg(id, ',') AS ids FROM waypost.placements GROUP BY partner_key`,
    );
    await client.query('COMMIT');
    this.takeAll(
      partners.map(({ partner }) => partner),
      new Map(placements.map(({ key, ids }) => [key, ids])),
    );
    this.snapshot = snapshots[0]?.snapshot ?? '';
    this.noteChecked(startedMs);
    this.scheduleSnapshotFile();
    for (const resolve of this.whenLoaded.splice(0)) resolve();
  }

  private async loadChanges(client: pg.Client): Promise<void> {
    const startedMs = Date.now();
    const { rows } = await client.query<Delta>(
      `WITH news AS MATERIALIZED (
         SELECT DISTINCT partner_key, placement_id FROM waypost.link_changes
         WHERE xid >= pg_snapshot_xmin($1::pg_snapshot) AND NOT pg_visible_in_snapshot(xid, $1::pg_snapshot)
       )
       SELECT pg_current_snapshot()::text AS snapshot,
         EXISTS (SELECT FROM news WHERE partner_key IS NULL AND placement_id IS NULL) AS "isReload",
         (SELECT coalesce(json_agg(partner_key), '[]') FROM news WHERE partner_key IS NOT NULL) AS keys,
         (SELECT coalesce(json_agg(${partnerJson}), '[]') FROM waypost.partners AS partner WHERE partner.key IN (SELECT partner_key FROM news)) AS partners,
         (SELECT coalesce(json_agg(placement_id), '[]') FROM news WHERE placement_id IS NOT NULL) AS "placementIds",
         (SELECT coalesce(json_agg(json_build_object('id', id, 'partnerKey', partner_key)), '[]') FROM waypost.placements WHERE id IN (SELECT placement_id FROM news)) AS placements`,
      [this.snapshot],
    );
    const delta = rows[0];
    if (delta === undefined) return;
    if (delta.isReload) return this.loadAll(client);
    if (delta.keys.length > 0 || delta.placementIds.length > 0) {
      this.takeChanges(delta);
      this.scheduleSnapshotFile();
    }
    this.snapshot = delta.snapshot;
    this.noteChecked(startedMs);
  }

  private noteChecked(atMs: number): void {
    this.checkedAtMs = atMs;
    this.problem = undefined;
  }

  private takeAll(partners: readonly PartnerRow[], placements: ReadonlyMap<string, string>): void {
    this.rows.clear();
    this.placements.clear();
    for (const row of partners) this.rows.set(row.key, row);
    for (const [key, ids] of placements) this.placements.set(key, PlacementIds.of(ids === '' ? [] : ids.split(',')));
    this.current = LinkDirectory.of(partners.map((row) => this.compile(row)));
  }

  private takeChanges(delta: Delta): void {
    const touched = new Set<string>([...delta.keys, ...this.movePlacements(delta)]);
    for (const key of delta.keys) this.rows.delete(key);
    for (const row of delta.partners) this.rows.set(row.key, row);
    const present = [...touched].filter((key) => this.rows.has(key));
    const gone = [...touched].filter((key) => !this.rows.has(key));
    this.current = this.current.with(
      present.map((key) => this.compile(this.rows.get(key) as PartnerRow)),
      gone,
    );
  }

  /** @returns keys of the partners whose placements have changed. */
  private movePlacements(delta: Delta): Set<string> {
    const owners = new Map(delta.placements.map(({ id, partnerKey }) => [id, partnerKey]));
    const added = idsByPartner(owners);
    const touched = new Set<string>();
    for (const [key, ids] of this.placements) {
      const lost = delta.placementIds.filter((id) => owners.get(id) !== key && ids.has(id));
      if (lost.length === 0) continue;
      this.placements.set(key, ids.with([], lost));
      touched.add(key);
    }
    for (const [key, ids] of added) {
      this.placements.set(key, (this.placements.get(key) ?? PlacementIds.none).with(ids, []));
      touched.add(key);
    }
    return touched;
  }

  private compile(row: PartnerRow) {
    const options: LinkRowOptions = { ownOrigins: this.options.ownOrigins(), onProblem: this.options.onProblem };
    return readPartnerRow(row, this.placements.get(row.key) ?? PlacementIds.none, options);
  }

  /** Serves what an earlier run has kept, where there is something. */
  async loadKept(): Promise<void> {
    const { snapshotPath } = this.options;
    const kept = snapshotPath === undefined ? undefined : await readLinkSnapshot(snapshotPath);
    if (kept === undefined) return;
    this.takeAll(kept.partners, new Map(Object.entries(kept.placements)));
    this.checkedAtMs = kept.readAtMs;
    this.problem = 'The link directory is the one of the last run; Postgres has not been reached yet.';
  }

  private scheduleSnapshotFile(): void {
    if (this.options.snapshotPath === undefined || this.isStopped) return;
    this.snapshotTimer ??= setTimeout(() => void this.saveSnapshotFile(), snapshotDelayMs).unref();
  }

  private async saveSnapshotFile(): Promise<void> {
    clearTimeout(this.snapshotTimer);
    this.snapshotTimer = undefined;
    const { snapshotPath } = this.options;
    if (snapshotPath === undefined) return;
    const placements = Object.fromEntries([...this.placements].map(([key, ids]) => [key, [...ids].join(',')]));
    const snapshot = { readAtMs: this.checkedAtMs, partners: [...this.rows.values()], placements };
    await writeLinkSnapshot(snapshotPath, snapshot).catch((error: unknown) =>
      this.options.onProblem(`The link directory could not be kept for a restart: ${String(error)}`),
    );
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, ms);
      function done(): void {
        clearTimeout(timer);
        resolve();
      }
      this.wake = done;
    });
  }
}
