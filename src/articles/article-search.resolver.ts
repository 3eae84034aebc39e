import { Args, Context, Info, Query, Resolver } from '@nestjs/graphql';
import type { GraphQLResolveInfo } from 'graphql';
import type { RequestContext } from '../auth/access.guard.js';
import { PublicAccess } from '../auth/access.guard.js';
import { mayUse } from '../auth/actor.js';
import { ActorsService } from '../auth/actors.service.js';
import { noteRead } from '../graphql/answer-notes.js';
import { answerTags } from '../graphql/answer-tags.js';
import { PageArgs, readPage } from '../graphql/connection.type.js';
import { selectedFields } from '../graphql/selected-fields.service.js';
import { articleListTags } from './article-query.js';
import { ArticleMatch, ArticleMatchConnection } from './article-search.type.js';
import type { Highlights } from './article-search.service.js';
import { ArticleSearchService } from './article-search.service.js';
import { ArticleFilter } from './article.input.js';

@Resolver(() => ArticleMatch)
export class ArticleSearchResolver {
  constructor(
    private readonly found: ArticleSearchService,
    private readonly actors: ActorsService,
  ) {}

  @Query(() => ArticleMatchConnection, {
    description:
      'Articles with these words in title, description or text, best first, with the matches marked. Words are matched in the language of each article. Without `content:read`: only what readers see.',
  })
  @PublicAccess()
  async searchArticles(
    @Context() context: RequestContext,
    @Args() page: PageArgs,
    @Args('query', {
      description: 'Words; `"two words"`: in this order; `or`; `-word`: without it. At most 500 characters.',
    })
    query: string,
    @Args('filter', { type: () => ArticleFilter, nullable: true, description: 'Among which ones. Default all.' })
    filter?: ArticleFilter | null,
    @Info() info?: GraphQLResolveInfo,
  ) {
    const seesDrafts = mayUse(await this.actors.getActor(context.req), 'content:read');
    const found = await this.found.search(query, readPage(page), seesDrafts, filter, info && highlightsIn(info));
    noteRead(context.req, [
      ...articleListTags(filter),
      ...found.nodes.map(({ article }) => answerTags.article(article.id)),
    ]);
    return found;
  }
}

function highlightsIn(info: GraphQLResolveInfo): Highlights {
  const fields = [['nodes'], ['edges', 'node']].flatMap((way) => [...selectedFields(info, way)]);
  return { title: fields.includes('titleHtml'), snippet: fields.includes('snippetHtml') };
}
