import type { ModuleMetadata } from '@nestjs/common';
import { CheckService } from './check.service.js';
import { ExportService } from './export.service.js';
import { ImportService } from './import.service.js';
import { SampleService } from './sample.service.js';

export const importExportModule = {
  providers: [ImportService, ExportService, SampleService, CheckService],
  exports: [ImportService, ExportService, SampleService, CheckService],
} satisfies ModuleMetadata;
