import { Injectable } from '@nestjs/common';
import type { EntityTarget } from 'typeorm';
import { DataSource, In } from 'typeorm';
import { ApiTokenEntity } from '../auth/api-token.entity.js';
import { AuditEntryEntity } from '../auth/audit-entry.entity.js';
import { PersonEntity } from '../auth/person.entity.js';
import type { Connection, Page } from '../graphql/connection.type.js';
import type { Combined } from '../graphql/filter-sql.js';
import { filterSql, momentSql, SqlParameters, textSql } from '../graphql/filter-sql.js';
import { findPage } from '../graphql/find-page.service.js';
import { NodesService } from '../graphql/nodes.service.js';
import type { AuditLogFilter } from './audit-entry.input.js';

/** The lists of who may do what and who did what, the newest first. */
@Injectable()
export class AccessListsService {
  constructor(
    private readonly dataSource: DataSource,
    nodes: NodesService,
  ) {
    nodes.registerScoped({
      typeName: 'ApiToken',
      scope: 'admin',
      findByIds: (ids) => this.findRows(ApiTokenEntity, TOKEN_COLUMNS, ids),
    });
    nodes.registerScoped({
      typeName: 'Person',
      scope: 'admin',
      findByIds: (ids) => this.findRows(PersonEntity, PERSON_COLUMNS, ids),
    });
    nodes.registerScoped({
      typeName: 'AuditEntry',
      scope: 'admin',
      findByIds: (ids) => dataSource.getRepository(AuditEntryEntity).findBy({ id: In(ids) }),
    });
  }

  listTokens(page: Page): Promise<Connection<ApiTokenEntity>> {
    return findPage<ApiTokenEntity>(this.dataSource, {
      entity: ApiTokenEntity,
      alias: 'token',
      where: 'true',
      parameters: new SqlParameters(),
      columns: newestFirst('token.created_at', 'token.id'),
      sortValues: (token) => [token.createdAt, token.id],
      page,
      select: TOKEN_COLUMNS,
    });
  }

  listPeople(page: Page): Promise<Connection<PersonEntity>> {
    return findPage<PersonEntity>(this.dataSource, {
      entity: PersonEntity,
      alias: 'person',
      where: 'true',
      parameters: new SqlParameters(),
      columns: newestFirst('person.created_at', 'person.id'),
      sortValues: (person) => [person.createdAt, person.id],
      page,
      select: PERSON_COLUMNS,
    });
  }

  listAuditLog(page: Page, filter: AuditLogFilter | null | undefined): Promise<Connection<AuditEntryEntity>> {
    const parameters = new SqlParameters();
    return findPage<AuditEntryEntity>(this.dataSource, {
      entity: AuditEntryEntity,
      alias: 'entry',
      where: filter ? filterSql(filter, (part) => ownConditions(part, parameters)) : 'true',
      parameters,
      columns: newestFirst('entry.at', 'entry.id'),
      sortValues: (entry) => [entry.at, entry.id],
      page,
    });
  }

  private findRows<Row extends { id: string }>(
    entity: EntityTarget<Row>,
    columns: readonly (keyof Row & string)[],
    ids: readonly string[],
  ): Promise<Row[]> {
    return this.dataSource
      .createQueryBuilder(entity, 'found')
      .select(columns.map((name) => `found.${name}`))
      .where('found.id = ANY(:ids::uuid[])', { ids })
      .getMany();
  }
}

const TOKEN_COLUMNS = [
  'id',
  'name',
  'prefix',
  'scopes',
  'isTrusted',
  'createdAt',
  'expiresAt',
  'lastUsedAt',
  'revokedAt',
  'rotatedAt',
  'previousEndsAt',
] as const;

const PERSON_COLUMNS = [
  'id',
  'login',
  'name',
  'role',
  'passwordChangedAt',
  'disabledAt',
  'createdAt',
  'updatedAt',
] as const;

const newestFirst = (momentSqlText: string, idSql: string) =>
  [
    { sql: momentSqlText, type: 'timestamptz', descending: true, nullable: false },
    { sql: idSql, type: 'uuid', descending: true, nullable: false },
  ] as const;

function ownConditions(filter: Combined<AuditLogFilter> & AuditLogFilter, parameters: SqlParameters): string[] {
  const parts: string[] = [];
  if (filter.at) parts.push(...momentSql('entry.at', filter.at, parameters));
  if (filter.actorId) parts.push(...textSql('entry.actor_id', filter.actorId, parameters));
  if (filter.actorName) parts.push(...textSql('entry.actor_name', filter.actorName, parameters));
  if (filter.action) parts.push(...textSql('entry.action', filter.action, parameters));
  if (filter.entityType) parts.push(...textSql('entry.entity_type', filter.entityType, parameters));
  if (filter.entityId) parts.push(...textSql('entry.entity_id', filter.entityId, parameters));
  if (filter.entityName) parts.push(...textSql('entry.entity_name', filter.entityName, parameters));
  if (filter.requestId) parts.push(...textSql('entry.request_id', filter.requestId, parameters));
  return parts;
}
