import type { ModuleMetadata } from '@nestjs/common';
import { ClickReportRowsResolver, PlacementClicksResolver } from './article-reports.resolver.js';

/** Clicks at articles and placements, where both halves are mounted. It stands apart because it knows the type `Article`. */
export const articleReportsModule = {
  providers: [ClickReportRowsResolver, PlacementClicksResolver],
  exports: [],
} satisfies ModuleMetadata;
