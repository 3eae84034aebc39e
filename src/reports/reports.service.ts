import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { WaypostError } from '../kernel/errors.js';
import { planReport, type ReportPlan } from './report-plan.js';
import { ReportRefusedError, type ReportRequest } from './report-request.js';
import type { ClickReport, ClickReportInput, ClickReportRow } from './report.type.js';

const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 30;
const DEFAULT_ROWS = 100;

/** Sums of many groups stay in memory, and no statement is compiled, which would take longer than to run it. */
const REPORT_SETTINGS = `SET LOCAL work_mem = '32MB'; SET LOCAL jit = off; SET LOCAL transaction_read_only = on`;

/** A row as Postgres answers it. */
interface RawRow {
  readonly partner_key?: string;
  readonly article_id?: string | null;
  readonly placement_id?: string;
  readonly target_key?: string;
  readonly tag?: string;
  readonly country?: string;
  readonly device?: string;
  readonly referrer?: string;
  readonly reason?: string;
  readonly hour_ms?: number;
  readonly day?: string;
  readonly clicks: number;
  readonly visitors: number | null;
  readonly filtered: number;
}

@Injectable()
export class ReportsService {
  constructor(private readonly dataSource: DataSource) {}

  /** @throws WaypostError REPORT_REFUSED for what rollups cannot answer exactly. */
  async clickReport(input: ClickReportInput, now: Date): Promise<ClickReport> {
    const request = readRequest(input, now);
    const plan = plannedOrRefused(request);
    const rows = await this.dataSource.transaction(async (manager) => {
      await manager.query(REPORT_SETTINGS);
      return manager.query<RawRow[]>(plan.sql, [...plan.parameters]);
    });
    return {
      from: plan.from,
      to: plan.to,
      timeZone: request.timeZone,
      rows: rows.slice(0, request.limit).map((row) => reportRow(row, plan)),
      hasMore: rows.length > request.limit,
    };
  }

  /** Counted clicks of placements, all time. Those without any are left out. */
  async countPlacementClicks(ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const rows = await this.dataSource.query<{ key: string; clicks: number }[]>(
      `SELECT key, sum(clicks)::float8 AS clicks FROM (
         SELECT counts.key, counts.clicks FROM waypost.click_spans AS span JOIN waypost.click_counts_spans AS counts USING (from_day, to_day)
         WHERE counts.kind = 'placement' AND counts.key = ANY($1) AND NOT EXISTS (
           SELECT FROM waypost.click_spans AS longer WHERE longer.from_day <= span.from_day AND longer.to_day >= span.to_day
             AND (longer.from_day, longer.to_day) <> (span.from_day, span.to_day))
         UNION ALL SELECT daily.key, daily.clicks FROM (
           SELECT day FROM waypost.click_counts_daily WHERE kind = 'all' AND NOT EXISTS (
             SELECT FROM waypost.click_spans WHERE from_day <= day AND to_day > day)) AS days
         JOIN waypost.click_counts_daily AS daily ON daily.kind = 'placement' AND daily.day = days.day AND daily.key = ANY($1)
       ) AS counts GROUP BY key`,
      [ids],
    );
    return new Map(rows.map((row) => [row.key, row.clicks]));
  }
}

function readRequest(input: ClickReportInput, now: Date): ReportRequest {
  const endOfToday = (Math.floor(now.getTime() / DAY_MS) + 1) * DAY_MS;
  const to = input.to ?? new Date(endOfToday);
  const from = input.from ?? new Date(Math.floor(to.getTime() / DAY_MS) * DAY_MS - DEFAULT_DAYS * DAY_MS);
  return {
    from,
    to,
    timeZone: input.timeZone ?? 'UTC',
    groupBy: input.groupBy ?? [],
    partnerKeys: input.filter?.partnerKeys ?? [],
    articleIds: input.filter?.articleIds ?? [],
    placementIds: input.filter?.placementIds ?? [],
    limit: input.first ?? DEFAULT_ROWS,
  };
}

function plannedOrRefused(request: ReportRequest): ReportPlan {
  try {
    return planReport(request);
  } catch (error) {
    if (error instanceof ReportRefusedError)
      throw new WaypostError('REPORT_REFUSED', [error.message], { cause: error });
    throw error;
  }
}

function reportRow(row: RawRow, plan: ReportPlan): ClickReportRow {
  return {
    partnerKey: row.partner_key ?? null,
    articleId: row.article_id ?? null,
    placementId: row.placement_id ?? null,
    targetKey: row.target_key ?? null,
    tag: row.tag ?? null,
    country: row.country ?? null,
    device: row.device ?? null,
    referrer: row.referrer ?? null,
    reason: row.reason ?? null,
    hour: row.hour_ms === undefined ? null : new Date(row.hour_ms),
    day: row.day ?? null,
    clicks: row.clicks,
    uniqueVisitors: plan.hasVisitors ? (row.visitors ?? 0) : null,
    filteredClicks: plan.hasFiltered ? row.filtered : null,
  };
}
