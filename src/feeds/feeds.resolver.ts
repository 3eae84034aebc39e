import { Args, ID, Mutation, Query, Resolver } from '@nestjs/graphql';
import { RequireScope } from '../auth/access.guard.js';
import { answer, checkInput } from '../graphql/check-input.dto.js';
import { PageArgs, readPage } from '../graphql/connection.type.js';
import { DeletePayload } from '../graphql/delete-payload.type.js';
import { RefusedError } from '../kernel/errors.js';
import { OutboundError } from '../outbound/outbound-error.js';
import { FeedError } from './feed-error.js';
import { FeedRunner } from './feed-runner.service.js';
import { DEFAULT_TEMPLATE, readTemplate } from './feed-template.js';
import type { FeedEntity } from './feed.entity.js';
import { FeedsService } from './feeds.service.js';
import {
  AddIncomingFeedInput,
  IncomingFeed,
  IncomingFeedConnection,
  IncomingFeedPayload,
  IncomingFeedRunPayload,
} from './incoming-feed.type.js';

const DEFAULT_EVERY_MINUTES = 60;
const WHICH = { type: () => ID, description: 'Which feed.' };

@Resolver(() => IncomingFeed)
export class FeedsResolver {
  constructor(
    private readonly feeds: FeedsService,
    private readonly runner: FeedRunner,
  ) {}

  @Query(() => IncomingFeedConnection, {
    name: 'incomingFeeds',
    description:
      'Feeds whose items become draft articles, in the order in which they were added. Needs `content:write`.',
  })
  @RequireScope('content:write')
  listFeeds(@Args() page: PageArgs) {
    return this.feeds.listPage(readPage(page));
  }

  @Mutation(() => IncomingFeedPayload, {
    description:
      'Follows a feed. Refuses: `URL_INVALID`, `SCHEME_REFUSED`, `CREDENTIALS_REFUSED`, `ADDRESS_REFUSED`, `TEMPLATE_INVALID`. Needs `content:write`.',
  })
  @RequireScope('content:write')
  addIncomingFeed(
    @Args('input', { description: 'Which, and how.' }) input: AddIncomingFeedInput,
  ): Promise<IncomingFeedPayload> {
    return answer(async () => ({ feed: await this.addFeed(await checkInput(AddIncomingFeedInput, input)) }));
  }

  @Mutation(() => DeletePayload, {
    description: 'Follows a feed no longer; its articles stay. Refuses: `FEED_NOT_FOUND`. Needs `content:write`.',
  })
  @RequireScope('content:write')
  removeIncomingFeed(@Args('id', WHICH) id: string): Promise<DeletePayload> {
    return answer(async () => {
      const { id: deletedId } = await this.getFeed(id);
      await this.feeds.removeFeed(deletedId);
      return { deletedId };
    });
  }

  @Mutation(() => IncomingFeedRunPayload, {
    description:
      'Reads a feed now; each new item becomes a draft article. Refuses: `FEED_NOT_FOUND`. Needs `content:write`.',
  })
  @RequireScope('content:write')
  runIncomingFeed(
    @Args('id', WHICH) id: string,
    @Args('dryRun', { nullable: true, type: () => Boolean, description: 'Write nothing. Default false.' })
    dryRun?: boolean | null,
  ): Promise<IncomingFeedRunPayload> {
    return answer(async () => ({ run: await this.runner.run(await this.getFeed(id), { dryRun: dryRun ?? false }) }));
  }

  private async addFeed({ url, template, everyMinutes }: AddIncomingFeedInput): Promise<FeedEntity> {
    try {
      const read = template == null ? DEFAULT_TEMPLATE : readTemplate(template, 'template');
      return await this.feeds.addFeed(url, read, everyMinutes ?? DEFAULT_EVERY_MINUTES);
    } catch (error) {
      if (!(error instanceof FeedError || error instanceof OutboundError)) throw error;
      const field = error instanceof FeedError ? 'input.template' : 'input.url';
      throw new RefusedError([{ code: error.code, message: error.message, field }]);
    }
  }

  private async getFeed(id: string): Promise<FeedEntity> {
    const feed = await this.feeds.findFeed(id);
    if (feed) return feed;
    throw new RefusedError([{ code: 'FEED_NOT_FOUND', message: `No feed has the id "${id}".`, field: 'id' }]);
  }
}
