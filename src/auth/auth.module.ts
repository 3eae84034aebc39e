import type { ModuleMetadata } from '@nestjs/common';
import { AccessGuard } from './access.guard.js';
import { ActorsService } from './actors.service.js';
import { ApiTokenEntity } from './api-token.entity.js';
import { ApiTokensService } from './api-tokens.service.js';
import { AuditEntryEntity } from './audit-entry.entity.js';
import { AuditLogService } from './audit-log.service.js';
import { OriginInterceptor } from './origin.interceptor.js';

export const authEntities = [ApiTokenEntity, AuditEntryEntity];

export const authModule = {
  providers: [ApiTokensService, ActorsService, AccessGuard, OriginInterceptor, AuditLogService],
  exports: [ApiTokensService, ActorsService, AuditLogService],
} satisfies ModuleMetadata;
