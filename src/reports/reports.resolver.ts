import { Args, Query, Resolver } from '@nestjs/graphql';
import { RequireScope } from '../auth/access.guard.js';
import { checkArgument } from '../graphql/check-input.dto.js';
import { ClickReport, ClickReportInput } from './report.type.js';
import { ReportsService } from './reports.service.js';

@Resolver(() => ClickReport)
export class ReportsResolver {
  constructor(private readonly reports: ReportsService) {}

  @Query(() => ClickReport, {
    description:
      'Clicks of a period, by partner, article, day and more, answered from rollups. What they cannot answer exactly is refused by name. Needs `reports:read`.',
  })
  @RequireScope('reports:read')
  async clickReport(@Args('input', { description: 'The question.' }) input: ClickReportInput): Promise<ClickReport> {
    return this.reports.clickReport(await checkArgument(ClickReportInput, input), new Date());
  }
}
