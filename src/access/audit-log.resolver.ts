import { Args, Query, Resolver } from '@nestjs/graphql';
import { RequireScope } from '../auth/access.guard.js';
import { PageArgs, readPage } from '../graphql/connection.type.js';
import { AccessListsService } from './access-lists.service.js';
import { AuditLogFilter } from './audit-entry.input.js';
import { AuditEntry, AuditEntryConnection } from './audit-entry.type.js';

@Resolver(() => AuditEntry)
export class AuditLogResolver {
  constructor(private readonly lists: AccessListsService) {}

  @Query(() => AuditEntryConnection, {
    description: 'Who changed what, the newest first. Needs `admin`.',
  })
  @RequireScope('admin')
  auditLog(
    @Args() page: PageArgs,
    @Args('filter', { type: () => AuditLogFilter, nullable: true, description: 'Which entries. Default all.' })
    filter?: AuditLogFilter | null,
  ) {
    return this.lists.listAuditLog(readPage(page), filter);
  }
}
