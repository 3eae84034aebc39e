import { Context, Float, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import DataLoader from 'dataloader';
import { ArticleLoadersService } from '../articles/article-loaders.loader.js';
import type { ArticleSummary } from '../articles/article-summary.service.js';
import { Article, Placement } from '../articles/article.type.js';
import type { RequestContext } from '../auth/access.guard.js';
import { ActorsService } from '../auth/actors.service.js';
import { PerContext } from '../kernel/per-context.js';
import { ClickReportRow } from './report.type.js';
import { ReportsService } from './reports.service.js';

@Resolver(() => ClickReportRow)
export class ClickReportRowsResolver {
  constructor(private readonly loaders: ArticleLoadersService) {}

  @ResolveField(() => Article, {
    nullable: true,
    description:
      'The article, when grouped by ARTICLE; else, and where there is none, null. Without `content:read`: only one that readers see.',
  })
  async article(@Parent() row: ClickReportRow, @Context() context: RequestContext): Promise<ArticleSummary | null> {
    if (row.articleId === null) return null;
    return (await this.loaders.of(context).article.load(row.articleId)) ?? null;
  }
}

@Resolver(() => Placement)
export class PlacementClicksResolver {
  private readonly clickCounts = new PerContext(
    () =>
      new DataLoader(async (ids: readonly string[]) => {
        const counts = await this.reports.countPlacementClicks(ids);
        return ids.map((id) => counts.get(id) ?? 0);
      }),
  );

  constructor(
    private readonly reports: ReportsService,
    private readonly actors: ActorsService,
  ) {}

  @ResolveField(() => Float, { description: 'Counted clicks, all time. Needs `affiliates:read`.' })
  async clicks(@Parent() placement: Placement, @Context() context: RequestContext): Promise<number> {
    await this.actors.require(context.req, 'affiliates:read');
    return this.clickCounts.of(context).load(placement.id);
  }
}
