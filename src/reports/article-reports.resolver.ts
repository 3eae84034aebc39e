import { Context, Float, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import DataLoader from 'dataloader';
import { Article, Placement } from '../articles/article.type.js';
import type { ArticleSummary } from '../articles/article-summary.service.js';
import { ArticlesService } from '../articles/articles.service.js';
import type { RequestContext } from '../auth/access.guard.js';
import { mayUse } from '../auth/actor.js';
import { ActorsService } from '../auth/actors.service.js';
import { ClickReportRow } from './report.type.js';
import { ReportsService } from './reports.service.js';

/** The articles of report rows: one statement for all of them. */
@Resolver(() => ClickReportRow)
export class ClickReportRowsResolver {
  private readonly loaders = new WeakMap<object, DataLoader<string, ArticleSummary | null>>();

  constructor(
    private readonly articles: ArticlesService,
    private readonly actors: ActorsService,
  ) {}

  @ResolveField(() => Article, {
    nullable: true,
    description: 'The article, when grouped by ARTICLE. Without `content:read`: only one that readers see.',
  })
  article(@Parent() row: ClickReportRow, @Context() context: RequestContext): Promise<ArticleSummary | null> | null {
    if (row.articleId === null) return null;
    let loader = this.loaders.get(context);
    if (!loader) {
      loader = new DataLoader((ids: readonly string[]) => this.loadArticles(ids, context));
      this.loaders.set(context, loader);
    }
    return loader.load(row.articleId);
  }

  private async loadArticles(ids: readonly string[], context: RequestContext): Promise<(ArticleSummary | null)[]> {
    const seesDrafts = mayUse(await this.actors.getActor(context.req), 'content:read');
    const found = await this.articles.findArticles(ids, seesDrafts);
    const byId = new Map(found.map((article) => [article.id, article]));
    return ids.map((id) => byId.get(id) ?? null);
  }
}

@Resolver(() => Placement)
export class PlacementClicksResolver {
  private readonly loaders = new WeakMap<object, DataLoader<string, number>>();

  constructor(
    private readonly reports: ReportsService,
    private readonly actors: ActorsService,
  ) {}

  @ResolveField(() => Float, { description: 'Counted clicks, all time. Needs `affiliates:read`.' })
  async clicks(@Parent() placement: Placement, @Context() context: RequestContext): Promise<number> {
    await this.actors.require(context.req, 'affiliates:read');
    let loader = this.loaders.get(context);
    if (!loader) {
      loader = new DataLoader(async (ids: readonly string[]) => {
        const counts = await this.reports.countPlacementClicks(ids);
        return ids.map((id) => counts.get(id) ?? 0);
      });
      this.loaders.set(context, loader);
    }
    return loader.load(placement.id);
  }
}
