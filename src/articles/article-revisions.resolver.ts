import { Args, Context, ID, Int, Mutation, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import type { RequestContext } from '../auth/access.guard.js';
import { RequireScope } from '../auth/access.guard.js';
import { ActorsService } from '../auth/actors.service.js';
import { answer, checkInput } from '../graphql/check-input.dto.js';
import { PageArgs, readPage } from '../graphql/connection.type.js';
import {
  ArticleRevision,
  ArticleRevisionConnection,
  ArticleRevisionDiff,
  RestoreArticleRevisionInput,
} from './article-revision.type.js';
import type { RevisionKey } from './article-revisions.service.js';
import { ArticleRevisionsService } from './article-revisions.service.js';
import type { ArticleSummary } from './article-summary.service.js';
import { Article, ArticlePayload } from './article.type.js';

@Resolver(() => Article)
export class ArticleRevisionsResolver {
  constructor(
    private readonly revisions: ArticleRevisionsService,
    private readonly actors: ActorsService,
  ) {}

  @ResolveField(() => ArticleRevisionConnection, {
    name: 'revisions',
    description: 'What it was, newest first; the first one is what it is. Needs `content:read`.',
  })
  async listRevisions(@Parent() article: ArticleSummary, @Args() page: PageArgs, @Context() context: RequestContext) {
    await this.actors.require(context.req, 'content:read');
    return this.revisions.listRevisions(article.id, readPage(page), context);
  }

  @Query(() => ArticleRevisionDiff, {
    description: 'What differs between two revisions of an article. Needs `content:read`.',
  })
  @RequireScope('content:read')
  articleRevisionDiff(
    @Args('id', { type: () => ID, description: 'Which article.' }) id: string,
    @Args('from', { type: () => Int, description: 'The older revision.' }) from: number,
    @Args('to', { type: () => Int, description: 'The newer revision.' }) to: number,
  ): Promise<ArticleRevisionDiff> {
    return this.revisions.diff(id, from, to);
  }

  @Mutation(() => ArticlePayload, {
    description:
      'Saves the texts, tags and front matter of an earlier revision as a new one. Path, status and dates stay as they are. Refuses: `ARTICLE_NOT_FOUND`, `REVISION_CONFLICT`, `REVISION_UNKNOWN`, `FILE_NOT_EDITABLE`. Needs `content:write`.',
  })
  @RequireScope('content:write')
  async restoreArticleRevision(
    @Args('input', { description: 'Which one.' }) input: RestoreArticleRevisionInput,
    @Context() context: RequestContext,
  ) {
    const author = await this.actors.getActor(context.req);
    return answer(async () => ({
      article: await this.revisions.restore(await checkInput(RestoreArticleRevisionInput, input), author),
    }));
  }
}

@Resolver(() => ArticleRevision)
export class RevisionSourcesResolver {
  constructor(private readonly revisions: ArticleRevisionsService) {}

  @ResolveField(() => String, { description: 'The Markdown body as written.' })
  source(@Parent() revision: RevisionKey, @Context() context: RequestContext): Promise<string> {
    return this.revisions.readSource(revision, context);
  }
}
