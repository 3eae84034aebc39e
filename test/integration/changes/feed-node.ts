import type { DataSource } from 'typeorm';
import { ChangeSetsService } from '../../../src/articles/change-sets.service.js';
import { DueMomentsService } from '../../../src/articles/due-moments.service.js';
import { FeedListener } from '../../../src/changes/feed-listener.service.js';
import { FeedService } from '../../../src/changes/feed.service.js';
import { migrate } from '../../../src/database/migrate.js';
import { SettingEntity } from '../../../src/database/setting.entity.js';
import { TransactionsService } from '../../../src/database/transactions.service.js';
import { createDataSource } from '../../../src/database/waypost.datasource.js';
import { waypostEntities } from '../../../src/waypost.module.js';

/** The part of a Waypost node that has to do with the feed. */
export interface FeedNode {
  readonly dataSource: DataSource;
  readonly feed: FeedService;
  readonly changeSets: ChangeSetsService;
  readonly listener: FeedListener;
  stop(): Promise<void>;
}

/** `isWatching`: whether it settles what is due by itself, as a running node does. */
export async function startFeedNode(url: string, isWatching: boolean): Promise<FeedNode> {
  const options = { url };
  // Postgres that ends under a test is no news.
  const dataSource = await createDataSource(options, [SettingEntity, ...waypostEntities], () => {}).initialize();
  await migrate(dataSource, options);
  const feed = new FeedService(dataSource);
  const listener = new FeedListener(options);
  const due = new DueMomentsService(dataSource, new TransactionsService(dataSource), listener, isWatching);
  const changeSets = new ChangeSetsService(dataSource, feed, due, { publicUrl: 'https://waypost.test' });
  due.onApplicationBootstrap();
  return {
    dataSource,
    feed,
    changeSets,
    listener,
    stop: async () => {
      await due.onApplicationShutdown();
      await listener.onApplicationShutdown();
      await dataSource.destroy();
    },
  };
}
