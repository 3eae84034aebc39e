import { Field, ID, ObjectType } from '@nestjs/graphql';
import { UserError } from './user-error.type.js';

@ObjectType({ description: 'What was deleted, or why nothing was.' })
export class DeletePayload {
  @Field(() => ID, { nullable: true, description: 'Id of what is gone; null when it was refused.' })
  deletedId?: string | null;

  @Field(() => [UserError], { description: 'Empty when it was deleted.' })
  userErrors!: readonly UserError[];
}
