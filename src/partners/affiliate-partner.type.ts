import { Field, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { DateTimeScalar } from '../graphql/date-time.scalar.js';
import { Node } from '../graphql/node.type.js';
import { UserError } from '../graphql/user-error.type.js';
import { connectionOf } from '../graphql/connection.type.js';

export enum AffiliatePartnerStatus {
  ACTIVE = 'active',
  PAUSED = 'paused',
  SCHEDULED = 'scheduled',
  EXPIRED = 'expired',
}
registerEnumType(AffiliatePartnerStatus, {
  name: 'AffiliatePartnerStatus',
  description:
    'Whether the links of a partner lead to its destination. By the clock of the database, at the moment of asking.',
  valuesMap: {
    ACTIVE: { description: 'They do.' },
    PAUSED: { description: 'Somebody paused it: readers get the fallback.' },
    SCHEDULED: { description: '`startsAt` lies ahead: readers get the fallback.' },
    EXPIRED: { description: '`expiresAt` has passed: readers get the fallback.' },
  },
});

@ObjectType({
  implements: () => [Node],
  description: 'Somebody who pays for visitors. Needs `affiliates:read`.',
})
export class AffiliatePartner extends Node {
  @Field({ description: 'What shortcodes and tracked links say. It never changes.' })
  key!: string;

  @Field({ description: 'For people.' })
  name!: string;

  @Field({ description: 'Where the tracked links lead.' })
  destinationUrl!: string;

  @Field({ description: 'Affiliate network, such as `awin`, or `custom`.' })
  network!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Where the sub id goes; null: where the network wants it; empty: no sub id is sent.',
  })
  subIdTemplate!: string | null;

  @Field(() => [String], { description: 'Query parameters of a tracked link that are passed on.' })
  passthrough!: string[];

  @Field(() => String, { nullable: true, description: 'Link text of calls that give none; null: the name.' })
  defaultText!: string | null;

  @Field(() => String, { nullable: true, description: 'What readers are told; null: nothing.' })
  disclosure!: string | null;

  @Field(() => AffiliatePartnerStatus, { description: 'Whether its links lead to its destination now.' })
  status!: AffiliatePartnerStatus | 'active' | 'paused' | 'scheduled' | 'expired';

  @Field(() => String, {
    nullable: true,
    description: 'Where readers are sent while it is not active; null: a 410 page.',
  })
  fallbackUrl!: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'First moment of the partnership; null: always.' })
  startsAt!: Date | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'First moment after it; null: never.' })
  expiresAt!: Date | null;

  @Field(() => Int, { description: 'Counts the saves, from 1. Updates must state it.' })
  revision!: number;

  @Field(() => DateTimeScalar, { description: 'When it was made.' })
  createdAt!: Date;

  @Field(() => DateTimeScalar, { description: 'When it was last saved with a change.' })
  updatedAt!: Date;
}

@ObjectType({ description: 'A partner, or why there is none.' })
export class AffiliatePartnerPayload {
  @Field(() => AffiliatePartner, { nullable: true, description: 'The partner as saved; null when it was refused.' })
  affiliatePartner?: AffiliatePartner | null;

  @Field(() => [UserError], { description: 'Empty when it was saved.' })
  userErrors!: readonly UserError[];
}

export const AffiliatePartnerConnection = connectionOf(AffiliatePartner, 'AffiliatePartner');
