import type { ModuleMetadata } from '@nestjs/common';
import { AccessListsService } from './access-lists.service.js';
import { ApiTokensResolver } from './api-tokens.resolver.js';
import { AuditLogResolver } from './audit-log.resolver.js';

/** Tokens and the audit log over GraphQL. */
export const accessModule = {
  providers: [AccessListsService, ApiTokensResolver, AuditLogResolver],
  exports: [],
} satisfies ModuleMetadata;
