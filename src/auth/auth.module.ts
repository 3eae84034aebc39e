import type { ModuleMetadata } from '@nestjs/common';
import { AccessGuard } from './access.guard.js';
import { ActorsService } from './actors.service.js';
import { ApiTokenEntity } from './api-token.entity.js';
import { ApiTokensService } from './api-tokens.service.js';

export const authEntities = [ApiTokenEntity];

export const authModule = {
  providers: [ApiTokensService, ActorsService, AccessGuard],
  exports: [ApiTokensService, ActorsService],
} satisfies ModuleMetadata;
