import { Field, ObjectType } from '@nestjs/graphql';
import { connectionOf } from '../graphql/connection.type.js';
import { DateTimeScalar } from '../graphql/date-time.scalar.js';
import { Node } from '../graphql/node.type.js';

@ObjectType({ implements: () => [Node], description: 'A label on articles.' })
export class Tag extends Node {
  @Field({ description: 'As first written.' })
  name!: string;

  @Field({
    description: "What identifies it, by Hugo's rule for terms: `AWS Security` and `aws-security` are one tag.",
  })
  slug!: string;

  @Field(() => String, { nullable: true, description: 'For readers.' })
  description!: string | null;

  @Field(() => DateTimeScalar, { description: 'When it was made.' })
  createdAt!: Date;

  @Field(() => DateTimeScalar, { description: 'When it was last saved with a change.' })
  updatedAt!: Date;
}

export const TagConnection = connectionOf(Tag, 'Tag');
