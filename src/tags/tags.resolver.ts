import { Args, Context, Query, Resolver } from '@nestjs/graphql';
import type { RequestContext } from '../auth/access.guard.js';
import { PublicAccess } from '../auth/access.guard.js';
import { mayUse } from '../auth/actor.js';
import { ActorsService } from '../auth/actors.service.js';
import { noteRead } from '../graphql/answer-notes.js';
import { answerTags } from '../graphql/answer-tags.js';
import { PageArgs, readPage } from '../graphql/connection.type.js';
import { Tag, TagConnection } from './tag.type.js';
import { TagsService } from './tags.service.js';

@Resolver(() => Tag)
export class TagsResolver {
  constructor(
    private readonly tags: TagsService,
    private readonly actors: ActorsService,
  ) {}

  @Query(() => Tag, {
    nullable: true,
    description: 'A tag by its slug. Without `content:read`: only where a published article has it.',
  })
  @PublicAccess()
  async tag(
    @Args('slug', { description: 'Its slug.' }) slug: string,
    @Context() context: RequestContext,
  ): Promise<Tag | null> {
    const found = await this.tags.findTag(slug, await this.seesDrafts(context));
    noteRead(context.req, [answerTags.tagSlug(slug), ...(found ? [answerTags.tag(found.id)] : [])]);
    return found ?? null;
  }

  @Query(() => TagConnection, {
    name: 'tags',
    description: 'Tags by slug. Without `content:read`: only those of published articles.',
  })
  @PublicAccess()
  async listTags(@Args() page: PageArgs, @Context() context: RequestContext) {
    const listed = await this.tags.listTags(readPage(page), await this.seesDrafts(context));
    noteRead(context.req, [answerTags.tagList, ...listed.nodes.map(({ id }) => answerTags.tag(id))]);
    return listed;
  }

  private async seesDrafts(context: RequestContext): Promise<boolean> {
    return mayUse(await this.actors.getActor(context.req), 'content:read');
  }
}
