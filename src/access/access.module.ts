import type { ModuleMetadata } from '@nestjs/common';
import { AccessListsService } from './access-lists.service.js';
import { ApiTokensResolver } from './api-tokens.resolver.js';
import { AuditLogResolver } from './audit-log.resolver.js';
import { PeopleResolver } from './people.resolver.js';

/** Tokens, people and the audit log over GraphQL. */
export const accessModule = {
  providers: [AccessListsService, ApiTokensResolver, AuditLogResolver, PeopleResolver],
  exports: [],
} satisfies ModuleMetadata;
