import { Injectable } from '@nestjs/common';
import type { Repository } from 'typeorm';
import { DataSource, In } from 'typeorm';
import { TransactionsService } from '../database/transactions.service.js';
import type { Connection, Page } from '../graphql/connection.type.js';
import { SqlParameters } from '../graphql/filter-sql.js';
import { findPage } from '../graphql/find-page.service.js';
import { NodesService } from '../graphql/nodes.service.js';
import { isUuid } from '../kernel/uuid.js';
import { OutboundClient } from '../outbound/outbound-client.js';
import type { FeedTemplate } from './feed-template.js';
import { FeedEntity } from './feed.entity.js';

/** Which feeds are read, and how. */
@Injectable()
export class FeedsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: TransactionsService,
    private readonly outbound: OutboundClient,
    nodes: NodesService,
  ) {
    nodes.registerScoped({
      typeName: 'IncomingFeed',
      scope: 'content:write',
      findByIds: (ids) => this.repository.findBy({ id: In(ids) }),
    });
  }

  /**
   * A feed that is there already gets the new template and is read whole once more.
   * `everyMinutes`: how often a server reads it by itself; 0: only when asked.
   * @throws OutboundError for an address that is not used.
   */
  async addFeed(url: string, template: FeedTemplate, everyMinutes: number): Promise<FeedEntity> {
    await this.outbound.checkUrl(url);
    const { href } = new URL(url);
    await this.transactions.run((manager) =>
      manager.query(
        `INSERT INTO waypost.feeds (url, template, every_minutes) VALUES ($1, $2, $3)
         ON CONFLICT (url) DO UPDATE SET template = excluded.template, every_minutes = excluded.every_minutes,
           etag = NULL, last_modified = NULL, failures = 0, next_run_at = now()`,
        [href, JSON.stringify(template), everyMinutes],
      ),
    );
    return this.repository.findOneByOrFail({ url: href });
  }

  async findFeed(id: string): Promise<FeedEntity | undefined> {
    return isUuid(id) ? ((await this.repository.findOneBy({ id })) ?? undefined) : undefined;
  }

  listPage(page: Page): Promise<Connection<FeedEntity>> {
    return findPage<FeedEntity>(this.dataSource, {
      entity: FeedEntity,
      alias: 'feed',
      where: 'true',
      parameters: new SqlParameters(),
      columns: [
        { sql: 'feed.created_at', type: 'timestamptz', descending: false, nullable: false },
        { sql: 'feed.id', type: 'uuid', descending: false, nullable: false },
      ],
      sortValues: (feed) => [feed.createdAt, feed.id],
      page,
    });
  }

  /** In the order in which they were added. */
  listFeeds(): Promise<FeedEntity[]> {
    return this.repository.find({ order: { createdAt: 'ASC', id: 'ASC' } });
  }

  private get repository(): Repository<FeedEntity> {
    return this.dataSource.getRepository(FeedEntity);
  }

  /** Its articles stay. @returns whether there was such a feed. */
  async removeFeed(urlOrId: string): Promise<boolean> {
    const url = URL.canParse(urlOrId) ? new URL(urlOrId).href : urlOrId;
    const [, removed] = await this.transactions.run((manager) =>
      manager.query<[unknown[], number]>(`DELETE FROM waypost.feeds WHERE url = $1 OR id::text = $2`, [url, urlOrId]),
    );
    return removed > 0;
  }
}
