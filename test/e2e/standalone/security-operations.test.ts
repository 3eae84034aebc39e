import { readFile } from 'node:fs/promises';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WAYPOST_DATA_SOURCE } from '../../../src/database/database.module.js';
import { captureSql } from '../../support/capture-sql.js';
import type { TestApp } from '../../support/test-app.js';
import { startTestApp } from '../../support/test-app.js';

const read = (path: string): Promise<string> => readFile(new URL(`../../../docs/${path}`, import.meta.url), 'utf8');
const names = (text: string): string[] => [...new Set(text.match(/\bwaypost_[a-z_]+[a-z]\b/g) ?? [])].sort();

let waypost: TestApp;

beforeAll(async () => {
  waypost = await startTestApp({ redirects: { drain: 'here' }, background: false });
});

afterAll(() => waypost?.close());

async function metrics(): Promise<string> {
  return (await fetch(`${waypost.url}/metrics`)).text();
}

const value = (text: string, sample: string): number => Number(text.split(`\n${sample} `)[1]?.split('\n')[0]);

describe('the metrics', () => {
  it('are those that docs/operations.md lists, with their types', async () => {
    const served = (await metrics()).match(/^# TYPE .*$/gm)?.map((line) => line.slice('# TYPE '.length)) ?? [];
    const rows = (await read('operations.md')).matchAll(/^\| `(waypost_[a-z_]+)` +\| (counter|gauge) /gm);
    expect([...rows].map(([, name, type]) => `${name} ${type}`).sort()).toEqual(served.sort());
  });

  it('are all on the dashboard, which shows no others', async () => {
    const dashboard = await read('grafana/waypost.json');
    const { panels } = JSON.parse(dashboard) as { panels: { targets: { expr: string }[] }[] };
    const shown = names(panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)).join(' '));
    expect(shown).toEqual(names((await metrics()).replaceAll(/^# HELP.*$/gm, '')));
  });

  it('are written by the rules of the format', async () => {
    for (const line of (await metrics()).trimEnd().split('\n')) {
      expect(line).toMatch(
        /^(?:# (?:HELP|TYPE) [a-z_]+ .+|[a-z_]+(?:\{[a-z]+="[^"]*"(?:,[a-z]+="[^"]*")*\})? -?[\d.e+-]+)$/,
      );
    }
  });

  it('cost the database one question, however many ask at once', async () => {
    const { statements } = await captureSql(() => Promise.all(Array.from({ length: 20 }, metrics)));
    const asked = statements.filter((sql) => sql.includes('webhook_deliveries')).length;
    expect(asked).toBeGreaterThan(0);
    expect(asked).toBeLessThan(20);
  });

  it('count answers', async () => {
    const before = value(await metrics(), 'waypost_http_answers_total{status="4xx",worker="0"}');
    await (await fetch(`${waypost.url}/nothing`)).text();
    await expect
      .poll(async () => value(await metrics(), 'waypost_http_answers_total{status="4xx",worker="0"}'), {
        timeout: 20_000,
      })
      .toBe(before + 1);
  });
});

describe('readiness', () => {
  it('says what is behind, and by how much', async () => {
    const dataSource = waypost.app.get<DataSource>(WAYPOST_DATA_SOURCE, { strict: false });
    const ready = async (): Promise<[number, { problems: string[]; backlog: Record<string, number> }]> => {
      const response = await fetch(`${waypost.url}/health/ready`);
      return [response.status, (await response.json()) as never];
    };
    const [status, { problems, backlog }] = await ready();
    expect([status, problems]).toEqual([200, []]);
    expect(new Set(Object.values(backlog))).toEqual(new Set([0]));
    await dataSource.query(
      `INSERT INTO waypost.due_moments (kind, key, at) VALUES ('TAG', 'late', now() - interval '1 hour')`,
    );
    const [late, answer] = await ready();
    expect(late).toBe(503);
    expect(answer.problems).toEqual([expect.stringMatching(/^The change feed is \d+ seconds behind/)]);
    expect(answer.backlog['changesOverdueSeconds']).toBeGreaterThan(120);
  });

  it('says what waits for the servers of others, and stays ready', async () => {
    const dataSource = waypost.app.get<DataSource>(WAYPOST_DATA_SOURCE, { strict: false });
    await dataSource.query(`DELETE FROM waypost.due_moments`);
    const [webhook] = await dataSource.query<{ id: string }[]>(
      `INSERT INTO waypost.webhooks (url, events, secret, position, failures)
         VALUES ('https://hook.example/', '{cache.purge}', 'x', 0, 3) RETURNING id`,
    );
    await dataSource.query(
      `INSERT INTO waypost.webhook_deliveries (webhook_id, event, seq, payload, status, created_at, next_attempt_at, finished_at)
       VALUES ($1, 'cache.purge', 1, '{}', 'pending', now() - interval '1 hour', now(), NULL),
              ($1, 'cache.purge', 1, '{}', 'failed', now() - interval '1 hour', now(), now())`,
      [webhook?.id],
    );
    await dataSource.query(
      `INSERT INTO waypost.feeds (url, template, every_minutes, failures, next_run_at)
       VALUES ('https://feed.example/', '{}', 60, 2, now() - interval '1 hour'), ('https://b.example/', '{}', 0, 0, now())`,
    );
    const response = await fetch(`${waypost.url}/health/ready`);
    const { problems, late } = (await response.json()) as { problems: string[]; late: string[] };
    expect([response.status, problems]).toEqual([200, []]);
    expect(late.map((sentence) => sentence.replace(/ 36\d\d /, ' 3600 '))).toEqual([
      'Messages to webhooks wait: 1, the oldest for 3600 seconds.',
      'Webhooks that do not take what they are sent: 1.',
      'Incoming feeds that cannot be read: 1.',
      'An incoming feed should have been read 3600 seconds ago.',
    ]);
    const text = await metrics();
    expect(value(text, 'waypost_webhook_messages')).toBe(1);
    expect(value(text, 'waypost_webhook_messages_given_up')).toBe(1);
    expect(value(text, 'waypost_webhooks{state="failing"}')).toBe(1);
    expect(value(text, 'waypost_feeds{state="failing"}')).toBe(1);
    expect(value(text, 'waypost_feeds{state="working"}')).toBe(1);
    await dataSource.query(`UPDATE waypost.webhooks SET enabled = false`);
    expect(value(await metrics(), 'waypost_webhook_messages')).toBe(0);
  });
});
