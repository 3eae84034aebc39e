import { Args, Context, Int, Query, Resolver } from '@nestjs/graphql';
import type { RequestContext } from '../auth/access.guard.js';
import { PublicAccess } from '../auth/access.guard.js';
import { mayUse } from '../auth/actor.js';
import { ActorsService } from '../auth/actors.service.js';
import { ChangeSet } from './change.type.js';
import { ChangeSetsService } from './change-sets.service.js';

@Resolver(() => ChangeSet)
export class ChangesResolver {
  constructor(
    private readonly changeSets: ChangeSetsService,
    private readonly actors: ActorsService,
  ) {}

  @Query(() => String, {
    description:
      'The place where the change feed ends now. Take it before you read a list for the first time, then follow with `changes`. Opaque.',
  })
  @PublicAccess()
  syncToken(): Promise<string> {
    return this.changeSets.takeToken();
  }

  @Query(() => ChangeSet, {
    description:
      'What changed since a place in the change feed, deletions included. Without `content:read`: only what readers see, and what they no longer see as deleted. `RESYNC_REQUIRED`: the token cannot be continued, because the database was restored; take a new one and read everything once.',
  })
  @PublicAccess()
  async changes(
    @Context() context: RequestContext,
    @Args('since', { description: 'A token of `syncToken` or of the last `changes`.' }) since: string,
    @Args('first', {
      type: () => Int,
      nullable: true,
      description: 'How many changes at most, from 1 to 1,000. Default 100.',
    })
    first?: number | null,
  ): Promise<ChangeSet> {
    const seesDrafts = mayUse(await this.actors.getActor(context.req), 'content:read');
    return this.changeSets.readChanges(since, seesDrafts ? 'all' : 'public', first ?? undefined);
  }
}
