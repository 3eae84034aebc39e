import type { ModuleMetadata } from '@nestjs/common';
import { CheckService } from './check.service.js';
import { ImportService } from './import.service.js';
import { SampleService } from './sample.service.js';

export const importExportModule = {
  providers: [ImportService, SampleService, CheckService],
  exports: [ImportService, SampleService, CheckService],
} satisfies ModuleMetadata;
