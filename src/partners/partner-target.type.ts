import { Field, Int, ObjectType } from '@nestjs/graphql';
import { DateTimeScalar } from '../graphql/date-time.scalar.js';

@ObjectType({
  description:
    'Another destination of a partner, for the readers who meet all its conditions. Of those that fit, the ones with the lowest `rank` share the readers by `weight`.',
})
export class AffiliatePartnerTarget {
  @Field({ description: 'Its name among the targets of the partner, which clicks are counted by.' })
  key!: string;

  @Field({ description: 'Where it leads.' })
  destinationUrl!: string;

  @Field({ description: 'Affiliate network of the destination, such as `awin`, or `custom`.' })
  network!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Where the sub id goes; null: where the network wants it; empty: no sub id is sent.',
  })
  subIdTemplate!: string | null;

  @Field(() => Int, { description: 'The lowest wins.' })
  rank!: number;

  @Field(() => Int, { description: 'Its share among fitting targets of the same rank.' })
  weight!: number;

  @Field(() => [String], { nullable: true, description: 'Countries, ISO 3166-1 alpha-2, upper case; null: any.' })
  countries!: string[] | null;

  @Field(() => [String], {
    nullable: true,
    description: 'Of `desktop`, `mobile`, `tablet`, `tv`, `other`; null: any.',
  })
  devices!: string[] | null;

  @Field(() => [String], {
    nullable: true,
    description: 'Languages that the reader prefers, primary subtags such as `de`; null: any.',
  })
  languages!: string[] | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'First moment at which it fits; null: always.' })
  startsAt!: Date | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'First moment after it; null: never.' })
  expiresAt!: Date | null;
}
