import { Field, InputType } from '@nestjs/graphql';
import { DateTimeScalar } from './date-time.scalar.js';

@InputType({
  description: 'Conditions on a text. All that are given must hold. Comparisons are exact and case-sensitive.',
})
export class StringFilter {
  @Field(() => String, { nullable: true, description: 'Equal to.' })
  eq?: string | null;

  @Field(() => String, { nullable: true, description: 'Not equal to; null counts as different.' })
  ne?: string | null;

  @Field(() => [String], { nullable: true, description: 'One of. An empty list matches nothing.' })
  in?: string[] | null;

  @Field(() => [String], { nullable: true, description: 'None of. An empty list matches everything.' })
  notIn?: string[] | null;

  @Field(() => String, { nullable: true, description: 'Contains, ignoring case.' })
  contains?: string | null;

  @Field(() => String, { nullable: true, description: 'Begins with, ignoring case.' })
  startsWith?: string | null;

  @Field(() => Boolean, { nullable: true, description: 'Whether there is none.' })
  isNull?: boolean | null;
}

@InputType({ description: 'Both ends of a time, the first included, the second not.' })
export class DateTimeRange {
  @Field(() => DateTimeScalar, { description: 'First moment.' })
  from!: Date;

  @Field(() => DateTimeScalar, { description: 'First moment after it.' })
  to!: Date;
}

@InputType({ description: 'Conditions on a moment. All that are given must hold.' })
export class DateTimeFilter {
  @Field(() => DateTimeScalar, { nullable: true, description: 'Equal to, to the millisecond.' })
  eq?: Date | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Earlier than.' })
  before?: Date | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Later than.' })
  after?: Date | null;

  @Field(() => DateTimeRange, {
    nullable: true,
    description: 'From the first moment, up to but not including the second.',
  })
  between?: DateTimeRange | null;

  @Field(() => Boolean, { nullable: true, description: 'Whether there is none.' })
  isNull?: boolean | null;
}
