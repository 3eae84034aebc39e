import { describe, expect, it } from 'vitest';
import { planReport } from './report-plan.js';
import type { ReportGroup, ReportRequest } from './report-request.js';

const request = (groupBy: ReportGroup[], more: Partial<ReportRequest> = {}): ReportRequest => ({
  from: new Date('2026-01-01T00:00:00Z'),
  to: new Date('2026-02-01T00:00:00Z'),
  timeZone: 'UTC',
  groupBy,
  partnerKeys: [],
  articleIds: [],
  placementIds: [],
  limit: 20,
  ...more,
});
const inOneDay = { from: new Date('2026-01-01T10:20:00Z'), to: new Date('2026-01-01T11:40:00Z') };
const inBerlin = { timeZone: 'Europe/Berlin' };
const inHours = { from: new Date('2026-01-01T10:20:00Z'), to: new Date('2026-01-09T11:40:00Z') };

describe('a report', () => {
  it.each<[string, ReportGroup[], Partial<ReportRequest>, RegExp, boolean]>([
    ['whole days by partner', ['PARTNER'], {}, /click_counts_spans/, true],
    ['whole days, all together', [], {}, /click_counts_spans/, true],
    ['one partner, all together', [], { partnerKeys: ['a'] }, /click_counts_spans/, true],
    ['two partners, all together', [], { partnerKeys: ['a', 'b'] }, /click_counts_spans/, false],
    ['days of UTC', ['DAY', 'ARTICLE'], {}, /^(?!.*spans).*click_counts_daily/s, true],
    ['days elsewhere', ['DAY'], { timeZone: 'America/New_York' }, /click_counts_daily.*click_totals_hourly/s, false],
    [
      'days elsewhere by partner',
      ['DAY', 'PARTNER'],
      inBerlin,
      /click_counts_daily.*-counts\.clicks.*click_counts_hourly/s,
      false,
    ],
    ['hours', ['HOUR'], {}, /click_totals_hourly/, false],
    ['hours of partners', ['HOUR', 'PARTNER'], {}, /click_counts_hourly/, false],
    ['partner and article', ['PARTNER', 'ARTICLE'], {}, /click_links_spans/, false],
    ['partner and article by day', ['PARTNER', 'ARTICLE', 'DAY'], {}, /click_links_daily/, false],
    ['targets', ['TARGET', 'PARTNER'], {}, /click_links_spans/, false],
    ['a filter on another key', ['ARTICLE'], { partnerKeys: ['a'] }, /click_links_spans/, false],
    ['tags', ['TAG'], {}, /click_counts_spans.*article_tags/s, false],
    ['countries', ['COUNTRY', 'PARTNER'], {}, /click_dimensions_spans/, false],
    ['reasons', ['REASON', 'PARTNER'], {}, /click_dimensions_spans/, false],
    ['reasons by local day', ['REASON', 'DAY'], inBerlin, /click_dimensions_daily.*click_filtered_hourly/s, false],
    ['reasons by hour', ['REASON', 'HOUR'], {}, /click_filtered_hourly/, false],
    [
      'parts of days',
      ['PARTNER'],
      inHours,
      /click_counts_daily.*-counts\.clicks.*click_counts_hourly.*click_counts_hourly/s,
      false,
    ],
    [
      'hours of an article',
      ['HOUR'],
      { articleIds: ['x'] },
      /click_counts_hourly.*partner_key = ANY \(ARRAY.*click_links_daily/s,
      false,
    ],
    ['less than a day', ['PARTNER'], inOneDay, /^(?!.*_daily).*click_counts_hourly/s, false],
  ])('of %s is answered from the right rollup', (_name, groups, more, sql, hasVisitors) => {
    const plan = planReport(request(groups, more));
    expect(plan.sql).toMatch(sql);
    expect(plan.hasVisitors).toBe(hasVisitors);
  });

  it('says which whole hours it counts', () => {
    const { from, to } = planReport(request(['PARTNER'], inHours));
    expect([from.toISOString(), to.toISOString()]).toEqual(['2026-01-01T10:00:00.000Z', '2026-01-09T12:00:00.000Z']);
  });

  it('says which whole days it counts', () => {
    const { from, to } = planReport(request(['COUNTRY'], inHours));
    expect([from.toISOString(), to.toISOString()]).toEqual(['2026-01-01T00:00:00.000Z', '2026-01-10T00:00:00.000Z']);
  });

  it.each<[string, ReportGroup[], Partial<ReportRequest>, string]>([
    ['two dimensions', ['COUNTRY', 'DEVICE'], {}, 'not with DEVICE'],
    ['a dimension by article', ['REFERRER', 'ARTICLE'], {}, 'not with ARTICLE'],
    ['a reason by article', ['REASON', 'ARTICLE'], {}, 'with PARTNER, DAY, HOUR, not with ARTICLE'],
    ['a dimension by local day', ['COUNTRY', 'DAY'], { timeZone: 'Europe/Berlin' }, 'COUNTRY is counted by UTC day'],
    ['a dimension of one article', ['COUNTRY'], { articleIds: ['x'] }, 'filter by partnerKeys only'],
    ['a group twice', ['DAY', 'DAY'], {}, 'names a grouping twice'],
    ['half-hour days', ['DAY'], { timeZone: 'Asia/Kolkata' }, '"Asia/Kolkata" differs from UTC by a part of an hour'],
    ['an unknown zone', [], { timeZone: 'Mars/Base' }, '"Mars/Base" is no time zone'],
    ['a period that ends before it begins', [], { to: new Date(0) }, '"from" must be earlier than "to"'],
  ])('of %s is refused by name', (_name, groups, more, message) => {
    expect(() => planReport(request(groups, more))).toThrow(message);
  });

  it('of half-hour zones is answered where no day or hour is asked for', () => {
    expect(planReport(request(['PARTNER'], { timeZone: 'Asia/Kolkata' })).hasVisitors).toBe(true);
  });
});
