import type { ModuleMetadata } from '@nestjs/common';
import { ReportsResolver } from './reports.resolver.js';
import { ReportsService } from './reports.service.js';

export const reportsModule = {
  providers: [ReportsService, ReportsResolver],
  exports: [ReportsService],
} satisfies ModuleMetadata;
