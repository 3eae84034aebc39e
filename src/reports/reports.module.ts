import type { ModuleMetadata } from '@nestjs/common';
import { ClickReportRowsResolver, PlacementClicksResolver, ReportsResolver } from './reports.resolver.js';
import { ReportsService } from './reports.service.js';

export const reportsModule = {
  providers: [ReportsService, ReportsResolver],
  exports: [ReportsService],
} satisfies ModuleMetadata;

/** Clicks at articles and placements, where both halves are mounted. */
export const articleReportsModule = {
  providers: [ClickReportRowsResolver, PlacementClicksResolver],
  exports: [],
} satisfies ModuleMetadata;
