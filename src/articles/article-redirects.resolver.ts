import { Args, Query, Resolver } from '@nestjs/graphql';
import { PublicAccess } from '../auth/access.guard.js';
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
  listRedirects(@Args() page: PageArgs) {
    return this.redirects.listRedirects(readPage(page));
  }
}
