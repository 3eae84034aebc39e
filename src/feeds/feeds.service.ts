import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { OutboundClient } from '../outbound/outbound-client.js';
import type { FeedTemplate } from './feed-template.js';
import { FeedEntity } from './feed.entity.js';

/** Which feeds are read, and how. */
@Injectable()
export class FeedsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly outbound: OutboundClient,
  ) {}

  /**
   * A feed that is there already gets the new template and is read whole once more.
   * `everyMinutes`: how often a server reads it by itself; 0: only when asked.
   * @returns whether it is new.
   * @throws OutboundError for an address that is not used.
   */
  async addFeed(url: string, template: FeedTemplate, everyMinutes: number): Promise<boolean> {
    await this.outbound.checkUrl(url);
    const [row] = await this.dataSource.query<{ isNew: boolean }[]>(
      `INSERT INTO waypost.feeds (url, template, every_minutes) VALUES ($1, $2, $3)
       ON CONFLICT (url) DO UPDATE SET template = excluded.template, every_minutes = excluded.every_minutes,
         etag = NULL, last_modified = NULL, failures = 0, next_run_at = now()
       RETURNING xmax = 0 AS "isNew"`,
      [new URL(url).href, JSON.stringify(template), everyMinutes],
    );
    return row?.isNew ?? false;
  }

  /** In the order in which they were added. */
  listFeeds(): Promise<FeedEntity[]> {
    return this.dataSource.getRepository(FeedEntity).find({ order: { createdAt: 'ASC', id: 'ASC' } });
  }

  /** Its articles stay. @returns whether there was such a feed. */
  async removeFeed(urlOrId: string): Promise<boolean> {
    const url = URL.canParse(urlOrId) ? new URL(urlOrId).href : urlOrId;
    const [, removed] = await this.dataSource.query<[unknown[], number]>(
      `DELETE FROM waypost.feeds WHERE url = $1 OR id::text = $2`,
      [url, urlOrId],
    );
    return removed > 0;
  }
}
