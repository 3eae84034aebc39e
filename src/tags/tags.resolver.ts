import { Args, Context, Mutation, Query, Resolver } from '@nestjs/graphql';
import type { RequestContext } from '../auth/access.guard.js';
import { PublicAccess, RequireScope } from '../auth/access.guard.js';
import { mayUse } from '../auth/actor.js';
import { ActorsService } from '../auth/actors.service.js';
import { answer, checkInput } from '../graphql/check-input.dto.js';
import { noteRead } from '../graphql/answer-notes.js';
import { answerTags } from '../graphql/answer-tags.js';
import { PageArgs, readPage } from '../graphql/connection.type.js';
import { DeletePayload } from '../graphql/delete-payload.type.js';
import { TagChangesService } from './tag-changes.service.js';
import { CreateTagInput, DeleteTagInput, MergeTagsInput, UpdateTagInput } from './tag.input.js';
import { Tag, TagConnection, TagPayload } from './tag.type.js';
import { TagsService } from './tags.service.js';

@Resolver(() => Tag)
export class TagsResolver {
  constructor(
    private readonly tags: TagsService,
    private readonly changes: TagChangesService,
    private readonly actors: ActorsService,
  ) {}

  @Query(() => Tag, {
    nullable: true,
    description:
      'A tag by its slug, or by one that it had, or that a tag had which was merged into it. Without `content:read`: only where a published article has it.',
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

  @Mutation(() => TagPayload, {
    description: 'Makes a tag. Refuses: `TAG_EXISTS`, `TAG_NAME_INVALID`. Needs `content:write`.',
  })
  @RequireScope('content:write')
  createTag(@Args('input', { description: 'The new one.' }) input: CreateTagInput): Promise<TagPayload> {
    return answer(async () => ({ tag: await this.changes.createTag(await checkInput(CreateTagInput, input)) }));
  }

  @Mutation(() => TagPayload, {
    description:
      'Renames or describes a tag; its articles show it at once. Refuses: `TAG_NOT_FOUND`, `TAG_EXISTS`, `TAG_NAME_INVALID`, `REQUIRED`. Needs `content:write`.',
  })
  @RequireScope('content:write')
  updateTag(@Args('input', { description: 'What to change.' }) input: UpdateTagInput): Promise<TagPayload> {
    return answer(async () => ({ tag: await this.changes.updateTag(await checkInput(UpdateTagInput, input)) }));
  }

  @Mutation(() => TagPayload, {
    description: 'Makes one tag of several. Refuses: `TAG_NOT_FOUND`, `MERGE_INTO_ITSELF`. Needs `content:write`.',
  })
  @RequireScope('content:write')
  mergeTags(@Args('input', { description: 'Which ones.' }) input: MergeTagsInput): Promise<TagPayload> {
    return answer(async () => ({ tag: await this.changes.mergeTags(await checkInput(MergeTagsInput, input)) }));
  }

  @Mutation(() => DeletePayload, {
    description: 'Deletes a tag; its articles lose it. Refuses: `TAG_NOT_FOUND`. Needs `content:write`.',
  })
  @RequireScope('content:write')
  deleteTag(@Args('input', { description: 'Which one.' }) input: DeleteTagInput): Promise<DeletePayload> {
    return answer(async () => ({ deletedId: await this.changes.deleteTag(await checkInput(DeleteTagInput, input)) }));
  }

  private async seesDrafts(context: RequestContext): Promise<boolean> {
    return mayUse(await this.actors.getActor(context.req), 'content:read');
  }
}
