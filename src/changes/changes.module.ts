import type { ModuleMetadata } from '@nestjs/common';
import { FeedListener } from './feed-listener.service.js';
import { FeedService } from './feed.service.js';

export const changesModule = {
  providers: [FeedService, FeedListener],
  exports: [FeedService, FeedListener],
} satisfies ModuleMetadata;
