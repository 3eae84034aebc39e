import type { ModuleMetadata } from '@nestjs/common';
import { ClickReportRowsResolver, PlacementClicksResolver, ReportsResolver } from './reports.resolver.js';
import { ReportsService } from './reports.service.js';

export const reportsModule = {
  providers: [ReportsService, ReportsResolver, ClickReportRowsResolver, PlacementClicksResolver],
  exports: [ReportsService],
} satisfies ModuleMetadata;
