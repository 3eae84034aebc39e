import { Field, ObjectType } from '@nestjs/graphql';
import { connectionOf } from '../graphql/connection.type.js';
import { DateTimeScalar } from '../graphql/date-time.scalar.js';
import { Node } from '../graphql/node.type.js';
import { UserError } from '../graphql/user-error.type.js';

@ObjectType({ implements: () => [Node], description: 'A label on articles.' })
export class Tag extends Node {
  @Field({ description: 'For people.' })
  name!: string;

  @Field({
    description: "What identifies it, by Hugo's rule for terms: `AWS Security` and `aws-security` are one tag.",
  })
  slug!: string;

  @Field(() => String, { nullable: true, description: 'For readers; null: none.' })
  description!: string | null;

  @Field(() => DateTimeScalar, { description: 'When it was made.' })
  createdAt!: Date;

  @Field(() => DateTimeScalar, { description: 'When it was last saved with a change.' })
  updatedAt!: Date;
}

@ObjectType({ description: 'A tag, or why there is none.' })
export class TagPayload {
  @Field(() => Tag, { nullable: true, description: 'The tag as saved; null when it was refused.' })
  tag?: Tag | null;

  @Field(() => [UserError], { description: 'Empty when it was saved.' })
  userErrors!: readonly UserError[];
}

export const TagConnection = connectionOf(Tag, 'Tag');
