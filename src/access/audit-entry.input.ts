import { Field, InputType } from '@nestjs/graphql';
import { DateTimeFilter, StringFilter } from '../graphql/filter.input.js';

@InputType({ description: 'Conditions on entries of the audit log. All that are given must hold.' })
export class AuditLogFilter {
  @Field(() => DateTimeFilter, { nullable: true, description: 'When.' })
  at?: DateTimeFilter | null;

  @Field(() => StringFilter, { nullable: true, description: 'Id of the token or the person.' })
  actorId?: StringFilter | null;

  @Field(() => StringFilter, { nullable: true, description: 'Name of who did it.' })
  actorName?: StringFilter | null;

  @Field(() => StringFilter, { nullable: true, description: 'What they did, such as `pauseAffiliatePartner`.' })
  action?: StringFilter | null;

  @Field(() => StringFilter, { nullable: true, description: 'Kind of the thing, such as `partner`.' })
  entityType?: StringFilter | null;

  @Field(() => StringFilter, { nullable: true, description: 'Id of the thing.' })
  entityId?: StringFilter | null;

  @Field(() => StringFilter, { nullable: true, description: 'Key, path or name of the thing.' })
  entityName?: StringFilter | null;

  @Field(() => StringFilter, { nullable: true, description: 'Of the HTTP request, as in `X-Request-Id`.' })
  requestId?: StringFilter | null;

  @Field(() => [AuditLogFilter], { nullable: true, description: 'All of these.' })
  and?: AuditLogFilter[] | null;

  @Field(() => [AuditLogFilter], {
    nullable: true,
    description: 'One of these at least. An empty list matches nothing.',
  })
  or?: AuditLogFilter[] | null;

  @Field(() => AuditLogFilter, { nullable: true, description: 'Not this.' })
  not?: AuditLogFilter | null;
}
