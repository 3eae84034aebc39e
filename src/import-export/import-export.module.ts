import type { ModuleMetadata } from '@nestjs/common';
import { CheckService } from './check.service.js';
import { ConvertService } from './convert.service.js';
import { ExportService } from './export.service.js';
import { ImportService } from './import.service.js';
import { PartnerFilesService } from './partner-files.service.js';
import { SampleService } from './sample.service.js';

export const importExportModule = {
  providers: [ImportService, ExportService, ConvertService, PartnerFilesService, SampleService, CheckService],
  exports: [ImportService, ExportService, ConvertService, PartnerFilesService, SampleService, CheckService],
} satisfies ModuleMetadata;
