import { Args, Context, Query, Resolver } from '@nestjs/graphql';
import type { RequestContext } from '../auth/access.guard.js';
import { PublicAccess } from '../auth/access.guard.js';
import { noteRead } from '../graphql/answer-notes.js';
import { answerTags } from '../graphql/answer-tags.js';
import { PageArgs, readPage } from '../graphql/connection.type.js';
import { ArticleRedirect, ArticleRedirectConnection } from './article-redirect.type.js';
import { ArticleRedirectsService } from './article-redirects.service.js';

@Resolver(() => ArticleRedirect)
export class ArticleRedirectsResolver {
  constructor(private readonly redirects: ArticleRedirectsService) {}

  @Query(() => ArticleRedirectConnection, {
    name: 'articleRedirects',
    description:
      'Where readers found published articles that stand elsewhere now, by path: what a frontend redirects. A path at which another article stands now is not among them.',
  })
  @PublicAccess()
  async listRedirects(@Args() page: PageArgs, @Context() context: RequestContext) {
    const listed = await this.redirects.listRedirects(readPage(page));
    noteRead(context.req, [
      answerTags.articleList,
      ...listed.nodes.map(({ article }) => answerTags.article(article.id)),
    ]);
    return listed;
  }
}
