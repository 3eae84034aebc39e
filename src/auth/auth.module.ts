import type { ModuleMetadata } from '@nestjs/common';
import { AccessGuard } from './access.guard.js';
import { ActorsService } from './actors.service.js';
import { ApiTokenEntity } from './api-token.entity.js';
import { ApiTokensService } from './api-tokens.service.js';
import { AuditEntryEntity } from './audit-entry.entity.js';
import { AuditLogService } from './audit-log.service.js';
import { PeopleService } from './people.service.js';
import { PersonEntity } from './person.entity.js';
import { SessionsService } from './sessions.service.js';
import { SignInService } from './sign-in.service.js';
import { OriginInterceptor } from './origin.interceptor.js';

export const authEntities = [ApiTokenEntity, AuditEntryEntity, PersonEntity];

export const authModule = {
  providers: [
    ApiTokensService,
    ActorsService,
    AccessGuard,
    OriginInterceptor,
    AuditLogService,
    PeopleService,
    SessionsService,
    SignInService,
  ],
  exports: [ApiTokensService, ActorsService, AuditLogService, PeopleService, SessionsService, SignInService],
} satisfies ModuleMetadata;
