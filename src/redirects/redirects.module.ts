import type { ModuleMetadata } from '@nestjs/common';
import { RedirectsService } from './redirects.service.js';

export const redirectsModule = {
  providers: [RedirectsService],
  exports: [RedirectsService],
} satisfies ModuleMetadata;
