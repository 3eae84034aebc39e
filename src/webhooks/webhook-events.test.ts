import { describe, expect, it } from 'vitest';
import type { PublicChange } from './webhook-events.js';
import { planDeliveries, subjectsOf, WEBHOOK_EVENTS } from './webhook-events.js';

const at = new Date('2026-01-02T03:04:05.678Z');

const change = (part: Partial<PublicChange> = {}): PublicChange => ({
  seq: 7n,
  at,
  kind: 'article',
  operation: 'upserted',
  id: 'a1',
  details: { title: 'One' },
  tagIds: ['t1', 't2'],
  paths: ['/one', '/former'],
  ...part,
});

const tag = change({ seq: 8n, kind: 'tag', id: 't1', details: { name: 'Tag' }, tagIds: [], paths: [] });
const planned = (...parameters: Parameters<typeof planDeliveries>) =>
  planDeliveries(...parameters).map(({ payload, ...one }) => ({
    ...one,
    ...(JSON.parse(payload) as { data: object }),
  }));

describe('a change', () => {
  it('becomes a message for each event that is asked for, purges first', () => {
    const messages = planned([change(), tag], WEBHOOK_EVENTS);
    expect(messages.map(({ event }) => event)).toEqual([
      'cache.purge',
      'article.upserted',
      'tag.upserted',
      'content.changed',
    ]);
    expect(planned([change(), tag], ['tag.upserted', 'article.deleted']).map(({ event }) => event)).toEqual([
      'tag.upserted',
    ]);
    expect(planned([], WEBHOOK_EVENTS)).toEqual([]);
  });

  it('is told with everything cached that shows it', () => {
    expect(planned([change()], ['article.upserted'])).toEqual([
      {
        event: 'article.upserted',
        subject: 'article:a1',
        seq: 7n,
        delayMs: 0,
        type: 'article.upserted',
        timestamp: at.toISOString(),
        data: { id: 'a1', title: 'One', cacheTags: ['article:a1', 'tag:t1', 'tag:t2', 'list:article'] },
      },
    ]);
  });

  it('is purged together with the others, each name once', () => {
    const [purge] = planned([change(), tag], ['cache.purge']);
    expect(purge?.subject).toBeNull();
    expect(purge?.data).toEqual({
      tags: ['article:a1', 'tag:t1', 'tag:t2', 'list:article', 'list:tag'],
      paths: ['/one', '/former'],
    });
  });

  it('of very many articles is purged by a hundred names at once', () => {
    const many = Array.from({ length: 120 }, (_none, index) => change({ id: `a${index}`, paths: [`/${index}`] }));
    const purges = planned(many, ['cache.purge']).map(({ data }) => data as { tags: string[]; paths: string[] });
    expect(purges.map(({ tags, paths }) => [tags.length, paths.length])).toEqual([
      [100, 100],
      [23, 20],
    ]);
  });

  it('takes the place of what was to be told of the same thing, whatever that was', () => {
    expect(subjectsOf([change({ operation: 'deleted' }), tag])).toEqual(['article:a1', 'tag:t1', 'content']);
    expect(subjectsOf([])).toEqual([]);
  });
});
