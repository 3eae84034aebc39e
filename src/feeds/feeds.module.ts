import type { ModuleMetadata } from '@nestjs/common';
import { FeedArticlesService } from './feed-articles.service.js';
import { FeedRunner } from './feed-runner.service.js';
import { FeedSchedule } from './feed-schedule.service.js';
import { FeedEntity, FeedItemEntity } from './feed.entity.js';
import { FeedsResolver } from './feeds.resolver.js';
import { FeedsService } from './feeds.service.js';

export const feedsEntities = [FeedEntity, FeedItemEntity];

export const feedsModule = {
  providers: [FeedsService, FeedArticlesService, FeedRunner, FeedSchedule, FeedsResolver],
  exports: [FeedsService, FeedRunner],
} satisfies ModuleMetadata;
